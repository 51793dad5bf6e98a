"""Caller: a WebSocket, which says no more than the public may until it has shown a token.

Whatever a frame holds is read whole, and parsed as JSON, before anybody knows who sent it; so a
frame of somebody unknown may have as few bytes as a body of the public over HTTP, and one that
announces more ends the connection with 1009 (RFC 6455, section 7.4.1) before it is received. The
application says when a token has been shown, by what stands under ``WIDEN`` in the extensions of
its scope.

Frames that make no message, which are pings, pongs and pieces, reach no application that could
count them. They are counted here, unless they are large; too many end the connection with 1008.
What comes is read in small parts, so that a thousand frames in one piece hold up nobody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from api.edge.policy import PUBLIC_BODY_BYTES_MAX

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent
    from websockets.frames import Frame
    from websockets.http11 import Request

    from api.guest import Guest

WIDEN = "xuefen.widen"
"""What the application calls once a token has been shown; see ``widened``."""
STAY = "xuefen.stay"
"""What the application leaves where it still answers, and closes afterwards; see ``stay``."""
RESTART, LEAVING = 1012, "服务即将停止 / the server is about to stop"
"""How a connection ends whose server stops: the code, and the reason that goes with it."""
PART_BYTES = 4 * 1024
"""So much is read at once; it holds some hundred frames at most."""
SMALL_BYTES = 1024
SMALL_FRAMES_MAX = 600
"""So many small frames that make no message may come in a minute."""
WINDOW_SECONDS = 60.0
RUN_OFF_SECONDS = 1.0
"""For how long one who is dismissed may go on sending; he hears no answer before he stops."""
RUN_OFF_BYTES_MAX = 4 * PUBLIC_BODY_BYTES_MAX


class Caller(WebSocketsSansIOProtocol):
    """A WebSocket, which keeps the room of the connection that it was."""

    guest: Guest | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._most = self.conn.max_message_size
        self.conn.max_message_size = min(self._most or 0, PUBLIC_BODY_BYTES_MAX)
        self._unread = bytearray()
        self._dismissed = False
        self._run_off = RUN_OFF_BYTES_MAX
        self._small, self._since = 0, self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets a client."""
        if self.guest is not None:
            self.guest.left()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, part by part."""
        if self._dismissed:
            self._run_off -= len(data)
            if self._run_off < 0:
                self.transport.close()
            return
        self._unread += data
        self._read_on()

    async def receive(self) -> ASGIReceiveEvent:
        """The next message; where it was the last that had come, what follows it is read."""
        message = await super().receive()
        if self._unread:
            self._read_on()
        return message

    def handle_connect(self, event: Request) -> None:
        """Begins, and tells the application how to have the bound of a frame raised."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[WIDEN] = self._widen

    def handle_cont(self, event: Frame) -> None:
        """A piece of a message."""
        super().handle_cont(event)
        self._count(len(event.data))

    def handle_ping(self) -> None:
        """A ping of the protocol, which has been answered."""
        super().handle_ping()
        self._count(0)

    def handle_pong(self, event: Frame) -> None:
        """A pong of the protocol, whoever asked for it."""
        super().handle_pong(event)
        self._count(0)

    def handle_parser_exception(self) -> None:
        """Says why the connection ends, and lets what is still on its way run off.

        To close a connection on which there is something to read is to reset it, and the reason
        with it (RFC 9293, section 3.10.4).
        """
        self._dismissed = True
        self._unread.clear()
        assert self.conn.close_sent is not None
        code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.stop_keepalive()
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        if self.close_timer is None:
            self.close_timer = self.loop.call_later(RUN_OFF_SECONDS, self.transport.close)

    def shutdown(self) -> None:
        """Closes with 1012, unless something is being answered, after which it is closed so."""
        if self.handshake_complete and STAY in self.scope["extensions"]:
            return
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
        else:
            self.stop_keepalive()
            self.queue.put_nowait({"type": "websocket.disconnect", "code": RESTART})
            self.conn.send_close(RESTART, LEAVING)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def _widen(self) -> None:
        self.conn.max_message_size = self._most

    def _read_on(self) -> None:
        while self._unread and not (self.read_paused or self._dismissed):
            part = bytes(self._unread[:PART_BYTES])
            del self._unread[:PART_BYTES]
            super().data_received(part)

    def _count(self, size: int) -> None:
        now = self.loop.time()
        if now - self._since > WINDOW_SECONDS:
            self._small, self._since = 0, now
        self._small += size < SMALL_BYTES
        if self._small > SMALL_FRAMES_MAX and not self._dismissed:
            self.conn.fail(CloseCode.POLICY_VIOLATION, "过多的控制帧或碎片 / too many small frames")
            self.handle_parser_exception()


def widened(scope: Any) -> None:
    """Has a WebSocket that has shown a token send frames as large as a body with one may be."""
    widen = scope.get("extensions", {}).get(WIDEN)
    if widen is not None:
        widen()


def stay(scope: Any) -> None:
    """Keeps a WebSocket open through a stop until the application closes it."""
    scope.setdefault("extensions", {})[STAY] = True

"""Guest: a client's connection, which may not take for ever to say what it wants.

uvicorn waits without end for the rest of a request, and bounds neither how much a head holds nor
how many connections one address has; who says little, and slowly, could hold all of them (CWE-400).
Here a whole head has so many seconds, a body has so many and as many more as its bytes take at the
least rate, and an idle connection has to leave. Whoever is too slow hears 408 (RFC 9110, section
15.5.9), whose head is too large 431 (RFC 6585, section 5), and who is one too many 503.

While it is the server that does not read, nobody's time runs. Who is sent away while it is still
speaking is heard out for a moment, since a reset would take the answer from it (RFC 9112, section
9.6).

A server that stops closes no idle connection at once, on which a request may be on its way: that
would be reset (RFC 9112, section 9.6). Each may ask once more for a moment, and is told in the
answer that the connection ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container
from enum import Enum, auto
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.caller import Caller
from api.limits import failure
from api.patience import Patience, Places

HEAD_BYTES_MAX = 64 * 1024
"""Of the request line and all headers, give or take what comes in one piece."""
RETRY_SECONDS = 5
LEAVE_SECONDS = 1.0
"""For how long an idle connection may still ask once the server stops."""


class _Phase(Enum):
    """What is awaited of a client."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()


class Guest(HttpToolsProtocol):
    """A connection that is patient only so far; ``guests`` says how far."""

    patience: Patience
    places: Places

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._phase, self._turn, self._got, self._since = _Phase.HEAD, 0, 0, 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._inside = self._upgraded = self._leaving = self._dismissed = False
        self._address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes a client in, or says that there is no room."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self._reads_again)
        self._address = self.client[0] if self.client else ""
        self._inside = self.places.enter(self, self._address)
        if self._inside:
            self._await(_Phase.HEAD)
            self._arm()
        else:
            zh, en = "连接已满，请稍后再试", "too many connections; try again later"
            self._dismiss(503, "TOO_MANY_CONNECTIONS", zh, en)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets a client."""
        self._disarm()
        self.left()
        self.places.linger(self, stays=False)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Lets a client go: with the answer that it waits for, or the next."""
        self._leaving = True
        if self.cycle is None or self.cycle.response_started:
            self.loop.call_later(LEAVE_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def left(self) -> None:
        """Gives the room back, once."""
        if self._inside:
            self._inside = False
            self.places.leave(self, self._address)

    def make_room(self) -> None:
        """Goes, so that somebody else may come."""
        self._disarm()
        self.left()
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Reads on, and then sees what is still awaited."""
        if self._dismissed or self.transport.is_closing():
            return
        if self._phase is _Phase.NOTHING and self._answered:
            self._await(_Phase.HEAD)  # it says something, and be it an empty line
        turn = self._turn
        super().data_received(data)
        if self._upgraded or self.transport.is_closing():
            return
        if self._turn == turn and self._phase is _Phase.HEAD:
            self._got += len(data)
        if self._phase is _Phase.HEAD and self._got > HEAD_BYTES_MAX:
            zh, en = f"请求头超过 {HEAD_BYTES_MAX} 字节", "the head of the request is too large"
            self._dismiss(431, "HEAD_TOO_LARGE", zh, en)
        elif self._phase is not _Phase.NOTHING and self._timer is None:
            self._arm()

    def on_message_begin(self) -> None:
        """A head begins, maybe behind the end of a body in the same piece."""
        super().on_message_begin()
        if self._phase is not _Phase.HEAD:
            self._await(_Phase.HEAD)

    def on_headers_complete(self) -> None:
        """The head is there."""
        super().on_headers_complete()
        if self._leaving and self.cycle is not None:
            self.cycle.keep_alive = False
        self.places.waits(self, idle=False)
        self._await(_Phase.BODY)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._got += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is there."""
        super().on_message_complete()
        self._await(_Phase.NOTHING)
        if self._answered:  # before all of the body was there, so that it is idle only now
            self._idle_from_now()

    def on_response_complete(self) -> None:
        """The answer is given."""
        followed = bool(self.pipeline)
        super().on_response_complete()
        if self._phase is _Phase.BODY:
            self._unset_keepalive_if_required()  # the rest of the body has a time of its own
        elif self._phase is _Phase.NOTHING and not followed:
            self.places.waits(self, idle=True)

    def handle_websocket_upgrade(self) -> None:
        """Hands the connection on, and its room with it."""
        self._upgraded = True
        self._disarm()
        # The parser took the request for answered, and the connection for idle since then.
        self._unset_keepalive_if_required()
        self.places.waits(self, idle=False)
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if isinstance(protocol, Caller):
            protocol.guest = self
        else:
            self.left()

    @property
    def _answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _idle_from_now(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
        self.places.waits(self, idle=True)

    def _await(self, phase: _Phase) -> None:
        self._disarm()
        self._phase, self._got, self._since = phase, 0, self.loop.time()
        self._turn += 1

    def _reads_again(self) -> None:
        """The server had not read for a while, which was not the client's fault."""
        self._got, self._since = 0, self.loop.time()

    def _left(self) -> float:
        """The seconds that a client has left for what is awaited."""
        if self._phase is _Phase.HEAD:
            seconds = self.patience.head_seconds
        else:
            rate = self.patience.body_rate
            seconds = self.patience.body_seconds + (self._got / rate if rate else 0)
        return self._since + seconds - self.loop.time()

    def _arm(self) -> None:
        head = self._phase is _Phase.HEAD
        if self.patience.head_seconds if head else self.patience.body_seconds:
            self._timer = self.loop.call_later(max(self._left(), 0), self._late)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self._ours:
            self._reads_again()
        if self._left() > 0:
            self._arm()
        elif self.cycle is None and not self._got:
            self.transport.close()  # it never said a word, and hears none
        else:
            zh, en = "请求没有在规定时间内发完", "the request did not come in time"
            self._dismiss(408, "REQUEST_TOO_SLOW", zh, en)

    @property
    def _ours(self) -> bool:
        """Whether it is the server that keeps the client waiting."""
        if self._answered:
            return False
        waits = self.flow.read_paused or self.cycle.waiting_for_100_continue
        return waits or self._phase is _Phase.HEAD  # an answer is due before what follows it

    def _dismiss(self, status: int, code: str, zh: str, en: str) -> None:
        """Closes, with a word where no answer has begun."""
        self._disarm()
        self._dismissed = True
        cycle = self.cycle
        head = self._phase is _Phase.HEAD
        if self._answered if head else not (cycle.response_started or self.pipeline):
            self.transport.write(_told(status, code, zh, en))
        if cycle is not None:
            cycle.disconnected = True  # whatever the application still has to say
            cycle.message_event.set()
        if self.transport.can_write_eof() and self.places.linger(self, stays=True):
            self.transport.write_eof()
            self.flow.resume_reading()
            self._timer = self.loop.call_later(self.patience.linger_seconds, self.transport.close)
        else:
            self.transport.close()


class _Flow(FlowControl):
    """Says when the server reads on."""

    def __init__(self, transport: asyncio.Transport, again: Callable[[], None]) -> None:
        super().__init__(transport)
        self._again = again

    def resume_reading(self) -> None:
        """Reads on."""
        if self.read_paused:
            self._again()
        super().resume_reading()


def guests(own: Patience, proxies: Container[str] = ()) -> type[Guest]:
    """The protocol of a server whose patience is its own; ``proxies`` may have any number."""
    taken = Places(own, proxies)

    class Welcome(Guest):
        patience, places = own, taken

    return Welcome


def _told(status: int, code: str, zh: str, en: str) -> bytes:
    """An answer that never reached the application."""
    response = failure(code, zh, en, status)
    response.headers["connection"] = "close"
    if status == 503:
        response.headers["retry-after"] = str(RETRY_SECONDS)
    head = b"".join(b"%s: %s\r\n" % (name, value) for name, value in response.raw_headers)
    return STATUS_LINE[status] + head + b"\r\n" + bytes(response.body)

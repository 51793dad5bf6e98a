"""Wire: the socket behind a line, as Strawberry's handler speaks to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived

from api.edge.asked import Unfit
from api.stream.line import Line

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

BAD_REQUEST = 4400
REASON_BYTES_MAX = 123  # RFC 6455, section 5.5


class Wire(ASGIWebSocketAdapter):
    """The socket behind a line; ``characters`` are those of the message that was read last."""

    def __init__(self, view: Any, request: WebSocket, response: WebSocket) -> None:
        super().__init__(view, request, response)
        self.line: Line[str] = Line(response.send_text)
        self.characters = 0

    async def iter_json(
        self, *, ignore_parsing_errors: bool = False
    ) -> AsyncGenerator[object, None]:
        """The messages as they come. Raises what the library's handler closes the socket for."""
        try:
            while self.ws.application_state != WebSocketState.DISCONNECTED:
                text = await self.ws.receive_text()
                self.characters = len(text)
                yield self.view.decode_json(text)
        except Unfit as error:
            await self.close(BAD_REQUEST, f"{error.zh} / {error.en}")
        except JSONDecodeError as error:
            raise NonJsonMessageReceived from error
        except KeyError as error:  # it has bytes, and no text
            raise NonTextMessageReceived from error
        except WebSocketDisconnect:
            return

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Puts a message into the line, once there is room."""
        await self.line.room()
        encoded = self.view.encode_json(message)
        self.line.say(encoded if isinstance(encoded, str) else encoded.decode())

    async def close(self, code: int, reason: str) -> None:
        """Closes after what has been said, with a reason of the length that fits."""
        await self.line.close()
        cut = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore")
        with suppress(RuntimeError, WebSocketDisconnect):  # the other side was quicker
            await self.ws.close(code=code, reason=cut)

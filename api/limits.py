"""Limits on what comes from outside, before anything reads it."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RUN_OFF_TIMES = 4


class TooLarge(Exception):
    """The body is over the limit; ``most`` is one that is lower than that of all bodies."""

    def __init__(self, most: int | None = None) -> None:
        super().__init__(most)
        self.most = most


class BodyLimit:
    """Refuses request bodies over a number of bytes, declared or streamed."""

    def __init__(self, app: ASGIApp, bytes_max: int, larger: tuple[str, int] | None = None) -> None:
        self._app = app
        self._bytes_max = bytes_max
        self._larger = larger  # the beginning of a path that takes more, and how much

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bytes_max = self._bytes_max
        if self._larger is not None and scope["path"].startswith(self._larger[0]):
            bytes_max = max(bytes_max, self._larger[1])
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > bytes_max:
            await self._refuse(scope, receive, send, bytes_max, read=0, more=True)
            return
        read, begun, more = 0, False, True  # ``more`` is sent until the last piece says otherwise

        async def counted() -> Message:
            nonlocal read, more
            message = await receive()
            read += len(message.get("body", b""))
            more = bool(message.get("more_body", False))
            if read > bytes_max:
                raise TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except TooLarge as error:
            if begun:
                raise
            await self._refuse(scope, receive, send, error.most or bytes_max, read=read, more=more)

    async def _refuse(
        self, scope: Scope, receive: Receive, send: Send, most: int, *, read: int, more: bool
    ) -> None:
        await run_off(receive, most * RUN_OFF_TIMES - read, more=more)
        response = failure(
            "BODY_TOO_LARGE",
            f"请求体超过 {most} 字节",
            f"the body has more than {most} bytes",
            413,
        )
        await response(scope, receive, send)


async def run_off(receive: Receive, most: int, *, more: bool) -> None:
    """Lets up to so many bytes run off, and passes over what there is of them.

    Who is still sending does not hear an answer.
    """
    while more and most >= 0:
        message = await receive()
        most -= len(message.get("body", b""))
        more = bool(message.get("more_body", False))


def failure(code: str, zh: str, en: str, status: int) -> Response:
    """An answer that never reached GraphQL, in the shape of GraphQL's errors."""
    error = {"message": f"{zh} / {en}", "extensions": {"code": code, "zh": zh, "en": en}}
    return Plain({"errors": [error]}, status_code=status)


class Plain(JSONResponse):
    """JSON of whatever was sent: half a character that is quoted goes out as a question mark."""

    def render(self, content: Any) -> bytes:
        """The bytes."""
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")

"""Events: graphql-sse on distinct connections; each event carries the position as its id.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, "Distinct connections mode". What
is wrong with an operation comes as a ``next`` with errors, since an answer of another status says
nothing to a browser. ``Last-Event-ID`` goes on where the client stopped.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api import tracing
from api.auth import BadToken
from api.stream.connection import LEAVE_SECONDS, Connection
from api.stream.follower import Follower, Outlet
from api.stream.frame import Frame
from api.stream.line import Line
from api.stream.operation import Operation
from api.stream.shape import lasting
from schema.context import Context
from schema.errors import incident

if TYPE_CHECKING:
    from strawberry.types.graphql import OperationType

    from api.stream.streams import Streams

MEDIA_TYPE = "text/event-stream"
BEAT = b":\n\n"
RETRY_MILLISECONDS_MIN, RETRY_MILLISECONDS_SPREAD = 500, 2_500
"""When clients come back to a server that stopped: not all of them at once."""
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-store, no-transform"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
]
Errors = list[dict[str, Any]]


class EventStream(Response):
    """An open answer: events as they come, until the client leaves or ``end`` is called."""

    media_type = MEDIA_TYPE

    def __init__(self, streams: Streams) -> None:
        super().__init__()
        self.streams = streams
        self.line: Line[bytes] = Line(self._write)
        self.connection = _Answer(self)
        self._send: Send | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._open, self._over = asyncio.Event(), asyncio.Event()

    def begin(self) -> None:
        """What is done once the stream is open."""

    def ended(self) -> None:
        """What is done once it is closed."""

    def settle(self) -> list[asyncio.Task[None]]:
        """Stops what would not end by itself; what is still being answered."""
        raise NotImplementedError

    def leave(self) -> None:
        """Ends the answer without a word of completion, so that the client asks again in a while.

        What follows is then asked for by the last event's id (WHATWG HTML, section 9.2.3); what
        was asked and is no subscription is answered before.
        """
        tasks = self.settle()
        if tasks:
            self._leaving = asyncio.create_task(self._leave(tasks))
        else:
            self._retry()

    async def _leave(self, tasks: list[asyncio.Task[None]]) -> None:
        await asyncio.wait(tasks, timeout=LEAVE_SECONDS)
        self._retry()

    def _retry(self) -> None:
        self.ended()
        wait = RETRY_MILLISECONDS_MIN + secrets.randbelow(RETRY_MILLISECONDS_SPREAD)
        self.line.say(b"retry: %d\n\n" % wait)
        self.end()

    def end(self) -> None:
        """Ends the answer after what has been said."""
        self._over.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer, for as long as it lasts."""
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        self._send = send
        await self._write_now(BEAT)  # so that headers are on their way before anything happens
        self._open.set()
        self.streams.enter(self.connection)
        gone = asyncio.create_task(_gone(receive))
        over = asyncio.create_task(self._over.wait())
        try:
            self.begin()
            await asyncio.wait({gone, over}, return_when=asyncio.FIRST_COMPLETED)
            if not gone.done() and not self.connection.abandoned:
                await self.line.close()
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self.ended()
            self.streams.leave(self.connection)
            self.line.drop()
            gone.cancel()
            over.cancel()
            if self._leaving is not None:
                self._leaving.cancel()

    async def _write(self, data: bytes) -> None:
        await self._open.wait()
        await self._write_now(data)

    async def _write_now(self, data: bytes) -> None:
        assert self._send is not None
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    def expelled(self, error: BadToken) -> None:
        """Says why everything ends, and ends it."""
        raise NotImplementedError


class Distinct(EventStream):
    """One operation on a connection of its own."""

    def __init__(
        self,
        streams: Streams,
        operation: Operation,
        context: Context,
        authorization: str | None,
        allowed: frozenset[OperationType],
    ) -> None:
        super().__init__(streams)
        self._operation, self._context, self._allowed = operation, context, allowed
        self._authorization = authorization
        self._follower: Follower | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Runs the operation."""
        self.streams.admit(self.connection, self._context.asker, self._authorization)
        self._task = asyncio.create_task(self._run(self.line))

    def ended(self) -> None:
        """Stops the operation."""
        if self._task is not None:
            self._task.cancel()
        if self._follower is not None:
            self._follower.stop()

    def settle(self) -> list[asyncio.Task[None]]:
        """The operation, unless it is a subscription."""
        lasts = lasting(self._operation.query, self._operation.name)
        running = self._task is not None and not self._task.done()
        return [self._task] if self._task and running and not lasts else []

    def expelled(self, error: BadToken) -> None:
        """The token's end as a result with errors, then the end."""
        self.ended()
        self._fail(untrusted(error))

    async def _run(self, line: Line[bytes]) -> None:
        try:
            outlet = Outlet(line, event_of, self._fail)
            with tracing.operation(self._operation.query, self._operation.name):
                answer = await self.streams.follow(self._operation, self._context, outlet)
            if isinstance(answer, Follower):
                self._follower = answer
                return
            if answer is not None:
                self._fail(answer)
                return
            async for _, body in self.streams.results(
                self._operation, self._context, self._allowed
            ):
                await line.room()
                line.say(next_of(body))
        except Exception as error:  # nothing of its text may leave
            self._fail(unexpected(error))
            return
        line.say(complete())
        self.end()

    def _fail(self, errors: Errors) -> None:
        self.line.say(next_of({"errors": errors}))
        self.line.say(complete())
        self.end()


class _Answer(Connection):
    """The connection of an open answer."""

    def __init__(self, stream: EventStream) -> None:
        super().__init__(stream.line)
        self.abandoned = False
        self._stream = stream

    def beat(self) -> None:
        """A comment, which clients pass over."""
        self.line.say(BEAT)

    def expel(self, error: BadToken) -> None:
        """Ends the stream with an error that says why."""
        self._stream.expelled(error)

    def leave(self) -> None:
        """Ends the stream where it stands, so that the client comes back."""
        self._stream.leave()

    def abandon(self) -> None:
        """Ends the stream."""
        self.abandoned = True
        self._stream.end()


def next_of(body: object) -> bytes:
    """A ``next`` event."""
    return b"event: next\ndata: %s\n\n" % encoded(body)


def complete(operation: str | None = None) -> bytes:
    """A ``complete`` event, of one operation on a stream of many or of the only one."""
    data = b"" if operation is None else encoded({"id": operation})
    return b"event: complete\ndata: %s\n\n" % data


def encoded(body: object) -> bytes:
    """JSON on one line."""
    return msgspec.json.encode(body, enc_hook=str)


def untrusted(error: BadToken) -> Errors:
    """A token that does not hold, as GraphQL says it."""
    said = {"code": "UNAUTHENTICATED", "zh": error.zh, "en": error.en}
    return [{"message": str(error), "extensions": said}]


def unexpected(error: Exception) -> Errors:
    """What nobody foresaw, under a number."""
    zh, en, number = incident(error, "sse")
    said = {"code": "INTERNAL", "zh": zh, "en": en, "incident": number}
    return [{"message": f"{zh} / {en}", "extensions": said}]


def event_of(frame: Frame) -> bytes:
    """A frame as an event, the same bytes for all who get it."""
    return frame.event


async def _gone(receive: Receive) -> None:
    with suppress(ClientDisconnect):
        while (await receive())["type"] != "http.disconnect":
            pass

"""Reservation: graphql-sse on a single connection, which is reserved, opened once, and used by all.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, "Single connection mode". The
token opens the stream once and is good for nothing else: an operation is sent by the one who made
the reservation. Each event carries the position of its own operation as its id; when the stream
breaks, the operations end with it, and a new one goes on by their positions.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from api import tracing
from api.auth import BadToken
from api.stream.conversation import OPERATIONS_MAX
from api.stream.events import EventStream, complete, encoded, next_of, unexpected, untrusted
from api.stream.follower import Follower, Outlet
from api.stream.frame import Frame
from api.stream.held import Held
from api.stream.operation import Operation
from ledger.command import Asker, Role
from ledger.fault import Fault
from schema.context import Context

if TYPE_CHECKING:
    from api.stream.streams import Streams

RESERVED_SECONDS = 30.0
"""For how long a reservation waits for somebody to come."""
RESERVATIONS_MAX, OWN_MAX = 1_000, 20
"""How many wait in a process, and of one asker. Those that are open count as connections."""
TOKEN_BYTES = 32
Errors = list[dict[str, Any]]


class Reservation(EventStream):
    """A stream that was asked for, and the operations that give to it."""

    def __init__(
        self,
        streams: Streams,
        asker: Asker,
        authorization: str | None,
        forget: Callable[[], None],
    ) -> None:
        super().__init__(streams)
        self.asker = asker
        self.taken = False
        self._forget = forget
        self._held: dict[str, Held] = {}
        loop = asyncio.get_running_loop()
        self._waiting = loop.call_later(RESERVED_SECONDS, self.expire)
        # From now on and not only once it is open: what it opens to shows no token any more.
        streams.admit(self.connection, asker, authorization)

    def take(self) -> None:
        """Somebody came for it, the only one who will."""
        self.taken = True
        self._waiting.cancel()

    def ended(self) -> None:
        """Ends all operations, and the reservation."""
        self._forget()
        self._drop()

    def settle(self) -> list[asyncio.Task[None]]:
        """Takes no more operations and stops those that follow; the others."""
        self._forget()
        for number, each in list(self._held.items()):
            if each.follower is not None:
                self.stop(number)
        return [each.task for each in self._held.values() if each.task is not None]

    def expire(self) -> None:
        """Gives up a reservation that nobody came for."""
        self._waiting.cancel()
        self.ended()
        self.connection.release()
        self.line.drop()

    def expelled(self, error: BadToken) -> None:
        """Ends each operation with the reason, and then the stream; one that waits is gone."""
        if not self.taken:
            self.expire()
            return
        for number, held in list(self._held.items()):
            self._fail(number, untrusted(error))
            held.stop()
        self.end()

    async def operate(self, number: str, operation: Operation, context: Context) -> Errors:
        """Begins an operation, whose results go to the stream; what is wrong with it is returned.

        Raises ``Fault`` for a number that is in use, or one operation too many.
        """
        if number in self._held:
            raise Fault("DUPLICATE_OPERATION", zh="operationId 正在使用", en="operationId in use")
        if len(self._held) >= OPERATIONS_MAX:
            zh, en = "一个连接的订阅已到上限", "too many subscriptions on one connection"
            raise Fault("TOO_MANY_SUBSCRIPTIONS", zh=zh, en=en)
        held = self._held[number] = Held()
        outlet = Outlet(self.line, _events(number), lambda errors: self._fail(number, errors))
        try:
            with tracing.operation(operation.query, operation.name):
                answer = await self.streams.follow(operation, context, outlet)
        except BaseException:
            self._done(number, held)
            raise
        if isinstance(answer, Follower):
            held.follower = answer
            if self._held.get(number) is not held:
                held.stop()  # the client thought better of it meanwhile
        elif answer is not None:
            self._done(number, held)
            return answer
        elif self._held.get(number) is held:
            early: asyncio.Future[Errors] = asyncio.get_running_loop().create_future()
            answering = self._answer(number, held, operation, context, early)
            held.task = asyncio.create_task(answering)
            # Also of one that is stopped before it has begun, which says nothing itself.
            held.task.add_done_callback(lambda _: _told(early))
            return await early
        return []

    def stop(self, number: str) -> None:
        """Ends an operation that the client wants no more."""
        held = self._held.pop(number, None)
        if held is not None:
            held.stop()

    async def _answer(
        self,
        number: str,
        held: Held,
        operation: Operation,
        context: Context,
        early: asyncio.Future[Errors],
    ) -> None:
        """Any operation but a subscription; ``early`` tells what is wrong, or that all is well."""
        try:
            async with aclosing(self.streams.results(operation, context)) as results:
                async for before, body in results:
                    if before:
                        early.set_result(body["errors"])
                        return
                    if not early.done():
                        early.set_result([])
                    await self.line.room()
                    self.line.say(next_of({"id": number, "payload": body}))
            self.line.say(complete(number))
        except Exception as error:  # nothing of its text may leave
            if self._held.get(number) is held:
                self._fail(number, unexpected(error))
        finally:
            self._done(number, held)

    def _done(self, number: str, held: Held) -> None:
        """Frees the number, unless another has it: one that was stopped may end late."""
        if self._held.get(number) is held:
            del self._held[number]

    def _fail(self, number: str, errors: Errors) -> None:
        held = self._held.pop(number, None)
        if held is not None:
            self.line.say(next_of({"id": number, "payload": {"errors": errors}}))
            self.line.say(complete(number))
            if held.follower is not None:
                held.follower.stop()

    def _drop(self) -> None:
        for number in list(self._held):
            self.stop(number)


class Reservations:
    """The reservations of a process, by their tokens, which begin with ``worker`` where it has one.

    So whichever worker is asked knows whose a reservation is.
    """

    def __init__(self, streams: Streams, worker: str = "") -> None:
        self._streams, self._prefix = streams, f"{worker}." if worker else ""
        self._kept: dict[str, tuple[tuple[Asker, str], Reservation]] = {}

    def make(self, asker: Asker, authorization: str | None, address: str = "") -> str | None:
        """A token for a stream; ``None`` where there are too many.

        ``address``: of the public, whose askers are told from one another by nothing else.
        """
        whose = (asker, address if asker.role is Role.PUBLIC else "")
        waiting = [own for own, each in self._kept.values() if not each.taken]
        if len(waiting) >= RESERVATIONS_MAX or waiting.count(whose) >= OWN_MAX:
            return None
        token = self._prefix + secrets.token_urlsafe(TOKEN_BYTES)
        made = Reservation(self._streams, asker, authorization, lambda: self._forget(token))
        self._kept[token] = whose, made
        return token

    def find(self, token: str) -> Reservation | None:
        """The reservation of a token."""
        return self._kept[token][1] if token in self._kept else None

    def close(self) -> None:
        """Gives up those that nobody came for."""
        for _, each in list(self._kept.values()):
            if not each.taken:
                each.expire()
        self._kept.clear()

    def _forget(self, token: str) -> None:
        self._kept.pop(token, None)


def _told(early: asyncio.Future[Errors]) -> None:
    if not early.done():
        early.set_result([])


def _events(number: str) -> Callable[[Frame], bytes]:
    """What makes the event of a frame for one operation of many."""
    head = b'{"id":' + encoded(number) + b',"payload":'

    def event(frame: Frame) -> bytes:
        body = head + frame.text.encode() + b"}"
        return b"event: next\nid: %d\ndata: %s\n\n" % (frame.reached, body)

    return event

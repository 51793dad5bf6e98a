"""Streams: all streams of a process: its tail, its connections, and how one subscribes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from hashlib import sha256
from typing import Any
from weakref import WeakValueDictionary

from graphql import GraphQLError
from strawberry import Schema
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from api.edge.answer import late
from api.edge.asked import Asked
from api.edge.policy import Policy
from api.revocation import Revocations
from api.stream.cohort import Cohort
from api.stream.connection import SWEEP_SECONDS, Connection, Trust
from api.stream.follower import Follower, Outlet
from api.stream.operation import Operation
from api.stream.shape import Shape, lasting, shape_of
from api.stream.tail import Tail
from ledger.command import Asker, Role
from ledger.fault import Fault
from ledger.store.connection import trouble_behind
from schema.allowance import allowance_of
from schema.context import Context, House
from schema.errors import CodedErrors
from schema.reading import Reading

CONNECTIONS_MAX = 10_000
Errors = list[dict[str, Any]]
EVERYTHING = frozenset(OperationType)


class Streams:
    """What all streams of a process share."""

    def __init__(
        self, house: House, schema: Schema, trust: Trust, policy: Policy | None = None
    ) -> None:
        self.house, self.schema, self.trust = house, schema, trust
        self._policy = policy or Policy()
        self.tail = Tail(house.ledger.feed)
        self.revocations = Revocations(house.ledger.feed)
        self.connections: set[Connection] = set()
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._sweeping: asyncio.Task[None] | None = None
        self.leaving = False
        """Whether the server is about to stop."""

    @property
    def full(self) -> bool:
        """Whether no further connection is taken."""
        return self.leaving or len(self.connections) >= CONNECTIONS_MAX

    def enter(self, connection: Connection) -> None:
        """Looks after a connection from now on."""
        self.connections.add(connection)
        if self.leaving:
            connection.leave()
        if self._sweeping is None:
            self._sweeping = asyncio.create_task(self._sweep())

    def admit(self, connection: Connection, asker: Asker, authorization: str | None) -> None:
        """Lets a client stay for as long as its token holds."""
        connection.admit(asker, authorization, self.trust, self.revocations.heed)

    def leave(self, connection: Connection) -> None:
        """Looks after a connection no more."""
        connection.release()
        self.connections.discard(connection)

    def end(self) -> None:
        """Ends all streams of events, each with when to come back: the server is about to stop."""
        self.leaving = True
        for connection in list(self.connections):
            connection.leave()

    async def close(self) -> None:
        """Ends the sweep and all that is followed."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeping
        await self.revocations.close()
        await self.tail.close()

    def allow(self, operation: Operation, context: Context) -> None:
        """Raises ``Unfit`` (403) for a document that whoever asks may not send."""
        own = self._policy.own_documents.holds(context.asker.role is Role.PUBLIC)
        self._policy.documents.text_of(Asked(operation.query), own=own, leave=False)

    async def follow(
        self, operation: Operation, context: Context, outlet: Outlet
    ) -> Follower | Errors | None:
        """A subscription, or what is wrong with it.

        ``None`` for any other operation, which is for ``results``.
        """
        tokens = allowance_of(context).tokens
        shape = shape_of(operation.query, operation.name, tokens)
        if shape is None and not lasting(operation.query, operation.name, tokens):
            return None
        try:
            if shape is None:
                return await self._unfit(operation, context)
            async with self.tail.held():
                return await self._follow(shape, operation, context, outlet)
        except Exception as error:
            # A database that is away is told as such, and the client tries again.
            if not isinstance(error, Fault) and trouble_behind(error) is None:
                raise
            wrapped = GraphQLError(str(error), original_error=error)
            return [dict(CodedErrors().anonymise_error(wrapped).formatted)]

    async def results(
        self,
        operation: Operation,
        context: Context,
        allowed: frozenset[OperationType] = EVERYTHING,
    ) -> AsyncGenerator[tuple[bool, dict[str, Any]], None]:
        """What Strawberry answers, each result with whether it came before execution.

        What is no subscription has as long for its answer as a request has.
        """
        # The library takes an empty document for a mistake of ours; a blank one it reads, and says
        # what is wrong with it.
        stream = await self.schema.stream(
            operation.query or " ",
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.name,
            operation_extensions=operation.extensions,
            allowed_operation_types=allowed,
        )
        lasts = lasting(operation.query, operation.name, allowance_of(context).tokens)
        seconds = None if lasts else self._policy.execution_seconds or None
        async with aclosing(stream):
            while True:
                try:
                    async with asyncio.timeout(seconds):
                        result = await anext(stream, None)
                except TimeoutError:
                    yield False, {"data": None, "errors": late(seconds or 0).errors}
                    return
                if result is None:
                    return
                if not isinstance(result, ExecutionResult):
                    raise TypeError("incremental delivery is off")
                body: dict[str, Any] = {"data": result.data}
                if result.errors:
                    body["errors"] = [dict(each.formatted) for each in result.errors]
                if result.extensions:
                    body["extensions"] = result.extensions
                yield isinstance(result, PreExecutionError), body

    async def _follow(
        self, shape: Shape, operation: Operation, context: Context, outlet: Outlet
    ) -> Follower | Errors:
        if operation.resume is not None and operation.resume > self.tail.reached:
            await context.known(operation.resume, "lastEventId")
        asked = f"{context.asker.role.value}\n{context.asker.scope}".encode()
        key = sha256(shape.key(operation.variables) + asked).digest()
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:  # many who come at once have it looked at once
            cohort = self.tail.find(key)
            after = shape.position(operation.variables)
            if cohort is None or after is None or after > cohort.reached:
                moves = self.tail.moves
                reading = await self._looked_at(operation, context)
                if not isinstance(reading, Reading):
                    return reading
                after = reading.start
                cohort = self.tail.find(key)
                if cohort is None:
                    cohort = await self._open(shape, operation, context, reading, moves)
                    self.tail.join(key, cohort)
            start = max(after, cohort.reading.wanted.after, operation.resume or 0)
            return Follower(self.tail, cohort, outlet, start)

    async def _unfit(self, operation: Operation, context: Context) -> Errors:
        """What is wrong with a subscription of another shape than ours.

        The library would read the table for it, within a reach that never changes, and as often
        for one reader as we do for all of them.
        """
        async for _, body in self.results(operation, replace(context, readings=[])):
            if body.get("errors"):
                errors: Errors = body["errors"]
                return errors
        raise Fault(
            "BAD_SUBSCRIPTION",
            zh="订阅须是 changes 一个字段，只写一次",
            en="a subscription is the field changes, written once",
        )

    async def _looked_at(self, operation: Operation, context: Context) -> Reading | Errors:
        """What would be read, once Strawberry has looked at document, variables and arguments."""
        looking = replace(context, readings=[])
        async for _, body in self.results(operation, looking):
            errors: Errors = body.get("errors") or []
            return errors
        assert looking.readings
        return looking.readings[0]

    async def _open(
        self, shape: Shape, operation: Operation, context: Context, reading: Reading, moves: int
    ) -> Cohort:
        """A cohort that stands where the tail stands, with the reach of this moment."""
        cohort = Cohort(
            self.schema, shape.document, operation.name, operation.variables, context, reading
        )
        while moves != self.tail.moves:
            moves = self.tail.moves
            await cohort.regard()
        return cohort

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for connection in list(self.connections):
                connection.sweep(now)

"""Conversation: graphql-transport-ws, over Strawberry's handler, with our lines in between.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. A message of a wrong shape closes
the socket with 4400; what is wrong with an operation is an ``error`` of that operation alone.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)

from api import tracing
from api.auth import BadToken, bearer
from api.caller import widened
from api.edge.asked import Unfit
from api.edge.purse import AskersPurse
from api.stream.follower import Follower, Outlet
from api.stream.frame import Frame
from api.stream.held import Held
from api.stream.operation import LONE, Malformed, Operation
from api.stream.socket import FORBIDDEN, Socket
from api.stream.wire import Wire
from ledger.command import Role
from ledger.store.trouble import Trouble
from schema.context import Context
from schema.errors import incident

if TYPE_CHECKING:
    from api.stream.streams import Streams

INIT_SECONDS = 10.0
"""How long a client may take to begin."""
OPERATIONS_MAX = 100
ID_CHARACTERS_MAX = 256
SMALL_TALK = frozenset(("ping", "pong", "complete"))
SMALL_TALK_CHARACTERS_MAX = 1024
"""Of a message that asks for nothing, whatever it carries with it."""
UNAUTHORISED, DUPLICATE, TRY_LATER = 4401, 4409, 1013
Errors = list[dict[str, Any]]


class Conversation(BaseGraphQLTransportWSHandler[Context, None]):
    """One client's conversation; ``view.streams`` are the streams of the process."""

    websocket: Wire

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.connection_init_wait_timeout = timedelta(seconds=INIT_SECONDS)
        self.streams: Streams = self.view.streams  # type: ignore[attr-defined]
        self.connection = Socket(self)
        self._held: dict[str, Held] = {}
        self.pings = 0
        """Of ours, which are to be answered."""

    async def handle(self) -> None:
        """The whole conversation."""
        if self.streams.full:
            await self.websocket.close(TRY_LATER, "连接已满，请稍后再试 / too many connections")
            return
        self.streams.enter(self.connection)
        try:
            await super().handle()
        except asyncio.CancelledError:
            if not self.connection.abandoned:
                raise

    async def shutdown(self) -> None:
        """Ends what is still running."""
        self.streams.leave(self.connection)
        tasks = [each.task for each in self._held.values() if each.task]
        self.drop()
        if self.connection_init_timeout_task:
            self.connection_init_timeout_task.cancel()
            tasks.append(self.connection_init_timeout_task)
        self.websocket.line.drop()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop(self) -> None:
        """Ends all operations."""
        for each in self._held.values():
            each.stop()
        self._held.clear()

    def settle(self) -> list[asyncio.Task[None]]:
        """Ends what follows; what is still being answered."""
        for number, each in list(self._held.items()):
            if each.follower is not None:
                self._held.pop(number).stop()
        return [each.task for each in self._held.values() if each.task is not None]

    async def handle_message(self, message: Any) -> None:
        """One message of the client."""
        await self.websocket.line.room()  # who does not read answers need not ask further
        if not (
            isinstance(message.get("type"), str)
            and isinstance(message.get("id", ""), str)
            and len(message.get("id", "")) <= ID_CHARACTERS_MAX
            and LONE.search(message.get("id", "")) is None  # so that it can be sent back
            and isinstance(message.get("payload", {}), dict | None)
        ):
            await self.handle_invalid_message("消息形状不对 / not the shape of a message")
        elif message["type"] == "connection_init":
            await self._begin(message)
        elif message["type"] not in SMALL_TALK or await self._bears(message):
            await super().handle_message(message)

    async def handle_subscribe(self, message: Any) -> None:
        """A new operation; none once the connection ends, which may take its client a while."""
        if self.connection.over:
            return
        if not self.connection_acknowledged:
            await self.websocket.close(UNAUTHORISED, "请先发 connection_init / Unauthorized")
            return
        number = message["id"]
        try:
            operation = Operation.of(message["payload"])
        except Malformed as error:
            await self.handle_invalid_message(str(error))
            return
        refused = self._come(operation)
        if number in self._held:
            await self.websocket.close(DUPLICATE, f"Subscriber for {number} already exists")
        elif refused is not None:
            self._say(number, "error", refused.errors)
        elif len(self._held) >= OPERATIONS_MAX:
            zh, en = "一个连接的订阅已到上限", "too many subscriptions on one connection"
            self._say(number, "error", _errors("TOO_MANY_SUBSCRIPTIONS", zh, en))
        else:
            held = self._held[number] = Held()
            held.task = asyncio.create_task(self._run(number, operation, held))

    async def cleanup_operation(self, operation_id: str) -> None:
        """Ends an operation that the client wants no more."""
        held = self._held.pop(operation_id, None)
        if held is not None:
            held.stop()

    async def _bears(self, message: Any) -> bool:
        """Whether we hear a message that asks for nothing, or have closed the socket over it.

        What answers us, or ends what runs, is free; anything else counts as a request does.
        """
        if self.websocket.characters > SMALL_TALK_CHARACTERS_MAX:
            most = SMALL_TALK_CHARACTERS_MAX
            zh, en = f"此类消息最多 {most} 字符", f"at most {most} characters in such a message"
            await self.handle_invalid_message(f"{zh} / {en}")
            return False
        if message["type"] == "pong" and self.pings:
            self.pings -= 1
            return True
        if message["type"] == "complete" and message.get("id") in self._held:
            return True
        spent = self._come()
        if spent is not None:
            await self.websocket.close(TRY_LATER, f"{spent.zh} / {spent.en}")
        return spent is None

    def _come(self, operation: Operation | None = None) -> Unfit | None:
        """Counts a request of whoever asks; what is to be said where it is not carried out."""
        try:
            if isinstance(self.context.purse, AskersPurse):
                self.context.purse.come()
            if operation is not None:
                self.streams.allow(operation, self.context)
        except Unfit as spent:
            return spent
        return None

    async def _begin(self, message: Any) -> None:
        """Lets the client in by its token, which may have come with the request (RFC 6750, 2.1)."""
        said = self.websocket.ws.headers.get("authorization")
        try:
            message["payload"] = _with_token(message.get("payload") or {}, said)
            await super().handle_connection_init(message)
        except BadToken as error:
            self._come()  # of the public, as over HTTP
            await self.websocket.close(FORBIDDEN, str(error))
            return
        except Trouble as error:
            await self.websocket.close(TRY_LATER, str(error.outside))
            return
        if self.connection_acknowledged and self.connection.asker is None:
            given = self.context.connection_params or {}
            token = given.get("authorization") or given.get("Authorization")
            self.streams.admit(self.connection, self.context.asker, token)
            if self.context.asker.role is not Role.PUBLIC:
                widened(self.websocket.ws.scope)
            spent = self._come()
            if spent is not None:
                await self.websocket.close(TRY_LATER, f"{spent.zh} / {spent.en}")

    async def _run(self, number: str, operation: Operation, held: Held) -> None:
        """Runs an operation until it is over, or until it follows the tail."""
        with tracing.operation(operation.query, operation.name):
            await self._run_on(number, operation, held)

    async def _run_on(self, number: str, operation: Operation, held: Held) -> None:
        try:
            outlet = Outlet(self.websocket.line, _next(number), self._failing(number, held))
            answer = await self.streams.follow(operation, self.context, outlet)
            if isinstance(answer, Follower):
                held.follower, held.task = answer, None
            elif answer is not None:
                self._fail(number, held, answer)
            else:
                await self._answer(number, operation, held)
        except Exception as error:  # nothing of its text may leave
            zh, en, _ = incident(error, "websocket")
            self._fail(number, held, _errors("INTERNAL", zh, en))

    async def _answer(self, number: str, operation: Operation, held: Held) -> None:
        """Any operation but ``changes``."""
        async for early, body in self.streams.results(operation, self.context):
            if early:
                self._fail(number, held, body["errors"])
                return
            await self.websocket.send_json({"id": number, "type": "next", "payload": body})
        if self._over(number, held):
            self._say(number, "complete")

    def _failing(self, number: str, held: Held) -> Any:
        return lambda errors: self._fail(number, held, errors)

    def _fail(self, number: str, held: Held, errors: Errors) -> None:
        if self._over(number, held):
            self._say(number, "error", errors)

    def _over(self, number: str, held: Held) -> bool:
        """Whether it ran until now, and not another to which the client gave its id."""
        return self._held.get(number) is held and self._held.pop(number) is held

    def _say(self, number: str, kind: str, payload: Errors | None = None) -> None:
        message: dict[str, Any] = {"id": number, "type": kind}
        if payload is not None:
            message["payload"] = payload
        self.websocket.line.say(json.dumps(message, ensure_ascii=False))


def _errors(code: str, zh: str, en: str) -> Errors:
    """An operation's ``error`` that never reached GraphQL."""
    return Unfit(code, zh, en).errors


def _with_token(payload: dict[str, Any], header: str | None) -> dict[str, Any]:
    """The parameters of a connection, with the token of its request where they have none.

    Raises ``BadToken`` where the two are not the same: whoever asks by one may not stay by another.
    """
    given = payload.get("authorization") or payload.get("Authorization")
    if not header or (given is not None and bearer(str(given)) == bearer(header)):
        return payload
    if given is not None:
        raise BadToken(
            "请求头与 connection_init 中的令牌不同",
            "the tokens of the request and of connection_init are not the same",
        )
    return payload | {"authorization": header}


def _next(number: str) -> Any:
    """What makes the message of a frame for one operation."""
    head = f'{{"id":{json.dumps(number)},"type":"next","payload":'

    def message(frame: Frame) -> str:
        return f"{head}{frame.text}}}"

    return message

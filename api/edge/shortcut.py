"""Shortcut: the way of a query that was carried out before, past what was found out then.

It stands in front of the application and takes a request only where nothing about it is unusual: a
POST of JSON to ``/graphql``, by somebody who is let in, of a query that is ready
(``schema.ready``), with variables that fit. Everything else goes the whole way, as if nobody had
looked at it; so what is refused is refused in one place, and not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql.execution.values import VariableValues
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import BadToken
from api.edge.answer import broken, late, unfit
from api.edge.asked import Asked, Unfit, of_body
from api.edge.media import media_of, told
from api.edge.policy import Policy
from api.edge.purse import AskersPurse
from api.edge.view import ENCODER, headers_of
from api.tracing import operation
from ledger.command import Role
from ledger.store.access_log import trace_of
from ledger.store.trouble import Trouble
from schema.allowance import allowance_of
from schema.context import Context
from schema.gate import settle, spent
from schema.ready import READINESS, Ready

PATH = "/graphql"
CONTEXT = "xuefen.context"
TYPES = (b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8")
WHO = (b"authorization", b"traceparent", b"x-request-id")
HEARD = frozenset((b"content-type", b"content-length", b"accept", *WHO))
UNUSUAL = frozenset((b"transfer-encoding", b"content-encoding", b"x-graphql-event-stream-token"))

# Who asks, by the value of ``Authorization``, the request's own number, and the address.
Come = Callable[[str | None, str | None, str], Awaitable[Context]]


@dataclass(frozen=True)
class Way:
    """The route that a request would have taken."""

    path: str


ROUTE = Way(PATH)


@dataclass(slots=True)
class Taken:
    """A request that takes the shortcut: who asks what, and how the answer is written."""

    context: Context
    ready: Ready
    values: VariableValues
    asked: Asked
    text: str
    media: str


class Shortcut:
    """Answers what is ready, and leaves the rest to the application."""

    def __init__(self, app: ASGIApp, come: Come, schema: Any, policy: Policy) -> None:
        self._app, self._come, self._schema, self._policy = app, come, schema, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        heard = _heard(scope, self._policy.public_body_bytes_max) if _ours(scope) else None
        if heard is None:
            await self._app(scope, receive, send)
            return
        messages = await _whole(receive)
        taken = await self._taken(scope, heard, messages)
        if taken is None:
            await self._app(scope, _again(messages, receive), send)
            return
        scope["route"] = ROUTE  # as the router would say, for whoever counts
        try:
            with operation(taken.text, taken.asked.operation):
                body, status = await self._answer(taken)
        except Unfit as error:
            await unfit(error)(scope, receive, send)
            return
        except Exception as error:  # nothing of its text may leave
            await broken(error)(scope, receive, send)
            return
        length = (b"content-length", str(len(body)).encode())
        headers = [*_headers(taken.media), length]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _taken(
        self, scope: Scope, heard: dict[bytes, bytes], messages: list[Message]
    ) -> Taken | None:
        media = _media(heard.get(b"accept"))
        if media is None or messages[-1]["type"] != "http.request":
            return None
        body = b"".join(each.get("body", b"") for each in messages)
        try:
            context = await self._known(scope, heard)
            public = context.asker.role is Role.PUBLIC
            asked = of_body(body)
            own = self._policy.own_documents.holds(public)
            text = self._policy.documents.text_of(asked, own=own, leave=not public)
        except (BadToken, Trouble, Unfit):
            return None
        ready = READINESS.find(self._schema, text, asked.operation, allowance_of(context))
        values = None if ready is None else ready.variables(asked.variables)
        if ready is None or values is None:
            return None
        return Taken(context, ready, values, asked, text, media)

    async def _known(self, scope: Scope, heard: dict[bytes, bytes]) -> Context:
        """Who asks; whoever answers in the end need not ask again. Raises ``BadToken``."""
        authorization = heard.get(b"authorization")
        trace = heard.get(b"traceparent") or heard.get(b"x-request-id")
        client = scope.get("client")
        context = await self._come(
            None if authorization is None else authorization.decode("latin-1"),
            trace_of(None if trace is None else trace.decode("latin-1")),
            client[0] if client else "",
        )
        scope[CONTEXT] = context
        return context

    async def _answer(self, taken: Taken) -> tuple[bytes, int]:
        """The bytes of the answer, and its status. Raises ``Unfit``."""
        context, asked = taken.context, taken.asked
        if isinstance(context.purse, AskersPurse):
            context.purse.come()
        seconds = self._policy.execution_seconds
        try:
            async with asyncio.timeout(seconds or None):
                carried = await taken.ready.carry_out(context, taken.values, asked.variables, spent)
        except TimeoutError:
            raise late(seconds) from None
        if carried.done:
            settle(context, taken.ready.price(asked.variables), carried.data, carried.cost)
        answer: dict[str, Any] = {"data": carried.data}
        if carried.errors:
            answer["errors"] = [each.formatted for each in carried.errors]
        answer["extensions"] = {"cost": carried.cost}
        said, status = told(answer, taken.media)
        return ENCODER.encode(said), status


def _ours(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["path"] == PATH
        and scope["method"] == "POST"
        and not scope["query_string"]
        and not scope.get("root_path")
    )


def _heard(scope: Scope, bytes_max: int) -> dict[bytes, bytes] | None:
    """What a request says about itself; ``None`` where something is unusual, large, or said twice.

    Anybody may send a body of ``bytes_max``.
    """
    heard: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in HEARD:
            if name in heard:
                return None
            heard[name] = value
        elif name in UNUSUAL:
            return None
    length = heard.get(b"content-length", b"")
    fits = length.isdigit() and int(length) <= bytes_max
    return heard if fits and heard.get(b"content-type") in TYPES else None


@lru_cache(maxsize=256)
def _media(accept: bytes | None) -> str | None:
    """How the answer is written; ``None``: not here, but perhaps as a stream."""
    said = None if accept is None else accept.decode("latin-1").lower()
    if said is not None and ("event-stream" in said or "multipart" in said):
        return None
    return media_of(said)


@lru_cache
def _headers(media: str) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of an answer as they go out."""
    return tuple((name.encode(), value.encode()) for name, value in headers_of(media).items())


async def _whole(receive: Receive) -> list[Message]:
    """The messages until the body is there; whoever stands before has bounded it."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    """The same messages for whoever comes next, and then those that follow."""
    left = messages[::-1]

    async def replay() -> Message:
        return left.pop() if left else await receive()

    return replay

"""The Starlette application: GraphQL over HTTP, WebSocket and SSE, and the health pages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cross_web import HTTPException
from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)

from api.asking import CLIENT_GONE, traced
from api.auth import PUBLIC, BadToken, asker_of
from api.clock import DemoClock
from api.courier import Courier
from api.door_export import ExportDoor
from api.door_load import LoadDoor
from api.door_report import ReportDoor
from api.door_upload import UploadDoor
from api.limits import BodyLimit, TooLarge, failure
from ledger.command import Role
from ledger.day import day_of
from ledger.fault import Fault
from ledger.store.container import BYTES_MAX
from schema.asyncapi import document
from schema.context import Context, House
from schema.errors import incident
from schema.root import build

EXAMPLE = '{"query": "{ head }"}'
REASON_BYTES_MAX = 123  # RFC 6455, section 5.5
# What the library says of a request that is no GraphQL, by a word of it; the first that occurs.
UNFIT = (
    ("as JSON", "请求体不是 JSON 对象"),
    ("No GraphQL query", "请求中没有 query"),
    ("`query`", "query 须为字符串"),
    ("`variables`", "variables 须为对象"),
    ("`extensions`", "extensions 须为对象"),
    ("content type", "不支持这种 content-type，请用 application/json"),
    ("operation named", "请求中没有 operationName 所指的操作"),
    ("operation type", "请求中没有可执行的操作，或有多个而未指明"),
    ("are not allowed when using", "这种操作不能以此方法请求，请用 POST"),
    ("only supports GET and POST", "只支持 GET 与 POST"),
    ("batching", "不支持批量请求"),
)


class Conversation(BaseGraphQLTransportWSHandler[Context, None]):
    """The protocol over WebSocket; a message of another shape ends it, as nonsense does."""

    async def handle_message(self, message: Any) -> None:
        """One message of the client."""
        payload = message.get("payload")
        if message.get("type") == "subscribe" and not (
            isinstance(payload, dict)
            and isinstance(payload.get("query"), str)
            and isinstance(payload.get("variables"), dict | None)
            and isinstance(payload.get("operationName"), str | None)
            and isinstance(message.get("id"), str)
        ):
            await self.handle_invalid_message("a subscribe message has an id and a query")
            return
        if not isinstance(message.get("type"), str) or not isinstance(message.get("id", ""), str):
            await self.handle_invalid_message("a message has a type")
            return
        try:
            await super().handle_message(message)
        except BadToken as error:
            await self.websocket.close(code=4403, reason=_reason(error))


class Door(GraphQL[Context, None]):
    """Strawberry's view with our askers: a bearer token, or the public."""

    graphql_transport_ws_handler_class = Conversation

    def encode_json(self, data: object) -> str:
        """JSON in which Chinese stands as it is read."""
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    def __init__(self, house: House, key: OKPKey) -> None:
        super().__init__(
            build(),
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
        )
        self._house = house
        self._key = key

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        """The request's asker over the house."""
        context: Context | None = request.scope.get("xuefen.context")
        if context is None:
            asker = PUBLIC
            if isinstance(request, Request):
                asker = asker_of(self._key, request.headers.get("authorization"))
            context = Context(house=self._house, asker=asker, trace=traced(request))
            request.scope["xuefen.context"] = context
        return context

    def decode_json(self, data: str | bytes) -> object:
        """The body as JSON; what Python cannot hold is no JSON of ours either."""
        try:
            body = json.loads(data)
        except (ValueError, RecursionError):  # too deep, digits without end, bytes that are no text
            body = None
        if not isinstance(body, dict):
            raise json.JSONDecodeError("no JSON object that we can read", "", 0)
        return body

    async def on_ws_connect(self, context: Context) -> Any:
        """Takes the token from the connection's parameters."""
        parameters = getattr(context, "connection_params", None) or {}
        given = parameters.get("authorization") or parameters.get("Authorization")
        if given is not None:
            context.asker = asker_of(self._key, str(given))
        return await super().on_ws_connect(context)


def create_app(
    house: House,
    key: OKPKey,
    *,
    body_bytes_max: int,
    demo_clock: DemoClock | None = None,
    private_webhooks: bool = False,
) -> Starlette:
    """The application over an open house."""
    door, exports = Door(house, key), ExportDoor(house, key)
    uploads = UploadDoor(house, key)

    async def graphql(request: Request) -> Response:
        return await _answer(door, request)

    async def readyz(_: Request) -> Response:
        return await _ready(house)

    async def clock(request: Request) -> Response:
        return await _set_clock(request, key, demo_clock)

    routes = [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", door),
        *exports.routes(),
        *uploads.routes(),
        *ReportDoor(house, key).routes(),
        *LoadDoor(house, key).routes(),
        Route("/healthz", _healthz),
        Route("/readyz", readyz),
        Route("/asyncapi.json", _asyncapi),
    ]
    if demo_clock is not None:
        routes.append(Route("/demo/clock", clock, methods=["POST"]))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with Courier(house, private=private_webhooks):
            yield

    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={BadToken: _untrusted})
    app.add_middleware(BodyLimit, bytes_max=body_bytes_max, larger=("/uploads/", BYTES_MAX))
    return app


async def _answer(door: Door, request: Request) -> Response:
    """The answer to one GraphQL request over HTTP; every failure leaves with a code."""
    try:
        await door.get_context(request, Response())
    except BadToken as error:
        return _unauthenticated(error)
    if request.method == "GET" and not request.query_params.get("query"):
        zh, en = "请以 POST 提交 JSON：", "ask by POST, with JSON such as "
        return failure("BAD_REQUEST", zh + EXAMPLE, en + EXAMPLE, 400)
    try:
        return await door.run(request)
    except HTTPException as error:
        return _unfit(error)
    except TooLarge:
        raise
    except ClientDisconnect:
        return Response(status_code=CLIENT_GONE)  # nobody is there to read it
    except Exception as error:  # nothing of its text may leave
        zh, en, _ = incident(error, "http")
        return failure("INTERNAL", zh, en, 500)


def _unfit(error: HTTPException) -> Response:
    said = error.reason
    zh = next((zh for word, zh in UNFIT if word.casefold() in said.casefold()), "请求格式不正确")
    return failure("BAD_REQUEST", zh, said, error.status_code)


async def _untrusted(_: Request, error: Exception) -> Response:
    assert isinstance(error, BadToken)
    return _unauthenticated(error)


def _unauthenticated(error: BadToken) -> Response:
    response = failure("UNAUTHENTICATED", error.zh, error.en, 401)
    response.headers["www-authenticate"] = "Bearer"
    return response


def _reason(error: BadToken) -> str:
    said = f"{error.zh} / {error.en}".encode()
    return said[:REASON_BYTES_MAX].decode(errors="ignore")


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _asyncapi(_: Request) -> Response:
    return JSONResponse(await run_in_threadpool(document))


async def _ready(house: House) -> Response:
    try:
        head = await run_in_threadpool(house.ledger.feed.head)
        progress = await run_in_threadpool(house.runner.progress)
    except Exception as error:
        return JSONResponse({"status": "down", "why": type(error).__name__}, status_code=503)
    stopped = {view: failed for view, _, failed in progress if failed}
    body = {
        "status": "stopped" if stopped else "ok",
        "head": head,
        "behind": {view: head - position for view, position, _ in progress},
        "stopped": stopped,
    }
    return JSONResponse(body, status_code=503 if stopped else 200)


async def _set_clock(request: Request, key: OKPKey, clock: DemoClock | None) -> Response:
    try:
        asker = asker_of(key, request.headers.get("authorization"))
        day = day_of((await request.json())["day"])
    except BadToken as error:
        return _unauthenticated(error)
    except Fault as error:
        said = {"code": error.code, "zh": error.zh, "en": error.en}
        return JSONResponse({"error": error.en} | said, status_code=400)
    except (ValueError, KeyError, TypeError, RecursionError):
        return JSONResponse({"error": 'send {"day": "2024-03-19"}'}, status_code=400)
    if asker.role is not Role.OPERATOR or clock is None:
        return JSONResponse({"error": "only the operator sets the clock"}, status_code=403)
    if day < clock.day:
        zh = f"演示时钟已到 {clock.day}，不能倒回 {day}"
        en = f"the demo clock stands at {clock.day} and is not set back to {day}"
        return JSONResponse({"error": en, "code": "DAY_PAST", "zh": zh, "en": en}, status_code=409)
    return JSONResponse({"now": clock.set(day).isoformat()})

"""The Starlette application: GraphQL over HTTP, WebSocket and SSE, and the health pages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)

from api.auth import PUBLIC, BadToken, asker_of
from api.clock import DemoClock
from api.door_export import ExportDoor
from api.door_load import LoadDoor
from api.door_report import ReportDoor
from api.door_upload import UploadDoor
from api.edge.answer import Edge
from api.edge.headers import SafeHeaders
from api.edge.policy import Policy
from api.edge.purse import AskersPurse, Purses
from api.edge.view import EdgeView
from api.limits import BodyLimit, failure
from ledger.command import Asker, Role
from ledger.day import day_of
from ledger.fault import Fault
from ledger.store.access_log import trace_of
from ledger.store.container import BYTES_MAX
from schema.context import Context, House
from schema.root import build

# Whatever a client may say, so that the edge answers all of it (RFC 9110, section 9).
METHODS_ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
REASON_BYTES_MAX = 123  # RFC 6455, section 5.5


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


class Door(EdgeView):
    """Strawberry's view with our askers: a bearer token, or the public."""

    graphql_transport_ws_handler_class = Conversation

    def __init__(self, house: House, key: OKPKey, purses: Purses) -> None:
        super().__init__(
            build(),
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
        )
        self._house = house
        self._key = key
        self._purses = purses

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
            context.purse = self._purse(request, asker)
            request.scope["xuefen.context"] = context
        return context

    def _purse(self, request: Request | WebSocket, asker: Asker) -> AskersPurse:
        return self._purses.of(asker, request.client.host if request.client else "")

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
            if isinstance(context.purse, AskersPurse):
                context.purse = self._purses.of(context.asker, context.purse.address)
        return await super().on_ws_connect(context)


def create_app(
    house: House,
    key: OKPKey,
    *,
    body_bytes_max: int,
    demo_clock: DemoClock | None = None,
    policy: Policy | None = None,
) -> Starlette:
    """The application over an open house."""
    policy = policy or Policy()
    door, exports = Door(house, key, Purses(policy)), ExportDoor(house, key)
    edge = Edge(door, policy)
    uploads = UploadDoor(house, key)

    async def graphql(request: Request) -> Response:
        return await _graphql(door, edge, request)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        return await _ready(house)

    async def clock(request: Request) -> Response:
        return await _set_clock(request, key, demo_clock)

    routes = [
        Route("/graphql", graphql, methods=METHODS_ALL),
        WebSocketRoute("/graphql", door),
        *exports.routes(),
        *uploads.routes(),
        *ReportDoor(house, key).routes(),
        *LoadDoor(house, key).routes(),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]
    if demo_clock is not None:
        routes.append(Route("/demo/clock", clock, methods=["POST"]))

    app = Starlette(routes=routes, lifespan=_lifespan, exception_handlers={BadToken: _untrusted})
    app.add_middleware(BodyLimit, bytes_max=body_bytes_max, larger=("/uploads/", BYTES_MAX))
    app.add_middleware(SafeHeaders)
    return app


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    yield


async def _graphql(door: Door, edge: Edge, request: Request) -> Response:
    try:
        context = await door.get_context(request, Response())
    except BadToken as error:
        return _unauthenticated(error)
    return await edge.answer(request, context)


def traced(request: Request | WebSocket) -> str | None:
    """The caller's own number of the request, for the access log."""
    return trace_of(request.headers.get("traceparent") or request.headers.get("x-request-id"))


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

"""The Starlette application: GraphQL over HTTP, WebSocket and SSE, and the health pages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from api.asking import traced, troubled
from api.auth import PUBLIC, BadToken
from api.checkup import Checkup
from api.clock import DemoClock
from api.courier import Courier
from api.crew import Crew
from api.door_export import ExportDoor
from api.door_load import LoadDoor
from api.door_report import ReportDoor
from api.door_upload import UploadDoor
from api.doorkeeper import Doorkeeper
from api.edge.answer import Edge, unfit
from api.edge.asked import Unfit, read_json
from api.edge.headers import SafeHeaders
from api.edge.policy import Policy
from api.edge.purse import AskersPurse, Purses
from api.edge.shortcut import CONTEXT, Shortcut
from api.edge.turnstile import Turnstile, untrusted
from api.edge.view import EdgeView
from api.edge.window import Windows
from api.health import HealthDoor
from api.ide.door import Ide, IdeDoor
from api.issuers import Issuers
from api.limits import BodyLimit
from api.metrics import MetricsDoor, observe
from api.observed import Observed
from api.stream.conversation import Conversation
from api.stream.door import StreamDoor
from api.stream.streams import Streams
from api.stream.wire import Wire
from ledger.command import Asker, Role
from ledger.day import day_of
from ledger.fault import Fault
from ledger.store.container import BYTES_MAX
from ledger.store.trouble import Trouble
from schema.asyncapi import document
from schema.context import Context, House
from schema.root import build

# Whatever a client may say, so that the edge answers all of it (RFC 9110, section 9).
METHODS_ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


class Door(EdgeView):
    """Strawberry's view with our askers: a bearer token, or the public."""

    graphql_transport_ws_handler_class = Conversation
    websocket_adapter_class = Wire

    def __init__(
        self, house: House, keeper: Doorkeeper, purses: Purses, crew: Crew | None = None
    ) -> None:
        schema = build()
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
        )
        self._house = house
        self._keeper, self._purses, self._crew = keeper, purses, crew
        self.streams = Streams(house, schema, keeper.asker, purses.policy)
        public_bytes_max = purses.policy.public_body_bytes_max
        self.streaming = StreamDoor(self.streams, self._come, self._known, public_bytes_max, crew)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        """The request's asker over the house."""
        context: Context | None = request.scope.get(CONTEXT)
        if context is None:
            asker = PUBLIC
            if isinstance(request, Request):
                asker = await self._keeper.asker(request.headers.get("authorization"))
            context = Context(house=self._house, asker=asker, trace=traced(request))
            context.purse = self._purse(request, asker)
            request.scope[CONTEXT] = context
        return context

    async def _known(self, request: Request) -> Context:
        """Who asks for a stream. Raises ``BadToken``."""
        return await self.get_context(request, Response())

    async def _come(self, request: Request) -> Context:
        """Who asks for a stream, whose request is counted. Raises ``BadToken`` or ``Unfit``."""
        context = await self._known(request)
        if isinstance(context.purse, AskersPurse):
            context.purse.come()
        return context

    async def come(self, authorization: str | None, trace: str | None, address: str) -> Context:
        """Who asks over the house, by what a request says. Raises ``BadToken``."""
        asker = await self._keeper.asker(authorization)
        purse = self._purses.of(asker, address)
        return Context(house=self._house, asker=asker, trace=trace, purse=purse)

    def unknown(self, request: Request, error: BadToken) -> Response:
        """What is said of a token that nobody trusts, which counts as the public's request."""
        try:
            self._purse(request, PUBLIC).come()
        except Unfit as spent:
            return unfit(spent)
        return untrusted(error)

    def _purse(self, request: Request | WebSocket, asker: Asker) -> AskersPurse:
        handed = self._crew.handed_on(request) if self._crew else None
        address = request.client.host if request.client else ""
        return self._purses.of(asker, address if handed is None else handed)

    def decode_json(self, data: str | bytes) -> object:
        """A message as JSON. Raises ``Unfit`` for what cannot be read."""
        body = read_json(data, None)
        if not isinstance(body, dict):
            raise json.JSONDecodeError("no JSON object that we can read", "", 0)
        return body

    async def on_ws_connect(self, context: Context) -> Any:
        """Takes the token from the connection's parameters."""
        parameters = getattr(context, "connection_params", None) or {}
        given = parameters.get("authorization") or parameters.get("Authorization")
        if given is not None:
            context.asker = await self._keeper.asker(str(given))
            if isinstance(context.purse, AskersPurse):
                context.purse = self._purses.of(context.asker, context.purse.address)
        return await super().on_ws_connect(context)


def create_app(
    house: House,
    issuers: Issuers,
    *,
    body_bytes_max: int,
    demo_clock: DemoClock | None = None,
    private_webhooks: bool = False,
    ide: Ide | None = None,
    log_requests: bool = False,
    policy: Policy | None = None,
    crew: Crew | None = None,
    windows: Windows | None = None,
) -> Starlette:
    """The application over an open house; of several workers, with what they share."""
    policy = policy or Policy()
    keeper, purses = Doorkeeper(issuers, house.ledger), Purses(policy, windows)
    door, checkup = Door(house, keeper, purses, crew), Checkup(house)
    graphql = partial(_graphql, door, Edge(door, policy))

    async def clock(request: Request) -> Response:
        return await _set_clock(request, keeper, demo_clock)

    routes = [
        Route("/graphql", graphql, methods=METHODS_ALL),
        WebSocketRoute("/graphql", door),
        *ExportDoor(house, keeper, door.streams.revocations).routes(),
        *UploadDoor(house, keeper).routes(),
        *ReportDoor(house, keeper).routes(),
        *LoadDoor(house, keeper).routes(),
        *HealthDoor(house, checkup).routes(),
        *MetricsDoor(checkup).routes(),
        Route("/asyncapi.json", _asyncapi),
    ]
    routes += IdeDoor(keeper, ide, crew).routes() if ide is not None else []
    if demo_clock is not None:
        routes.append(Route("/demo/clock", clock, methods=["POST"]))
    life = _life(house, door, checkup, private_webhooks)
    app = Starlette(routes=routes, lifespan=life, exception_handlers=HANDLERS)
    app.state.streams = door.streams
    app.add_middleware(Shortcut, come=door.come, schema=build()._schema, policy=policy)
    app.add_middleware(Turnstile, look=keeper.asker, purses=purses)
    app.add_middleware(BodyLimit, bytes_max=body_bytes_max, larger=("/uploads/", BYTES_MAX))
    app.add_middleware(SafeHeaders)
    app.add_middleware(Observed, logged=log_requests)
    return app


def _life(house: House, door: Door, checkup: Checkup, private_webhooks: bool) -> Any:
    """What runs as long as the application does."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        observe(house)
        courier = Courier(house, door.streams.revocations, private=private_webhooks)
        glancing = nullcontext() if house.glances is None else house.glances.opened()
        async with glancing, courier:
            yield
            await door.streaming.close()
            await door.streams.close()
            await checkup.close()

    return lifespan


async def _graphql(door: Door, edge: Edge, request: Request) -> Response:
    try:
        streamed = await door.streaming.answer(request)
        if streamed is not None:
            return streamed
        context = await door.get_context(request, Response())
    except BadToken as error:
        return door.unknown(request, error)
    except Unfit as error:
        return unfit(error)
    return await edge.answer(request, context)


async def _untrusted(_: Request, error: Exception) -> Response:
    assert isinstance(error, BadToken)
    return untrusted(error)


async def _troubled(_: Request, error: Exception) -> Response:
    assert isinstance(error, Trouble)
    return troubled(error)


HANDLERS: dict[Any, Any] = {BadToken: _untrusted, Trouble: _troubled}


async def _asyncapi(_: Request) -> Response:
    return JSONResponse(await run_in_threadpool(document))


async def _set_clock(request: Request, keeper: Doorkeeper, clock: DemoClock | None) -> Response:
    try:
        asker = await keeper.asker(request.headers.get("authorization"))
        day = day_of(read_json(await request.body(), None)["day"])
    except BadToken as error:
        return untrusted(error)
    except (Fault, Unfit) as error:
        said = {"code": error.code, "zh": error.zh, "en": error.en}
        return JSONResponse({"error": error.en} | said, status_code=400)
    except (KeyError, TypeError):
        return JSONResponse({"error": 'send {"day": "2024-03-19"}'}, status_code=400)
    if asker.role is not Role.OPERATOR or clock is None:
        return JSONResponse({"error": "only the operator sets the clock"}, status_code=403)
    if day < clock.day:
        zh = f"演示时钟已到 {clock.day}，不能倒回 {day}"
        en = f"the demo clock stands at {clock.day} and is not set back to {day}"
        return JSONResponse({"error": en, "code": "DAY_PAST", "zh": zh, "en": en}, status_code=409)
    return JSONResponse({"now": clock.set(day).isoformat()})

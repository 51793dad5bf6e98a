"""Door: which HTTP requests want a stream, and what of a stream they want.

Everything else is ``None`` here, and answered by whoever answers GraphQL over HTTP.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from strawberry.types.graphql import OperationType

from api.asking import HEADERS
from api.crew import Crew
from api.edge.answer import COUNTED, body_of
from api.edge.asked import Unfit, read_json
from api.edge.media import status_of
from api.limits import failure
from api.stream.events import MEDIA_TYPE, Distinct
from api.stream.neighbour import Neighbours
from api.stream.operation import Malformed, Operation
from api.stream.reservation import Reservation, Reservations
from api.stream.shape import shape_of
from api.stream.streams import Streams
from ledger.command import Role
from ledger.fault import Fault
from schema.allowance import allowance_of
from schema.context import Context
from schema.history import POSITION_DIGITS_MAX

TOKEN = "x-graphql-event-stream-token"  # noqa: S105 - the name of a header
OPERATION_CHARACTERS_MAX = 256
RETRY = {"retry-after": "5"}
BY_METHOD = {
    "GET": frozenset({OperationType.QUERY, OperationType.SUBSCRIPTION}),
    "POST": frozenset(OperationType),
}
BY_TOKEN = ("GET", "POST", "DELETE")


class StreamDoor:
    """Answers what graphql-sse asks, in both of its modes.

    ``context`` tells who asks, and counts the request; ``known`` only tells. They raise
    ``BadToken``, which is left to the caller. The public sends bodies of so many bytes at most.
    """

    def __init__(
        self,
        streams: Streams,
        context: Callable[[Request], Awaitable[Context]],
        known: Callable[[Request], Awaitable[Context]],
        public_body_bytes_max: int,
        crew: Crew | None = None,
    ) -> None:
        self._streams, self._context, self._known = streams, context, known
        self._public_bytes_max = public_body_bytes_max
        self._reservations = Reservations(streams, crew.number if crew else "")
        self._neighbours = Neighbours(crew) if crew else None

    async def close(self) -> None:
        """Gives up what was reserved."""
        self._reservations.close()
        if self._neighbours is not None:
            await self._neighbours.close()

    async def answer(self, request: Request) -> Response | None:
        """The answer to a request for a stream; ``None`` for any other. Raises ``BadToken``."""
        token = request.headers.get(TOKEN) or request.query_params.get("token")
        try:
            if token and self._neighbours is not None and request.method in BY_TOKEN:
                answer = await self._neighbours.ask(request, token)
                if answer is not None:
                    return answer
            if request.method == "PUT":
                return await self._reserve(request)
            if request.method == "DELETE":
                return await self._stop(request, token)
            if request.method == "GET" and token and _accepts(request):
                return await self._open(request, token)
            if request.method == "POST" and token:
                return await self._operate(request, token)
            if request.method in BY_METHOD and _accepts(request):
                return await self._distinct(request)
        except Malformed as error:
            await self._come(request)
            return failure("BAD_REQUEST", error.zh, error.en, 400)
        except Fault as error:
            return failure(error.code, error.zh, error.en, 409)
        return None

    async def _come(self, request: Request) -> Context:
        """Who asks, whose request is counted once. Raises ``BadToken`` or ``Unfit``."""
        if COUNTED in request.scope:
            return await self._known(request)
        request.scope[COUNTED] = True
        return await self._context(request)

    async def _distinct(self, request: Request) -> Response | None:
        if request.method == "GET" and not request.query_params.get("query"):
            return None
        given = await self._given(request)
        operation = Operation.of(given, _resume(request))
        if not _prefers(request):
            # Who asks comes first: to read the document takes long.
            tokens = allowance_of(await self._come(request)).tokens
            if shape_of(operation.query, operation.name, tokens) is None:
                return None
        # Another status than 200 ends an EventSource for good, so one that comes back while the
        # server stops is told by a stream when to come again (WHATWG HTML, section 9.2.3).
        if self._streams.full and not (request.method == "GET" and self._streams.leaving):
            return _full()
        context = await self._come(request)
        self._streams.allow(operation, context)
        authorization = request.headers.get("authorization")
        allowed = BY_METHOD[request.method]
        return Distinct(self._streams, operation, context, authorization, allowed)

    async def _reserve(self, request: Request) -> Response:
        context = await self._come(request)
        token = None
        if not self._streams.full:
            authorization = request.headers.get("authorization")
            address = getattr(context.purse, "address", "")
            token = self._reservations.make(context.asker, authorization, address)
        if token is None:
            return _full()
        return PlainTextResponse(token, status_code=201, headers={"cache-control": "no-store"})

    async def _open(self, request: Request, token: str) -> Response:
        reservation = self._reservations.find(token)
        if reservation is None or reservation.taken:
            await self._come(request)  # one that is there was counted when it was reserved
        if reservation is None:
            return _unknown()
        if reservation.taken:
            zh, en = "此预约的流已打开", "the stream of this reservation is open"
            return failure("STREAM_TAKEN", zh, en, 409)
        reservation.take()
        return reservation

    async def _operate(self, request: Request, token: str) -> Response:
        context = await self._come(request)
        reservation = self._own(context, token)
        if not isinstance(reservation, Reservation):
            return reservation
        operation = Operation.of(await self._given(request), _resume(request))
        number = operation.extensions.get("operationId")
        if not isinstance(number, str) or not 0 < len(number) <= OPERATION_CHARACTERS_MAX:
            zh, en = "extensions.operationId 缺失", "extensions.operationId is missing"
            return failure("BAD_REQUEST", zh, en, 400)
        self._streams.allow(operation, context)
        errors = await reservation.operate(number, operation, context)
        if not errors:
            return Response(status_code=202)
        status = status_of(errors)
        return JSONResponse({"errors": errors}, status, HEADERS.get(status))

    async def _stop(self, request: Request, token: str | None) -> Response:
        number = request.query_params.get("operationId")
        if not number or not token:
            raise Malformed("缺少 operationId 或令牌", "operationId or token is missing")
        reservation = self._own(await self._come(request), token)
        if not isinstance(reservation, Reservation):
            return reservation
        reservation.stop(number)
        return Response(status_code=200)

    async def _given(self, request: Request) -> Any:
        """What was sent as an operation. Raises ``Malformed`` or ``TooLarge``."""
        if request.method == "GET":
            given: dict[str, Any] = dict(request.query_params)
            for name in ("variables", "extensions"):
                if name in given:
                    given[name] = _json(given[name], name)
            return given
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Malformed("请以 application/json 提交", "send application/json")
        public = (await self._known(request)).asker.role is Role.PUBLIC  # or ``BadToken``, unread
        return _json(await body_of(request, self._public_bytes_max if public else None), None)

    def _own(self, context: Context, token: str) -> Reservation | Response:
        """The reservation, if it is of the one who asks."""
        reservation = self._reservations.find(token)
        if reservation is None:
            return _unknown()
        if reservation.asker != context.asker:
            zh, en = "此预约属于他人", "the reservation is another's"
            return failure("FORBIDDEN", zh, en, 403)
        return reservation


def _accepts(request: Request) -> bool:
    return any(kind == MEDIA_TYPE for kind, _ in _kinds(request))


def _prefers(request: Request) -> bool:
    """Whether events are what the client would rather have; of equals, the one named first."""
    kinds = _kinds(request)
    return bool(kinds) and max(kinds, key=lambda each: each[1])[0] == MEDIA_TYPE


def _kinds(request: Request) -> list[tuple[str, float]]:
    """The media types that are accepted, with their weights (RFC 9110, section 12.5.1)."""
    found = []
    for each in request.headers.get("accept", "").split(","):
        kind, *parameters = (part.strip().lower() for part in each.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                with suppress(ValueError):
                    weight = float(parameter[2:])
        if weight > 0:
            found.append((kind, weight))
    return found


def _json(text: str | bytes, name: str | None) -> Any:
    try:
        return read_json(text, name)
    except Unfit as error:
        raise Malformed(error.zh, error.en) from None


def _resume(request: Request) -> int | None:
    """The position of the last event that the client has. Raises ``Malformed``."""
    given = request.headers.get("last-event-id")
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > POSITION_DIGITS_MAX:
        raise Malformed("Last-Event-ID 须为账本位置", "Last-Event-ID must be a position")
    return int(given)


def _unknown() -> Response:
    zh, en = "没有这个预约，或已过期", "there is no such reservation, or it has expired"
    return failure("UNKNOWN_STREAM", zh, en, 404)


def _full() -> Response:
    zh, en = "连接已满，请稍后再试", "too many connections; try again later"
    response = failure("TOO_MANY_CONNECTIONS", zh, en, 503)
    response.headers.update(RETRY)
    return response

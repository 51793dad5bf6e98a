"""Observed: each request with an id, a line in the log where that is wanted, and its metrics.

The id is the trace id of a W3C ``traceparent``, or the caller's ``x-request-id``, or one of ours;
it stands in the answer's ``x-request-id`` and in every line that is logged meanwhile. A line holds
no query, no variables and no name: they may be personal data.
"""

from __future__ import annotations

import time
from functools import lru_cache
from random import getrandbits
from typing import TYPE_CHECKING, Any

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, bound_contextvars, reset_contextvars

from api.metrics import DURATIONS, OPEN, REQUESTS
from api.tracing import spans
from ledger.store.access_log import trace_of

if TYPE_CHECKING:
    from api.spans import Seen, Spans

ID, KIND, EVENTS = b"x-request-id", b"content-type", b"text/event-stream"
WHOSE = (b"traceparent", ID)
LABELS_MAX = 1_000
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")
log = structlog.get_logger()


class Observed:
    """Stands in front of everything; ``logged``: whether each request has a line."""

    def __init__(self, app: ASGIApp, *, logged: bool = False) -> None:
        self._app, self._logged = app, logged

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        tracing = spans()
        if tracing is not None and scope["type"] == "http":
            await self._traced(scope, receive, send, tracing)
            return
        request = _named(scope) or f"{getrandbits(128):032x}"
        bound = bind_contextvars(request=request)
        try:
            if scope["type"] == "websocket":
                with OPEN.labels("websocket").track_inprogress():
                    await self._app(scope, receive, send)
            else:
                await self._answered(scope, receive, send, request)
        finally:
            reset_contextvars(**bound)

    async def _traced(self, scope: Scope, receive: Receive, send: Send, tracing: Spans) -> None:
        """A request with a span, whose trace is its id unless the caller has one for it."""
        headers = Headers(scope=scope)
        with tracing.request(_method(scope), headers) as span:
            number = span.number
            request = trace_of(headers.get("x-request-id")) or number
            with bound_contextvars(request=request, trace=number):
                await self._answered(scope, receive, send, request, span)

    async def _answered(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        request: str,
        span: Seen | None = None,
    ) -> None:
        begun = time.perf_counter()
        status, streamed = 500, False

        async def noted(message: Message) -> None:
            nonlocal status, streamed
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [each for each in message.get("headers", ()) if each[0] != ID]
                message["headers"] = [*headers, (ID, request.encode("latin-1", "replace"))]
                if any(name == KIND and kind.startswith(EVENTS) for name, kind in headers):
                    streamed = True
                    OPEN.labels("events").inc()
                if span is not None:
                    # The events of a stream may come for days.
                    span.answered(_method(scope), _route(scope), status, over=streamed)
                _durations(_route(scope)).observe(time.perf_counter() - begun)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if streamed:
                OPEN.labels("events").dec()
            method = _method(scope)
            _requests(_route(scope), method, status).inc()
            if self._logged:
                spent = round((time.perf_counter() - begun) * 1000, 1)
                log.info("request", method=method, route=_route(scope), status=status, ms=spent)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else "other"


def _route(scope: Scope) -> str:
    """The route as it was written, never what stands in a path: that may be a name."""
    route = scope.get("route")
    return getattr(route, "path", "other")


def _named(scope: Scope) -> str | None:
    """The number that the caller gave the request."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in WHOSE:
            found.setdefault(name, value)  # of two the first counts
    given = found.get(WHOSE[0]) or found.get(ID)
    return None if given is None else trace_of(given.decode("latin-1"))


# Whoever asks for a metric by its labels waits for a lock; so it is asked once for each.
@lru_cache(maxsize=LABELS_MAX)
def _durations(route: str) -> Any:
    return DURATIONS.labels(route)


@lru_cache(maxsize=LABELS_MAX)
def _requests(route: str, method: str, status: int) -> Any:
    return REQUESTS.labels(route, method, str(status))

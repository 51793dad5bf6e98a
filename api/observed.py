"""Observed: each request with an id, a line in the log where that is wanted, and its metrics.

The id is the trace id of a W3C ``traceparent``, or the caller's ``x-request-id``, or one of ours;
where requests are traced it is the caller's, or that of the trace, which is logged as well. It
stands in the answer's ``x-request-id`` and in every line that is logged meanwhile. A line holds
no query, no variables and no name: they may be personal data.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api.metrics import DURATIONS, OPEN, REQUESTS
from api.tracing import spans
from ledger.store.access_log import trace_of

if TYPE_CHECKING:
    from api.spans import Seen, Spans

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
        headers = Headers(scope=scope)
        tracing = spans()
        if tracing is not None and scope["type"] == "http":
            await self._traced(scope, receive, send, tracing)
            return
        given = trace_of(headers.get("traceparent") or headers.get("x-request-id"))
        with bound_contextvars(request=given or uuid4().hex):
            if scope["type"] == "websocket":
                with OPEN.labels("websocket").track_inprogress():
                    await self._app(scope, receive, send)
            else:
                await self._answered(scope, receive, send)

    async def _traced(self, scope: Scope, receive: Receive, send: Send, tracing: Spans) -> None:
        """A request with a span, whose trace is its id unless the caller has one for it."""
        headers = Headers(scope=scope)
        with tracing.request(_method(scope), headers) as span:
            number = span.number
            given = trace_of(headers.get("x-request-id"))
            with bound_contextvars(request=given or number, trace=number):
                await self._answered(scope, receive, send, span)

    async def _answered(
        self, scope: Scope, receive: Receive, send: Send, span: Seen | None = None
    ) -> None:
        begun = time.perf_counter()
        status, streamed = 500, False
        request = structlog.contextvars.get_contextvars()["request"]

        async def noted(message: Message) -> None:
            nonlocal status, streamed
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request
                streamed = headers.get("content-type", "").startswith("text/event-stream")
                if streamed:
                    OPEN.labels("events").inc()
                if span is not None:
                    # The events of a stream may come for days.
                    span.answered(_method(scope), _route(scope), status, over=streamed)
                DURATIONS.labels(_route(scope)).observe(time.perf_counter() - begun)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if streamed:
                OPEN.labels("events").dec()
            method = _method(scope)
            REQUESTS.labels(_route(scope), method, str(status)).inc()
            if self._logged:
                spent = round((time.perf_counter() - begun) * 1000, 1)
                log.info("request", method=method, route=_route(scope), status=status, ms=spent)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else "other"


def _route(scope: Scope) -> str:
    """The route as it was written, never what stands in a path: that may be a name."""
    route = scope.get("route")
    return getattr(route, "path", "other")

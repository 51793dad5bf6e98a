"""Observed: each request with an id, a line in the log where that is wanted, and its metrics.

The id is the trace id of a W3C ``traceparent``, or the caller's ``x-request-id``, or one of ours;
it stands in the answer's ``x-request-id`` and in every line that is logged meanwhile. A line holds
no query, no variables and no name: they may be personal data.
"""

from __future__ import annotations

import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api.metrics import DURATIONS, OPEN, REQUESTS
from ledger.store.access_log import trace_of

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
        given = trace_of(headers.get("traceparent") or headers.get("x-request-id"))
        with bound_contextvars(request=given or uuid4().hex):
            if scope["type"] == "websocket":
                with OPEN.labels("websocket").track_inprogress():
                    await self._app(scope, receive, send)
            else:
                await self._answered(scope, receive, send)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        status, streamed = 500, False
        request = structlog.contextvars.get_contextvars()["request"]

        async def noted(message: Message) -> None:
            nonlocal status, streamed
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request
                if headers.get("content-type", "").startswith("text/event-stream"):
                    streamed = True
                    OPEN.labels("events").inc()
                DURATIONS.labels(_route(scope)).observe(time.perf_counter() - begun)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if streamed:
                OPEN.labels("events").dec()
            method = scope["method"] if scope["method"] in METHODS else "other"
            REQUESTS.labels(_route(scope), method, str(status)).inc()
            if self._logged:
                spent = round((time.perf_counter() - begun) * 1000, 1)
                log.info("request", method=method, route=_route(scope), status=status, ms=spent)


def _route(scope: Scope) -> str:
    """The route as it was written, never what stands in a path: that may be a name."""
    route = scope.get("route")
    return getattr(route, "path", "other")

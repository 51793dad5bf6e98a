"""Neighbour: another worker, which holds the stream that a request is about, and is asked for it.

The request goes there as it came, over a socket between the workers, and its answer comes back as
it is written; a stream for as long as the client reads it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from structlog.contextvars import get_contextvars

from api.crew import ADDRESS_HEADER, SECRET_HEADER, Crew

# RFC 9110, section 7.6.1, and what the other worker says anew.
OURS = {"connection", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
OURS |= {ADDRESS_HEADER, SECRET_HEADER, "x-request-id", "date", "server"}


class Neighbours:
    """The other workers; asked from one event loop."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._clients: dict[Path, httpx.AsyncClient] = {}

    async def ask(self, request: Request, token: str) -> Response | None:
        """The answer of the worker that holds what a token names.

        ``None`` where it is this one, or is gone, and the stream with it.
        """
        path = self._crew.another(token)
        if path is None or not path.exists():
            return None
        client = self._client(path)
        headers = [each for each in request.headers.items() if each[0] not in OURS]
        headers += [
            (SECRET_HEADER, self._crew.secret),
            (ADDRESS_HEADER, request.client.host if request.client else ""),
            ("x-request-id", get_contextvars().get("request", "")),
        ]
        url = httpx.URL("http://crew/graphql", query=request.url.query.encode())
        body = None if request.method == "GET" else request.stream()
        asked = client.build_request(request.method, url, headers=headers, content=body)
        try:
            answer = await client.send(asked, stream=True)
        except httpx.TransportError:
            return None
        told = {name: each for name, each in answer.headers.items() if name not in OURS}
        return StreamingResponse(_read(answer), answer.status_code, told)

    async def close(self) -> None:
        """Ends all connections."""
        for each in self._clients.values():
            await each.aclose()
        self._clients.clear()

    def _client(self, path: Path) -> httpx.AsyncClient:
        if path not in self._clients:
            unbounded = httpx.Limits(max_connections=None)
            transport = httpx.AsyncHTTPTransport(uds=str(path), limits=unbounded)
            self._clients[path] = httpx.AsyncClient(transport=transport, timeout=None)  # noqa: S113
        return self._clients[path]


async def _read(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes of an answer as they come; where the worker dies they end."""
    try:
        with suppress(httpx.TransportError):
            async for piece in answer.aiter_raw():
                yield piece
    finally:
        await answer.aclose()

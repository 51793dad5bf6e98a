"""The view: Strawberry's, with what it is asked read by us and what it answers written by us."""

from __future__ import annotations

from typing import Any

import msgspec
from cross_web import AsyncHTTPRequestAdapter, StarletteRequestAdapter
from starlette.requests import Request
from starlette.responses import Response
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.types import ExecutionResult

from api.edge.asked import Asked
from api.edge.media import JSON, told
from schema.context import Context

ASKED = "xuefen.asked"
MEDIA = "xuefen.media"
STATUS = "xuefen.status"
ENCODER = msgspec.json.Encoder(enc_hook=str)


class KnownRequest(StarletteRequestAdapter):
    """A request as the library reads it, which knows what the edge has read."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.asked: Asked = request.scope[ASKED]


class EdgeView(GraphQL[Context, None]):
    """Carries out what the edge has read, and writes it as the client takes it.

    In the request's scope stand ``ASKED`` and ``MEDIA``.
    """

    request_adapter_class = KnownRequest

    def encode_json(self, data: object) -> str:
        """JSON in which Chinese stands as it is read; as text, as frames of WebSocket are text."""
        return ENCODER.encode(data).decode()

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Never: what comes here asks something, if by the id of a document."""
        return False

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """What the edge has read; whether it is streamed is the library's to say."""
        assert isinstance(request, KnownRequest)
        asked = request.asked
        transport = self._get_stream_transport_from_headers(request.headers)
        return GraphQLRequestData(
            query=asked.query,
            variables=asked.variables,
            operation_name=asked.operation,
            extensions=asked.extensions,
            protocol=transport.protocol if transport else "http",
        )

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        """The result as it is written; its status is kept for the response."""
        written: Any = await super().process_result(request, result)
        answer, request.scope[STATUS] = told(written, request.scope.get(MEDIA, JSON))
        return answer  # type: ignore[return-value]

    async def get_sub_response(self, request: Request) -> Response:  # type: ignore[override]
        """The response to be, which knows its request."""
        response = await super().get_sub_response(request)
        response.request = request  # type: ignore[attr-defined]
        return response

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """The answer, in the client's media type and under its status."""
        scope = sub_response.request.scope  # type: ignore[attr-defined]
        return written(self.encode_json(response_data), scope[MEDIA], scope[STATUS])


def written(text: str | bytes, media: str, status: int) -> Response:
    """A response of a media type, which differs by ``Accept``."""
    return Response(text, status, headers_of(media))


def headers_of(media: str) -> dict[str, str]:
    """What an answer says of itself."""
    return {"content-type": f"{media}; charset=utf-8", "vary": "accept"}

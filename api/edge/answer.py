"""The answer to one request over HTTP: read, weighed, carried out, and written, within a time."""

from __future__ import annotations

import asyncio

from cross_web import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.edge.asked import Asked, Unfit, of_body, of_method, of_query, of_type
from api.edge.media import JSON, media_of
from api.edge.policy import Policy
from api.edge.purse import AskersPurse
from api.edge.telling import Telling
from api.edge.view import ASKED, MEDIA, EdgeView, written
from api.limits import TooLarge, failure
from api.tracing import operation
from ledger.command import Role
from schema.context import Context
from schema.errors import incident

CLIENT_GONE = 499
COUNTED = "xuefen.counted"
"""What a request's scope holds once it has been counted."""
# What the library says of a request that it does not carry out, by a word of it.
UNFIT = (
    ("are not allowed when using", "这种操作不能以此方法请求，请用 POST"),
    ("operation named", "请求中没有 operationName 所指的操作"),
    ("operation type", "请求中没有可执行的操作，或有多个而未指明"),
)
LATE_ZH = "超过 {} 秒仍未答复，已中止；可缩小请求再试，写入请用同一 requestId 重试"
LATE_EN = "no answer within {} seconds; ask for less, or a command again under the same requestId"


class Edge:
    """Answers GraphQL requests over HTTP in front of a view."""

    def __init__(self, view: EdgeView, policy: Policy) -> None:
        self._view = view
        self._policy = policy
        self._telling = Telling(view.schema._schema)  # type: ignore[attr-defined]

    async def answer(self, request: Request, context: Context) -> Response:
        """The answer; every failure leaves with a code, and nothing leaves unforeseen."""
        try:
            return await self._answer(request, context)
        except Unfit as error:
            return unfit(error)
        except HTTPException as error:
            return unfit(_refused(error))
        except TooLarge:
            raise
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)  # nobody is there to read it
        except Exception as error:  # nothing of its text may leave
            return broken(error)

    async def _answer(self, request: Request, context: Context) -> Response:
        of_method(request.method)
        public = context.asker.role is Role.PUBLIC
        if isinstance(context.purse, AskersPurse) and COUNTED not in request.scope:
            context.purse.come()
        media = media_of(request.headers.get("accept"))
        if media is None:
            zh, en = "无法以 Accept 所要的格式答复", f"answers are written as {JSON} among others"
            raise Unfit("NOT_ACCEPTABLE", zh, en, 406)
        asked = await self._asked(request, public)
        policy = self._policy
        own = policy.own_documents.holds(public)
        text = policy.documents.text_of(asked, own=own, leave=not public)
        if policy.introspection.holds(public):
            told = self._telling.told(text)
            if told is not None:
                return written(told, media, 200)
        request.scope[MEDIA] = media
        request.scope[ASKED] = Asked(text, None, asked.operation, asked.variables, asked.extensions)
        return await self._carried_out(request, context)

    async def _asked(self, request: Request, public: bool) -> Asked:
        if request.method == "GET":
            return of_query(request.query_params)
        of_type(request.headers.get("content-type"))
        most = self._policy.public_body_bytes_max if public else None
        return of_body(await body_of(request, most))

    async def _carried_out(self, request: Request, context: Context) -> Response:
        seconds, asked = self._policy.execution_seconds, request.scope[ASKED]
        try:
            with operation(asked.query, asked.operation):
                async with asyncio.timeout(seconds or None):
                    return await self._view.run(request, context)
        except TimeoutError:
            raise late(seconds) from None


async def body_of(request: Request, most: int | None) -> bytes:
    """The body. Raises ``TooLarge`` beyond the most, before what is too large is read."""
    if most is None:
        return await request.body()
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise TooLarge(most)
    read = bytearray()
    async for piece in request.stream():
        read += piece
        if len(read) > most:
            raise TooLarge(most)
    return bytes(read)


def broken(error: Exception) -> Response:
    """What is said where nobody foresaw what happened: the number of an incident."""
    zh, en, _ = incident(error, "http")
    return failure("INTERNAL", zh, en, 500)


def late(seconds: float) -> Unfit:
    """What is said of a request that took too long."""
    zh, en = LATE_ZH.format(f"{seconds:g}"), LATE_EN.format(f"{seconds:g}")
    return Unfit("TIMED_OUT", zh, en, 504)


def unfit(error: Unfit) -> Response:
    """What is said of a request that is none of GraphQL's."""
    response = failure(error.code, error.zh, error.en, error.status)
    response.headers.update(error.headers)
    return response


def _refused(error: HTTPException) -> Unfit:
    zh = next((zh for word, zh in UNFIT if word in error.reason), "请求格式不正确")
    if "are not allowed when using" in error.reason:
        return Unfit("METHOD_NOT_ALLOWED", zh, error.reason, 405, allow="POST")
    return Unfit("BAD_REQUEST", zh, error.reason, error.status_code)

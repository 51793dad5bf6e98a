"""``PUT /uploads/{ticket}``: the bytes of a file, from whoever opened the upload, once and soon.

The ticket comes from the mutation ``openUpload``; the same token is needed again. The body is the
file itself. The answer is the upload as ``upload(id)`` tells it, or the reason why the file is not
read. ``GET /uploads/{id}/marked`` gives the sheet back with its faulty cells marked.
"""

from __future__ import annotations

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from api.doorkeeper import Doorkeeper
from api.limits import failure
from api.marking import marked
from api.sheet import TYPES
from ledger.fault import Fault
from ledger.store.access_log import Access, AccessKind, trace_of
from ledger.store.connection import trouble_behind
from ledger.store.ticket import Upload
from schema.access_log import places_of
from schema.context import Context, House
from schema.errors import incident
from schema.sheet import chosen, saved_mappings

CLIENT_GONE = 499
UNREADABLE = 422


class UploadDoor:
    """Takes files for a house, and gives them back marked."""

    def __init__(self, house: House, keeper: Doorkeeper) -> None:
        self._house = house
        self._keeper = keeper

    def routes(self) -> list[Route]:
        """Where it is reached."""
        return [
            Route("/uploads/{ticket}", self.put, methods=["PUT"]),
            Route("/uploads/{upload}/marked", self.marked, methods=["GET"]),
        ]

    async def put(self, request: Request) -> Response:
        """Takes the bytes. Whose ticket it is not learns no more than who has none."""
        context = await self._context(request)
        uploads = self._house.ledger.uploads
        secret = str(request.path_params["ticket"])
        try:
            upload = await run_in_threadpool(uploads.claim, context.asker, secret)
            if upload is None:
                zh = "上传凭据无效、已使用或已过期，请重新申请"
                return failure("TICKET_INVALID", zh, "no such ticket, or used, or expired", 404)
            data = bytearray()
            async for piece in request.stream():
                data += piece
                if len(data) > upload.bytes:
                    break
            if len(data) != upload.bytes:
                await run_in_threadpool(uploads.remove, context.asker, upload.id)
                zh = f"收到的字节数与申报的 {upload.bytes} 不符，请重新上传"
                return failure("SIZE_DIFFERS", zh, f"not the {upload.bytes} bytes declared", 400)
            taken = await run_in_threadpool(uploads.receive, context.asker, upload, bytes(data))
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        except Exception as error:
            return _failed(error)
        told = {"id": taken.id, "bytes": taken.bytes, "sha256": taken.sha256}
        return Response(msgspec.json.encode(told), 201, media_type="application/json")

    async def marked(self, request: Request) -> Response:
        """The sheet with its faulty cells marked, as a workbook; the reading of it is logged."""
        context = await self._context(request)
        uploads, name = self._house.ledger.uploads, str(request.path_params["upload"])
        try:
            upload = await run_in_threadpool(uploads.of, context.asker, name)
            if upload is None or upload.received is None:
                return failure("UNKNOWN_UPLOAD", "没有这个上传", "there is no such upload", 404)
            made = await run_in_threadpool(self._marked, context, upload)
        except Exception as error:
            return _failed(error)
        headers = {"content-disposition": 'attachment; filename="marked.xlsx"'}
        return Response(made, media_type=TYPES["xlsx"], headers=headers)

    def _marked(self, context: Context, upload: Upload) -> bytes:
        ledger = self._house.ledger
        grid = ledger.uploads.grid(context.asker, upload.id)
        assert grid is not None
        mapping = chosen(grid, upload.form, saved_mappings(context), None)
        made, rows = marked(grid, mapping)
        asker = context.asker
        ledger.access_log.write(
            Access(
                at=ledger.now(),
                kind=AccessKind.EXPORT,
                actor=asker.actor,
                role=asker.role.value,
                scope=str(asker.scope),
                channel=asker.channel.value,
                what="marked",
                purpose=f"upload {upload.id}",
                clear=True,
                format="xlsx",
                rows=rows,
                bytes=len(made),
                position=ledger.feed.head(),
                trace=context.trace,
                places=places_of(asker, []),
            )
        )
        return made

    async def _context(self, request: Request) -> Context:
        asker = await self._keeper.asker(request.headers.get("authorization"))
        trace = request.headers.get("traceparent") or request.headers.get("x-request-id")
        return Context(house=self._house, asker=asker, trace=trace_of(trace))


def _failed(error: Exception) -> Response:
    known = trouble_behind(error) or error
    if isinstance(known, Fault):
        return failure(known.code, known.zh, known.en, UNREADABLE)
    if hasattr(known, "code"):
        return failure(known.code, getattr(known, "zh", ""), getattr(known, "en", ""), 503)
    zh, en, _ = incident(error, "uploads")
    return failure("INTERNAL", zh, en, 500)

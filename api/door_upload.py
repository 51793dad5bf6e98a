"""``PUT /uploads/{ticket}``: the bytes of a file, from whoever opened the upload, once and soon.

The ticket comes from the mutation ``openUpload``; the same token is needed again. The body is the
file itself. The answer is the upload as ``upload(id)`` tells it, or the reason why the file is not
read. ``GET /uploads/{id}/marked`` gives the sheet back with its faulty cells marked, read as it is
proposed; ``POST`` there with ``{"mapping": {…}}``, of the shape that ``reading(mapping:)`` takes,
reads the tab, header and columns that are chosen.
"""

from __future__ import annotations

import asyncio

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from api.asking import CLIENT_GONE, context_of, failed
from api.choice import CHOICE_BYTES_MAX, choice_in, too_large
from api.doorkeeper import Doorkeeper
from api.limits import TooLarge, failure
from api.marked_copy import marked_copy
from api.sheet import TYPES
from ledger.store.ticket import Upload
from schema.context import Context, House
from schema.sheet import SheetMappingInput, chosen, saved_mappings

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
            Route("/uploads/{upload}/marked", self.marked, methods=["GET", "POST"]),
        ]

    async def put(self, request: Request) -> Response:
        """Takes the bytes. Whose ticket it is not learns no more than who has none."""
        context = await context_of(self._house, self._keeper, request)
        uploads = self._house.ledger.uploads
        secret, upload = str(request.path_params["ticket"]), None
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
            assert upload is not None
            await run_in_threadpool(uploads.release, upload)  # the ticket is good once more
            return Response(status_code=CLIENT_GONE)
        except asyncio.CancelledError:
            if upload is not None:
                await run_in_threadpool(uploads.release, upload)
            raise
        except TooLarge:
            assert upload is not None
            await run_in_threadpool(uploads.remove, context.asker, upload.id)
            raise
        except Exception as error:
            return failed(error, "uploads", UNREADABLE)
        told = {"id": taken.id, "bytes": taken.bytes, "sha256": taken.sha256}
        return Response(msgspec.json.encode(told), 201, media_type="application/json")

    async def marked(self, request: Request) -> Response:
        """The sheet with its faulty cells marked, as a workbook; the reading of it is logged."""
        context = await context_of(self._house, self._keeper, request)
        uploads, name = self._house.ledger.uploads, str(request.path_params["upload"])
        try:
            given = choice_in(await _body(request)) if request.method == "POST" else None
            upload = await run_in_threadpool(uploads.of, context.asker, name)
            if upload is None or upload.received is None:
                return failure("UNKNOWN_UPLOAD", "没有这个上传", "there is no such upload", 404)
            made = await run_in_threadpool(self._marked, context, upload, given)
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        except Exception as error:
            return failed(error, "uploads", UNREADABLE)
        headers = {"content-disposition": 'attachment; filename="marked.xlsx"'}
        return Response(made, media_type=TYPES["xlsx"], headers=headers)

    def _marked(self, context: Context, upload: Upload, given: SheetMappingInput | None) -> bytes:
        grid = self._house.ledger.uploads.grid(context.asker, upload.id)
        assert grid is not None
        mapping = chosen(grid, upload.form, saved_mappings(context), given)
        return marked_copy(context, grid, mapping, f"upload {upload.id}")


async def _body(request: Request) -> bytes:
    """A small body. Raises ``Fault`` (``BAD_MAPPING``) for one that holds more than a mapping."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > CHOICE_BYTES_MAX:
            raise too_large()
    return bytes(data)

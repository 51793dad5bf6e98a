"""Uploads: opening one, and asking what its file holds: tabs, columns, rows and faults.

A file is seen by whoever gave it up, with the same role over the same scope, and by nobody else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from ledger.command import Role
from ledger.sheet import Grid
from ledger.store.progress import Underway, Work
from ledger.store.ticket import Upload
from schema.access import Denied
from schema.context import Context
from schema.once import once
from schema.outputs import bounded, output
from schema.power import Action, may
from schema.request import check_request
from schema.scalars import Text, enum_type
from schema.sheet import (
    FormType,
    SheetMappingInput,
    SheetProposal,
    SheetReading,
    chosen,
    proposals,
    reading_of,
    saved_mappings,
)

Info = strawberry.Info[Context, None]
enum_type(Work, name="UploadWork")
UnderwayType: Any = output(Underway, name="UploadProgress")


@strawberry.input(description="A file that somebody means to send. 拟上传的文件。")
class OpenUploadInput:
    """A file that somebody means to send."""

    file_name: str
    bytes: int
    form: FormType


@strawberry.type(description="Where to send the bytes, once and soon. 上传地址，限用一次。")
class UploadTicket:
    """Where to send the bytes of an upload."""

    id: strawberry.ID
    address: str
    ends: datetime


@strawberry.type(description="A file that was given up. 上传的文件。")
class UploadedFile:
    """A file that was given up."""

    upload: strawberry.Private[Upload]

    @strawberry.field(description="Its number. 编号。")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.upload.id)

    @strawberry.field(description="What it was called. 文件名。")
    def file_name(self) -> str:
        return self.upload.name

    @strawberry.field(description="What a row of it says. 表格种类。", graphql_type=FormType)
    def form(self) -> Any:
        return self.upload.form

    @strawberry.field(description="Its size. 字节数。")
    def bytes(self) -> int:
        return self.upload.bytes

    @strawberry.field(description="SHA-256 of its bytes, once they came. 文件的 SHA-256。")
    def sha256(self) -> str | None:
        return self.upload.sha256

    @strawberry.field(description="When its bytes came. 收到的时间。")
    def received(self) -> datetime | None:
        return self.upload.received

    @strawberry.field(description="When it goes unless it leads to something. 未使用则删除的时间。")
    def ends(self) -> datetime | None:
        return None if self.upload.kept else self.upload.ends

    @strawberry.field(description="When an erasure destroyed it. 因删除个人信息而销毁的时间。")
    def erased(self) -> datetime | None:
        return self.upload.erased

    @strawberry.field(description="Rows read so far, while it is being read. 正在读取的行数。")
    async def rows_read(self, info: Info) -> int | None:
        done = info.context.house.ledger.progress.done
        return await info.context.run(done, self.upload.id, Work.READING)

    @strawberry.field(description="What is under way about it, in any process. 进行中的处理。")
    async def progress(self, info: Info) -> list[UnderwayType]:
        return await info.context.run(info.context.house.ledger.progress.stages, self.upload.id)

    @strawberry.field(description="Its tabs with a header, the likeliest first. 拟定的读法。")
    async def proposals(self, info: Info) -> list[SheetProposal]:
        return await info.context.run(_proposals, info.context, self.upload)

    @strawberry.field(description="What reading it comes to; as proposed unless said. 读取结果。")
    async def reading(
        self,
        info: Info,
        mapping: SheetMappingInput | None = None,
        first: int | None = None,
        after: int | None = None,
    ) -> SheetReading | None:
        limit = bounded(first)
        return await info.context.run(
            _reading, info.context, self.upload, mapping, limit, max(after or 0, 0)
        )


@strawberry.type
class UploadQuery:
    """Questions about uploads."""

    @strawberry.field(description="A file that oneself gave up. 本人上传的文件。")
    async def upload(self, info: Info, id: strawberry.ID) -> UploadedFile | None:
        uploads = info.context.house.ledger.uploads
        found = await info.context.run(uploads.of, info.context.asker, str(id))
        return None if found is None else UploadedFile(upload=found)

    @strawberry.field(description="The files that oneself gave up. 本人上传的全部文件。")
    async def uploads(self, info: Info) -> list[UploadedFile]:
        uploads = info.context.house.ledger.uploads
        found = await info.context.run(uploads.mine, info.context.asker)
        return [UploadedFile(upload=each) for each in found]


async def _open(info: Info, input: OpenUploadInput, request_id: str | None = None) -> UploadTicket:
    may_upload(info.context)
    if request_id is not None:
        check_request(request_id, 1)
    ticket = await info.context.run(
        info.context.house.ledger.uploads.open,
        info.context.asker,
        name=Text(input.file_name),
        bytes_=input.bytes,
        form=input.form,
        request=request_id,
    )
    return UploadTicket(
        id=strawberry.ID(ticket.upload), address=f"/uploads/{ticket.secret}", ends=ticket.ends
    )


async def _remove_upload(info: Info, id: strawberry.ID, request_id: str | None = None) -> bool:
    context = info.context

    async def remove() -> bool:
        return await context.run(context.house.ledger.uploads.remove, context.asker, str(id))

    async def removed(said: str) -> bool:
        return said == str(True)

    if request_id is not None:
        may_upload(context)
    return await once(context, request_id, ("removeUpload", id), remove, str, removed)


OPEN_UPLOAD = strawberry.mutation(
    resolver=_open,
    name="openUpload",
    description="Say which file will come; its bytes go by PUT to the address, once. The "
    "same requestId opens it once. 申请上传；同一 requestId 只申请一次。",
)
REMOVE_UPLOAD = strawberry.mutation(
    resolver=_remove_upload,
    name="removeUpload",
    description="Remove a file of one's own that led to nothing. 删除本人未使用的上传。",
)


def may_upload(context: Context) -> None:
    """Raises ``Denied`` unless the asker's role gives up files."""
    role = context.asker.role
    if may(role, Action.UPLOAD):
        return
    if role is Role.PUBLIC:
        raise Denied("UNAUTHENTICATED", zh="请先登录：缺少有效的令牌", en="a token is needed")
    raise Denied(
        "FORBIDDEN_ROLE",
        zh=f"角色 {role.value} 不能上传文件",
        en=f"the role {role.value} may not upload files",
    )


def _grid(context: Context, upload: Upload) -> Grid | None:
    if upload.erased is not None:
        return None
    return context.house.ledger.uploads.grid(context.asker, upload.id)


def _proposals(context: Context, upload: Upload) -> list[SheetProposal]:
    grid = _grid(context, upload)
    return [] if grid is None else proposals(context, grid, upload.form)


def _reading(
    context: Context, upload: Upload, given: SheetMappingInput | None, first: int, after: int
) -> SheetReading | None:
    grid = _grid(context, upload)
    if grid is None:
        return None
    mapping = chosen(grid, upload.form, saved_mappings(context), given)
    return reading_of(grid, mapping, first, after)

"""Dry runs of loads as they are shown: the counts, the rows, and what is wrong in which cell."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
import strawberry

from ledger.intention import Objection
from ledger.load import Fate
from ledger.sheet import letters
from ledger.store.load import LoadHead
from ledger.store.load_row import StoredRow
from schema.context import Context
from schema.loading import Progress
from schema.outputs import bounded
from schema.scalars import Position, enum_type, listed
from schema.sheet import FormType, SkippedType
from schema.term_sheet import passed_over

Info = strawberry.Info[Context, None]
FateType: Any = enum_type(Fate)
SKIPPED_MAX = 1_000


@strawberry.type(description="What is wrong with a row, and in which cell. 错误或异常说明。")
class LoadObjection:
    """What is wrong with a row, and in which cell."""

    said: strawberry.Private[Objection]

    @strawberry.field(description="Stable code. 代码。")
    def code(self) -> str:
        return self.said.code

    @strawberry.field(description="In Chinese. 中文说明。")
    def zh(self) -> str:
        return self.said.zh

    @strawberry.field(description="In English. 英文说明。")
    def en(self) -> str:
        return self.said.en

    @strawberry.field(description="The column, from 1; 0 for the whole row. 列号，0 为整行。")
    def column(self) -> int:
        return self.said.column

    @strawberry.field(description="The column as spreadsheets name it. 列字母。")
    def letters(self) -> str | None:
        return letters(self.said.column) or None

    @strawberry.field(description="The rule behind it. 依据的条款编号。")
    def rule(self) -> str | None:
        return self.said.rule

    @strawberry.field(description="Its clause. 条款。")
    def clause(self) -> str | None:
        return self.said.clause


@strawberry.type(description="A command that a row leads to. 一行将提交的命令。")
class LoadCommand:
    """A command that a row leads to."""

    name: str
    asks: strawberry.scalars.JSON


@strawberry.type(description="A row and what it leads to. 一行及其结果。")
class LoadRow:
    """A row of a sheet and what it leads to; row 0 is about who is in no row.

    ``tab``: where it stands, empty for the tab that the mapping reads.
    """

    row: int
    tab: str
    fate: FateType
    teacher: strawberry.ID | None
    on: date | None
    commands: list[LoadCommand]
    objections: list[LoadObjection]


@strawberry.type(description="A page of rows. 若干行。")
class LoadRows:
    """A page of rows; ``end``: where the next page begins."""

    rows: list[LoadRow]
    end: int | None


@strawberry.type(description="A dry run of a sheet, and how far its commit is. 载入试运行。")
class Load:
    """A dry run of a sheet."""

    head: strawberry.Private[LoadHead]
    done: strawberry.Private[Progress]

    @strawberry.field(description="The token to commit. 提交凭据。")
    def token(self) -> strawberry.ID:
        return strawberry.ID(str(self.head.load))

    @strawberry.field(description="Whose sheet it is. 所属单位。")
    def party(self) -> strawberry.ID:
        return strawberry.ID(self.head.options.party)

    @strawberry.field(description="What a row says. 表格种类。", graphql_type=FormType)
    def form(self) -> Any:
        return self.head.what.form

    @strawberry.field(description="The ledger's position it was shown at. 试运行时的位置。")
    def position(self) -> Position:
        return Position(self.head.what.position)

    @strawberry.field(description="SHA-256 of the file. 文件的 SHA-256。")
    def sha256(self) -> str:
        return self.head.what.sha256

    @strawberry.field(description="Binds all rows and commands. 全部行与命令的摘要。")
    def digest(self) -> str:
        return self.head.what.digest

    @strawberry.field(description="When it was made. 试运行时间。")
    def made(self) -> datetime:
        return self.head.made

    @strawberry.field(description="How many rows. 行数。")
    def count(self) -> int:
        return self.head.what.rows

    @strawberry.field(description="Rows that bring something new. 新增行数。")
    def new(self) -> int:
        return self.head.what.new

    @strawberry.field(description="Rows that change something. 变更行数。")
    def changed(self) -> int:
        return self.head.what.changed

    @strawberry.field(description="Rows that change nothing. 不变行数。")
    def unchanged(self) -> int:
        return self.head.what.unchanged

    @strawberry.field(description="Rows that contradict the ledger. 异常行数。")
    def anomalies(self) -> int:
        return self.head.what.anomalies

    @strawberry.field(description="Rows that are refused. 拒绝行数。")
    def refused(self) -> int:
        return self.head.what.left

    @strawberry.field(description="In how many batches it is committed. 提交批数。")
    def batches(self) -> int:
        return self.head.batches

    @strawberry.field(description="Whether its commit has begun. 是否已开始提交。")
    def begun(self) -> bool:
        return self.done.begun

    @strawberry.field(description="Whether it has ended. 是否已结束。")
    def ended(self) -> bool:
        return self.done.ended

    @strawberry.field(
        graphql_type=listed(SkippedType) | None,
        description="Rows that are no records, the first of them; null once the file is gone. "
        "未读入的行（前若干行）；文件已不在则为空。",
    )
    async def skipped(self, info: Info) -> Any:
        found = await info.context.run(passed_over, info.context, self.head)
        return found and found[:SKIPPED_MAX]

    @strawberry.field(description="The rows, in their order. 各行结果。")
    async def rows(
        self,
        info: Info,
        first: int | None = None,
        after: int | None = None,
        fate: FateType | None = None,
    ) -> LoadRows:
        loads = info.context.house.ledger.loads
        rows, end = await info.context.run(
            loads.page,
            info.context.asker,
            self.head.load,
            bounded(first),
            max(after or 0, 0),
            fate,
        )
        return LoadRows(rows=[_row(each) for each in rows], end=end)


def _row(row: StoredRow) -> LoadRow:
    return LoadRow(
        row=row.row,
        tab=row.tab,
        fate=row.fate,
        teacher=None if row.teacher is None else strawberry.ID(row.teacher),
        on=row.on,
        commands=[
            LoadCommand(name=each.name, asks=msgspec.json.decode(each.asks))
            for each in row.commands
        ],
        objections=[LoadObjection(said=each) for each in row.said],
    )

"""Lines: what holding a sheet against the ledger came to, line by line, with the causes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import strawberry

from ledger.cause import Cause, Portion
from ledger.coverage import YearAbsent
from ledger.matching import Doubt, Doubtful
from ledger.names import TeacherId
from ledger.reconciliation import CauseTotal, Compared, Treatment
from ledger.row import Row, Standing
from ledger.sheet import CellFault
from projections.desk import Held
from schema.outputs import connection, output, paged
from schema.scalars import enum_type, listed, name_in
from schema.sheet import FaultType, SkippedType
from schema.tab import SheetTabRead, absent_of, tabs_of

StandingType: Any = enum_type(Standing, name="LineStanding")
CauseType: Any = enum_type(Cause, name="DifferenceCause")
DoubtType: Any = enum_type(Doubt, name="SheetDoubt")
PortionType = output(Portion, name="DifferencePortion", skip=("whole",))
CauseTotalType = output(CauseTotal)
YearAbsentType: Any = output(YearAbsent)
ComparedType: Any = output(Compared, name="ReconciliationOutline")
DoubtfulType = output(Doubtful, name="SheetDoubtful")
LISTED_MAX = 1_000


class Line(Row, kw_only=True, frozen=True):
    """One line of a result: what sheet and ledger say, why they differ, how that was settled.

    ``row`` is its number in the sheet, in ``tab``; ``number`` its number in the result, from 1.
    """

    number: int
    tab: str | None = None  # type: ignore[assignment]
    treatment: Treatment | None = None


LineType = output(Line, name="ReconciliationLine")


@strawberry.type(name="ReconciliationResult", description="What a comparison came to. 比对结果。")
class Shown:
    """What a sheet held against the ledger came to."""

    held: strawberry.Private[Held]
    settled: strawberry.Private[dict[int, Treatment]]
    token: strawberry.ID | None

    @strawberry.field(graphql_type=ComparedType, description="What it came to in all. 汇总。")
    def outline(self) -> Any:
        return self.held.compared

    @strawberry.field(description="How many lines have something without a cause. 未归因的行数。")
    def unattributed_lines(self) -> int:
        return len(self.held.comparison.unexplained)

    @strawberry.field(
        description="What has no cause, each line by its size, so that what is too much does not "
        "hide what lacks. 未归因绝对值之和。"
    )
    def unattributed_gross(self) -> Decimal:
        return self.held.comparison.unattributed_gross

    @strawberry.field(
        graphql_type=connection(LineType),
        description="The lines, those of the sheet first; by standing, cause, teacher and "
        "whether they are settled. 逐行结果。",
    )
    def lines(
        self,
        standing: StandingType | None = None,
        cause: CauseType | None = None,
        teacher: strawberry.ID | None = None,
        settled: bool | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Any:
        whose = None if teacher is None else name_in(TeacherId, str(teacher), "teacher")
        found = [
            line
            for line in self._lines()
            if (standing is None or line.standing is standing)
            and (cause is None or any(each.cause is cause for each in line.portions))
            and (whose is None or line.teacher == whose)
            and (settled is None or _is_settled(line) is settled)
        ]
        return paged([(f"{e.number:08}", e) for e in found], self.position, first, after)

    @strawberry.field(
        graphql_type=connection(DoubtfulType),
        description="Persons who are doubtful, listed and never merged. 存疑人员，只列出不合并。",
    )
    def doubtful(
        self,
        doubt: DoubtType | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Any:
        found = [
            (f"{at:08}", each)
            for at, each in enumerate(self.held.doubtful)
            if doubt is None or each.doubt is doubt
        ]
        return paged(found, self.position, first, after)

    @strawberry.field(
        graphql_type=connection(FaultType), description="Cells that cannot be read. 有误单元格。"
    )
    def faults(self, first: int | None = None, after: str | None = None) -> Any:
        found: list[tuple[str, CellFault]] = [
            (f"{at:08}", each) for at, each in enumerate(self.held.faults)
        ]
        return paged(found, self.position, first, after)

    @strawberry.field(
        graphql_type=listed(SkippedType),
        description="Rows that are no records, the first of them. 略过的行（前若干行）。",
    )
    def skipped(self) -> Any:
        return list(self.held.skipped[:LISTED_MAX])

    @strawberry.field(
        description="Hidden rows of the first tab, read all the same. 首张表的隐藏行（照常读取）。"
    )
    def hidden_rows(self) -> list[int]:
        return list(self.held.hidden[:LISTED_MAX])

    @strawberry.field(description="The tabs that were read, as one list. 一起读入的工作表。")
    def tabs(self) -> list[SheetTabRead]:
        return tabs_of(self.held)

    @strawberry.field(description="The tab that was read, of several the first. 所读的工作表。")
    def tab(self) -> str:
        return self.held.mapping.tab

    @strawberry.field(description="Whether that tab is hidden. 所读的工作表是否隐藏。")
    def tab_hidden(self) -> bool:
        return self.held.concealed

    @strawberry.field(
        description="Other tabs with a header, of which nothing was read. 另有表头而未读的工作表。"
    )
    def tabs_unread(self) -> list[str]:
        return list(self.held.unread)

    @strawberry.field(
        graphql_type=list[YearAbsentType],
        description="Years of which the sheet has no tab, where each tab is of one: what the "
        "ledger has in them is not compared. 表格没有的年度，账本在这些年度的学分未参与比对。",
    )
    def years_absent(self) -> Any:
        return absent_of(self.held)

    @property
    def position(self) -> int:
        """The position at which the ledger was looked at."""
        return self.held.comparison.terms.position

    def _lines(self) -> list[Line]:
        return lines_of(self.held, self.settled)


def lines_of(held: Held, settled: dict[int, Treatment]) -> list[Line]:
    """The lines of a result with their numbers."""
    names = [each for each in Row.__struct_fields__ if each != "tab"]
    return [
        Line(
            number=number,
            treatment=settled.get(number),
            tab=None if row.row is None else row.spot.tab or held.mapping.tab,
            **{name: getattr(row, name) for name in names},
        )
        for number, row in enumerate(held.comparison.rows, start=1)
    ]


def _is_settled(line: Line) -> bool:
    return line.standing is Standing.EQUAL or line.treatment is not None

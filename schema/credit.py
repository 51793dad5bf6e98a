"""The five-year credit record with its verdict, now or as of a moment; school-based trainings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, cast

import strawberry

from ledger.breakdown import Share, Sum, Uncounted
from ledger.caution import Caution, Danger
from ledger.consequence import Consequence, RecordUse
from ledger.credit import CreditKind
from ledger.record import Transfer
from ledger.requirement import Requirement
from ledger.verdict import Verdict
from projections.catalogue import RECORDS, SCHOOL_BASED, TEACHERS
from projections.caution import cautions
from projections.credit import SchoolBased
from projections.kept import Page
from projections.unjudged import Unjudged, unjudged
from projections.verdict import Judged, judged
from schema.compiled.rendering import FLEETING, Lasting
from schema.context import Context
from schema.glance import Seen, look
from schema.ground import VerdictNode
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.record import CreditCycle, KindTotal, Told, told_of
from schema.scalars import Position, enum_type, listed

Info = strawberry.Info[Context, None]
AT_ONCE_BYTES = 32 * 1024
"""A record of a few years; to judge it takes some milliseconds at most."""

UncountedType = output(Uncounted, name="UncountedCredit")
LineType = output(Share, name="CreditLine")
SumType = output(Sum, name="CreditSum")
TransferType = output(Transfer, name="TeacherTransfer")
RequirementType = output(Requirement)
VerdictType = output(Verdict)
CautionType = output(Caution)
enum_type(Danger)
ConsequenceType = output(Consequence)
SchoolBasedType = output(SchoolBased, name="SchoolBasedTraining", key="credit")
Kind = enum_type(CreditKind)
Use = enum_type(RecordUse)


@strawberry.type(description="A teacher's credits of one cycle, with the verdict. 学分档案。")
class CreditRecord:
    """A teacher's credits of one cycle."""

    teacher: strawberry.ID
    school: strawberry.ID | None
    place: strawberry.ID | None
    cycle_number: int | None
    cycle_start: date | None
    cycle_end: date | None = strawberry.field(description="The first day after it. 周期后第一天。")
    lines: list[LineType]  # type: ignore[valid-type]  # made at run time
    totals: list[KindTotal]
    by_kind: list[SumType]  # type: ignore[valid-type]  # as above
    by_year: list[SumType]  # type: ignore[valid-type]  # as above
    by_kind_and_year: list[SumType]  # type: ignore[valid-type]  # as above
    uncounted: list[UncountedType]  # type: ignore[valid-type]  # as above
    transfers: list[TransferType]  # type: ignore[valid-type]  # as above
    cycles: list[CreditCycle]
    credits: Decimal = strawberry.field(description="Before the cap. 上限前合计。")
    verdict: VerdictType | None  # type: ignore[valid-type]  # as above
    tree: VerdictNode | None = strawberry.field(
        description="The verdict as a tree of requirements. 判断依据树。"
    )
    consequence: ConsequenceType | None = strawberry.field(  # type: ignore[valid-type]  # as above
        description="What it means for the use that was asked for. 结果运用。"
    )
    position: Position = strawberry.field(
        description="Where it stands. 账本位置。", metadata={FLEETING: True}
    )
    day: date = strawberry.field(description="The day that is judged. 评价日。")
    found: strawberry.Private[Judged]
    effective: strawberry.Private[date | None]

    @strawberry.field(
        graphql_type=listed(CautionType),
        description="What is about to be lost, the nearest first; none of a cycle that is over. "
        "预先提醒。",
    )
    async def warnings(self, info: Info) -> Any:
        if not self.found.running:
            return []
        house = info.context.house
        return await info.context.run(
            cautions, house.reader, house.rules, self.found, self.effective
        )


@strawberry.type
class CreditQuery:
    """Questions about credits."""

    @strawberry.field(description="The record and verdict of a teacher on a day. 学分档案与判断。")
    async def credit_record(
        self,
        info: Info,
        teacher: strawberry.ID,
        on: date | None = None,
        as_of: AsOf | None = None,
        use: Use | None = None,  # type: ignore[valid-type]  # made at run time
        cycle: int | None = None,
        at_least: Position | None = None,
    ) -> CreditRecord | None:
        context, house = info.context, info.context.house
        asked: dict[str, Any] = {"use": use, "cycle": cycle}
        if as_of is None:
            where = await context.opening(str(teacher), at_least, RECORDS)
            if where is None:
                return None
            present = _Present(context, str(teacher), on, asked)
            return await look(context, TEACHERS, where, present, RECORDS, present.at_once)
        if not await context.opens(str(teacher), at_least, as_of):
            return None
        await context.at_least(at_least, RECORDS)
        day = await as_of.day(context, on)
        asked |= {"known": await as_of.known(context), "effective": as_of.effective}
        found = await context.run(judged, house.reader, house.rules, RECORDS, teacher, day, **asked)
        return cast(CreditRecord, told_of(found, as_of.effective))

    @strawberry.field(
        graphql_type=connection(SchoolBasedType), description="School-based trainings. 校本培训。"
    )
    async def school_based_trainings(
        self,
        info: Info,
        teacher: strawberry.ID | None = None,
        school: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            SCHOOL_BASED,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            teacher=teacher,
            school=school,
        )


class _Present:
    """The record of the present beside its teacher, made of the rows once they are read."""

    def __init__(
        self, context: Context, teacher: str, on: date | None, asked: dict[str, Any]
    ) -> None:
        self._house, self._teacher = context.house, teacher
        self._day, self._asked = on or context.today, asked
        self._read: Unjudged | None = None

    def at_once(self, seen: Seen) -> bool:
        """Whether it is made on the loop: the rules are known, and the record is short."""
        if seen.beside is None:
            return True
        self._read = self._unjudged(seen.beside)
        return self._read.ready and sum(len(e) for _, e in seen.beside.rows) <= AT_ONCE_BYTES

    def __call__(self, seen: Seen) -> CreditRecord | None:
        """The record; ``None`` outside the asker's reach."""
        if seen.beside is None:
            return None
        read, renderings = self._read or self._unjudged(seen.beside), self._house.renderings
        if read.key is None:
            return cast(CreditRecord, told_of(read.judged(), None))
        # What was written before was judged before, and need not be again; else it is judged here.
        judge = read.judged if renderings.has(read.key) else partial(_itself, read.judged())
        lasting = Lasting(renderings, read.key)
        return cast(CreditRecord, Told(judge, read.position, None, lasting))  # it has all of one

    def _unjudged(self, page: Page[bytes]) -> Unjudged:
        return unjudged(page, self._house.rules, RECORDS, self._teacher, self._day, **self._asked)


def _itself(found: Judged) -> Judged:
    return found

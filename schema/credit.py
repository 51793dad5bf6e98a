"""The five-year credit record with its verdict, now or as of a moment; school-based trainings."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import strawberry

from ledger.breakdown import Share, Sum, Uncounted, sums
from ledger.caution import Caution, Danger
from ledger.consequence import Consequence, RecordUse
from ledger.credit import CreditKind
from ledger.names import TeacherId
from ledger.record import Transfer, total
from ledger.requirement import Requirement
from ledger.verdict import Verdict
from projections.catalogue import RECORDS, SCHOOL_BASED
from projections.caution import cautions
from projections.credit import SchoolBased
from projections.verdict import Judged, judged, judged_now
from schema.context import Context
from schema.ground import VerdictNode
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, enum_type, listed

Info = strawberry.Info[Context, None]

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


@strawberry.type(description="Credits of one kind. 某类学分小计。")
class KindTotal:
    """Credits of one kind."""

    kind: Kind  # type: ignore[valid-type]  # made at run time
    credits: Decimal


@strawberry.type(description="One cycle of a teacher. 一个培训周期。")
class CreditCycle:
    """One cycle of a teacher."""

    number: int
    start: date
    end: date = strawberry.field(description="The first day after it. 周期后第一天。")
    whole: bool = strawberry.field(description="Whether it has all its years. 是否满周期。")


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
    position: Position = strawberry.field(description="Where it stands. 账本位置。")
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
        context = info.context
        if not await context.opens(str(teacher), at_least, as_of):
            return None
        await context.at_least(at_least, RECORDS)
        day = await (as_of or AsOf()).day(context, on)
        house = context.house
        asked: dict[str, Any] = {"use": use, "cycle": cycle}
        judge = judged_now
        if as_of is not None:
            asked |= {"known": await as_of.known(context), "effective": as_of.effective}
            judge = judged
        found = await context.run(judge, house.reader, house.rules, RECORDS, teacher, day, **asked)
        return record_of(found, as_of.effective if as_of else None)

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


def record_of(found: Judged, effective: date | None) -> CreditRecord:
    """A record as it is told, with the credits of the cycle that was judged."""
    record, verdict = found.record, found.verdict
    # The cycle is that of the verdict, so that both are of the rules of one moment.
    lines = [
        each
        for each in found.shares
        if verdict and verdict.cycle_start <= each.completed < verdict.cycle_end
        if each.completed <= found.day
    ]
    years = range(verdict.cycle_start.year, _last(verdict).year + 1) if verdict else ()
    by_kind, by_year, both = sums(lines, years)
    return CreditRecord(
        teacher=strawberry.ID(TeacherId(record.teacher)),
        school=strawberry.ID(record.school) if record.school else None,
        place=strawberry.ID(record.place) if record.place else None,
        cycle_number=verdict.cycle_number if verdict else None,
        cycle_start=verdict.cycle_start if verdict else None,
        cycle_end=verdict.cycle_end if verdict else None,
        lines=lines,
        totals=[KindTotal(kind=kind, credits=total([*lines], kind)) for kind in CreditKind],
        by_kind=by_kind,
        by_year=by_year,
        by_kind_and_year=both,
        uncounted=[each for share in found.shares for each in share.uncounted],
        transfers=[each for each in record.transfers if each.since <= found.day],
        cycles=[
            CreditCycle(number=each.number, start=each.start, end=each.end, whole=each.whole)
            for each in found.cycles
        ],
        credits=total([*lines]),
        verdict=verdict,
        tree=found.tree,
        consequence=found.consequence,
        position=Position(found.position),
        day=found.day,
        found=found,
        effective=effective,
    )


def _last(verdict: Verdict) -> date:
    return verdict.cycle_end - timedelta(days=1)

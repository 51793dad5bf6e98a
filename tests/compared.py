"""A bureau's teachers with their credits, and a sheet of claims to be held against them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from ledger.attendance import ATTENDANCE_EVENTS
from ledger.cause import Cause
from ledger.claim import Claim, Grain, Terms
from ledger.comparison import Comparison, compare
from ledger.completion import CompletionDenied, Reason
from ledger.credit import CreditAwarded, CreditCorrected, CreditRevoked
from ledger.event import Entry
from ledger.holding import ASIDE_EVENTS, Holding, Training
from ledger.names import CreditId, OfferingId, TeacherId
from ledger.record import Record
from ledger.row import Row
from ledger.school_based import SchoolBasedRecorded
from ledger.teacher import TeacherTransferred
from tests import cast
from tests.cast import LIN, RUIAN, SCHOOL
from tests.given import Thing, all_rules, entries
from tests.judged import ENTERED, EVALUATED

ATTENDED = tuple(ATTENDANCE_EVENTS)
RULES = all_rules()
SCHOOLS = {SCHOOL: "安阳小学"}
TOTALS = Grain.TOTALS


def terms(grain: Grain = Grain.CREDITS, **more: Any) -> Terms:
    """For the bureau of Rui'an, as of the day that is judged elsewhere too."""
    return Terms(**({"grain": grain, "place": RUIAN, "position": 100, "day": EVALUATED} | more))


def training(
    name: str,
    amount: str | int,
    completed: date = date(2022, 6, 1),
    *,
    teacher: TeacherId = LIN,
    missed: str | int = 0,
    **more: Any,
) -> CreditAwarded:
    """A training that was credited; what was missed of it is taken off."""
    event = cast.awarded(
        str(Decimal(amount) - Decimal(missed)),
        credit=CreditId(f"credit:{name}"),
        teacher=teacher,
        offering=OfferingId(f"offering:{name}"),
        base=amount,
        missed=missed,
        completed=completed,
    )
    return replace(event, title=f"课程{name}", rules=("ZJ14-08",), **more)


def corrected(name: str, before: str | int, after: str | int) -> CreditCorrected:
    """The credit of a training was put right."""
    return CreditCorrected(
        credit=CreditId(f"credit:{name}"),
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(before),
        credits=Decimal(after),
        corrects="e1",
        reason="录入有误",
    )


def revoked(name: str, before: str | int, reason: str = "误发") -> CreditRevoked:
    """The credit of a training was taken back."""
    return CreditRevoked(
        credit=CreditId(f"credit:{name}"),
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(before),
        corrects="e1",
        reason=reason,
    )


def denied(name: str, reason: Reason = Reason.ABSENCE) -> CompletionDenied:
    """A training was not completed."""
    return CompletionDenied(
        teacher=LIN,
        offering=OfferingId(f"offering:{name}"),
        school=SCHOOL,
        provider=cast.COUNTY_SCHOOL,
        reason=reason,
        hours_planned=Decimal(90),
        hours_missed=Decimal("18.5"),
        rules=("ZJ14-09",),
        citation="浙教办师〔2014〕14号 §三",
    )


def told_by_school(name: str, amount: str | int, completed: date) -> SchoolBasedRecorded:
    """The school says that a training of its own took place."""
    return SchoolBasedRecorded(
        credit=CreditId(f"credit:{name}"),
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        title=f"校本{name}",
        hours=Decimal(amount),
        credits=Decimal(amount),
        completed=completed,
    )


def transferred(since: date, *, place: Any = cast.HANGZHOU, left: Any = RUIAN) -> Any:
    """The teacher works elsewhere from a day on."""
    return TeacherTransferred(
        teacher=LIN,
        school=cast.OTHER_SCHOOL,
        school_left=SCHOOL,
        place=place,
        place_left=left,
        since=since,
    )


def holding(
    *things: Thing,
    teacher: TeacherId = LIN,
    ahead: Iterable[Thing] = (),
    place: Any = RUIAN,
    entered: date = ENTERED,
    **more: Any,
) -> Holding:
    """What the ledger holds of a teacher of whom these things are told."""
    start = replace(cast.registered(place=place, entered=entered), teacher=teacher)
    ahead = list(ahead)
    told: list[Entry] = entries([start, *things, *ahead], EVALUATED)
    known = told[: len(told) - len(ahead)]
    # Every teacher has events of their own.
    named = [replace(each, id=f"{teacher.value}-{each.position}") for each in told]
    record = Record(teacher=teacher)
    for entry in named[: len(known)]:
        record.learn(entry)
    return Holding(
        teacher=teacher,
        record=record,
        aside=tuple(e for e in named[: len(known)] if isinstance(e.event, ASIDE_EVENTS)),
        ahead=tuple(named[len(known) :]),
        attendance=tuple(e for e in named[: len(known)] if isinstance(e.event, ATTENDED)),
        **more,
    )


def of_class(name: str, completed: date, amount: int = 90) -> dict[OfferingId, Training]:
    """A class that the teacher did not complete."""
    offering = OfferingId(f"offering:{name}")
    told = Training(
        offering=offering,
        title=f"课程{name}",
        completed=completed,
        credits=Decimal(amount),
        hours=Decimal(amount),
    )
    return {offering: told}


def claim(row: int, amount: str | int | Decimal, **more: Any) -> Claim:
    """A row of the sheet, of Lin unless it says otherwise."""
    return Claim(**({"row": row, "amount": Decimal(amount), "teacher": LIN} | more))


def item(row: int, name: str, amount: str | int, **more: Any) -> Claim:
    """A row about one training."""
    return claim(row, amount, title=f"课程{name}", **({"completed": date(2022, 6, 1)} | more))


def compared(claims: Iterable[Claim], *holdings: Holding, on: Terms | None = None) -> Comparison:
    """The comparison of a sheet with some teachers, which always adds up."""
    people = {each.teacher: each for each in holdings}
    claims = list(claims)
    found = compare(claims, people, RULES, on or terms(), SCHOOLS)
    assert {each.row for each in found.rows if each.row} == {each.row for each in claims}
    for row in found.rows:
        assert row.difference == row.ledger - row.sheet
        assert row.attributed + row.unattributed == row.difference
        assert sum(each.amount for each in row.portions) == row.difference
    for each in found.sums:
        own = [row for row in found.rows if row.unit is each.unit]
        assert each.attributed + each.unattributed == each.difference == each.ledger - each.sheet
        assert each.difference == sum(row.difference for row in own)
        assert each.sheet == sum(one.amount for one in claims if one.unit is each.unit)
    return found


def only(found: Comparison) -> Row:
    """The one row of a comparison."""
    [row] = found.rows
    return row


def causes(row: Row) -> dict[Cause, Decimal]:
    """The causes of a row with their amounts."""
    return {each.cause: each.amount for each in row.portions}

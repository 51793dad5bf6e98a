"""Summary: what a year, or a cycle that ended in it, comes to for one teacher and for many.

A year is a calendar year, as the yearly rules count it, and is judged on its last day. A cycle is
each teacher's own and is judged on its own last day; those that end within a year are closed
together. A teacher is counted once, where the teacher worked on the day that is judged; who worked
in another place earlier in the period is said. Sums of summaries add up without remainder, and a
summary has one spelling in bytes, so that a list of them has one hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any

import msgspec

from ledger.amount import ZERO, bounded, plain
from ledger.credit import CreditKind
from ledger.cycle import Cycle, Unit
from ledger.day import LAST_DAY
from ledger.event import Part, express
from ledger.fault import Fault
from ledger.footing import cycles
from ledger.names import JurisdictionId, SchoolId, TeacherId
from ledger.record import Line, Record
from ledger.regulation import Rulebook
from ledger.requirement import Requirement, Result
from ledger.verdict import Verdict, judge

YEARLY = ("YEARLY_HOURS", "YEARLY_SCHOOL_BASED")
REACHED = (Result.MET, Result.COMPLIANT)
SHORT = (Result.NOT_MET, Result.DEVIATION)


class PeriodKind(Enum):
    """What is closed: a calendar year, or the cycles that ended within it."""

    YEAR = "YEAR"
    CYCLES = "CYCLES"


class Period(Part):
    """A calendar year, or the cycles that ended within it."""

    year: int
    kind: PeriodKind = PeriodKind.YEAR

    @property
    def first(self) -> date:
        """The first day of the year."""
        return date(self.year, 1, 1)

    @property
    def last(self) -> date:
        """The last day of the year."""
        return LAST_DAY.replace(year=self.year)


class KindSum(Part):
    """What stands of the credits of one kind."""

    kind: CreditKind
    trainings: int
    credits: Decimal


class Summary(Part):
    """One teacher's period: where, what was credited, what counts, and how it was judged.

    ``counted`` is what counts of the cycle by the day, in ``unit``; ``year_result`` is how the year
    stands to the yearly norms, where any asks. ``moved_from``: the other places of the period.
    """

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    day: date
    cycle: int
    kinds: tuple[KindSum, ...]
    credits: Decimal
    counted: Decimal
    unit: Unit
    result: Result
    year_result: Result | None = None
    moved_from: tuple[JurisdictionId, ...] = ()

    @property
    def line(self) -> bytes:
        """Its one spelling: JSON with sorted keys and no spaces, amounts as strings."""
        return _ENCODER.encode(self)


class Totals(Part):
    """What summaries come to; hours and credits that count stand apart (C-01).

    ``moved``: how many of the teachers were in another place earlier in the period.
    """

    teachers: int = 0
    moved: int = 0
    trainings: int = 0
    credits: Decimal = ZERO
    counted_credits: Decimal = ZERO
    counted_hours: Decimal = ZERO
    met: int = 0
    not_met: int = 0
    undecided: int = 0
    year_met: int = 0
    year_short: int = 0
    year_undecided: int = 0
    kinds: tuple[KindSum, ...] = ()

    def plus(self, other: Totals, sign: int = 1) -> Totals:
        """Both together."""
        numbers: dict[str, Any] = {
            name: _tidy(getattr(self, name) + sign * getattr(other, name))
            for name in self.__struct_fields__
            if name != "kinds"
        }
        return Totals(**numbers, kinds=_kinds([*_signed(self, 1), *_signed(other, sign)]))

    def minus(self, other: Totals) -> Totals:
        """How much more than another."""
        return self.plus(other, -1)


def period_of(year: int, kind: PeriodKind = PeriodKind.YEAR) -> Period:
    """The period of a year. Raises ``Fault`` (``BAD_COUNT``) for a year of no calendar."""
    return Period(year=bounded(year, LAST_DAY.year, "year"), kind=kind)


def over(period: Period, today: date) -> None:
    """Raises ``Fault`` (``PERIOD_RUNNING``) for a period that is not over."""
    if today <= period.last:
        raise Fault(
            "PERIOD_RUNNING",
            zh=f"{period.year} 年到 {period.last} 才结束，{today} 尚不能办理结账",
            en=f"{period.year} ends on {period.last}; nothing can be closed on {today}",
            field="year",
        )


def summary_of(record: Record, rules: Rulebook, period: Period) -> Summary | None:
    """What a period comes to for a teacher; ``None`` for one who has no part in it."""
    cycle = None
    day = period.last
    if period.kind is PeriodKind.CYCLES:
        cycle = _ended(record, rules, period)
        if cycle is None:
            return None
        day = cycle.last_day
    then = record.at(day)
    verdict = judge(record, rules, day)
    if record.entered is None or record.entered > day or verdict is None:
        return None
    assert then.school is not None and then.place is not None
    first = period.first if cycle is None else cycle.start
    lines = [e for e in record.lines if first <= e.completed <= day and not e.revoked]
    kinds = _kinds(KindSum(kind=e.kind, trainings=1, credits=e.credits) for e in lines)
    return Summary(
        teacher=record.teacher,
        school=then.school,
        place=then.place,
        day=day,
        cycle=verdict.cycle_number,
        kinds=kinds,
        credits=_credits(lines),
        counted=plain(verdict.counted),
        unit=verdict.unit,
        result=verdict.result,
        year_result=_yearly(verdict, period.year) if cycle is None else None,
        moved_from=_moved(record, first, day, then.place),
    )


def totals_of(summaries: Iterable[Summary]) -> Totals:
    """What summaries come to."""
    sums: dict[str, Any] = dict.fromkeys(Totals.__struct_fields__, 0)
    credits = {"credits": ZERO, "counted_credits": ZERO, "counted_hours": ZERO}
    kinds: list[KindSum] = []
    for each in summaries:
        sums["teachers"] += 1
        sums["moved"] += bool(each.moved_from)
        sums[_RESULT.get(each.result, "undecided")] += 1
        if each.year_result is not None:
            sums[_YEAR_RESULT.get(each.year_result, "year_undecided")] += 1
        credits["credits"] += each.credits
        credits["counted_hours" if each.unit is Unit.HOURS else "counted_credits"] += each.counted
        kinds += each.kinds
    found = _kinds(kinds)
    sums["trainings"] = sum(each.trainings for each in found)
    tidy: dict[str, Any] = {name: plain(value) for name, value in credits.items()}
    return Totals(**sums | tidy | {"kinds": found})


def list_hash(summaries: Iterable[Summary]) -> str:
    """The SHA-256 of a list: the summaries by teacher, each in its one spelling, one a line."""
    lines = sorted((each.teacher, each.line) for each in summaries)
    return sha256(b"".join(line + b"\n" for _, line in lines)).hexdigest()


def _ended(record: Record, rules: Rulebook, period: Period) -> Cycle | None:
    """The cycle that ended in a year: the last one, where two were cut short in it."""
    if record.entered is None:
        return None
    found = cycles(record, rules, period.last)
    ended = [each for each in found if period.first <= each.last_day <= period.last]
    return ended[-1] if ended else None


def _moved(
    record: Record, first: date, day: date, place: JurisdictionId
) -> tuple[JurisdictionId, ...]:
    """The places of a period other than the one at its end."""
    stays = [each for each in record.stays if first < each.since <= day]
    places = {each.place for each in stays}
    start = record.at(first).place
    if start is not None and record.entered is not None and record.entered <= first:
        places.add(start)
    return tuple(sorted(places - {place}))


def _yearly(verdict: Verdict, year: int) -> Result | None:
    """How a year stands to all yearly norms together."""
    asked: list[Requirement] = [
        each for each in verdict.requirements if each.code in YEARLY and each.year == year
    ]
    if not asked:
        return None
    if any(each.result in SHORT for each in asked):
        return Result.NOT_MET
    return Result.MET if all(e.result in REACHED for e in asked) else Result.INDETERMINATE


def _credits(lines: list[Line]) -> Decimal:
    return plain(sum((each.credits for each in lines), ZERO))


def _signed(totals: Totals, sign: int) -> Iterator[KindSum]:
    for each in totals.kinds:
        yield KindSum(kind=each.kind, trainings=sign * each.trainings, credits=sign * each.credits)


def _kinds(sums: Iterable[KindSum]) -> tuple[KindSum, ...]:
    """One sum a kind, in the order of the kinds; a kind that comes to nothing is left out."""
    trainings = dict.fromkeys(CreditKind, 0)
    credits = dict.fromkeys(CreditKind, ZERO)
    for each in sums:
        trainings[each.kind] += each.trainings
        credits[each.kind] += each.credits
    return tuple(
        KindSum(kind=kind, trainings=trainings[kind], credits=plain(credits[kind]))
        for kind in CreditKind
        if trainings[kind] or credits[kind]
    )


def _tidy(number: int | Decimal) -> int | Decimal:
    return plain(number) if isinstance(number, Decimal) else number


_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=express)
_RESULT = {Result.MET: "met", Result.NOT_MET: "not_met"}
_YEAR_RESULT = {Result.MET: "year_met", Result.NOT_MET: "year_short"}

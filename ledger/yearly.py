"""Yearly: what a teacher is normally expected to train in a calendar year.

A year that is short is a deviation, never a failed cycle (rulebook C-07). A year that still runs
is not judged before it ends, and of a year in which a teacher entered no document says what is
expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ledger.amount import ZERO, plain
from ledger.credit import CreditKind
from ledger.cycle import Cycle, Unit
from ledger.kind import OutOfRange
from ledger.record import Line, Record, stands_on, total
from ledger.regulation import InForce, Parameters, Rulebook, Strength
from ledger.requirement import Missing, MissingUnit, Requirement, Result, lacking, weighed


class YearlyHours(
    Parameters,
    kind="yearly-hours",
    zh="逐个公历年核算每位教师的学时（或学分）：一般性要求未达到的记偏差，硬性要求未达到的记不合格。",
    scope=(),
    apart=("hours_min", "credits_min"),
):
    """Judges what a teacher did in each calendar year; short of a norm it is a deviation."""

    hours_min: Decimal | None = None
    credits_min: Decimal | None = None

    @property
    def least(self) -> Decimal:
        """The minimum."""
        return self.credits_min or self.hours_min or ZERO

    @property
    def unit(self) -> Unit:
        """What it is counted in."""
        return Unit.HOURS if self.credits_min is None else Unit.CREDITS

    def unfit(self) -> OutOfRange | None:
        if self.least > 0:
            return None
        return OutOfRange("hours_min", "或 credits_min 须大于 0", "or credits_min, more than 0")

    def compares(self, than: YearlyHours) -> bool:
        """Whether both count the same; a year of hours and one of credits stand apart (C-07)."""
        return self.unit is than.unit

    def laxer(self, than: YearlyHours) -> bool:
        """Whether it asks for less."""
        return self.compares(than) and self.least < than.least


class YearlySchoolBased(
    Parameters,
    kind="yearly-school-based",
    zh="逐个公历年核算每位教师的校本学时，不足的记偏差。",
    scope=(),
    less=("hours_min",),
    positive=("hours_min",),
):
    """Judges the school-based hours of a teacher in each calendar year."""

    hours_min: Decimal


def yearly(record: Record, rules: Rulebook, day: date, cycle: Cycle) -> Iterator[Requirement]:
    """How each calendar year that the cycle touches stands, by the version at its end."""
    stand = [each for each in record.lines if not each.revoked]
    spread = [each for each in stand if each.spread]
    single = [each for each in stand if not each.spread]
    for year in range(cycle.start.year, day.year + 1):
        ends = date(year + 1, 1, 1) - timedelta(days=1)
        last = min(ends, day)
        place = record.at(last).place
        assert place is not None
        lines = [e for e in single if e.completed.year == year and e.completed <= last]
        school_based = [each for each in lines if each.kind is CreditKind.SCHOOL_BASED]
        open_ended = _open(record, spread, year, day, ends)
        for rule in rules.find_all(YearlyHours, place, last):
            had = total(lines, unit=rule.value.unit)
            missing = _missing(rule.value.least - had, rule.value.unit, ends, day)
            asked = rule.value.least
            yield _judged("YEARLY_HOURS", year, rule, asked, had, lines, open_ended, missing)
        least = rules.find(YearlySchoolBased, place, last)
        if least is not None:
            had = total(school_based, unit=Unit.HOURS)
            asked = least.value.hours_min
            code = "YEARLY_SCHOOL_BASED"
            missing = _missing(asked - had, Unit.HOURS, ends, day)
            yield _judged(code, year, least, asked, had, school_based, open_ended, missing)


def _missing(amount: Decimal, unit: Unit, ends: date, day: date) -> Missing | None:
    return lacking(plain(amount), MissingUnit(unit.value), ends, day)


def _open(record: Record, spread: list[Line], year: int, day: date, ends: date) -> Result | None:
    """What is said instead of a deviation, where the year is not over or not whole.

    ``spread``: the balances of several years.
    """
    if day < ends:
        return Result.NOT_ASSESSED
    if record.entered is not None and record.entered > date(year, 1, 1):
        return Result.INDETERMINATE
    if any(_spans(each, year) for each in spread):
        return Result.INDETERMINATE
    return None


def _spans(line: Line, year: int) -> bool:
    """Whether a balance of several years may hold something of a year."""
    return line.since is not None and line.since.year <= year <= line.completed.year


def _judged(
    code: str,
    year: int,
    rule: InForce[Any],
    least: Decimal,
    had: Decimal,
    lines: list[Line],
    open_ended: Result | None,
    missing: Missing | None,
) -> Requirement:
    norm = rule.rule.strength is Strength.PRINCIPLE
    if had >= least:
        result = Result.COMPLIANT if norm else Result.MET
    else:
        result = open_ended or (Result.DEVIATION if norm else Result.NOT_MET)
    what_zh, what_en = ("校本", "from the school") if code == "YEARLY_SCHOOL_BASED" else ("", "")
    return weighed(
        code,
        rule,
        result,
        needed=least,
        had=had,
        zh=f"{year} 年{what_zh}培训 {had}，应有 {least}。",
        en=f"{had} of {least} in {year} {what_en}".rstrip() + ".",
        year=year,
        missing=missing,
        **stands_on(lines),
    )

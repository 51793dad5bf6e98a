"""Verdict: how a record stands to the requirements of the cycle, with the reasons.

The rules are those of the evaluation day (rulebook C-33): totals and the cap are judged as of that
day. What the documents do not say is ``INDETERMINATE``; what they suspended is shown as such, and
does not count against anybody (C-12, C-13). A single year, the probation and the year of a new
principal are shown beside the cycle and do not decide it.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from ledger.amount import ZERO, plain
from ledger.cycle import Cycle, Unit
from ledger.doubt import doubted, sure
from ledger.footing import Footing, footing
from ledger.record import Line, Record, stands_on
from ledger.regulation import Rulebook
from ledger.requirement import MissingUnit, Requirement, Result, lacking, weighed
from ledger.special import counted_apart, of_its_own, over_the_cycle
from ledger.structure import capped, effective, floor, once, suspension
from ledger.yearly import yearly


class Verdict(Struct, kw_only=True, frozen=True):
    """All requirements of one cycle on one day, and what they come to.

    ``counted`` and ``cut`` are in ``unit``: hours before credits took their place (C-01).
    """

    result: Result
    day: date
    cycle_number: int
    cycle_start: date
    cycle_end: date
    counted: Decimal
    cut: Decimal
    unit: Unit
    requirements: tuple[Requirement, ...]
    zh: str
    en: str


def judge(
    record: Record, rules: Rulebook, day: date, base: Footing | None = None
) -> Verdict | None:
    """The verdict on the cycle that holds the day; ``None`` for one who never entered.

    ``base``: the footing of the record of that day, where it is at hand.
    """
    record = record.at(day)
    whole, certain = _judged(record, rules, base or footing(record, rules, day)), sure(record)
    if whole is None or certain is None:
        return whole
    without = _judged(certain, rules, footing(certain, rules, day))
    assert without is not None
    requirements = doubted(whole.requirements, without.requirements)
    result = _overall(requirements)
    zh, en = _said(whole, requirements, result)
    return replace(whole, requirements=requirements, result=result, zh=zh, en=en)


def _judged(record: Record, rules: Rulebook, base: Footing | None) -> Verdict | None:
    """The verdict on all amounts as they stand, of a record as of the day that is judged."""
    if base is None:
        return None
    assert record.place is not None
    place, day, cycle, unit = record.place, base.day, base.cycle, base.unit
    lines, aside = base.lines, base.aside
    counted, cut = effective(lines, base.used, unit)
    counted = plain(counted + sum((each.worth(unit) for each in aside.values()), ZERO))
    partly = [each.line for each in aside.values() if each.worth(unit)]
    perhaps = cut if base.suspended is Result.INDETERMINATE else ZERO
    asked = (
        _total(base, [*lines, *partly], counted, perhaps),
        once(rules, place, day, cycle, lines),
        capped(base.cap, base.suspended, lines, cut, suspension(rules, place, day)),
        floor(rules, place, day, cycle, lines),
        *over_the_cycle(record, rules, day, cycle, lines),
    )
    requirements = tuple(_in(cycle, each) for each in asked if each is not None)
    result = _overall(requirements)
    beside = (
        *of_its_own(record, rules, day, cycle),
        *counted_apart(aside.values(), unit),
        *yearly(record, rules, day, cycle),
    )
    beside = tuple(replace(each, decides=False) for each in beside)
    found = Verdict(
        result=result,
        day=day,
        cycle_number=cycle.number,
        cycle_start=cycle.start,
        cycle_end=cycle.end,
        counted=counted,
        cut=cut,
        unit=unit,
        requirements=(*requirements, *beside),
        zh="",
        en="",
    )
    zh, en = _said(found, found.requirements, result)
    return replace(found, zh=zh, en=en)


def _said(found: Verdict, requirements: tuple[Requirement, ...], result: Result) -> tuple[str, str]:
    unit, last, lacks = found.unit, found.cycle_end - timedelta(days=1), _lacking(requirements)
    zh = (
        f"周期 {found.cycle_start} 至 {last}：有效{_UNIT_ZH[unit]} {found.counted}，"
        f"{_ZH[result]}。" + "".join(each.zh for each in lacks)
    )
    en = (
        f"Cycle {found.cycle_start} to {last}: {found.counted} {unit.value.lower()} count; "
        f"{_EN[result]}."
    )
    return zh, " ".join([en, *(each.en for each in lacks)])


def _lacking(requirements: tuple[Requirement, ...]) -> list[Requirement]:
    return [each for each in requirements if each.result not in _SILENT and each.decides]


def _in(cycle: Cycle, asked: Requirement) -> Requirement:
    """The same, undecided where it is lacking in a cycle that was cut short (C-27)."""
    if cycle.whole or asked.result is not Result.NOT_MET:
        return asked
    return replace(
        asked,
        result=Result.INDETERMINATE,
        zh=f"{asked.zh}周期提前结束于 {cycle.last_day}，文件没有写明此时的要求。",
        en=f"{asked.en} The cycle was cut short on {cycle.last_day}, for which no document states "
        "what is asked.",
    )


def _total(base: Footing, lines: list[Line], counted: Decimal, perhaps: Decimal) -> Requirement:
    """The total; ``perhaps`` is what a cap cuts of which nobody can tell whether it holds."""
    rule = base.total
    if rule is None:
        return Requirement(
            code="CYCLE_TOTAL",
            result=Result.INDETERMINATE,
            needed="?",
            had=str(counted),
            zh="现有文件没有规定本地的周期总学分。",
            en="No adopted document states the total for this place.",
        )
    least = rule.value.least
    short = least - counted
    unit = base.unit
    result = Result.MET if counted >= least else Result.NOT_MET
    if short > 0 and counted + perhaps >= least:
        result = Result.INDETERMINATE
    return weighed(
        "CYCLE_TOTAL",
        rule,
        result,
        needed=least,
        had=counted,
        zh=f"周期须满 {least} {_UNIT_ZH[unit]}，已有 {counted}"
        + (f"，还差 {short}。" if short > 0 else "。"),
        en=f"{counted} of {least} {unit.value.lower()}"
        + (f", {short} short." if short > 0 else "."),
        missing=lacking(short, MissingUnit(unit.value), base.cycle.last_day, base.day),
        **stands_on(lines),
    )


def _overall(requirements: tuple[Requirement, ...]) -> Result:
    results = {each.result for each in requirements if each.decides}
    for worst in (Result.NOT_MET, Result.INDETERMINATE):
        if worst in results:
            return worst
    return Result.MET


_SILENT = (Result.MET, Result.ADVISORY)
_UNIT_ZH = {Unit.HOURS: "学时", Unit.CREDITS: "学分"}
_ZH = {Result.MET: "合格", Result.NOT_MET: "尚不合格", Result.INDETERMINATE: "无法判断"}
_EN = {Result.MET: "met", Result.NOT_MET: "not met yet", Result.INDETERMINATE: "undecided"}

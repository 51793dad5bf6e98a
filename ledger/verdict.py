"""Verdict: how a record stands to the requirements of the cycle, with the reasons.

The rules are those of the evaluation day (rulebook C-33): totals and the cap are judged as of that
day. What the documents do not say is ``INDETERMINATE``; what they suspended is shown as such, and
does not count against anybody (C-12, C-13).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Self

from msgspec import Struct

from ledger.amount import ZERO, strange
from ledger.credit import CreditKind
from ledger.cycle import YEARS_DEFAULT, Cycle, cycle_on
from ledger.names import JurisdictionId
from ledger.record import Line, Record, total
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.requirement import Requirement, Result, cited


class CycleTotal(
    Parameters,
    kind="cycle-total",
    zh="周期内学分（早期为学时）合计不足所定数的，判为未达到。",
    scope=(),
):
    """Judges whether a cycle of so many years adds up to enough."""

    years: int
    credits_min: Decimal | None = None
    hours_min: Decimal | None = None

    def wrong(self) -> str | None:
        if self.years == 0:
            return "years: 0 年不成周期 (is no cycle)"
        if (self.credits_min is None) == (self.hours_min is None):
            return "credits_min: 与 hours_min 须有且只有一样 (or hours_min, one of the two)"
        return None

    def laxer(self, than: Self) -> bool:
        # One hour counts as one credit (rulebook C-01).
        mine, theirs = self.credits_min or self.hours_min, than.credits_min or than.hours_min
        return self.years > than.years or (mine or 0) < (theirs or 0)

    @property
    def least(self) -> Decimal:
        """The minimum; hours and credits have the same number (C-01)."""
        return self.credits_min or self.hours_min or ZERO


class OnceIntensive(
    Parameters,
    kind="once-intensive",
    zh="周期内达到所定学分的集中培训次数不足的，判为未达到。",
    scope=(),
):
    """Judges whether a cycle holds enough long intensive trainings."""

    times_min: int
    base_credits_min: Decimal | None = None
    hours_min: Decimal | None = None

    def wrong(self) -> str | None:
        if (self.base_credits_min is None) == (self.hours_min is None):
            return "base_credits_min: 与 hours_min 须有且只有一样 (or hours_min, one of the two)"
        return None

    def laxer(self, than: Self) -> bool:
        mine = self.base_credits_min or self.hours_min
        theirs = than.base_credits_min or than.hours_min
        return self.times_min < than.times_min or (mine or 0) < (theirs or 0)

    def counts(self, line: Line) -> bool:
        """Whether a line is such a training: by base credit or hours, before deductions (C-15)."""
        if line.kind is not CreditKind.INTENSIVE or line.revoked:
            return False
        if self.base_credits_min is not None:
            return line.base_credits >= self.base_credits_min
        return self.hours_min is not None and line.hours_planned >= self.hours_min

    @property
    def least(self) -> Decimal:
        """The size from which a training counts."""
        return self.base_credits_min or self.hours_min or ZERO


class SchoolBasedCap(
    Parameters,
    kind="school-based-cap",
    zh="周期内校本培训学分超过上限的部分不计入有效学分。",
    scope=(),
):
    """Counts no more school-based credits than this in a cycle."""

    credits_max: Decimal
    per: str = "CYCLE"

    def wrong(self) -> str | None:
        return strange("per", (self.per,), ("CYCLE",))

    def laxer(self, than: Self) -> bool:
        return self.credits_max > than.credits_max


class RatioSuspended(
    Parameters,
    kind="ratio-suspended",
    zh="在此期间，上级不按比例要求学分结构，有关要求判为不评价。",
    scope=(),
):
    """Judges no shares of the total while the rule is in force."""


class Verdict(Struct, kw_only=True, frozen=True):
    """All requirements of one cycle on one day, and what they come to."""

    result: Result
    day: date
    cycle_number: int
    cycle_start: date
    cycle_end: date
    counted: Decimal
    cut: Decimal
    requirements: tuple[Requirement, ...]
    zh: str
    en: str


def judge(record: Record, rules: Rulebook, day: date) -> Verdict | None:
    """The verdict on the cycle that holds the day; ``None`` for one who never entered."""
    if record.entered is None or record.place is None:
        return None
    place = record.place
    rule = rules.find(CycleTotal, place, day)
    cycle = cycle_on(record.entered, day, rule.value.years if rule else YEARS_DEFAULT)
    lines = [each for each in record.within(cycle) if each.completed <= day]
    cap = rules.find(SchoolBasedCap, place, day)
    counted, cut = effective(lines, cap)
    requirements = (
        _total(rule, lines, counted, cut),
        _once(rules, place, day, cycle, lines),
        _cap(cap, lines, cut),
    )
    result = _overall(requirements)
    return Verdict(
        result=result,
        day=day,
        cycle_number=cycle.number,
        cycle_start=cycle.start,
        cycle_end=cycle.end,
        counted=counted,
        cut=cut,
        requirements=requirements,
        zh=f"周期 {cycle.start} 至 {cycle.last_day}：有效学分 {counted}，{_ZH[result]}。"
        + "".join(each.zh for each in requirements[:2] if each.result is not Result.MET),
        en=f"Cycle {cycle.start} to {cycle.last_day}: {counted} credits count; {_EN[result]}. "
        + " ".join(each.en for each in requirements[:2] if each.result is not Result.MET),
    )


def effective(lines: list[Line], cap: InForce[SchoolBasedCap] | None) -> tuple[Decimal, Decimal]:
    """What counts after the cap on school-based credits, and what the cap cut off."""
    school_based = total(lines, CreditKind.SCHOOL_BASED)
    cut = max(school_based - cap.value.credits_max, ZERO) if cap else ZERO
    return total(lines) - cut, cut


def _total(
    rule: InForce[CycleTotal] | None, lines: list[Line], counted: Decimal, cut: Decimal
) -> Requirement:
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
    return Requirement(
        code="CYCLE_TOTAL",
        result=Result.MET if counted >= least else Result.NOT_MET,
        needed=str(least),
        had=str(counted),
        zh=f"周期须满 {least} 学分，已有 {counted}" + (f"，还差 {short}。" if short > 0 else "。"),
        en=f"{counted} of {least} credits" + (f", {short} short." if short > 0 else "."),
        **_cite(rule, lines),
    )


def _once(
    rules: Rulebook, place: JurisdictionId, day: date, cycle: Cycle, lines: list[Line]
) -> Requirement:
    rule = rules.find(OnceIntensive, place, day)
    if rule is None:
        return Requirement(
            code="ONCE_INTENSIVE",
            result=Result.INDETERMINATE,
            needed="?",
            had="?",
            zh="现有文件没有规定本地须参加几次长期集中培训。",
            en="No adopted document asks for a long intensive training in this place.",
        )
    found = [each for each in lines if rule.value.counts(each)]
    met = len(found) >= rule.value.times_min
    result = Result.MET if met else Result.NOT_MET
    note_zh = note_en = ""
    if not met:
        suspended = _suspended(rules, rule, place, cycle)
        if suspended is not None:
            result = suspended
            note_zh, note_en = "（周期在暂停期内结束）", " (the cycle ends in a suspension)"
    return Requirement(
        code="ONCE_INTENSIVE",
        result=result,
        needed=str(rule.value.times_min),
        had=str(len(found)),
        zh=f"周期内须参加 {rule.value.times_min} 次 {rule.value.least} 及以上的集中培训，"
        f"已完成 {len(found)} 次{note_zh}。",
        en=f"{len(found)} of {rule.value.times_min} intensive training of at least "
        f"{rule.value.least}{note_en}.",
        **_cite(rule, found),
    )


def _suspended(
    rules: Rulebook, rule: InForce[Any], place: JurisdictionId, cycle: Cycle
) -> Result | None:
    last = cycle.last_day
    suspension = rules.find(RatioSuspended, place, last)
    if suspension is None:
        return None
    if not suspension.certain:
        return Result.INDETERMINATE
    local = rule.rule.place.level != "PROVINCE"
    return Result.LOCAL_DISCRETION if local else Result.NOT_ASSESSED


def _cap(cap: InForce[SchoolBasedCap] | None, lines: list[Line], cut: Decimal) -> Requirement:
    school_based = [each for each in lines if each.kind is CreditKind.SCHOOL_BASED]
    had = total(school_based)
    if cap is None:
        return Requirement(
            code="SCHOOL_BASED_CAP",
            result=Result.NOT_ASSESSED,
            needed="?",
            had=str(had),
            zh=f"校本学分 {had}；评价日之前的上限在文件中没有写明（CAP_UNKNOWN），未作限制。",
            en=f"{had} school-based credits; the cap before this day is unknown (CAP_UNKNOWN).",
            certain=False,
        )
    most = cap.value.credits_max
    return Requirement(
        code="SCHOOL_BASED_CAP",
        result=Result.MET if school_based else Result.NOT_APPLICABLE,
        needed=f"<= {most}",
        had=str(had),
        zh=f"校本学分 {had}，至多计 {most}" + (f"，{cut} 不计入。" if cut else "。"),
        en=f"{had} school-based credits, at most {most} count"
        + (f"; {cut} do not." if cut else "."),
        **_cite(cap, school_based),
    )


def _cite(rule: InForce[Any], lines: list[Line]) -> dict[str, Any]:
    return {
        **cited(rule),
        "positions": tuple(sorted({p for each in lines for p in each.positions})),
        "events": tuple(e for each in lines for e in each.events),
    }


def _overall(requirements: tuple[Requirement, ...]) -> Result:
    results = {each.result for each in requirements if each.code != "SCHOOL_BASED_CAP"}
    for worst in (Result.NOT_MET, Result.INDETERMINATE):
        if worst in results:
            return worst
    return Result.MET


_ZH = {Result.MET: "合格", Result.NOT_MET: "尚不合格", Result.INDETERMINATE: "无法判断"}
_EN = {Result.MET: "met", Result.NOT_MET: "not met yet", Result.INDETERMINATE: "undecided"}

"""Structure: of what kinds of training the total of a cycle is made.

One long intensive training, so much from the school at least, and so much of it counted at most.
The province suspended such shares in the epidemic (rulebook C-12, C-13); since credits took the
place of hours the floor is a recommendation (C-02).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ledger.amount import ZERO
from ledger.credit import CreditKind
from ledger.cycle import Cycle, Unit
from ledger.kind import OutOfRange
from ledger.names import JurisdictionId
from ledger.record import Line, stands_on, total
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.requirement import (
    Aside,
    MissingUnit,
    Requirement,
    Result,
    lacking,
    set_by,
    weighed,
)
from ledger.reserve import room_for_long


class OnceIntensive(
    Parameters,
    kind="once-intensive",
    zh="统计周期内达到规定规模的集中培训次数：分段的项目算一次，两个较短的项目不能相加。",
    scope=(),
    apart=("base_credits_min", "hours_min"),
    less=("times_min",),
    positive=("times_min",),
):
    """Counts the long intensive trainings of a cycle: each project once, never two added up."""

    times_min: int
    base_credits_min: Decimal | None = None
    hours_min: Decimal | None = None

    def counts(self, line: Line) -> bool:
        """Whether a line is such a training: by base credit or hours, before deductions (C-15)."""
        if line.kind is not CreditKind.INTENSIVE or line.revoked or line.balance is not None:
            return False
        if self.base_credits_min is not None:
            return line.base_credits >= self.base_credits_min
        return self.hours_min is not None and line.hours_planned >= self.hours_min

    @property
    def least(self) -> Decimal:
        """The size from which a training counts."""
        return self.base_credits_min or self.hours_min or ZERO

    def unfit(self) -> OutOfRange | None:
        if self.least > 0:
            return None
        return OutOfRange("base_credits_min", "或 hours_min 须大于 0", "or hours_min, more than 0")

    def laxer(self, than: OnceIntensive) -> bool:
        """Whether it asks for fewer or shorter ones."""
        return super().laxer(than) or self.least < than.least


class SchoolBasedCap(
    Parameters,
    kind="school-based-cap",
    zh="评价日起作用：一个周期内的校本学分超过上限的部分不计入总量。",
    scope=(),
    more=("credits_max",),
    words={"per": ("CYCLE",)},
):
    """Leaves out of the total what a cycle has of school-based credits beyond the cap."""

    credits_max: Decimal
    per: str = "CYCLE"


class SchoolBasedFloor(
    Parameters,
    kind="school-based-floor",
    zh="核算周期内实际的校本学时是否达到下限；自 advisory_from 起只作提示，不影响周期结论。",
    scope=(),
    apart=("advisory_from", "external"),
    less=("hours_min",),
    positive=("hours_min",),
):
    """Judges the actual school-based hours of a cycle; advice only from ``advisory_from`` on."""

    hours_min: Decimal
    advisory_from: date | None = None
    external: tuple[str, ...] = ()

    def laxer(self, than: SchoolBasedFloor) -> bool:
        """Whether it asks for fewer hours, or is advice from an earlier day on."""
        mine, theirs = (each.advisory_from or date.max for each in (self, than))
        return super().laxer(than) or mine < theirs


class RatioSuspended(
    Parameters,
    kind="ratio-suspended",
    zh="暂停期内不评判省级的结构比例，县市级的学校指标由当地决定；周期在暂停期内结束而未达到的长期集中培训"
    "要求，也由当地决定；是否仍在暂停期不能确定时给出“无法判断”。",
    scope=(),
):
    """Suspends provincial shares of the total; those of a locality are left to it.

    So is the long intensive training that a cycle lacks, where it ends in the suspension.
    """


def effective(
    lines: list[Line], cap: InForce[SchoolBasedCap] | None, unit: Unit = Unit.CREDITS
) -> tuple[Decimal, Decimal]:
    """What counts after the cap on school-based credits, and what the cap cut off."""
    school_based = total(lines, CreditKind.SCHOOL_BASED, unit)
    cut = max(school_based - cap.value.credits_max, ZERO) if cap else ZERO
    return total(lines, unit=unit) - cut, cut


def set_aside(
    rules: Rulebook, rule: InForce[Any], place: JurisdictionId, day: date
) -> Result | None:
    """What is said of a share on a day of the suspension; ``None``: it is judged as ever.

    At provincial level it is not assessed, one of a city or county is left to it (C-13).
    """
    suspension = rules.find(RatioSuspended, place, day)
    if suspension is None:
        return None
    if not suspension.certain:
        return Result.INDETERMINATE
    local = rule.rule.place.level != "PROVINCE"
    return Result.LOCAL_DISCRETION if local else Result.NOT_ASSESSED


def suspension(rules: Rulebook, place: JurisdictionId, day: date) -> Aside | None:
    """The rule that suspends shares on a day."""
    found = rules.find(RatioSuspended, place, day)
    return set_by(found) if found else None


def cap_on(
    rules: Rulebook, place: JurisdictionId, day: date
) -> tuple[InForce[SchoolBasedCap] | None, Result | None]:
    """The cap, and ``NOT_ASSESSED`` or ``INDETERMINATE`` where it is not, or perhaps not, used."""
    cap = rules.find(SchoolBasedCap, place, day)
    if cap is None:
        return None, None
    local = cap.rule.place.level != "PROVINCE"
    suspended = None if local else set_aside(rules, cap, place, day)
    return cap, suspended if cap.certain else suspended or Result.INDETERMINATE


def once(
    rules: Rulebook, place: JurisdictionId, day: date, cycle: Cycle, lines: list[Line]
) -> Requirement:
    """Whether the cycle holds the long intensive training."""
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
    short = rule.value.times_min - len(found)
    suspended = set_aside(rules, rule, place, cycle.last_day) if short > 0 else None
    result = Result.MET if short <= 0 else suspended or Result.NOT_MET
    note_zh = note_en = ""
    aside = None
    behind: list[Line] = []
    if suspended is not None:
        # Whether a balance holds one or not, it is not asked for (C-12).
        aside = suspension(rules, place, cycle.last_day)
        note_zh, note_en = "（周期在暂停期内结束）", " (the cycle ends in a suspension)"
    elif short > 0 and (behind := room_for_long(rules, lines, rule.value.least, short)):
        result = Result.INDETERMINATE
        note_zh, note_en = "（期初余额中是否有，不得而知）", " (a balance may hold one)"
    return weighed(
        "ONCE_INTENSIVE",
        rule,
        result,
        needed=rule.value.times_min,
        had=len(found),
        zh=f"周期内须参加 {rule.value.times_min} 次 {rule.value.least} 及以上的集中培训，"
        f"已完成 {len(found)} 次{note_zh}。",
        en=f"{len(found)} of {rule.value.times_min} intensive training of at least "
        f"{rule.value.least}{note_en}.",
        missing=lacking(Decimal(short), MissingUnit.TRAININGS, cycle.last_day, day),
        aside=aside,
        **stands_on([*found, *behind]),
    )


def capped(
    cap: InForce[SchoolBasedCap] | None,
    suspended: Result | None,
    lines: list[Line],
    cut: Decimal,
    aside: Aside | None = None,
) -> Requirement:
    """How much came from the school, and what of it the cap leaves out."""
    school_based = [each for each in lines if each.kind is CreditKind.SCHOOL_BASED]
    had = total(school_based)
    if cap is None:
        return Requirement(
            code="CAP_UNKNOWN",
            result=Result.NOT_ASSESSED,
            needed="?",
            had=str(had),
            zh=f"校本学分 {had}；评价日之前的上限在文件中没有写明，未作限制。",
            en=f"{had} school-based credits; the cap on this day is unknown; all count.",
            certain=False,
            decides=False,
        )
    most = cap.value.credits_max
    plainly = Result.MET if school_based else Result.NOT_APPLICABLE
    return weighed(
        "SCHOOL_BASED_CAP",
        cap,
        suspended or plainly,
        needed=f"<= {most}",
        had=had,
        zh=f"校本学分 {had}，至多计 {most}" + (f"，{cut} 不计入。" if cut else "。"),
        en=f"{had} school-based credits, at most {most} count"
        + (f"; {cut} do not." if cut else "."),
        decides=False,
        aside=aside if suspended else None,
        **stands_on(school_based),
    )


def floor(
    rules: Rulebook, place: JurisdictionId, day: date, cycle: Cycle, lines: list[Line]
) -> Requirement | None:
    """Whether enough hours came from the school; ``None`` where no rule asks."""
    rule = rules.find(SchoolBasedFloor, place, day)
    if rule is None:
        return None
    school_based = [each for each in lines if each.kind is CreditKind.SCHOOL_BASED]
    had, least = total(school_based, unit=Unit.HOURS), rule.value.hours_min
    advisory = rule.value.advisory_from is not None and day >= rule.value.advisory_from
    result = Result.MET if had >= least else Result.ADVISORY if advisory else Result.NOT_MET
    return weighed(
        "SCHOOL_BASED_FLOOR",
        rule,
        result,
        needed=least,
        had=had,
        zh=f"校本培训 {had} 学时，下限 {least}" + ("（仅作提示）。" if advisory else "。"),
        en=f"{had} of {least} hours from the school" + (" (advice only)." if advisory else "."),
        decides=not advisory,
        missing=lacking(least - had, MissingUnit.HOURS, cycle.last_day, day),
        **stands_on(school_based),
    )

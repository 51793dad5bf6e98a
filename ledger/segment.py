"""Segment: how a training is divided, and at what time of the year it is held.

No document dates the summer; its months are parameters of the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Self

from ledger.candidate import Candidate
from ledger.command import Command, Refused
from ledger.day import half_year
from ledger.names import JurisdictionId
from ledger.plan import Component, Plan
from ledger.plan import Segment as PlannedSegment
from ledger.regulation import InForce, Parameters

MONTH_MAX = 12
MONTHS = tuple(range(1, MONTH_MAX + 1))


class Segments(
    Parameters,
    kind="segments",
    zh="达到规定学时（或学分）的项目，段数超过上限的拒绝；填报了各段的，须理论、实践两类都有，"
    "理论段全部在暑期月份内，实践段全部在暑期月份外，否则拒绝。没有写明段数上限的条款，不限段数；"
    "写明可跨学期的，方案注明后可延续到实施窗口之后。按申报学期选用版本。",
    scope=("mode",),
    apart=("hours_min", "credits_min", "segments_max", "theory_months", "cross_terms"),
    positive=("segments_max",),
    words={"theory_months": MONTHS},
):
    """Refuses a project of so many hours or credits in more segments than the rule allows.

    Where the plan lists its segments, there are both theory, in the summer months, and practice,
    outside them.
    Without ``segments_max`` there is no limit; with ``cross_terms`` a plan that is marked so may go
    on after the delivery window. The version is that of the term of declaration.
    """

    hours_min: Decimal = Decimal(0)
    credits_min: Decimal = Decimal(0)
    segments_max: int | None = None
    theory_months: tuple[int, ...] = ()
    cross_terms: bool = False

    def laxer(self, than: Self) -> bool:
        if self.cross_terms and not than.cross_terms:
            return True
        if than.theory_months and self.theory_months != than.theory_months:
            return True
        return than.segments_max is not None and (
            self.segments_max is None
            or self.segments_max > than.segments_max
            or self.hours_min > than.hours_min
            or self.credits_min > than.credits_min
        )

    def covers(self, plan: Plan) -> bool:
        """Whether a plan has so many hours and credits that the rule is about it."""
        return plan.hours >= self.hours_min and plan.base_credits >= self.credits_min


class PreferredMonths(
    Parameters,
    kind="preferred-months",
    zh="面向所列教师类别、学段的项目，培训日不全在所列月份内的，记一项建议，不作他论。",
    scope=(),
    words={"months": MONTHS},
):
    """Notes, as advice only, a project for these teachers that is held outside these months."""

    categories: tuple[str, ...]
    stages: tuple[str, ...]
    months: tuple[int, ...]


class TooManySegments(Refused):
    """The training is divided into more segments than allowed."""


class SplitOtherwise(Refused):
    """The training is not divided into theory in summer and practice in term."""


class OutsidePreferredMonths(Refused):
    """The training is not held in the months that suit its trainees best."""


def judge_segments(candidate: Candidate) -> Iterator[Refused]:
    """The gates on the division of a long project."""
    plan = candidate.plan
    days = half_year(candidate.term)
    rule = candidate.find(Segments, days[1] if days else None)
    if rule is None or rule.value.segments_max is None or not rule.value.covers(plan):
        return
    most = rule.value.segments_max
    if plan.segments > most:
        yield TooManySegments(
            zh=f"{plan.hours} 学时的项目分 {plan.segments} 段，最多 {most} 段",
            en=f"a project of {plan.hours} hours is planned in {plan.segments} segments of at "
            f"most {most}",
            rule=rule,
            field="segments",
        )
    elif len(plan.parts) > 1 and rule.value.theory_months:
        yield from _split(plan.parts, rule)


def _split(parts: tuple[PlannedSegment, ...], rule: InForce[Segments]) -> Iterator[SplitOtherwise]:
    summer = rule.value.theory_months
    wrong = [
        each
        for each in parts
        if not (
            (each.component is Component.THEORY and _within(each.first, each.last, summer))
            or (each.component is Component.PRACTICE and _without(each.first, each.last, summer))
        )
    ]
    kinds = {each.component for each in parts}
    if wrong or Component.PRACTICE not in kinds or Component.THEORY not in kinds:
        shown = "; ".join(f"{each.component.value} {each.first}..{each.last}" for each in parts)
        yield SplitOtherwise(
            zh=f"分段须为理论在暑期、实践在学期中，方案为 {shown}",
            en=f"the split must be theory in summer and practice in term; the plan has {shown}",
            rule=rule,
            field="parts",
        )


def judge_months(
    command: Command, plan: Plan, place: JurisdictionId, first: date, last: date
) -> OutsidePreferredMonths | None:
    """The advice on when a project for these teachers is held, for one run of days."""
    rule = command.ask.rules.find(PreferredMonths, place, command.ask.on)
    if rule is None or plan.stage.value not in rule.value.stages:
        return None
    meant = [each.value for each in plan.target_categories]
    if not set(meant) & set(rule.value.categories) or _within(first, last, rule.value.months):
        return None
    months = ", ".join(str(each) for each in rule.value.months)
    return OutsidePreferredMonths(
        zh=f"面向毕业班教师的项目宜安排在 {months} 月，现为 {first} 至 {last}",
        en=f"a project for teachers of graduating classes is best held in months {months}, not "
        f"from {first} to {last}",
        rule=rule,
        field="parts",
    )


def advise_months(candidate: Candidate) -> Iterator[Refused]:
    """The advice on the segments that the plan dates; undated ones are judged at opening."""
    for part in candidate.plan.parts:
        said = judge_months(
            candidate.command, candidate.plan, candidate.place, part.first, part.last
        )
        if said is not None:
            yield said


def _months(first: date, last: date) -> set[int]:
    begins, ends = (each.year * MONTH_MAX + each.month - 1 for each in (first, last))
    return {number % MONTH_MAX + 1 for number in range(begins, ends + 1)}


def _within(first: date, last: date, months: tuple[int, ...]) -> bool:
    return _months(first, last) <= set(months)


def _without(first: date, last: date, months: tuple[int, ...]) -> bool:
    return not _months(first, last) & set(months)

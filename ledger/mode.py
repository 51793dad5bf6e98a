"""Mode: in which form a project may be held, and what the epidemic notice of 2020 suspended."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.candidate import Candidate
from ledger.command import Refused
from ledger.plan import Choice, Mode
from ledger.regulation import Parameters

APPROVAL = "AUTHORITY_APPROVAL"


class OfflineSuspended(
    Parameters,
    kind="offline-suspended",
    zh="所列选派方式的项目，不属于所列培训形式的拒绝申报；规定是否仍有效无法确定时记为无法判断。",
    scope=("level",),
    more=("modes",),
    words={"modes": Mode},
):
    """Refuses projects of that choice that are delivered in any but the listed ways."""

    choice: Choice
    modes: tuple[str, ...]


class DeclarationMode(
    Parameters,
    kind="declaration-mode",
    zh="只受理所列培训形式的项目，其他形式拒绝申报。",
    scope=("level", "term"),
    more=("modes",),
    words={"modes": Mode},
):
    """Refuses projects that are delivered in any but the listed ways."""

    modes: tuple[str, ...]


class AccommodationAvoided(
    Parameters,
    kind="accommodation-avoided",
    zh="需安排住宿的项目记为偏离，所列选派方式的除外。",
    scope=("mode",),
    more=("exempt",),
    words={"exempt": Choice},
):
    """Notes, as a departure, a project that lodges its trainees, but for the exempt choices."""

    exempt: tuple[str, ...]


class MandatedTraining(
    Parameters,
    kind="mandated-training",
    zh="指令性项目没有写明批准的主管部门，或该部门不主管项目所在地，或承办机构未经验收合格即开班的，各记一项违规。",
    scope=(),
    less=("conditions",),
):
    """Notes a mandated project that no authority over its place assigned.

    A class of it that is opened by a provider without acceptance is noted as well.
    """

    conditions: tuple[str, ...]


class ModeSuspended(Refused):
    """Projects of this kind are not held offline while the suspension lasts."""


class ModeNotAccepted(Refused):
    """Declarations of this way of delivery are not accepted."""


class LodgingAvoided(Refused):
    """Projects that lodge their trainees are avoided in principle."""


class NotAssigned(Refused):
    """A mandated project was approved by no authority over its place."""


def judge_suspended(candidate: Candidate) -> Iterator[Refused]:
    """The gate on offline projects of the province that teachers choose themselves."""
    plan, rule = candidate.plan, candidate.find(OfflineSuspended)
    if rule is None or plan.choice is not rule.value.choice or plan.mode.value in rule.value.modes:
        return
    yield ModeSuspended(
        zh=f"防疫期间省级自主选课项目不办 {plan.mode.value}，只办 {'、'.join(rule.value.modes)}",
        en=f"a {plan.choice.value} project of the province is not held as {plan.mode.value} in "
        f"the suspension, only as {', '.join(rule.value.modes)}",
        rule=rule,
        field="mode",
    )


def judge_mode(candidate: Candidate) -> Iterator[Refused]:
    """The gate on the ways of delivery that a term accepts."""
    plan, rule = candidate.plan, candidate.find(DeclarationMode)
    if rule is None or plan.mode.value in rule.value.modes:
        return
    yield ModeNotAccepted(
        zh=f"{candidate.term.value} 只受理 {'、'.join(rule.value.modes)} 项目，方案为 "
        f"{plan.mode.value}",
        en=f"{candidate.term.value} takes {', '.join(rule.value.modes)} projects only, not "
        f"{plan.mode.value}",
        rule=rule,
        field="mode",
    )


def judge_lodging(candidate: Candidate) -> Iterator[Refused]:
    """The note on projects that lodge their trainees in the suspension."""
    plan, rule = candidate.plan, candidate.find(AccommodationAvoided)
    if rule is None or not plan.accommodation or plan.choice.value in rule.value.exempt:
        return
    yield LodgingAvoided(
        zh=f"防疫期间原则上不办需住宿的项目，本项目为 {plan.choice.value} 且安排住宿",
        en=f"a {plan.choice.value} project lodges its trainees, which is avoided in the suspension",
        rule=rule,
        field="accommodation",
    )


def judge_assigned(candidate: Candidate) -> Iterator[Refused]:
    """The note on a mandated project without the approval of an authority."""
    plan, rule = candidate.plan, candidate.find(MandatedTraining)
    if rule is None or plan.choice is not Choice.MANDATED:
        return
    by = plan.assigned_by
    if APPROVAL not in rule.value.conditions or (by is not None and by.covers(candidate.place)):
        return
    yield NotAssigned(
        zh=f"指令性项目须由主管 {candidate.place.value} 的教育局批准，方案写明的是 {by or '无'}",
        en=f"a mandated project needs the approval of an authority over {candidate.place.value}; "
        f"the plan names {by or 'none'}",
        rule=rule,
        field="assigned_by",
    )

"""Completion: whether a trainee finished a training, and the notices of those who did not.

Missed hours are deducted. Who misses more than the allowed share of a long intensive training
does not complete it and earns nothing (``absence-limit``); the base is the whole project, all
segments together (rulebook C-14). The version in force when the offering opened decides (C-33).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from ledger.assessment import AssessmentRecorded
from ledger.attendance import Missed, NotEnrolled
from ledger.command import Refused
from ledger.enrollment import Choice, Status
from ledger.event import Entry, Event, unchanged
from ledger.names import OfferingId, ProviderId, SchoolId, TeacherId
from ledger.offering import ClassRoom, OfferingOpened
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.scrutiny import assessment_rule


class Reason(Enum):
    """Why a completion was denied, terminated or revoked."""

    ABSENCE = "ABSENCE"
    ASSESSMENT_FAILED = "ASSESSMENT_FAILED"
    MISCONDUCT = "MISCONDUCT"


class Recipient(Enum):
    """To whom a denial is reported."""

    BUREAU = "BUREAU"
    SCHOOL = "SCHOOL"


class CompletionGranted(Event, name="completion.granted", version=2, effective="since"):
    """A trainee completed a training; missed hours are taken off.

    ``since``: from when on, where it follows from a correction of a fact of that day.
    """

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    hours_planned: Decimal
    hours_missed: Decimal
    hours: Decimal
    rules: tuple[str, ...] = ()
    corrects: str | None = None
    since: date | None = None


class CompletionDenied(Event, name="completion.denied", version=2, effective="since"):
    """A trainee did not complete a training and earns nothing from it.

    ``since``: from when on, where it follows from a correction of a fact of that day.
    """

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    reason: Reason
    hours_planned: Decimal
    hours_missed: Decimal
    rules: tuple[str, ...] = ()
    citation: str | None = None
    corrects: str | None = None
    since: date | None = None


class TrainingTerminated(Event, name="completion.training-terminated", effective="day"):
    """A training was ended at once for a serious breach; it is neither completed nor credited."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    day: date
    rules: tuple[str, ...] = ()
    citation: str | None = None


class CompletionRevoked(Event, name="completion.revoked", version=2, effective="since"):
    """A completion was taken back for a breach found out later, of the day ``since``."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    reason: Reason
    corrects: str
    rules: tuple[str, ...] = ()
    citation: str | None = None
    since: date | None = None


# Version 1 held from its entry on.
CompletionGranted.upcast(from_version=1)(unchanged)
CompletionDenied.upcast(from_version=1)(unchanged)
CompletionRevoked.upcast(from_version=1)(unchanged)


class DenialNotified(Event, name="completion.denial-notified"):
    """The provider told the bureau, the school or both that a completion was denied."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    recipients: tuple[Recipient, ...]


COMPLETION_EVENTS: list[type[Event]] = [
    AssessmentRecorded,
    CompletionGranted,
    CompletionDenied,
    TrainingTerminated,
    CompletionRevoked,
    DenialNotified,
]


class AbsenceLimit(
    Parameters,
    kind="absence-limit",
    zh="达到规定学时的集中脱产培训，缺课超过规定比例的不予结业，他系统报来的结果与此不符的记一项违规；"
    "规定是否有效无法确定时照常结业，记为无法判断。",
    scope=("mode",),
    more=("hours_min", "share_max"),
    positive=("hours_min",),
):
    """Missing more than this share of a long training denies completion.

    Another outcome that another system reports stands beside a violation. Where nobody can tell
    whether the rule is in force, completion is granted and that is noted.
    """

    hours_min: Decimal
    share_max: Fraction


class HoursDeduction(
    Parameters, kind="hours-deduction", zh="缺课学时从学时和学分记录中扣除。", scope=()
):
    """Missed hours are taken off the hours and credits that are recorded."""


class LimitUncertain(Refused):
    """Too much was missed for a rule of which nobody can tell whether it is in force."""


class NotEnded(Refused):
    """The class is still running."""


@dataclass
class Standing:
    """One trainee in one offering, through to the outcome."""

    teacher: TeacherId
    choice: Choice = field(default_factory=Choice)
    passed: bool | None = None
    outcome: str | None = None
    outcome_event: str = ""
    outcome_on: date | None = None
    outcome_since: date | None = None
    completed_on: date | None = None
    breached: bool = False
    notified: set[Recipient] = field(default_factory=set)
    missed: Missed = field(init=False)

    def __post_init__(self) -> None:
        self.missed = Missed(self.teacher)

    def learn(self, entry: Entry) -> None:
        """Takes in the events of this trainee; those of others change nothing."""
        event = entry.event
        self.missed.learn(entry)
        if isinstance(event, AssessmentRecorded):
            for result in event.results:
                if result.teacher == self.teacher:
                    self.passed = result.passed
        if getattr(event, "teacher", None) != self.teacher:
            return
        self.choice.learn(entry)
        before = self.outcome
        match event:
            case CompletionGranted():
                self.outcome, self.completed_on = "COMPLETED", entry.on
            case CompletionDenied():
                self.outcome = "NOT_COMPLETED"
            case CompletionRevoked():
                self.outcome, self.breached = "NOT_COMPLETED", True
            case TrainingTerminated():
                self.outcome, self.breached = "TERMINATED", True
            case DenialNotified(recipients=recipients):
                self.notified.update(recipients)
                return
            case _:
                return
        self.outcome_event, self.outcome_on = entry.id, entry.on
        self.outcome_since = entry.effective_on
        if self.outcome != before:
            # Of another outcome nobody was told yet.
            self.notified.clear()

    @property
    def denied(self) -> bool:
        """Whether completion was denied, ended with the training, or taken back."""
        return self.outcome in ("NOT_COMPLETED", "TERMINATED")

    def overturned_since(self, day: date) -> date:
        """When what a fact of a day makes of the outcome begins: not before there was one."""
        return max(day, self.outcome_since or day)

    def enrolled(self, offering: OfferingId) -> SchoolId:
        """The trainee's school. Raises ``NotEnrolled`` for one who was never admitted."""
        if self.choice.status is not Status.PROVIDER_CONFIRMED or self.choice.school is None:
            raise NotEnrolled(
                zh=f"{self.teacher} 不是 {offering} 的学员",
                en=f"{self.teacher} is not enrolled in {offering}",
                field="teacher",
            )
        return self.choice.school


def absence_limit(
    rules: Rulebook, opened: OfferingOpened, day: date
) -> InForce[AbsenceLimit] | None:
    """The absence limit that covers an offering, or ``None`` where none does."""
    plan = opened.plan
    rule = rules.pinned(AbsenceLimit, opened.place, day, mode=plan.mode.value)
    # Block training counts as off the job unless its plan says otherwise (C-14).
    if (
        rule is None
        or not plan.off_job
        or max(plan.hours, plan.base_credits) < rule.value.hours_min
    ):
        return None
    return rule


def beyond_limit(rule: InForce[AbsenceLimit] | None, missed: Decimal, planned: Decimal) -> bool:
    """Whether more than the allowed share was missed: ``missed > share * planned``, exactly."""
    return rule is not None and Fraction(missed) > rule.value.share_max * Fraction(planned)


Bar = tuple[Reason, InForce[Any] | None]


def barred(rules: Rulebook, room: ClassRoom, standing: Standing) -> Bar | None:
    """Why a trainee does not complete, and by which rule; ``None`` where nothing stands against."""
    assert room.opened is not None
    opened, pinned = room.opened, room.opened_on
    limit = absence_limit(rules, opened, pinned)
    missed, planned = standing.missed.total, opened.plan.hours
    if limit is not None and limit.certain and beyond_limit(limit, missed, planned):
        return Reason.ABSENCE, limit
    if standing.passed is False:
        return Reason.ASSESSMENT_FAILED, assessment_rule(rules, opened.place, planned, pinned)
    return None


def settled(
    rules: Rulebook,
    room: ClassRoom,
    standing: Standing,
    corrects: str | None = None,
    *,
    told: bool | None = None,
    since: date | None = None,
) -> CompletionGranted | CompletionDenied:
    """The outcome that follows from hours missed and assessment, or the one that was ``told``."""
    assert room.opened is not None and standing.choice.school is not None
    opened, pinned = room.opened, room.opened_on
    missed, planned = standing.missed.total, opened.plan.hours
    bar = barred(rules, room, standing)
    shared: dict[str, Any] = {
        "teacher": standing.teacher,
        "offering": opened.offering,
        "school": standing.choice.school,
        "provider": opened.provider,
        "hours_planned": planned,
        "hours_missed": missed,
        "corrects": corrects,
        "since": since,
    }
    if told is False or (told is None and bar is not None):
        # Who tells of a denial for which there is no ground says nothing of why.
        reason, broken = bar or (Reason.ABSENCE, None)
        return CompletionDenied(
            reason=reason,
            rules=(broken.id,) if broken else (),
            citation=broken.rule.citation if broken else None,
            **shared,
        )
    limit = absence_limit(rules, opened, pinned) if bar is None else None
    deduction = rules.pinned(HoursDeduction, opened.place, pinned)
    cited = tuple(each.id for each in (limit, deduction) if each and each.certain)
    return CompletionGranted(hours=planned - missed, rules=cited, **shared)


def undecided(rules: Rulebook, room: ClassRoom, standing: Standing) -> LimitUncertain | None:
    """What is said where only an uncertain rule would deny completion (rulebook C-11)."""
    assert room.opened is not None
    limit = absence_limit(rules, room.opened, room.opened_on)
    missed, planned = standing.missed.total, room.opened.plan.hours
    if limit is None or limit.certain or not beyond_limit(limit, missed, planned):
        return None
    return LimitUncertain(
        zh=f"{standing.teacher} 缺课 {missed} 学时，超过 {planned} 学时的 {limit.value.share_max}；"
        f"{room.opened_on} 开设时该规定是否有效无法确定，照常结业",
        en=f"{standing.teacher} missed {missed} hours, more than {limit.value.share_max} of "
        f"{planned}; nobody can tell whether that rule was in force on {room.opened_on}",
        rule=limit,
        field="teacher",
        evidence=standing.missed.evidence,
    )

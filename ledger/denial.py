"""Denial: why a training is not completed, or what is still missing for it (不予结业).

The recorded outcome decides; the absences, the assessment and the breaches behind it are told with
their events, and beside the deciding reason whatever else stands against completion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from msgspec.structs import replace

from ledger.assessment import AssessmentRecorded
from ledger.command import Selector, about
from ledger.completion import (
    CompletionDenied,
    CompletionGranted,
    CompletionRevoked,
    Standing,
    TrainingTerminated,
    absence_limit,
    beyond_limit,
)
from ledger.completion import Reason as Why
from ledger.enrollment import Status
from ledger.event import Entry
from ledger.explanation import (
    Condition,
    Explanation,
    ReasonWhy,
    Upshot,
    explained,
    reason,
    reason_of,
)
from ledger.extent import Extent
from ledger.judgement import SettleCompletion
from ledger.misconduct import MisconductRecorded
from ledger.names import OfferingId, TeacherId
from ledger.offering import ClassRoom, OfferingGone, OfferingOpened
from ledger.register import unknown
from ledger.regulation import Rule, Rulebook
from ledger.scrutiny import FinalAssessment

WAITS = {
    None: ("NOT_CHOSEN", "教师没有选此班期", "the teacher has not chosen it"),
    Status.WITHDRAWN: ("NOT_CHOSEN", "教师已经退选", "the teacher withdrew"),
    Status.SUBMITTED: ("SCHOOL_REVIEW", "学校尚未审核", "the school has not reviewed it"),
    Status.SCHOOL_PASSED: ("PROVIDER_REVIEW", "机构尚未复核", "the provider has not reviewed it"),
    Status.SCHOOL_NOT_PASSED: ("SCHOOL_PASS", "学校审核未通过", "the school did not pass it"),
    Status.PROVIDER_DECLINED: ("ADMISSION", "机构没有录取", "the provider declined it"),
}
OUTSIDE = (None, Status.WITHDRAWN, Status.SCHOOL_NOT_PASSED, Status.PROVIDER_DECLINED)


def completion_selectors(teacher: TeacherId, offering: OfferingId) -> list[Selector]:
    """The events from which a completion is explained."""
    settle = SettleCompletion(teacher=teacher, offering=offering)
    return [*settle.boundary(), about(teacher, offering, of=[MisconductRecorded])]


@dataclass
class _Case:
    """One trainee in one class, with the events that matter for the outcome."""

    teacher: TeacherId
    offering: OfferingId
    rules: Rulebook
    day: date
    standing: Standing
    room: ClassRoom = field(default_factory=ClassRoom)
    extent: Extent = field(default_factory=Extent)
    opened_by: str = ""
    assessed_by: str = ""
    outcome: Entry | None = None
    breaches: list[Entry] = field(default_factory=list)

    def learn(self, entry: Entry) -> None:
        for fold in (self.standing, self.room, self.extent):
            fold.learn(entry)
        match entry.event:
            case OfferingOpened():
                self.opened_by = entry.id
            case AssessmentRecorded():
                self.assessed_by = entry.id
            case MisconductRecorded(serious=True):
                self.breaches.append(entry)
            case CompletionGranted() | CompletionDenied() | CompletionRevoked():
                self.outcome = entry
            case TrainingTerminated():
                self.outcome = entry
            case _:
                pass

    def absences(self) -> ReasonWhy | None:
        """What the missed hours say, against the limit that covers the class."""
        assert self.room.opened is not None
        opened, missed = self.room.opened, self.standing.missed
        if not missed.total:
            return None
        limit = absence_limit(self.rules, opened, self.room.opened_on)
        planned, total = opened.plan.hours, missed.total
        hours = missed.halves or {}
        events = tuple(event for key, event in (missed.events or {}).items() if hours[key])
        facts = {"missed": str(total), "planned": str(planned)}
        facts["share"] = str(Fraction(total) / Fraction(planned))
        if limit is None:
            zh, en = f"缺课 {total}/{planned} 学时", f"{total} of {planned} hours were missed"
            return reason("ABSENCE_WITHIN", zh, en, evidence=events, facts=facts)
        most = limit.value.share_max * Fraction(planned)
        facts |= {"limit": str(limit.value.share_max), "most": str(most)}
        over = beyond_limit(limit, total, planned)
        code = "ABSENCE" if over and limit.certain else "LIMIT_UNCERTAIN"
        than_zh, than_en = ("超过", "more than") if over else ("未超过", "no more than")
        return reason(
            code if over else "ABSENCE_WITHIN",
            f"缺课 {total} 学时，为 {planned} 学时的 {facts['share']}，{than_zh}"
            f" {limit.value.share_max}（{most} 学时）",
            f"{total} of {planned} hours were missed, a share of {facts['share']}, {than_en} "
            f"{limit.value.share_max} ({most} hours)",
            limit,
            evidence=(self.opened_by,) if over else events,
            opposing=events if over else (),
            facts=facts,
        )

    def assessment(self) -> ReasonWhy | None:
        """What a failed assessment says."""
        if self.standing.passed is not False:
            return None
        assert self.room.opened is not None
        rule = self.rules.pinned(FinalAssessment, self.room.opened.place, self.room.opened_on)
        return reason(
            "ASSESSMENT_FAILED",
            "结业考核不合格",
            "the final assessment was not passed",
            rule,
            evidence=(self.opened_by,),
            opposing=(self.assessed_by,),
        )

    def misconduct(self, rule: Rule | None) -> ReasonWhy:
        """What the serious breaches say."""
        days = "、".join(sorted({_day_of(each) for each in self.breaches}))
        return reason(
            "MISCONDUCT",
            f"培训期间有严重违规违纪（{days}）",
            f"a serious breach during the training ({days})",
            rule,
            evidence=(self.opened_by,),
            opposing=tuple(each.id for each in self.breaches),
        )


def _day_of(breach: Entry) -> str:
    """The day of the breach itself, not that of its recording."""
    return str(getattr(breach.event, "day", breach.on))


def why_not_completed(
    teacher: TeacherId, offering: OfferingId, entries: Sequence[Entry], rules: Rulebook, day: date
) -> Explanation:
    """Why a training is not completed, or what is missing; or that it was completed."""
    case = _Case(teacher, offering, rules, day, Standing(teacher))
    for entry in entries:
        case.learn(entry)
    if case.room.opened is None:
        said = unknown(offering, "offering")
        return explained(Upshot.OPEN, [reason_of(said)])
    case.room.opened = case.extent.applied(case.room.opened)
    match case.outcome.event if case.outcome else None:
        case CompletionGranted():
            return explained(Upshot.DONE, _granted(case))
        case None:
            # Without a place in the class there is nothing to wait for.
            out = case.standing.choice.status in OUTSIDE and case.room.cancelled is None
            return explained(Upshot.NOT_ENROLLED if out else Upshot.OPEN, _open(case))
        case _:
            return explained(Upshot.DENIED, _denied(case))


def _granted(case: _Case) -> Iterator[ReasonWhy]:
    assert case.outcome is not None
    yield reason(
        "COMPLETED",
        f"已于 {case.outcome.on} 结业",
        f"it was completed on {case.outcome.on}",
        evidence=(case.outcome.id,),
    )
    yield from filter(None, [case.absences()])


def _denied(case: _Case) -> Iterable[ReasonWhy]:
    assert case.outcome is not None
    event = case.outcome.event
    assert isinstance(event, CompletionDenied | CompletionRevoked | TrainingTerminated)
    rule = case.rules.rules.get(event.rules[0]) if event.rules else None
    why = Why.MISCONDUCT if isinstance(event, TrainingTerminated) else event.reason
    found = {
        Why.ABSENCE: case.absences(),
        Why.ASSESSMENT_FAILED: case.assessment(),
        Why.MISCONDUCT: case.misconduct(rule) if why is Why.MISCONDUCT else None,
    }
    settled = reason(
        why.value,
        f"{case.outcome.on} 记为未结业",
        f"recorded as not completed on {case.outcome.on}",
        rule,
    )
    told = found.pop(why) or settled
    # What was recorded decides, whatever the rules known by now would say.
    if (told.code, told.rule) != (settled.code, settled.rule):
        told = replace(settled, facts=told.facts, opposing=told.opposing, evidence=told.evidence)
    taken_back = [event.corrects] if isinstance(event, CompletionRevoked) else []
    yield _with(told, case.outcome.id, *taken_back)
    yield from (each for each in found.values() if each and each.opposing)


def _with(told: ReasonWhy, *events: str) -> ReasonWhy:
    return replace(
        told,
        evidence=(*told.evidence, *events),
        facts=told.facts | {"decided": "true"},
    )


def _open(case: _Case) -> Iterator[ReasonWhy]:
    opened, standing = case.room.opened, case.standing
    assert opened is not None
    if case.room.cancelled is not None:
        zh, en = f"{case.offering} 已经取消", f"{case.offering} was cancelled"
        rule = case.room.ended_by(case.rules)
        yield reason_of(OfferingGone(zh=zh, en=en, rule=rule, evidence=(case.room.cancelled,)))
        return
    if standing.choice.status is not Status.PROVIDER_CONFIRMED:
        code, zh, en = WAITS[standing.choice.status]
        against = standing.choice.status in (Status.SCHOOL_NOT_PASSED, Status.PROVIDER_DECLINED)
        last = tuple(filter(None, [standing.choice.evidence]))
        yield reason(
            "NOT_ENROLLED",
            f"{case.teacher} 不是 {case.offering} 的学员",
            f"{case.teacher} is not enrolled in {case.offering}",
            evidence=() if against else last,
            opposing=last if against else (),
            missing=(Condition(code=code, zh=zh, en=en),),
        )
        return
    absences = case.absences()
    yield from filter(None, [absences, case.assessment()])
    yield _waiting(case, denied=absences is not None and absences.code == "ABSENCE")


def _waiting(case: _Case, *, denied: bool) -> ReasonWhy:
    """What is still to come before the outcome; an assessment is not waited for in vain."""
    opened = case.room.opened
    assert opened is not None
    missing = []
    if case.day < opened.closes:
        zh, en = f"班期到 {opened.closes} 结束", f"the class ends on {opened.closes}"
        missing.append(Condition(code="NOT_ENDED", zh=zh, en=en, day=opened.closes))
    rule = None
    if opened.plan.final_assessment and case.standing.passed is None and not denied:
        rule = case.rules.pinned(FinalAssessment, opened.place, case.room.opened_on)
        zh, en = "结业考核结果尚未登记", "the final assessment is not recorded"
        missing.append(Condition(code="ASSESSMENT_MISSING", zh=zh, en=en))
    zh, en = "机构尚未办理结业", "the provider has not settled it"
    missing.append(Condition(code="NOT_SETTLED", zh=zh, en=en))
    return reason(
        "NOT_SETTLED",
        "结业尚待：" + "，".join(each.zh for each in missing),
        "still to come: " + ", ".join(each.en for each in missing),
        rule,
        evidence=(case.opened_by, case.standing.choice.evidence),
        missing=tuple(missing),
    )

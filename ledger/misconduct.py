"""Misconduct: a breach during a training, known at once or found out later.

A serious breach ends the training at once, without completion or credit, whatever its length. One
found out after the award revokes both by new events that cite the day of the breach (C-35).
Whether a breach is serious is the decision of the provider, recorded as such.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.account import Account
from ledger.command import Refused, Selector, about, fact
from ledger.completion import (
    COMPLETION_EVENTS,
    CompletionRevoked,
    Reason,
    Standing,
    TrainingTerminated,
)
from ledger.credit import CREDIT_EVENTS, CreditAwarded, CreditRevoked
from ledger.day import happened
from ledger.enrollment import ENROLLMENT_EVENTS
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import OfferingId, ProviderId, SchoolId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassStep, OfferingOpened
from ledger.regulation import InForce, Parameters
from ledger.review import reasoned
from ledger.teacher import TEACHER_EVENTS, Whereabouts


class MisconductRecorded(Event, name="misconduct.recorded", effective="day"):
    """A trainee broke rules or discipline on a day of the training."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    day: date
    serious: bool
    description: str


class Misconduct(
    Parameters,
    kind="misconduct",
    zh="严重违规违纪的，立即终止培训，不予结业，已有的结业和学分撤销；规定是否有效无法确定时只记为无法判断。",
    scope=(),
):
    """A serious breach ends a training without completion or credit, and takes back both.

    Where nobody can tell whether the rule is in force, that is noted and nothing is ended.
    """


class BreachUncertain(Refused):
    """A serious breach of a time for which nobody can tell what follows from it."""


class OutsideTraining(Refused):
    """The day does not lie in the training."""


class AlreadyTerminated(Refused):
    """The training was ended for this trainee."""


@dataclass(kw_only=True)
class RecordMisconduct(ClassStep):
    """Record a breach and what follows from it, by the provider."""

    teacher: TeacherId
    day: date
    serious: bool
    description: str

    now: Whereabouts = fact(default_factory=Whereabouts)
    account: Account = fact(default_factory=Account)
    standing: Standing = fact(default=None)

    def __post_init__(self) -> None:
        self.standing = Standing(self.teacher)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, self.offering, of=[*ENROLLMENT_EVENTS, *COMPLETION_EVENTS]),
            about(self.teacher, of=[*TEACHER_EVENTS, *CREDIT_EVENTS]),
            about(self.offering, of=OFFERING_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        self.now.learn(entry)
        super().learn(entry)
        self.standing.learn(entry)
        match entry.event:
            case CreditAwarded(offering=offering) if offering == self.offering:
                self.account.learn(entry)
            case event if self.account.awarded is not None:
                if getattr(event, "credit", None) == self.account.awarded.credit:
                    self.account.learn(entry)
            case _:
                pass

    def decide(self) -> Iterator[Event]:
        self.now = self.now.then(self.ask)
        opened = self.room.known(self.offering)
        school = self.standing.enrolled(self.offering)
        reasoned(self.description, needed=True, field="description")
        happened(self.day, self.ask.on, "day")
        if not opened.opens <= self.day <= opened.closes:
            raise OutsideTraining(
                zh=f"{self.day} 不在 {self.offering} 的培训期间（{opened.opens} 至 "
                f"{opened.closes}）",
                en=f"{self.day} is not in {self.offering} ({opened.opens} to {opened.closes})",
                field="day",
            )
        if self.standing.outcome == "TERMINATED":
            raise AlreadyTerminated(
                zh=f"{self.teacher} 在 {self.offering} 的培训已经终止",
                en=f"{self.offering} was already ended for {self.teacher}",
                field="teacher",
                evidence=(self.standing.outcome_event,),
            )
        yield MisconductRecorded(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            provider=opened.provider,
            day=self.day,
            serious=self.serious,
            description=self.description,
        )
        rule = self.ask.rules.pinned(Misconduct, opened.place, self.room.opened_on)
        if self.serious and rule is not None:
            yield from self._end(opened, school, rule)

    def _end(
        self, opened: OfferingOpened, school: SchoolId, rule: InForce[Misconduct]
    ) -> Iterator[Event]:
        if not rule.certain:
            yield self.finding(
                self._uncertain(rule), Outcome.VIOLATION, self.teacher, self.offering
            )
        elif self.standing.outcome == "COMPLETED":
            yield from self._revoke(opened, school, (rule.id,), rule.rule.citation)
        elif not self.standing.breached:
            yield TrainingTerminated(
                teacher=self.teacher,
                offering=self.offering,
                school=school,
                provider=opened.provider,
                day=self.day,
                rules=(rule.id,),
                citation=rule.rule.citation,
            )

    def _uncertain(self, rule: InForce[Misconduct]) -> BreachUncertain:
        return BreachUncertain(
            zh=f"{self.teacher} 有严重违规违纪；{self.room.opened_on} 开设 {self.offering} 时"
            "终止培训的规定是否有效无法确定",
            en=f"a serious breach of {self.teacher}; nobody can tell whether the rule that "
            f"ends a training was in force when {self.offering} was opened",
            rule=rule,
            field="serious",
        )

    def _revoke(
        self, opened: OfferingOpened, school: SchoolId, rules: tuple[str, ...], citation: str
    ) -> Iterator[Event]:
        yield CompletionRevoked(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            provider=opened.provider,
            reason=Reason.MISCONDUCT,
            corrects=self.standing.outcome_event,
            rules=rules,
            citation=citation,
            since=self.standing.overturned_since(self.day),
        )
        awarded = self.account.awarded
        if awarded is not None and not self.account.revoked:
            yield CreditRevoked(
                credit=awarded.credit,
                teacher=self.teacher,
                school=self.now.known(self.teacher),
                place=self.now.place,
                credits_before=self.account.credits,
                corrects=self.account.evidence,
                reason=f"MISCONDUCT {self.day}: {self.description}",
                since=max(self.day, awarded.completed),
                rules=rules,
            )

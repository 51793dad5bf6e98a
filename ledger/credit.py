"""Credit: what a completed training adds to a teacher's record.

One hour is one credit unless the published plan states another base credit (rulebook C-01);
missed hours come off either way. How a credit is put right stands in ``correction``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

from ledger.amount import ZERO
from ledger.command import Command, Refused, Selector, about, fact, premature
from ledger.cycle import CYCLE_EVENTS, Starts, revocation
from ledger.event import Entry, Event, unchanged
from ledger.finding import Outcome
from ledger.names import CreditId, JurisdictionId, Name, OfferingId, ProviderId, SchoolId, TeacherId
from ledger.offering import OfferingOpened
from ledger.order import AlreadyAwarded
from ledger.parallel import Family
from ledger.plan import Choice, Purpose
from ledger.register import taken
from ledger.school_based import SchoolBasedRecorded
from ledger.teacher import TEACHER_EVENTS, Whereabouts
from ledger.worth import Worth, credited

BALANCE = "balance.opened"


class CreditKind(Enum):
    """The kind of training that a credit comes from."""

    INTENSIVE = "INTENSIVE"
    BLENDED = "BLENDED"
    DISTANCE = "DISTANCE"
    SCHOOL_BASED = "SCHOOL_BASED"


class CreditAwarded(Event, name="credit.awarded", version=3, effective="completed"):
    """A completed training was credited. ``completed`` decides the cycle it belongs to.

    ``hours_beyond``: attended on days that were longer than a day is recognised for.
    """

    credit: CreditId
    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    place: JurisdictionId
    provider: ProviderId
    authority: JurisdictionId
    kind: CreditKind
    choice: Choice
    title: str
    base_credits: Decimal
    hours_planned: Decimal
    hours_missed: Decimal
    credits: Decimal
    completed: date
    restricted_elective: bool = False
    rules: tuple[str, ...] = ()
    off_job: bool = True
    purpose: Purpose = Purpose.GENERAL
    practice_hours: Decimal = ZERO
    hours_beyond: Decimal = ZERO


CreditAwarded.upcast(from_version=1)(unchanged)
CreditAwarded.upcast(from_version=2)(unchanged)


class CreditCorrected(Event, name="credit.corrected", version=3, effective="since"):
    """The amount of a credit was wrong; this is right. ``decided``: by the bureau itself.

    ``since``: from when on, where it follows from a fact of that day; then ``hours_missed`` and
    ``hours_beyond`` are those of then, and the amount alone may be what it was.
    """

    credit: CreditId
    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    credits_before: Decimal
    credits: Decimal
    corrects: str
    reason: str
    hours_missed: Decimal | None = None
    decided: bool = False
    since: date | None = None
    hours_beyond: Decimal | None = None

    @property
    def takes_back(self) -> bool:
        """Whether the bureau left nothing of it: then there is no such training (RA19-03 §二).

        What only its own missed hours brought down to nothing was completed all the same (C-15).
        """
        return self.decided and self.credits == ZERO


class CreditRevoked(Event, name="credit.revoked", version=2, effective="since"):
    """A credit was taken back whole. ``decided``: by the bureau itself.

    ``since``: from when on, where it follows from a fact of that day.
    ``rules``: those by which the training behind it is not completed.
    """

    credit: CreditId
    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    credits_before: Decimal
    corrects: str
    reason: str
    decided: bool = False
    since: date | None = None
    rules: tuple[str, ...] = ()


# Version 1 held from its entry on.
CreditCorrected.upcast(from_version=1)(unchanged)
# Up to version 2 the hours beyond those of a day stayed what they were at the award.
CreditCorrected.upcast(from_version=2)(unchanged)
CreditRevoked.upcast(from_version=1)(unchanged)
CREDIT_EVENTS: list[type[Event]] = [CreditAwarded, CreditCorrected, CreditRevoked]


def gone_after(gone: frozenset[CreditId], entry: Entry) -> frozenset[CreditId]:
    """The credits that are taken back, after one more entry; one put right stands again."""
    match entry.event:
        case CreditCorrected(credit=credit) as event if not event.takes_back:
            return gone - {credit}
        case CreditCorrected(credit=credit) | CreditRevoked(credit=credit):
            return gone | {credit}
        case _:
            return gone


class CreditedBeside(Refused):
    """The training is credited already, in another class of the same project and time."""


@dataclass
class Credited:
    """A teacher's credits for classes, of which one stands for the same project at one time."""

    family: Family = field(default_factory=Family)
    awarded: dict[OfferingId, tuple[CreditAwarded, str]] = field(default_factory=dict)
    gone: frozenset[CreditId] = frozenset()

    def learn(self, entry: Entry, offering: OfferingId | None) -> bool:
        """Takes in credits and classes; whether the event is of a class other than that one."""
        if isinstance(entry.event, CreditAwarded):
            self.awarded[entry.event.offering] = entry.event, entry.id
        self.gone = gone_after(self.gone, entry)
        return self.family.learn(entry, offering)

    def beside(self, own: CreditId, opened: OfferingOpened) -> CreditedBeside | None:
        """What is wrong with a credit for that class: the one that stands beside it."""
        for other in sorted(self.family.beside(opened) & set(self.awarded)):
            event, evidence = self.awarded[other]
            if event.credit in self.gone:
                continue
            return CreditedBeside(
                zh=f"{event.teacher} 的这次培训已在 {other} 认定学分（{event.credit}），"
                f"{opened.offering} 与其为同一项目同期的班",
                en=f"{event.teacher} has {event.credit} for {other}, which is the same training "
                f"at the same time as {opened.offering}",
                field="offering",
                evidence=(evidence,),
                lacking=revocation(own, CreditRevoked.NAME, event.credit),
            )
        return None


@dataclass(kw_only=True)
class AwardCredit(Command):
    """Credit a completed training, by the competent bureau."""

    credit: CreditId
    teacher: TeacherId
    offering: OfferingId

    now: Whereabouts = fact(default_factory=Whereabouts)
    starts: Starts = fact(default_factory=Starts)
    worth: Worth = fact(default=None)
    credited: Credited = fact(default_factory=Credited)
    awarded: str | None = fact(default=None)
    used: bool = fact(default=False)

    def __post_init__(self) -> None:
        self.worth = Worth(self.teacher)

    def boundary(self) -> list[Selector]:
        return [
            *Worth.selectors(self.teacher, self.offering),
            about(self.teacher, of=[*TEACHER_EVENTS, *CYCLE_EVENTS]),
            about(self.teacher, self.offering, of=[CreditAwarded]),
            about(self.credit, of=[CreditAwarded, SchoolBasedRecorded]),
            # Nor has a balance of another platform the name; it is a later noun.
            Selector(types=(BALANCE,), tags=(str(self.credit),)),
        ]

    def beyond(self) -> list[Selector]:
        return [
            *Family.selectors(self.worth.room.opened),
            about(self.teacher, of=CREDIT_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        if self.credited.learn(entry, self.offering):
            return
        self.now.learn(entry)
        self.starts.learn(entry)
        self.worth.learn(entry)
        event = entry.event
        if isinstance(event, CreditAwarded | SchoolBasedRecorded) or event.NAME == BALANCE:
            self.used = self.used or getattr(event, "credit", None) == self.credit
        if isinstance(event, CreditAwarded) and event.teacher == self.teacher:
            self.awarded = entry.id if event.offering == self.offering else self.awarded

    def authority(self) -> Name:
        return self.worth.room.known(self.offering).place

    def decide(self) -> Iterator[Event]:
        self.now = self.now.on(self.ask.on)
        opened = self.worth.room.known(self.offering)
        school = self.now.known(self.teacher)
        self.worth.room.held(self.offering, self.ask.rules)
        self._once()
        if self.used:
            raise taken(self.credit, "credit")
        yield from self.gate(self._completed(), self.credit, self.teacher, self.offering)
        for said in (self.credited.beside(self.credit, opened), self._early(opened)):
            yield from self.gate(said, self.credit, self.teacher, self.offering)
        # What an approved change cut is no part of the training any more (C-14).
        plan = self.worth.applied().plan
        beyond = self.worth.beyond(self.ask.rules)
        missed = self.worth.hours_missed or ZERO
        yield CreditAwarded(
            credit=self.credit,
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            place=self.now.place,
            provider=opened.provider,
            authority=opened.place,
            kind=CreditKind(plan.mode.value),
            choice=plan.choice,
            title=plan.title,
            base_credits=plan.base_credits,
            hours_planned=plan.hours,
            hours_missed=missed,
            credits=credited(plan.base_credits, missed, beyond),
            completed=opened.closes,
            restricted_elective=plan.restricted_elective,
            rules=self.worth.stands_on(self.ask.rules, self.now.place, self.ask.on),
            off_job=plan.off_job,
            purpose=plan.purpose,
            practice_hours=plan.practice_hours,
            hours_beyond=beyond,
        )
        late = self.starts.outside(
            self.ask.rules, self.now.place, opened.closes, self.ask.on, self.credit
        )
        if late is not None:
            subjects = (self.credit, self.teacher, school, opened.place)
            yield self.finding(late, Outcome.VIOLATION, *subjects)

    def _once(self) -> None:
        if self.awarded:
            raise AlreadyAwarded(
                zh=f"{self.teacher} 在 {self.offering} 的学分已经认定，有误请用更正",
                en=f"{self.offering} is already credited to {self.teacher}; correct it instead",
                field="teacher",
                evidence=(self.awarded,),
            )

    def _completed(self) -> Refused | None:
        """The gate on a denied or ended training. Raises ``NotCompleted`` for an unsettled one."""
        if self.worth.standing.outcome is None:
            raise self.worth.uncompleted(self.credit, "未结算")
        return self.worth.barred(self.ask.rules, self.credit)

    def _early(self, opened: OfferingOpened) -> Refused | None:
        """The gate on a credit that is dated before the training was over and completed."""
        return premature(
            self.ask.on,
            max(opened.closes, self.worth.standing.completed_on or opened.closes),
            f"{self.offering} 结束、{self.teacher} 结业",
            f"{self.offering} was over and completed by {self.teacher}",
            self.worth.standing.outcome_event,
        )

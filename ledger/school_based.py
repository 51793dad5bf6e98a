"""School-based training: run by the school, recorded by it, recognised by the bureau.

Missed hours come off the credits, as everywhere; the one-fifth rule is about block training off
the job and never about training by the school (rulebook C-14).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.amount import ZERO, exact, plausible
from ledger.command import Command, Refused, Selector, about, fact, premature
from ledger.completion import HoursDeduction
from ledger.cycle import CYCLE_EVENTS, Starts
from ledger.day import happened
from ledger.event import Entry, Event, unchanged
from ledger.fault import Fault
from ledger.finding import Outcome
from ledger.names import CreditId, JurisdictionId, Name, SchoolId, TeacherId
from ledger.register import WrongDay, taken, unknown
from ledger.review import AlreadyReviewed, reasoned
from ledger.teacher import TEACHER_EVENTS, Whereabouts
from ledger.text import filled


class SchoolBasedRecorded(Event, name="school-based.recorded", version=2, effective="completed"):
    """A school says that a teacher took part in its training; nothing is credited yet.

    ``hours`` are those of the training; ``credits`` what is left of ``base_credits`` (``None``: the
    same) after the missed hours.
    """

    credit: CreditId
    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    title: str
    hours: Decimal
    credits: Decimal
    completed: date
    hours_missed: Decimal = ZERO
    base_credits: Decimal | None = None
    rules: tuple[str, ...] = ()


SchoolBasedRecorded.upcast(from_version=1)(unchanged)


class SchoolBasedRecognised(
    Event, name="school-based.recognised", version=2, effective="completed"
):
    """The bureau credited a school-based training, or did not."""

    credit: CreditId
    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    title: str
    hours: Decimal
    credits: Decimal
    completed: date
    approved: bool
    reason: str
    hours_missed: Decimal = ZERO
    base_credits: Decimal | None = None


SchoolBasedRecognised.upcast(from_version=1)(unchanged)


class RecordedTwice(Refused):
    """The training is recorded for the teacher under another name."""


SCHOOL_BASED_EVENTS: list[type[Event]] = [SchoolBasedRecorded, SchoolBasedRecognised]
# What becomes of a credit of any kind; later nouns, so by their names.
CHANGED = ("credit.corrected", "credit.revoked")


@dataclass
class Trainings:
    """A teacher's school-based trainings, and which may be recorded anew."""

    told: dict[CreditId, tuple[SchoolBasedRecorded, str]] = field(default_factory=dict)
    gone: frozenset[CreditId] = frozenset()

    def learn(self, entry: Entry) -> None:
        """Takes in trainings, and what becomes of their credits; others change nothing."""
        match entry.event:
            case SchoolBasedRecorded(credit=credit) as event:
                self.told[credit] = event, entry.id
            case SchoolBasedRecognised(credit=credit, approved=False):
                self.gone |= {credit}
            case event if event.NAME in CHANGED:
                # What was taken back may be recorded anew; put right it stands.
                one: set[Any] = {getattr(event, "credit", None)}
                back = getattr(event, "takes_back", True)
                self.gone = self.gone | one if back else self.gone - one
            case _:
                pass

    def beside(self, own: SchoolBasedRecorded | SchoolBasedRecognised) -> RecordedTwice | None:
        """What is wrong with a training: that it stands under another name."""
        mine = (own.school, own.title, own.completed)
        for event, evidence in self.told.values():
            same = (event.school, event.title, event.completed) == mine
            if same and event.credit != own.credit and event.credit not in self.gone:
                return RecordedTwice(
                    zh=f"{event.teacher} {event.completed} 结束的“{event.title}”已以 "
                    f"{event.credit} 登记",
                    en=f"{event.title}, completed on {event.completed}, is recorded for "
                    f"{event.teacher} as {event.credit}",
                    field="credit",
                    evidence=(evidence,),
                )
        return None


@dataclass(kw_only=True)
class RecordSchoolBased(Command):
    """Record a teacher's school-based training, by the school of the day on which it ended.

    ``credits`` are those of the whole training; the hours missed come off them.
    """

    credit: CreditId
    teacher: TeacherId
    title: str
    hours: Decimal
    credits: Decimal
    completed: date
    hours_missed: Decimal = ZERO

    now: Whereabouts = fact(default_factory=Whereabouts)
    known: bool = fact(default=False)
    trainings: Trainings = fact(default_factory=Trainings)

    def boundary(self) -> list[Selector]:
        # A credit of a training has no other name either; it is a later noun, so by its name.
        names = (SchoolBasedRecorded.NAME, "credit.awarded", "balance.opened")
        return [
            Selector(types=names, tags=(str(self.credit),)),
            about(self.teacher, of=[*TEACHER_EVENTS, *SCHOOL_BASED_EVENTS]),
            Selector(types=CHANGED, tags=(str(self.teacher),)),
        ]

    def learn(self, entry: Entry) -> None:
        self.now.learn(entry)
        self.trainings.learn(entry)
        self.known = self.known or getattr(entry.event, "credit", None) == self.credit

    def authority(self) -> Name:
        return self.now.on(self.completed).known(self.teacher)

    def territory(self) -> JurisdictionId:
        return self.now.on(self.completed).place

    def decide(self) -> Iterator[Event]:
        self.now = self.now.on(self.completed)
        school = self.now.known(self.teacher)
        if self.known:
            raise taken(self.credit, "credit")
        happened(self.completed, self.ask.on, "completed")
        if self.now.entered is not None and self.completed < self.now.entered:
            raise WrongDay(
                zh=f"{self.teacher} 于 {self.now.entered} 才进入平台，"
                f"{self.completed} 的培训不能记入",
                en=f"{self.teacher} entered on {self.now.entered}, after {self.completed}",
                field="completed",
            )
        hours, base, missed = self._amounts()
        deduction = self.ask.rules.find(HoursDeduction, self.now.place, self.completed)
        told = SchoolBasedRecorded(
            credit=self.credit,
            teacher=self.teacher,
            school=school,
            place=self.now.place,
            title=filled(self.title, "title"),
            hours=hours,
            credits=base - missed,
            completed=self.completed,
            hours_missed=missed,
            base_credits=base if missed else None,
            rules=(deduction.id,) if deduction and missed else (),
        )
        if twice := self.trainings.beside(told):
            raise twice
        yield told

    def _amounts(self) -> tuple[Decimal, Decimal, Decimal]:
        hours, base = exact(self.hours, "hours"), exact(self.credits, "credits")
        plausible(hours)
        missed = exact(self.hours_missed, "hours_missed")
        if not ZERO < base <= hours:
            raise Fault(
                "BAD_AMOUNT",
                zh=f"校本学分须大于 0 且不超过学时数 {hours}，现为 {base}",
                en=f"school-based credits are more than 0 and at most the {hours} hours",
                field="credits",
            )
        if missed >= base:
            raise Fault(
                "BAD_AMOUNT",
                zh=f"缺课 {missed} 学时，{base} 学分全部扣完，没有可登记的学分",
                en=f"{missed} hours missed leave nothing of {base} credits to record",
                field="hours_missed",
            )
        return hours, base, missed


@dataclass(kw_only=True)
class RecogniseSchoolBased(Command):
    """Credit a school-based training or not, by the bureau of the school's place."""

    credit: CreditId
    teacher: TeacherId
    approved: bool
    reason: str = ""

    starts: Starts = fact(default_factory=Starts)
    recorded: SchoolBasedRecorded | None = fact(default=None)
    recorded_by: tuple[date, str] = fact(default=(date.min, ""))
    decided: str | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [
            about(self.credit, self.teacher, of=SCHOOL_BASED_EVENTS),
            about(self.teacher, of=[*TEACHER_EVENTS, *CYCLE_EVENTS]),
        ]

    def learn(self, entry: Entry) -> None:
        self.starts.learn(entry)
        match entry.event:
            case SchoolBasedRecorded() as event:
                self.recorded, self.recorded_by = event, (entry.on, entry.id)
            case SchoolBasedRecognised():
                self.decided = entry.id
            case _:
                pass

    def authority(self) -> Name:
        if self.recorded is None:
            raise unknown(self.credit, "credit")
        return self.recorded.place

    def decide(self) -> Iterator[Event]:
        assert self.recorded is not None
        if self.decided is not None:
            raise AlreadyReviewed(
                zh=f"{self.credit} 已经认定",
                en=f"{self.credit} is decided",
                field="credit",
                evidence=(self.decided,),
            )
        reasoned(self.reason, not self.approved)
        told = self.recorded
        if self.approved:
            plausible(told.hours)
        recorded_on, evidence = self.recorded_by
        early = premature(
            self.ask.on,
            max(recorded_on, told.completed),
            f"{told.credit} 的校本培训结束并由学校登记",
            f"the training of {told.credit} was over and recorded by the school",
            evidence,
        )
        yield from self.gate(early, told.credit, told.teacher, told.school)
        yield SchoolBasedRecognised(
            credit=told.credit,
            teacher=told.teacher,
            school=told.school,
            place=told.place,
            title=told.title,
            hours=told.hours,
            credits=told.credits,
            completed=told.completed,
            approved=self.approved,
            reason=self.reason,
            hours_missed=told.hours_missed,
            base_credits=told.base_credits,
        )
        said = self.starts.outside(
            self.ask.rules, told.place, told.completed, self.ask.on, told.credit
        )
        if said is not None and self.approved:
            subjects = (told.credit, told.teacher, told.school)
            yield self.finding(said, Outcome.VIOLATION, *subjects)

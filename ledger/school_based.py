"""School-based training: run by the school, recorded by it, recognised by the bureau."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.amount import ZERO, exact
from ledger.command import Command, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.names import CreditId, JurisdictionId, Name, SchoolId, TeacherId
from ledger.register import WrongDay, taken, unknown
from ledger.review import AlreadyReviewed, reasoned
from ledger.teacher import TEACHER_EVENTS, Whereabouts
from ledger.text import filled


class SchoolBasedRecorded(Event, name="school-based.recorded"):
    """A school says that a teacher took part in its training; nothing is credited yet."""

    credit: CreditId
    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    title: str
    hours: Decimal
    credits: Decimal
    completed: date


class SchoolBasedRecognised(Event, name="school-based.recognised"):
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


@dataclass(kw_only=True)
class RecordSchoolBased(Command):
    """Record a teacher's school-based training, by the school."""

    credit: CreditId
    teacher: TeacherId
    title: str
    hours: Decimal
    credits: Decimal
    completed: date

    now: Whereabouts = fact(default_factory=Whereabouts)
    known: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        # A credit of a training has no other name either; it is a later noun, so by its name.
        names = (SchoolBasedRecorded.NAME, "credit.awarded")
        return [
            Selector(types=names, tags=(str(self.credit),)),
            about(self.teacher, of=TEACHER_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        self.known = self.known or getattr(entry.event, "credit", None) == self.credit
        self.now.learn(entry)

    def authority(self) -> Name:
        return self.now.known(self.teacher)

    def territory(self) -> JurisdictionId:
        return self.now.place

    def decide(self) -> Iterator[Event]:
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
        hours, credits = exact(self.hours, "hours"), exact(self.credits, "credits")
        if not ZERO < credits <= hours:
            raise Fault(
                "BAD_AMOUNT",
                zh=f"校本学分须大于 0 且不超过学时数 {hours}，现为 {credits}",
                en=f"school-based credits are more than 0 and at most the {hours} hours",
                field="credits",
            )
        yield SchoolBasedRecorded(
            credit=self.credit,
            teacher=self.teacher,
            school=school,
            place=self.now.place,
            title=filled(self.title, "title"),
            hours=hours,
            credits=credits,
            completed=self.completed,
        )


@dataclass(kw_only=True)
class RecogniseSchoolBased(Command):
    """Credit a school-based training or not, by the bureau of the school's place."""

    credit: CreditId
    teacher: TeacherId
    approved: bool
    reason: str = ""

    recorded: SchoolBasedRecorded | None = fact(default=None)
    decided: str | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        events: list[type[Event]] = [SchoolBasedRecorded, SchoolBasedRecognised]
        return [about(self.credit, self.teacher, of=events)]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case SchoolBasedRecorded() as event:
                self.recorded = event
            case _:
                self.decided = entry.id

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
        )

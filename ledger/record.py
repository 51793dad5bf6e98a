"""Record: everything that was credited to one teacher, folded from the teacher's own events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct

from ledger.amount import ZERO
from ledger.credit import CreditAwarded, CreditCorrected, CreditKind, CreditRevoked
from ledger.cycle import Cycle
from ledger.event import Entry, Event
from ledger.names import CreditId, JurisdictionId, OfferingId, SchoolId, TeacherId
from ledger.plan import Purpose
from ledger.school_based import SchoolBasedRecognised
from ledger.teacher import TeacherProfileUpdated, TeacherRegistered, TeacherTransferred


class Line(Struct, kw_only=True):
    """One credit: what it was worth at first, what was taken off, and what stands now."""

    credit: CreditId
    kind: CreditKind
    title: str
    school: SchoolId
    place: JurisdictionId
    base_credits: Decimal
    hours_planned: Decimal
    hours_missed: Decimal
    credits: Decimal
    completed: date
    recognised: date
    choice: str | None = None
    offering: OfferingId | None = None
    restricted_elective: bool = False
    off_job: bool = True
    purpose: Purpose = Purpose.GENERAL
    practice_hours: Decimal = ZERO
    revoked: bool = False
    positions: list[int] = []
    events: list[str] = []


class Record(Struct, kw_only=True):
    """A teacher's credits since entering the platform, in the order in which they came."""

    teacher: TeacherId
    school: SchoolId | None = None
    place: JurisdictionId | None = None
    entered: date | None = None
    lines: list[Line] = []
    position: int = 0

    def learn(self, entry: Entry) -> None:
        """Takes in one event of the teacher; others change nothing."""
        self.position = entry.position
        match entry.event:
            case TeacherRegistered() as event:
                self.school, self.place, self.entered = event.school, event.place, event.entered
            case TeacherTransferred() as event:
                self.school, self.place = event.school, event.place
            case CreditAwarded() as event:
                self._add(entry, _line(event, entry))
            case SchoolBasedRecognised(approved=True) as event:
                self._add(entry, _school_line(event, entry))
            case CreditCorrected() as event:
                self._change(event.credit, event.credits, entry, missed=event.hours_missed)
            case CreditRevoked() as event:
                self._change(event.credit, ZERO, entry, revoked=True)
            case _:
                pass

    def _add(self, entry: Entry, line: Line) -> None:
        line.positions, line.events = [entry.position], [entry.id]
        self.lines = [*self.lines, line]

    def _change(
        self,
        credit: CreditId,
        credits: Decimal,
        entry: Entry,
        *,
        revoked: bool = False,
        missed: Decimal | None = None,
    ) -> None:
        for line in self.lines:
            if line.credit == credit:
                line.credits, line.revoked = credits, revoked
                line.hours_missed = line.hours_missed if missed is None else missed
                line.positions = [*line.positions, entry.position]
                line.events = [*line.events, entry.id]

    def within(self, cycle: Cycle) -> list[Line]:
        """The lines whose training was completed in the cycle."""
        return [line for line in self.lines if cycle.holds(line.completed)]


RECORD_EVENTS: tuple[type[Event], ...] = (
    TeacherRegistered,
    TeacherTransferred,
    TeacherProfileUpdated,
    CreditAwarded,
    CreditCorrected,
    CreditRevoked,
    SchoolBasedRecognised,
)


def total(lines: list[Line], kind: CreditKind | None = None) -> Decimal:
    """What the lines add up to, all of them or those of one kind."""
    return sum((each.credits for each in lines if kind in (None, each.kind)), ZERO)


def _line(event: CreditAwarded, entry: Entry) -> Line:
    return Line(
        credit=event.credit,
        kind=event.kind,
        title=event.title,
        school=event.school,
        place=event.place,
        base_credits=event.base_credits,
        hours_planned=event.hours_planned,
        hours_missed=event.hours_missed,
        credits=event.credits,
        completed=event.completed,
        recognised=entry.on,
        choice=event.choice.value,
        offering=event.offering,
        restricted_elective=event.restricted_elective,
        off_job=event.off_job,
        purpose=event.purpose,
        practice_hours=event.practice_hours,
    )


def _school_line(event: SchoolBasedRecognised, entry: Entry) -> Line:
    return Line(
        credit=event.credit,
        kind=CreditKind.SCHOOL_BASED,
        title=event.title,
        school=event.school,
        place=event.place,
        base_credits=event.credits,
        hours_planned=event.hours,
        hours_missed=ZERO,
        credits=event.credits,
        completed=event.completed,
        recognised=entry.on,
    )

"""Record: everything that was credited to one teacher, folded from the teacher's own events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct, structs

from ledger.amount import ZERO, plain
from ledger.balance import BalanceOpened, Certainty
from ledger.category import CATEGORY_EVENTS, Belonging, belongings_after
from ledger.credit import CreditAwarded, CreditCorrected, CreditKind, CreditRevoked
from ledger.cycle import CreditCycleOpened, Cycle, Unit, cycle_on
from ledger.event import Entry, Event
from ledger.names import CreditId, JurisdictionId, OfferingId, SchoolId, TeacherId
from ledger.plan import Purpose
from ledger.register import Category
from ledger.school_based import SchoolBasedRecognised
from ledger.teacher import (
    Stay,
    TeacherProfileUpdated,
    TeacherRegistered,
    TeacherTransferred,
    stay_on,
    stays_after,
)


class Line(Struct, kw_only=True):
    """One credit: what it was worth at first, what was taken off, and what stands now.

    ``hours_beyond``: hours on days longer than a day is recognised for. ``awarded``: what it was
    worth when it last stood, ``reason``: why it was revoked, by the rules ``revoked_by``.
    ``rules``: those of the amount.
    ``balance``: no training, but what another platform had from ``since`` on; ``source``: which.
    """

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
    hours_beyond: Decimal = ZERO
    revoked: bool = False
    awarded: Decimal = ZERO
    reason: str = ""
    rules: tuple[str, ...] = ()
    balance: Certainty | None = None
    since: date | None = None
    source: str = ""
    revoked_by: tuple[str, ...] = ()
    positions: list[int] = []
    events: list[str] = []

    @property
    def hours(self) -> Decimal:
        """The hours that stand, where the training is worth another number of credits (C-01)."""
        if self.revoked or self.base_credits == self.hours_planned:
            return self.credits
        return max(self.hours_planned - self.hours_missed - self.hours_beyond, ZERO)

    @property
    def spread(self) -> bool:
        """Whether it spans years, so that nobody knows what of it is of which."""
        return self.since is not None and self.since.year != self.completed.year

    def worth(self, unit: Unit) -> Decimal:
        """What it counts for in a unit."""
        return self.hours if unit is Unit.HOURS else self.credits


class Transfer(Struct, kw_only=True, frozen=True):
    """A move to another school. ``far``: the school lies in another county or city."""

    since: date
    school_left: SchoolId
    place_left: JurisdictionId | None
    school: SchoolId
    place: JurisdictionId
    far: bool
    position: int
    event: str


class Record(Struct, kw_only=True):
    """A teacher's credits since entering the platform, in the order in which they came."""

    teacher: TeacherId
    school: SchoolId | None = None
    place: JurisdictionId | None = None
    entered: date | None = None
    lines: list[Line] = []
    opened: list[date] = []
    belongings: list[Belonging] = []
    transfers: list[Transfer] = []
    stays: tuple[Stay, ...] = ()
    position: int = 0

    def learn(self, entry: Entry) -> None:
        """Takes in one event of the teacher; others change nothing."""
        self.position = entry.position
        self.belongings = belongings_after(self.belongings, entry)
        match entry.event:
            case TeacherRegistered() as event:
                self.entered = event.entered
            case TeacherTransferred() as event:
                self.transfers = sorted(
                    [*self.transfers, self._moved(event, entry)],
                    key=lambda each: (each.since, each.position),
                )
            case CreditCycleOpened(start=start):
                self.opened = [*self.opened, start]
            case CreditAwarded() as event:
                self._add(entry, _line(event, entry))
            case SchoolBasedRecognised(approved=True) as event:
                self._add(entry, _school_line(event, entry))
            case BalanceOpened() as event:
                self._add(entry, _balance_line(event, entry))
            case (CreditCorrected() | CreditRevoked()) as event:
                self._change(event, entry)
            case _:
                pass
        self.stays = stays_after(self.stays, entry)
        if self.stays:
            self.school, self.place = self.stays[-1].school, self.stays[-1].place

    def at(self, day: date) -> Record:
        """The record with the school and place of a day: a move changes nothing before it."""
        stay = stay_on(self.stays, day)
        if stay is None or (stay.school, stay.place) == (self.school, self.place):
            return self
        return structs.replace(self, school=stay.school, place=stay.place)

    def _moved(self, event: TeacherTransferred, entry: Entry) -> Transfer:
        before = stay_on(self.stays, event.since)
        left = before.place if before else None
        return Transfer(
            since=event.since,
            school_left=event.school_left,
            place_left=left,
            school=event.school,
            place=event.place,
            far=left != event.place,
            position=entry.position,
            event=entry.id,
        )

    def _add(self, entry: Entry, line: Line) -> None:
        line.awarded = line.credits
        line.positions, line.events = [entry.position], [entry.id]
        self.lines = [*self.lines, line]

    def _change(self, event: CreditCorrected | CreditRevoked, entry: Entry) -> None:
        gone = isinstance(event, CreditRevoked) or event.takes_back
        credits = event.credits if isinstance(event, CreditCorrected) else ZERO
        for line in self.lines:
            if line.credit == event.credit:
                line.awarded = line.awarded if gone else credits
                line.credits, line.revoked = credits, gone
                line.reason = event.reason if gone else ""
                line.revoked_by = event.rules if isinstance(event, CreditRevoked) else ()
                if isinstance(event, CreditCorrected):
                    _put_right(line, event)
                line.positions = [*line.positions, entry.position]
                line.events = [*line.events, entry.id]

    def cycle(self, day: date, years: int) -> Cycle | None:
        """The cycle that holds a day; ``None`` for one who never entered."""
        if self.entered is None:
            return None
        return cycle_on(self.entered, day, years, tuple(self.opened))

    def belonged(self, category: Category, first: date, last: date) -> list[Belonging]:
        """The spans of a category that share a day with the one from ``first`` to ``last``."""
        return [
            each
            for each in self.belongings
            if each.category is category and each.overlaps(first, last)
        ]

    def within(self, cycle: Cycle) -> list[Line]:
        """The lines whose training was completed in the cycle."""
        return [line for line in self.lines if cycle.holds(line.completed)]


RECORD_EVENTS: tuple[type[Event], ...] = (
    TeacherRegistered,
    TeacherTransferred,
    TeacherProfileUpdated,
    CreditCycleOpened,
    *CATEGORY_EVENTS,
    CreditAwarded,
    CreditCorrected,
    CreditRevoked,
    SchoolBasedRecognised,
    BalanceOpened,
)


def total(lines: list[Line], kind: CreditKind | None = None, unit: Unit = Unit.CREDITS) -> Decimal:
    """What the lines add up to, all of them or those of one kind."""
    return plain(sum((each.worth(unit) for each in lines if kind in (None, each.kind)), ZERO))


def stands_on(lines: list[Line]) -> dict[str, Any]:
    """The fields of a requirement that name the lines that it was judged by."""
    return {
        "positions": tuple(sorted({p for each in lines for p in each.positions})),
        "events": tuple(e for each in lines for e in each.events),
    }


def _put_right(line: Line, event: CreditCorrected) -> None:
    if event.hours_missed is not None:
        line.hours_missed = event.hours_missed
    if event.hours_beyond is not None:
        line.hours_beyond = event.hours_beyond
    if line.balance is not None:
        # What the bureau put right is what it says.
        line.balance = Certainty.CERTAIN


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
        hours_beyond=event.hours_beyond,
        rules=event.rules,
    )


def _school_line(event: SchoolBasedRecognised, entry: Entry) -> Line:
    return Line(
        credit=event.credit,
        kind=CreditKind.SCHOOL_BASED,
        title=event.title,
        school=event.school,
        place=event.place,
        base_credits=event.credits if event.base_credits is None else event.base_credits,
        hours_planned=event.hours,
        hours_missed=event.hours_missed,
        credits=event.credits,
        completed=event.completed,
        recognised=entry.on,
    )


def _balance_line(event: BalanceOpened, entry: Entry) -> Line:
    return Line(
        credit=event.credit,
        kind=event.kind,
        title=f"期初余额（{event.source}）",
        school=event.school,
        place=event.place,
        base_credits=event.credits,
        hours_planned=event.credits,
        hours_missed=ZERO,
        credits=event.credits,
        completed=event.completed,
        recognised=entry.on,
        balance=event.certainty,
        since=event.since,
        source=event.source,
    )

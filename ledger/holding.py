"""Holding: all that the ledger knows of one teacher, where a sheet is held against it.

The record tells what stands; the entries beside it tell how it came to that, and what a sheet may
have of it that does not stand: trainings denied, ended, not recognised, or known only later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from ledger.attendance import AttendanceCorrected, Missed
from ledger.balance import BalanceOpened
from ledger.breakdown import TrainingKind
from ledger.completion import (
    CompletionDenied,
    CompletionGranted,
    CompletionRevoked,
    Reason,
    TrainingTerminated,
)
from ledger.credit import CreditAwarded, CreditCorrected, CreditRevoked
from ledger.event import Entry, Event
from ledger.names import CreditId, JurisdictionId, OfferingId, TeacherId
from ledger.offering import ClassRoom
from ledger.plan import Choice, Mode
from ledger.record import Line, Record, Transfer
from ledger.regulation import Rule, Rulebook
from ledger.school_based import SchoolBasedRecognised, SchoolBasedRecorded
from ledger.teacher import TeacherTransferred

# What a record does not keep of how it came about; few of a teacher's events are of these kinds.
ASIDE_EVENTS: tuple[type[Event], ...] = (
    CreditCorrected,
    CreditRevoked,
    CompletionDenied,
    CompletionRevoked,
    TrainingTerminated,
    SchoolBasedRecorded,
    SchoolBasedRecognised,
)
AHEAD_EVENTS: tuple[type[Event], ...] = (
    *ASIDE_EVENTS,
    CreditAwarded,
    BalanceOpened,
    TeacherTransferred,
)


class Training(Struct, kw_only=True, frozen=True):
    """What is known of a class of which a teacher has no credit."""

    offering: OfferingId
    title: str = ""
    completed: date | None = None
    kind: TrainingKind | None = None
    credits: Decimal | None = None
    hours: Decimal | None = None


def training_of(offering: OfferingId, room: ClassRoom) -> Training:
    """What a class says of a training that is not credited."""
    opened = room.opened
    if opened is None:
        return Training(offering=offering)
    plan = opened.plan
    kind = TrainingKind(plan.mode.value)
    if plan.choice is Choice.MANDATED:
        kind = TrainingKind.MANDATED
    elif plan.mode is Mode.INTENSIVE and not plan.off_job:
        kind = TrainingKind.OTHER
    return Training(
        offering=offering,
        title=plan.title,
        completed=opened.closes,
        kind=kind,
        credits=plan.base_credits,
        hours=plan.hours,
    )


@dataclass(frozen=True, kw_only=True)
class Denial:
    """That a training was not completed: why, by which events and under which rule."""

    offering: OfferingId
    training: Training
    reason: Reason
    events: tuple[str, ...]
    rule: Rule | None


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A school-based training that was recorded and is not recognised, or not any more."""

    told: SchoolBasedRecorded
    events: tuple[str, ...]
    refused: bool


@dataclass(kw_only=True)
class Holding:
    """What the ledger holds of one teacher.

    ``aside``: the entries of ``ASIDE_EVENTS`` known at the moment, and where a completion was
    denied those that grant one; ``ahead``: those of ``AHEAD_EVENTS`` that came later.
    ``attendance``: the entries that tell of hours missed, in order. ``trainings``: the classes of
    which there is no credit. ``alike``: other ids under which the same person may stand.
    """

    teacher: TeacherId
    record: Record
    aside: tuple[Entry, ...] = ()
    ahead: tuple[Entry, ...] = ()
    attendance: tuple[Entry, ...] = ()
    trainings: dict[OfferingId, Training] = field(default_factory=dict)
    alike: tuple[TeacherId, ...] = ()

    def here(self, place: JurisdictionId, day: date) -> bool:
        """Whether the teacher worked at a place, or within it, on a day."""
        at = self.record.at(day).place
        return at is not None and place.covers(at)

    def moved(self, place: JurisdictionId, *, away: bool) -> Transfer | None:
        """The last move into a place, or away from it."""
        # A move that was told later may lie before one, and is what that one leaves.
        left = {each.event: before.place for before, each in pairwise(self.record.stays)}
        for each in reversed(self.record.transfers):
            into = place.covers(each.place)
            out = each.event in left and place.covers(left[each.event])
            if (out and not into) if away else (into and not out):
                return each
        return None

    def changes(self, credit: CreditId, *, ahead: bool = False) -> list[Entry]:
        """The corrections and revocations of a credit, in order."""
        return [
            each
            for each in (self.ahead if ahead else self.aside)
            if isinstance(each.event, CreditCorrected | CreditRevoked)
            and each.event.credit == credit
        ]

    def missed(self, offering: OfferingId | None, known: int) -> tuple[str, ...]:
        """The events on which the hours stand that were missed of a class, as known at a position.

        A correction stands in the place of what it put right.
        """
        found = self._missed(offering, known)
        halves = found.halves or {}
        return tuple(event for key, event in (found.events or {}).items() if halves[key])

    def hours_missed(self, offering: OfferingId | None, known: int) -> Decimal:
        """How many hours those are."""
        return self._missed(offering, known).total

    def _missed(self, offering: OfferingId | None, known: int) -> Missed:
        found = Missed(self.teacher)
        for entry in self.attendance:
            if entry.position <= known and getattr(entry.event, "offering", None) == offering:
                found.learn(entry)
        return found

    def rectified(self, offering: OfferingId | None, after: int, known: int) -> tuple[str, ...]:
        """The corrections of attendance in a class that came between two positions."""
        return tuple(
            each.id
            for each in self.attendance
            if after < each.position <= known
            and isinstance(each.event, AttendanceCorrected)
            and each.event.offering == offering
        )

    def later(self) -> list[Line]:
        """The credits that the ledger came to know, or that came true, only later."""
        known = {each.credit for each in self.record.lines}
        record = Record(teacher=self.teacher)
        for entry in self.ahead:
            record.learn(entry)
        return [each for each in record.lines if each.credit not in known]

    def denials(self, rules: Rulebook) -> dict[OfferingId, Denial]:
        """The trainings that were denied, ended or taken back, by class; the last word stands."""
        found: dict[OfferingId, Denial] = {}
        for entry in self.aside:
            event = entry.event
            if isinstance(event, CompletionGranted):
                found.pop(event.offering, None)
            if not isinstance(event, CompletionDenied | CompletionRevoked | TrainingTerminated):
                continue
            cited = (rules.rules.get(each) for each in event.rules)
            taken = getattr(event, "corrects", None)
            reason = getattr(event, "reason", Reason.MISCONDUCT)
            absent = reason is Reason.ABSENCE
            missed = self.missed(event.offering, entry.position) if absent else ()
            found[event.offering] = Denial(
                offering=event.offering,
                training=self.trainings.get(event.offering, Training(offering=event.offering)),
                reason=reason,
                events=(entry.id, *((taken,) if taken else ()), *missed),
                rule=next((each for each in cited if each is not None), None),
            )
        return found

    def pending(self) -> Iterator[Pending]:
        """The school-based trainings that were recorded and earned nothing."""
        told: dict[CreditId, tuple[SchoolBasedRecorded, list[str], bool]] = {}
        credited = {each.credit for each in self.record.lines}
        for entry in self.aside:
            match entry.event:
                case SchoolBasedRecorded() as event:
                    told[event.credit] = (event, [entry.id], False)
                case SchoolBasedRecognised(approved=False) as event if event.credit in told:
                    recorded, events, _ = told[event.credit]
                    told[event.credit] = (recorded, [*events, entry.id], True)
                case _:
                    pass
        for credit, (recorded, events, refused) in told.items():
            if credit not in credited:
                yield Pending(told=recorded, events=tuple(events), refused=refused)

"""Completion: one row for each trainee and offering, hours missed, outcome and notices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct

from ledger.assessment import AssessmentRecorded
from ledger.attendance import AttendanceCorrected, AttendanceRecorded
from ledger.completion import (
    CompletionDenied,
    CompletionGranted,
    CompletionRevoked,
    DenialNotified,
    Reason,
    Recipient,
    TrainingTerminated,
)
from ledger.enrollment import EnrollmentConfirmed, EnrollmentWithdrawn
from ledger.event import Entry
from ledger.names import (
    JurisdictionId,
    OfferingId,
    ProviderId,
    SchoolId,
    TeacherId,
    TermId,
    known,
)
from ledger.offering import OfferingOpened
from ledger.regulation import Rulebook
from ledger.schedule import Half
from projections.projection import Projection


class CompletionStatus(Enum):
    """Where a trainee stands."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    NOT_COMPLETED = "NOT_COMPLETED"
    TERMINATED = "TERMINATED"
    WITHDRAWN = "WITHDRAWN"


class MissedHalf(Struct, kw_only=True, frozen=True):
    """The missed hours of one half-day."""

    day: date
    half: Half
    hours: Decimal


class Completion(Struct, kw_only=True):
    """One trainee in one offering.

    ``rules``: those that the outcome stands on; ``evidence``: the events, its own the last.
    """

    teacher: TeacherId
    offering: OfferingId
    status: CompletionStatus = CompletionStatus.IN_PROGRESS
    school: SchoolId | None = None
    provider: ProviderId | None = None
    place: JurisdictionId | None = None
    term: TermId | None = None
    missed: tuple[MissedHalf, ...] = ()
    assessed: bool | None = None
    reason: Reason | None = None
    citation: str | None = None
    rules: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    hours: Decimal | None = None
    hours_planned: Decimal | None = None
    settled: date | None = None
    notified: tuple[Recipient, ...] = ()
    positions: tuple[int, ...] = ()

    @property
    def hours_missed(self) -> Decimal:
        """All missed hours."""
        return sum((each.hours for each in self.missed), Decimal(0))


class Ground(Struct, kw_only=True):
    """A rule that an outcome stands on, as it was for a place on a day."""

    rule: str
    clause: str
    citation: str
    zh: str
    en: str
    parameters: dict[str, str | int | bool | tuple[str, ...]] = {}
    chosen_for: JurisdictionId
    chosen_on: date


def grounds(state: Completion, book: Rulebook, opened: Entry) -> list[Ground]:
    """The rules that an outcome stands on, in the version of the day the class opened (C-33)."""
    event = opened.event
    assert isinstance(event, OfferingOpened)
    found = [book.at(each, opened.on) for each in state.rules]
    return [
        Ground(
            rule=rule.id,
            clause=rule.clause,
            citation=rule.citation,
            zh=rule.zh,
            en=rule.en,
            parameters=rule.parameters,
            chosen_for=event.place,
            chosen_on=opened.on,
        )
        for rule in found
        if rule is not None
    ]


class Completions(Projection[Completion]):
    """Trainees by teacher, offering, school, provider, place and status."""

    name = "completions"
    version = 2
    state = Completion
    events = (
        EnrollmentConfirmed,
        EnrollmentWithdrawn,
        AttendanceRecorded,
        AttendanceCorrected,
        AssessmentRecorded,
        CompletionGranted,
        CompletionDenied,
        TrainingTerminated,
        CompletionRevoked,
        DenialNotified,
    )
    facets = {
        "teacher": "text",
        "offering": "text",
        "school": "text",
        "provider": "text",
        "place": "text",
        "term": "text",
        "status": "text",
    }

    def keys(self, entry: Entry) -> Iterable[str]:
        match entry.event:
            case AttendanceRecorded(offering=offering, absences=absences):
                return [f"{each.teacher}|{offering}" for each in absences]
            case AssessmentRecorded(offering=offering, results=results):
                return [f"{each.teacher}|{offering}" for each in results]
            case EnrollmentWithdrawn(admitted=False):
                return ()
            case event:
                teacher: Any = getattr(event, "teacher", "")
                return (f"{teacher}|{getattr(event, 'offering', '')}",)

    def blank(self, key: str) -> Completion:
        teacher, offering = key.split("|")
        return Completion(teacher=known(TeacherId, teacher), offering=known(OfferingId, offering))

    def apply(self, state: Completion, entry: Entry) -> Completion:
        state.positions = (*state.positions, entry.position)
        match entry.event:
            case EnrollmentConfirmed() as event:
                state.school, state.provider, state.term = event.school, event.provider, event.term
                state.status, state.place = CompletionStatus.IN_PROGRESS, entry.place
            case EnrollmentWithdrawn():
                state.status = CompletionStatus.WITHDRAWN
            case AttendanceRecorded() as event:
                state.evidence = (*state.evidence, entry.id)
                for each in event.absences:
                    if each.teacher == state.teacher:
                        _miss(state, event.day, event.half, each.hours)
            case AttendanceCorrected() as event:
                state.evidence = (*state.evidence, entry.id)
                _miss(state, event.day, event.half, event.hours)
            case AssessmentRecorded(results=results):
                state.evidence = (*state.evidence, entry.id)
                state.assessed = next(r.passed for r in results if r.teacher == state.teacher)
            case DenialNotified(recipients=recipients):
                state.notified = tuple(dict.fromkeys((*state.notified, *recipients)))
            case _:
                _settle(state, entry)
        return state


def _miss(state: Completion, day: date, half: Half, hours: Decimal) -> None:
    kept = [each for each in state.missed if (each.day, each.half) != (day, half)]
    state.missed = (*kept, MissedHalf(day=day, half=half, hours=hours))


def _settle(state: Completion, entry: Entry) -> None:
    state.settled = entry.on
    # Each outcome event names the rules that it stands on.
    state.rules = getattr(entry.event, "rules", ())
    state.evidence = (*state.evidence, entry.id)
    match entry.event:
        case CompletionGranted() as event:
            state.status, state.reason, state.citation = CompletionStatus.COMPLETED, None, None
            state.hours, state.hours_planned = event.hours, event.hours_planned
        case CompletionDenied() as event:
            state.status, state.reason = CompletionStatus.NOT_COMPLETED, event.reason
            state.hours, state.hours_planned = Decimal(0), event.hours_planned
            state.citation = event.citation
        case TrainingTerminated() as event:
            state.status, state.reason = CompletionStatus.TERMINATED, Reason.MISCONDUCT
            state.hours, state.citation = Decimal(0), event.citation
        case CompletionRevoked() as event:
            state.status, state.reason = CompletionStatus.NOT_COMPLETED, event.reason
            state.hours, state.citation = Decimal(0), event.citation
        case _:
            pass

"""The enrollment roster: one row for each teacher and offering, with the way it took."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from ledger.enrollment import (
    Choice,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    Match,
    OfferingSelected,
    SelectionReviewed,
    Status,
    Via,
)
from ledger.event import Entry
from ledger.invitation import TrainingNoticesSent
from ledger.names import (
    JurisdictionId,
    OfferingId,
    ProviderId,
    SchoolId,
    TeacherId,
    TermId,
    known,
)
from ledger.screening import ApplicantPlaced
from projections.projection import Projection

PAIR = (
    OfferingSelected,
    SelectionReviewed,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
)


class Enrollment(Struct, kw_only=True):
    """One teacher's choice of one offering, or an assignment to it; ``rank`` of a screening."""

    teacher: TeacherId
    offering: OfferingId
    status: Status | None = None
    round: int = 0
    school: SchoolId | None = None
    provider: ProviderId | None = None
    place: JurisdictionId | None = None
    term: TermId | None = None
    selected: date | None = None
    school_reviewed: date | None = None
    provider_reviewed: date | None = None
    withdrawn: date | None = None
    reason: str = ""
    via: Via | None = None
    base_credits: Decimal | None = None
    match: Match | None = None
    rank: int | None = None
    assigned_by: JurisdictionId | None = None
    notified: date | None = None
    positions: tuple[int, ...] = ()


class Enrollments(Projection[Enrollment]):
    """Enrollments by teacher, offering, school, provider, place, term and status."""

    name = "enrollments"
    version = 2
    state = Enrollment
    events = (*PAIR, ApplicantPlaced, TrainingNoticesSent)
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
        event = entry.event
        if isinstance(event, TrainingNoticesSent):
            return [f"{each}|{event.offering}" for each in event.teachers]
        assert isinstance(event, (*PAIR, ApplicantPlaced))
        return (f"{event.teacher}|{event.offering}",)

    def blank(self, key: str) -> Enrollment:
        teacher, offering = key.split("|")
        return Enrollment(teacher=known(TeacherId, teacher), offering=known(OfferingId, offering))

    def apply(self, state: Enrollment, entry: Entry) -> Enrollment:
        state.positions = (*state.positions, entry.position)
        match entry.event:
            case ApplicantPlaced(rank=rank):
                state.rank = rank
            case TrainingNoticesSent():
                state.notified = entry.on
            case _:
                _step(state, entry)
        return state


def _step(state: Enrollment, entry: Entry) -> None:
    choice = Choice(status=state.status, round=state.round, school=state.school)
    choice.learn(entry)
    state.status, state.round, state.school = choice.status, choice.round, choice.school
    state.reason = getattr(entry.event, "reason", "")
    match entry.event:
        case OfferingSelected() as event:
            state.provider, state.place, state.term = event.provider, event.place, event.term
            state.via, state.match, state.base_credits = event.via, event.match, event.base_credits
            state.selected, state.rank, state.assigned_by = entry.on, None, None
            state.school_reviewed = state.provider_reviewed = state.withdrawn = None
        case SelectionReviewed():
            state.school_reviewed = entry.on
        case EnrollmentWithdrawn():
            state.withdrawn, state.notified = entry.on, None
        case EnrollmentConfirmed(assigned_by=JurisdictionId()) as event:
            state.provider, state.place, state.term = event.provider, event.place, event.term
            state.assigned_by, state.withdrawn = event.assigned_by, None
        case _:
            state.provider_reviewed = entry.on

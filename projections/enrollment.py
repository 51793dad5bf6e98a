"""The enrollment roster: one row for each teacher and offering, with the way it took."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from ledger.enrollment import (
    Choice,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    OfferingSelected,
    SelectionReviewed,
    Status,
)
from ledger.event import Entry
from ledger.names import JurisdictionId, OfferingId, ProviderId, SchoolId, TeacherId, TermId
from projections.projection import Projection

PAIR = (
    OfferingSelected,
    SelectionReviewed,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
)


class Enrollment(Struct, kw_only=True):
    """One teacher's choice of one offering."""

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
    positions: tuple[int, ...] = ()


class Enrollments(Projection[Enrollment]):
    """Enrollments by teacher, offering, school, provider, place, term and status."""

    name = "enrollments"
    state = Enrollment
    events = PAIR
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
        assert isinstance(event, PAIR)
        return (f"{event.teacher}|{event.offering}",)

    def blank(self, key: str) -> Enrollment:
        teacher, offering = key.split("|")
        return Enrollment(teacher=TeacherId(teacher), offering=OfferingId(offering))

    def apply(self, state: Enrollment, entry: Entry) -> Enrollment:
        choice = Choice(status=state.status, round=state.round, school=state.school)
        choice.learn(entry)
        state.status, state.round, state.school = choice.status, choice.round, choice.school
        state.positions = (*state.positions, entry.position)
        state.reason = getattr(entry.event, "reason", "")
        match entry.event:
            case OfferingSelected() as event:
                state.provider, state.place, state.term = event.provider, event.place, event.term
                state.selected = entry.on
                state.school_reviewed = state.provider_reviewed = state.withdrawn = None
            case SelectionReviewed():
                state.school_reviewed = entry.on
            case EnrollmentWithdrawn():
                state.withdrawn = entry.on
            case _:
                state.provider_reviewed = entry.on
        return state

"""The offering board: each class with its seats, its choices counted, and its timetable."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec import Struct

from ledger.closing import OfferingClosed
from ledger.dates import OfferingsRedated
from ledger.draw import ScreeningOrder
from ledger.enrollment import (
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    OfferingSelected,
    SelectionReviewed,
)
from ledger.event import Entry
from ledger.invitation import TrainingNoticesSent
from ledger.names import JurisdictionId, OfferingId, ProjectId, ProviderId, StaffId, TermId
from ledger.offering import (
    DatesChanged,
    ExpansionDecided,
    ExpansionRequested,
    OfferingCancelled,
    OfferingOpened,
)
from ledger.plan import Plan
from ledger.schedule import DayLogged, Session, TimetablePublished
from ledger.screening import ScreeningAnnounced
from ledger.term import Calendar
from projections.projection import Projection

NONE = OfferingId("offering:none")


class Offering(Struct, kw_only=True):
    """A class; the counts are of choices, ``confirmed`` of trainees now, ``notified`` of notices.

    ``parallel_to``: the class beside which an expansion opened it.
    """

    offering: OfferingId
    project: ProjectId | None = None
    provider: ProviderId | None = None
    place: JurisdictionId | None = None
    term: TermId | None = None
    calendar: Calendar | None = None
    plan: Plan | None = None
    adviser: StaffId | None = None
    adviser_full_time: bool = True
    seats: int = 0
    seats_requested: int | None = None
    parallel: bool = False
    parallel_to: OfferingId | None = None
    parallels: tuple[OfferingId, ...] = ()
    screening: ScreeningOrder | None = None
    opens: date | None = None
    closes: date | None = None
    cancelled: date | None = None
    selected: int = 0
    passed: int = 0
    not_passed: int = 0
    confirmed: int = 0
    declined: int = 0
    withdrawn: int = 0
    notified: int = 0
    timetable_published: date | None = None
    sessions: tuple[Session, ...] = ()
    days_logged: tuple[date, ...] = ()
    closed: date | None = None


class Offerings(Projection[Offering]):
    """Offerings by provider, place, term, subject and mode."""

    name = "offerings"
    version = 3
    state = Offering
    events = (
        OfferingOpened,
        OfferingCancelled,
        OfferingsRedated,
        ExpansionRequested,
        ExpansionDecided,
        DatesChanged,
        ScreeningAnnounced,
        OfferingSelected,
        SelectionReviewed,
        EnrollmentConfirmed,
        EnrollmentDeclined,
        EnrollmentWithdrawn,
        TrainingNoticesSent,
        TimetablePublished,
        DayLogged,
        OfferingClosed,
    )
    facets = {
        "provider": "text",
        "place": "text",
        "term": "text",
        "project": "text",
        "subject": "text",
        "mode": "text",
    }

    def keys(self, entry: Entry) -> Iterable[str]:
        if isinstance(entry.event, OfferingsRedated):
            return tuple(str(each.offering) for each in entry.event.moves)
        offering: OfferingId = getattr(entry.event, "offering", NONE)
        beside = entry.event.parallel if isinstance(entry.event, ExpansionDecided) else None
        granted = beside is not None and getattr(entry.event, "approved", False)
        return (str(offering), str(beside)) if granted else (str(offering),)

    def blank(self, key: str) -> Offering:
        return Offering(offering=OfferingId(key))

    def facet_values(self, state: Offering) -> dict[str, Any]:
        plan = state.plan
        own = {name: getattr(state, name) for name in ("provider", "place", "term", "project")}
        return {name: None if value is None else str(value) for name, value in own.items()} | {
            "subject": plan.subject if plan else None,
            "mode": plan.mode.value if plan else None,
        }

    def apply(self, state: Offering, entry: Entry) -> Offering:
        match entry.event:
            case OfferingOpened() as event:
                for name in set(event.__struct_fields__) & set(state.__struct_fields__):
                    setattr(state, name, getattr(event, name))
            case ExpansionRequested(seats=seats):
                state.seats_requested = seats
            case ExpansionDecided() as event:
                _expand(state, event)
            case DatesChanged(opens=opens, closes=closes):
                state.opens = opens or state.opens
                state.closes = closes or state.closes
            case OfferingCancelled():
                state.cancelled = entry.on
            case OfferingsRedated(moves=moves):
                for each in moves:
                    if each.offering == state.offering:
                        state.opens, state.closes = each.opens, each.closes
            case ScreeningAnnounced(by=by):
                state.screening = by
            case TimetablePublished(sessions=sessions):
                state.sessions = sessions
                state.timetable_published = state.timetable_published or entry.on
            case DayLogged(day=day):
                state.days_logged = (*state.days_logged, day)
            case OfferingClosed():
                state.closed = entry.on
            case _:
                _count(state, entry)
        return state


def _expand(state: Offering, event: ExpansionDecided) -> None:
    if event.offering != state.offering:
        state.parallel_to = event.offering
        return
    state.seats_requested = None
    if not event.approved:
        return
    if event.parallel is None:
        state.seats = event.seats
    else:
        state.parallels = (*state.parallels, event.parallel)


def _count(state: Offering, entry: Entry) -> None:
    match entry.event:
        case OfferingSelected():
            state.selected += 1
        case SelectionReviewed(passed=True):
            state.passed += 1
        case SelectionReviewed():
            state.not_passed += 1
        case EnrollmentConfirmed():
            state.confirmed += 1
        case EnrollmentDeclined():
            state.declined += 1
        case TrainingNoticesSent(teachers=teachers):
            state.notified += len(teachers)
        case EnrollmentWithdrawn(admitted=admitted):
            state.withdrawn += 1
            state.confirmed -= admitted
        case _:
            pass

"""Yearbooks: what each place and school did in a year, for the duties that are judged by it.

The book of year 0 holds what has no year: offices that stand until further notice, and who ever
worked at a school. From when to when is in the teachers' records, since a move that is told late
bounds the stays of schools that it does not name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from ledger.duty import (
    CalendarMadeKnown,
    EducationOfficeSetUp,
    MonitoringBodyNamed,
    TrainingAppraised,
)
from ledger.event import Entry
from ledger.funding import FundsPublished, LocalFundsStated, SchoolFundsStated
from ledger.names import JurisdictionId, SchoolId, StaffId, TeacherId, TermId
from ledger.observation import LessonObserved, ObserverRole, ObserversNamed
from ledger.order import OrderSubmitted
from ledger.oversight import ProjectInspected
from ledger.record import Record
from ledger.review import ProjectPublished
from ledger.school_based import SchoolBasedRecorded
from ledger.school_plan import SchoolPlanAdopted
from ledger.teacher import TeacherRegistered, TeacherTransferred, stay_on
from projections.projection import Projection

STANDING = 0


class Lesson(Struct, kw_only=True):
    """A lesson picked at random on which an observer sat in."""

    observer: StaffId
    role: ObserverRole


class Yearbook(Struct, kw_only=True):
    """What one place or school did in one year."""

    party: str
    year: int
    place: JurisdictionId | None = None
    school: SchoolId | None = None
    projects: tuple[str, ...] = ()
    trainings: tuple[str, ...] = ()
    inspected: tuple[str, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    observers: dict[str, tuple[StaffId, ...]] = {}
    orders: dict[str, int] = {}
    local_funds: LocalFundsStated | None = None
    school_funds: SchoolFundsStated | None = None
    published: int = 0
    plans: tuple[tuple[int, int], ...] = ()
    appraised: tuple[str, ...] = ()
    bodies: tuple[date, ...] = ()
    offices: tuple[date, ...] = ()
    told: dict[str, tuple[str, ...]] = {}
    staff: tuple[TeacherId, ...] = ()
    events: dict[str, tuple[str, ...]] = {}

    def serving(self, records: Mapping[str, Record], day: date) -> list[TeacherId]:
        """Who worked at the school on a day, by the records of those who ever did."""
        return [each for each in self.staff if self._served(records.get(str(each)), day)]

    def _served(self, record: Record | None, day: date) -> bool:
        stay = stay_on(record.stays, day) if record else None
        return stay is not None and stay.since <= day and str(stay.school) == self.party

    def heard(self, role: ObserverRole) -> dict[str, int]:
        """How many lessons each observer of a role sat in on; those named without any as well."""
        counts: dict[str, int] = dict.fromkeys(map(str, self.observers.get(role.value, ())), 0)
        for each in self.lessons:
            if each.role is role:
                counts[str(each.observer)] = counts.get(str(each.observer), 0) + 1
        return counts


def training(school: SchoolId, title: str) -> str:
    """A school-based training: what one school ran under one title in a year."""
    return f"{school} {title}"


def year_of(term: TermId) -> int | None:
    """The calendar year of a half-year such as ``2024H1``."""
    year = term.value[:4]
    return int(year) if year.isdecimal() else None


class Yearbooks(Projection[Yearbook]):
    """Yearbooks by place, school and year."""

    name = "yearbooks"
    version = 3
    state = Yearbook
    events = (
        TeacherRegistered,
        TeacherTransferred,
        OrderSubmitted,
        ProjectPublished,
        SchoolBasedRecorded,
        ProjectInspected,
        LessonObserved,
        ObserversNamed,
        LocalFundsStated,
        SchoolFundsStated,
        FundsPublished,
        MonitoringBodyNamed,
        EducationOfficeSetUp,
        SchoolPlanAdopted,
        TrainingAppraised,
        CalendarMadeKnown,
    )
    facets = {"place": "text", "school": "text", "year": "integer"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event: Any = entry.event
        books: list[tuple[Any, int | None]]
        match event:
            case TeacherRegistered():
                books = [(event.school, STANDING)]
            case TeacherTransferred():
                books = [(event.school_left, STANDING), (event.school, STANDING)]
            case ProjectPublished() | OrderSubmitted() | CalendarMadeKnown():
                books = [(event.place, year_of(event.term))]
            case SchoolBasedRecorded():
                books = [(event.school, event.completed.year)]
            case ProjectInspected():
                books = [(event.school or event.owner, event.day.year)]
            case FundsPublished():
                books = [(event.school or event.place, event.day.year)]
            case LessonObserved():
                books = [(event.place, event.day.year)]
            case MonitoringBodyNamed() | EducationOfficeSetUp():
                books = [(event.place, STANDING)]
            case SchoolPlanAdopted():
                books = [(event.school, each) for each in range(event.first, event.last + 1)]
            case SchoolFundsStated():
                books = [(event.school, event.year)]
            case _:
                books = [(event.place, event.year)]
        return [f"{party}/{year}" for party, year in books if year is not None]

    def blank(self, key: str) -> Yearbook:
        party, _, year = key.partition("/")
        return Yearbook(party=party, year=int(year))

    def tags(self, key: str) -> tuple[str, ...]:
        return (key.partition("/")[0],)

    def apply(self, state: Yearbook, entry: Entry) -> Yearbook:
        self._whose(state, entry)
        if not self._standing(state, entry) and not self._supervised(state, entry):
            self._done(state, entry)
        return state

    def _whose(self, state: Yearbook, entry: Entry) -> None:
        if state.party.startswith("school:"):
            state.school = SchoolId(state.party)
            # A teacher who moves is of the new school's place, not of the one that is left.
            if getattr(entry.event, "school_left", None) != state.party:
                owner = getattr(entry.event, "owner", None)
                state.place = owner or getattr(entry.event, "place", None)
        else:
            state.place = JurisdictionId(state.party)

    def _standing(self, state: Yearbook, entry: Entry) -> bool:
        match entry.event:
            case TeacherRegistered(teacher=teacher) | TeacherTransferred(teacher=teacher):
                # One who leaves was here; who is told to have left may have come before.
                state.staff = tuple(dict.fromkeys((*state.staff, teacher)))
            case MonitoringBodyNamed() as event:
                state.bodies = (*state.bodies, event.since)
            case EducationOfficeSetUp() as event:
                state.offices = (*state.offices, event.since)
            case _:
                return False
        return True

    def _supervised(self, state: Yearbook, entry: Entry) -> bool:
        match entry.event:
            case ProjectPublished() as event:
                state.projects = _with(state.projects, str(event.project))
            case SchoolBasedRecorded() as event:
                state.trainings = _with(state.trainings, training(event.school, event.title))
            case ProjectInspected() as event:
                # Only what a locality does itself counts for it.
                if event.place == event.owner:
                    what = training(event.school, event.title) if event.school else event.project
                    state.inspected = _with(state.inspected, str(what))
                    _note(state, "inspected", entry)
            case LessonObserved() as event:
                if event.random:
                    lesson = Lesson(observer=event.observer, role=event.role)
                    state.lessons = (*state.lessons, lesson)
                    _note(state, event.role.value, entry)
            case ObserversNamed() as event:
                state.observers = state.observers | {event.role.value: event.observers}
            case _:
                return False
        return True

    def _done(self, state: Yearbook, entry: Entry) -> None:
        match entry.event:
            case OrderSubmitted(term=term):
                state.orders = state.orders | {term.value: state.orders.get(term.value, 0) + 1}
            case LocalFundsStated() as event:
                state.local_funds = event
                state.events = state.events | {"funds": (entry.id,)}
            case SchoolFundsStated() as event:
                state.school_funds = event
                state.events = state.events | {"funds": (entry.id,)}
            case FundsPublished():
                state.published += 1
                _note(state, "published", entry)
            case SchoolPlanAdopted() as event:
                state.plans = (*state.plans, (event.first, event.last))
            case TrainingAppraised() as event:
                state.appraised = (*state.appraised, str(event.county or event.school))
            case CalendarMadeKnown() as event:
                before = state.told.get(event.term.value, ())
                told = tuple(dict.fromkeys((*before, *(each.value for each in event.told))))
                state.told = state.told | {event.term.value: told}
            case _:
                pass


def _with(already: tuple[str, ...], one: str) -> tuple[str, ...]:
    return already if one in already else (*already, one)


def _note(state: Yearbook, topic: str, entry: Entry) -> None:
    state.events = state.events | {topic: (*state.events.get(topic, ()), entry.id)}

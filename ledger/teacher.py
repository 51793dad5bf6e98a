"""Teacher: who entered the platform, and where a teacher works over time.

Names, id numbers and telephone numbers are not here: a teacher's events carry only the salted
digests of what the vault holds (RFC 9901 section 4.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from msgspec import Struct

from ledger.command import PROVINCE, Ask, Command, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event, unchanged
from ledger.names import JurisdictionId, Name, SchoolId, TeacherId, TermId
from ledger.register import (
    Category,
    SchoolRegistered,
    Stage,
    Tier,
    Title,
    taken,
    unknown,
)
from ledger.text import filled


class ProfileSource(Enum):
    """Where the data of a teacher come from (ZJ24 section 3.3)."""

    NATIONAL_IMPORT = "NATIONAL_IMPORT"
    PLATFORM_ENTRY = "PLATFORM_ENTRY"


class TeacherRegistered(Event, name="register.teacher-registered", effective="entered"):
    """A teacher entered the platform; the five-year cycles count from this day."""

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    stage: Stage
    subject: str
    entered: date
    sealed: tuple[str, ...] = ()


class TeacherTransferred(Event, name="register.teacher-transferred", version=2, effective="since"):
    """A teacher moved to another school; both bureaus see it."""

    teacher: TeacherId
    school_left: SchoolId
    school: SchoolId
    place: JurisdictionId
    since: date
    place_left: JurisdictionId | None = None


TeacherTransferred.upcast(from_version=1)(unchanged)


class TeacherProfileUpdated(Event, name="register.teacher-profile-updated", version=2):
    """A teacher's data were brought up to date; ``None`` says nothing about title or tier.

    ``term``: the half-year for whose selection it was done, where that was said.
    """

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    stage: Stage
    subject: str
    title: Title | None = None
    tier: Tier | None = None
    source: ProfileSource = ProfileSource.PLATFORM_ENTRY
    term: TermId | None = None


TeacherProfileUpdated.upcast(from_version=1)(unchanged)


TEACHER_EVENTS: list[type[Event]] = [TeacherRegistered, TeacherTransferred, TeacherProfileUpdated]


class Stay(Struct, kw_only=True, frozen=True):
    """A school at which a teacher works from a day on, and the event that says so."""

    school: SchoolId
    place: JurisdictionId
    since: date
    position: int
    event: str


def stays_after(stays: tuple[Stay, ...], entry: Entry) -> tuple[Stay, ...]:
    """A teacher's schools by the day on which each began, after one more entry."""
    match entry.event:
        case TeacherRegistered(school=school, place=place, entered=since):
            pass
        case TeacherTransferred(school=school, place=place, since=since):
            pass
        case _:
            return stays
    found = Stay(school=school, place=place, since=since, position=entry.position, event=entry.id)
    # What is told last of a day holds for it; a move may be told after a later one.
    return tuple(sorted((*stays, found), key=lambda stay: (stay.since, stay.position)))


def stay_on(stays: tuple[Stay, ...], day: date) -> Stay | None:
    """Where the teacher worked on a day: before the first one, there."""
    begun = [each for each in stays if each.since <= day]
    return (begun or stays or (None,))[-1 if begun else 0]


@dataclass
class Whereabouts:
    """Where a teacher works, as the events say it."""

    school: SchoolId | None = None
    place: JurisdictionId = PROVINCE
    entered: date | None = None
    updated: date | None = None
    stage: Stage | None = None
    subject: str | None = None
    tier: Tier | None = None
    categories: tuple[Category, ...] = ()
    stays: tuple[Stay, ...] = ()

    def learn(self, entry: Entry) -> None:
        """Takes in the teacher events; others change nothing."""
        self.stays = stays_after(self.stays, entry)
        if self.stays:
            self.school, self.place = self.stays[-1].school, self.stays[-1].place
        match entry.event:
            case TeacherRegistered() as event:
                self.entered, self.updated = event.entered, entry.on
                self.stage, self.subject = event.stage, event.subject
            case TeacherProfileUpdated() as event:
                self.updated = entry.on
                self.stage, self.subject = event.stage, event.subject
                self.tier = event.tier or self.tier
            case _:
                pass

    def on(self, day: date) -> Whereabouts:
        """The same with school and place of a day: a move counts from its day, whenever told."""
        stay = stay_on(self.stays, day)
        if stay is None or (stay.school, stay.place) == (self.school, self.place):
            return self
        return replace(self, school=stay.school, place=stay.place)

    def then(self, ask: Ask | None) -> Whereabouts:
        """The same on the day of what is asked; where nobody asks yet, as it is now."""
        return self.on(ask.on) if ask else self

    def known(self, teacher: TeacherId) -> SchoolId:
        """The teacher's school. Raises ``UnknownReference`` for a teacher never registered."""
        if self.school is None:
            raise unknown(teacher, "teacher")
        return self.school


@dataclass(kw_only=True)
class RegisterTeacher(Command):
    """Enter a teacher, by the bureau of the school's place."""

    teacher: TeacherId
    school: SchoolId
    stage: Stage
    subject: str
    entered: date
    sealed: tuple[str, ...] = ()

    known: bool = fact(default=False)
    place: JurisdictionId | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, of=[TeacherRegistered]),
            about(self.school, of=[SchoolRegistered]),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case TeacherRegistered():
                self.known = True
            case SchoolRegistered(place=place):
                self.place = place
            case _:
                pass

    def authority(self) -> Name:
        if self.place is None:
            raise unknown(self.school, "school")
        return self.place

    def decide(self) -> Iterator[Event]:
        assert self.place is not None
        if self.known:
            raise taken(self.teacher, "teacher")
        happened(self.entered, self.ask.on, "entered")
        yield TeacherRegistered(
            teacher=self.teacher,
            school=self.school,
            place=self.place,
            stage=self.stage,
            subject=filled(self.subject, "subject"),
            entered=self.entered,
            sealed=self.sealed,
        )

"""Teacher: who entered the platform, and where a teacher works over time.

Names, id numbers and telephone numbers are not here: a teacher's events carry only the salted
digests of what the vault holds (RFC 9901 section 4.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.command import PROVINCE, Command, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, SchoolId, TeacherId
from ledger.register import (
    AlreadyRegistered,
    Category,
    SchoolRegistered,
    Stage,
    Tier,
    WrongDay,
    taken,
    unknown,
)
from ledger.text import filled


class TeacherRegistered(Event, name="register.teacher-registered"):
    """A teacher entered the platform; the five-year cycles count from this day."""

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    stage: Stage
    subject: str
    entered: date
    sealed: tuple[str, ...] = ()


class TeacherTransferred(Event, name="register.teacher-transferred"):
    """A teacher moved to another school."""

    teacher: TeacherId
    school_left: SchoolId
    school: SchoolId
    place: JurisdictionId
    since: date


class TeacherProfileUpdated(Event, name="register.teacher-profile-updated"):
    """A teacher's stage or subject was brought up to date."""

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    stage: Stage
    subject: str


TEACHER_EVENTS: list[type[Event]] = [TeacherRegistered, TeacherTransferred, TeacherProfileUpdated]


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

    def learn(self, entry: Entry) -> None:
        """Takes in the teacher events; others change nothing."""
        match entry.event:
            case TeacherRegistered() as event:
                self.school, self.place = event.school, event.place
                self.entered, self.updated = event.entered, entry.on
                self.stage, self.subject = event.stage, event.subject
            case TeacherTransferred() as event:
                self.school, self.place = event.school, event.place
            case TeacherProfileUpdated() as event:
                self.updated = entry.on
                self.stage, self.subject = event.stage, event.subject
            case _:
                pass

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


@dataclass(kw_only=True)
class TransferTeacher(Command):
    """Move a teacher to another school, by the bureau that receives the teacher."""

    teacher: TeacherId
    school: SchoolId
    since: date

    now: Whereabouts = fact(default_factory=Whereabouts)
    place: JurisdictionId | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, of=TEACHER_EVENTS),
            about(self.school, of=[SchoolRegistered]),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case SchoolRegistered(place=place):
                self.place = place
            case _:
                self.now.learn(entry)

    def authority(self) -> Name:
        if self.place is None:
            raise unknown(self.school, "school")
        return self.place

    def decide(self) -> Iterator[Event]:
        assert self.place is not None
        left = self.now.known(self.teacher)
        if left == self.school:
            raise AlreadyRegistered(
                zh=f"{self.teacher} 已经在 {self.school}",
                en=f"{self.teacher} already works at {self.school}",
                field="school",
            )
        happened(self.since, self.ask.on, "since")
        if self.now.entered is not None and self.since < self.now.entered:
            raise WrongDay(
                zh=f"{self.teacher} 于 {self.now.entered} 才进入平台，不能在 {self.since} 调动",
                en=f"{self.teacher} entered on {self.now.entered} and cannot move on {self.since}",
                field="since",
            )
        yield TeacherTransferred(
            teacher=self.teacher,
            school_left=left,
            school=self.school,
            place=self.place,
            since=self.since,
        )


@dataclass(kw_only=True)
class UpdateTeacherProfile(Command):
    """Bring a teacher's stage and subject up to date, by the school."""

    teacher: TeacherId
    stage: Stage
    subject: str

    now: Whereabouts = fact(default_factory=Whereabouts)

    def boundary(self) -> list[Selector]:
        return [about(self.teacher, of=TEACHER_EVENTS)]

    def learn(self, entry: Entry) -> None:
        self.now.learn(entry)

    def authority(self) -> Name:
        return self.now.known(self.teacher)

    def territory(self) -> JurisdictionId | None:
        return self.now.place

    def decide(self) -> Iterator[Event]:
        yield TeacherProfileUpdated(
            teacher=self.teacher,
            school=self.now.known(self.teacher),
            place=self.now.place,
            stage=self.stage,
            subject=filled(self.subject, "subject"),
        )

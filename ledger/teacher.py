"""Teacher: who entered the platform, and where a teacher works over time.

Names, id numbers and telephone numbers are not here: a teacher's events carry only the salted
digests of what the vault holds (RFC 9901 section 4.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from ledger.command import PROVINCE, Command, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event, unchanged
from ledger.names import JurisdictionId, Name, SchoolId, TeacherId, TermId
from ledger.register import (
    AlreadyRegistered,
    Category,
    SchoolRegistered,
    Stage,
    Tier,
    Title,
    WrongDay,
    taken,
    unknown,
)
from ledger.text import filled


class ProfileSource(Enum):
    """Where the data of a teacher come from (ZJ24 section 3.3)."""

    NATIONAL_IMPORT = "NATIONAL_IMPORT"
    PLATFORM_ENTRY = "PLATFORM_ENTRY"


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
                self.tier = event.tier or self.tier
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

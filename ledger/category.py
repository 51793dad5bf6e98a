"""Category: what a teacher is besides a teacher of a subject, from when and until when.

Some trainings, and some rules, are for one category alone (WZ12 section 1.4). The school names its
homeroom teachers and those of its graduating classes; the bureau names new teachers in probation,
backbone and leading teachers and heads of schools, the city its own backbone teachers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from msgspec import Struct

from ledger.command import Command, Refused, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, SchoolId, TeacherId
from ledger.register import Category, WrongDay
from ledger.teacher import TEACHER_EVENTS, Whereabouts

NAMED_BY_SCHOOL = (
    Category.SUBJECT_TEACHER,
    Category.HOMEROOM_TEACHER,
    Category.GRADUATING_CLASS_TEACHER,
    Category.MENTAL_HEALTH_TEACHER,
    Category.MIDDLE_LEADER,
)


class Rank(Enum):
    """Whether the city or the county chose a backbone teacher."""

    CITY = "CITY"
    COUNTY = "COUNTY"


class CategoryAssigned(Event, name="category.assigned"):
    """A teacher belongs to a category from ``since`` on.

    For a new teacher that is the probation, ``until`` its last day; for a new principal ``since``
    is the day of taking up the post.
    """

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    category: Category
    since: date
    until: date | None = None
    rank: Rank | None = None


class CategoryEnded(Event, name="category.ended"):
    """A teacher belongs to a category until this day, and no longer."""

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    category: Category
    until: date


CATEGORY_EVENTS: list[type[Event]] = [CategoryAssigned, CategoryEnded]


class Belonging(Struct, kw_only=True):
    """One span in which a teacher belongs to a category; both ends included."""

    category: Category
    since: date
    until: date | None = None
    rank: Rank | None = None
    positions: list[int] = []
    events: list[str] = []

    def overlaps(self, first: date, last: date) -> bool:
        """Whether it shares a day with the span from ``first`` to ``last``."""
        return self.since <= last and (self.until is None or first <= self.until)

    def holds(self, day: date) -> bool:
        """Whether the day lies in it."""
        return self.overlaps(day, day)


class AlreadyBelongs(Refused):
    """The teacher belongs to the category on these days already."""


class NotOfCategory(Refused):
    """The teacher does not belong to the category then."""


class ProbationOpen(Refused):
    """A probation has a last day."""


def belongings_after(before: list[Belonging], entry: Entry) -> list[Belonging]:
    """The spans after one more event; events of other kinds change nothing."""
    match entry.event:
        case CategoryAssigned() as event:
            span = Belonging(
                category=event.category,
                since=event.since,
                until=event.until,
                rank=event.rank,
                positions=[entry.position],
                events=[entry.id],
            )
            return [*before, span]
        case CategoryEnded() as event:
            for span in before:
                if span.category is event.category and span.holds(event.until):
                    span.until = event.until
                    span.positions = [*span.positions, entry.position]
                    span.events = [*span.events, entry.id]
            return list(before)
        case _:
            return before


def named_by(
    category: Category, rank: Rank | None, school: SchoolId, place: JurisdictionId
) -> Name:
    """Who says that a teacher belongs to a category: the school, the bureau, or the city."""
    if category in NAMED_BY_SCHOOL:
        return school
    if rank is Rank.CITY:
        return next((each for each in place.chain if each.level == "CITY"), place)
    return place


@dataclass(kw_only=True)
class _CategoryStep(Command):
    """What naming and ending share."""

    teacher: TeacherId
    category: Category

    now: Whereabouts = fact(default_factory=Whereabouts)
    spans: list[Belonging] = fact(default_factory=list)

    def boundary(self) -> list[Selector]:
        return [about(self.teacher, of=[*TEACHER_EVENTS, *CATEGORY_EVENTS])]

    def learn(self, entry: Entry) -> None:
        self.now.learn(entry)
        self.spans = belongings_after(self.spans, entry)

    def territory(self) -> JurisdictionId | None:
        return self.now.place


@dataclass(kw_only=True)
class AssignCategory(_CategoryStep):
    """Say that a teacher belongs to a category, by the school or the bureau that names it."""

    since: date
    until: date | None = None
    rank: Rank | None = None

    def authority(self) -> Name:
        school = self.now.known(self.teacher)
        return named_by(self.category, self.rank, school, self.now.place)

    def decide(self) -> Iterator[Event]:
        school = self.now.known(self.teacher)
        happened(self.since, self.ask.on, "since")
        if self.category is Category.NEW_TEACHER and self.until is None:
            raise ProbationOpen(
                zh=f"{self.teacher} 的试用期须有截止日",
                en="a probation needs its last day",
                field="until",
            )
        if self.until is not None and self.until < self.since:
            raise WrongDay(
                zh=f"截止日 {self.until} 早于起始日 {self.since}",
                en=f"the last day, {self.until}, lies before the first, {self.since}",
                field="until",
            )
        self._once()
        yield CategoryAssigned(
            teacher=self.teacher,
            school=school,
            place=self.now.place,
            category=self.category,
            since=self.since,
            until=self.until,
            rank=self.rank,
        )

    def _once(self) -> None:
        for span in self.spans:
            same = (span.category, span.rank) == (self.category, self.rank)
            if same and span.overlaps(self.since, self.until or date.max):
                raise AlreadyBelongs(
                    zh=f"{self.teacher} 自 {span.since} 起已属 {self.category.value}",
                    en=f"{self.teacher} belongs to {self.category.value} since {span.since}",
                    field="category",
                    evidence=tuple(span.events),
                )


@dataclass(kw_only=True)
class EndCategory(_CategoryStep):
    """Say until when a teacher belonged to a category, by whoever names it."""

    until: date

    def authority(self) -> Name:
        school = self.now.known(self.teacher)
        span = self._span()
        return named_by(self.category, span.rank if span else None, school, self.now.place)

    def decide(self) -> Iterator[Event]:
        school = self.now.known(self.teacher)
        happened(self.until, self.ask.on, "until")
        if self._span() is None:
            raise NotOfCategory(
                zh=f"{self.teacher} 在 {self.until} 不属 {self.category.value}",
                en=f"{self.teacher} does not belong to {self.category.value} on {self.until}",
                field="category",
            )
        yield CategoryEnded(
            teacher=self.teacher,
            school=school,
            place=self.now.place,
            category=self.category,
            until=self.until,
        )

    def _span(self) -> Belonging | None:
        for span in self.spans:
            if span.category is self.category and span.holds(self.until):
                return span
        return None

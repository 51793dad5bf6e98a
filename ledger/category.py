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
from ledger.day import day_after, happened
from ledger.event import Entry, Event, unchanged
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


class CategoryAssigned(Event, name="category.assigned", effective="since"):
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


class CategoryEnded(Event, name="category.ended", version=2):
    """A teacher belongs to a category until this day, and no longer.

    ``since`` and ``rank`` tell which span ends; without ``since`` all that hold the day do.
    """

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    category: Category
    until: date
    since: date | None = None
    rank: Rank | None = None

    @property
    def effective_on(self) -> date:
        """The first day on which the teacher no longer belongs."""
        return day_after(self.until)


# Version 1 did not say which: it ended every span of the category.
CategoryEnded.upcast(from_version=1)(unchanged)


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


class RankUnsaid(Refused):
    """The teacher belongs to the category twice, and nobody said which of the two ends."""


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
                if _ended(span, event):
                    span.until = event.until
                    span.positions = [*span.positions, entry.position]
                    span.events = [*span.events, entry.id]
            return list(before)
        case _:
            return before


def _ended(span: Belonging, event: CategoryEnded) -> bool:
    if span.category is not event.category or not span.holds(event.until):
        return False
    return event.since is None or (span.since, span.rank) == (event.since, event.rank)


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
        return self.now.then(self.ask).place


@dataclass(kw_only=True)
class AssignCategory(_CategoryStep):
    """Say that a teacher belongs to a category, by the school or the bureau that names it."""

    since: date
    until: date | None = None
    rank: Rank | None = None

    def authority(self) -> Name:
        now = self.now.then(self.ask)
        return named_by(self.category, self.rank, now.known(self.teacher), now.place)

    def decide(self) -> Iterator[Event]:
        self.now = self.now.then(self.ask)
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
    """Say until when a teacher belonged to a category, by whoever named it.

    ``rank`` tells the two apart where the city and the county both chose a backbone teacher.
    """

    until: date
    rank: Rank | None = None

    def authority(self) -> Name:
        now = self.now.then(self.ask)
        school, span = now.known(self.teacher), self._span()
        return named_by(self.category, span.rank if span else self.rank, school, now.place)

    def decide(self) -> Iterator[Event]:
        self.now = self.now.then(self.ask)
        school = self.now.known(self.teacher)
        happened(self.until, self.ask.on, "until")
        span = self._span()
        if span is None:
            named = " ".join(each.value for each in (self.category, self.rank) if each)
            raise NotOfCategory(
                zh=f"{self.teacher} 在 {self.until} 不属 {named}",
                en=f"{self.teacher} does not belong to {named} on {self.until}",
                field="category",
            )
        yield CategoryEnded(
            teacher=self.teacher,
            school=school,
            place=self.now.place,
            category=self.category,
            until=self.until,
            since=span.since,
            rank=span.rank,
        )

    def _span(self) -> Belonging | None:
        """The span of that rank; where none is asked for, the only one there is."""
        held = [
            each for each in self.spans if each.category is self.category and each.holds(self.until)
        ]
        exact = [each for each in held if each.rank is self.rank]
        if not exact and self.rank is None:
            if len(held) > 1:
                raise RankUnsaid(
                    zh=f"{self.teacher} 在 {self.until} 分别由市、县认定为 {self.category.value}，"
                    "请写明 rank",
                    en=f"both city and county named {self.teacher} {self.category.value} on "
                    f"{self.until}; say the rank",
                    field="rank",
                )
            exact = held
        return exact[0] if exact else None

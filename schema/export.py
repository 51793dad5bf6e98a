"""Exports: which lists and documents can be taken as a file, by what they are narrowed, and rows.

Each has the name, the keys and the reach of the query of that name. Rows come one after another,
all of one position, in the order of their keys, so that the same question gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, get_args, get_type_hints

from ledger.command import Role
from ledger.day import day_of
from ledger.fault import Fault
from ledger.names import JurisdictionId, Name
from projections.catalogue import (
    CHANGES,
    COMPLETIONS,
    ENROLLMENTS,
    FINDINGS,
    OFFERINGS,
    ORDERS,
    PROJECTS,
    PROVIDERS,
    SCHOOL_BASED,
    SCHOOLS,
    SCREENINGS,
    TEACHERS,
)
from projections.projection import Projection
from projections.reader import Reader, Where
from projections.screening import agrees
from projections.snapshot import Snapshot
from schema.column import Column, Part, columns, parts_of, plain
from schema.context import Context
from schema.enrollment import told_grounds
from schema.person import masked, shown
from schema.reach import VIEWS, reached
from schema.scalars import instant_of

TEXT_CHARACTERS_MAX = 200
PEOPLE_AT_ONCE = 500
TAGGED = {"place": JurisdictionId, "subject": Name}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One export as it is asked for, read and checked; ``position``: ``None`` for the present.

    ``day``: the one of its moment, on which it is judged unless it is narrowed to another.
    """

    what: str
    filters: dict[str, str] = field(default_factory=dict)
    position: int | None = None
    effective: date | None = None
    day: date
    clear: bool = False
    places: tuple[str, ...] = ()
    after: int | None = None
    """Where rows have positions: only those behind this one."""
    resumed: bool = False


@dataclass(frozen=True)
class Flow:
    """Rows on their way out: the position of all of them, their columns, and what is known."""

    position: int
    columns: tuple[Column, ...]
    rows: Iterator[tuple[dict[str, Any], str | None]]
    """Each with the place that it concerns."""
    teachers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    """Of whom and where it is even without a row."""


class Export:
    """Something that can be exported. Subclasses say by what it is narrowed and open the rows."""

    personal = False
    public = False
    """Whether everybody sees all of it; then it concerns nobody's place."""
    dated = False
    """Whether it is judged on a day, ``on``."""
    timeless = False
    """Whether it is no question about a moment of the ledger."""
    resumable = True
    """Whether the same rows come again in the same order, so that pieces make up the whole."""
    positioned = False
    """Whether each row has the position behind which the next piece begins."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.long: dict[str, int] = {}
        """Filters that are texts, with the characters that each may have."""

    def filters(self) -> tuple[str, ...]:
        """The names of what narrows it."""
        raise NotImplementedError

    def settle(self, filters: dict[str, str], day: date, now: datetime) -> None:
        """Puts in what is meant where nothing is said, so that it can be asked again."""
        if self.dated:
            filters.setdefault("on", day.isoformat())

    def told(self, filters: dict[str, str]) -> dict[str, str]:
        """The filters as they are told and logged."""
        return filters

    def check(self, filters: dict[str, str]) -> None:
        """Raises ``Fault`` for a filter that makes no sense."""

    @contextmanager
    def open(self, context: Context, asked: Asked) -> Iterator[Flow]:
        """The rows, for as long as they are read; blocking."""
        raise NotImplementedError
        yield


class ViewExport(Export):
    """The rows of a view."""

    def __init__(self, kind: str, view: Projection[Any], without: tuple[str, ...] = ()) -> None:
        super().__init__(kind)
        self.view = view
        self.without = without
        self.personal = view is TEACHERS
        self.public = VIEWS[view.name].all_of_it == tuple(Role)

    def filters(self) -> tuple[str, ...]:
        scalar = [name for name, kind in self.view.facets.items() if not kind.endswith("[]")]
        return (*scalar, *(TAGGED if "tags" in self.view.facets else ()))

    def check(self, filters: dict[str, str]) -> None:
        self.where(filters)

    def where(self, filters: dict[str, str]) -> Where:
        """The filters as conditions on facets."""
        equal: dict[str, Any] = {}
        tags: list[str] = []
        for name, given in filters.items():
            if name in self.view.facets:
                equal[name] = typed(get_type_hints(self.view.state)[name], given, name)
            else:
                tags.append(str(typed(TAGGED[name], given, name)))
        return Where().and_equal(**equal).and_tagged(*tags)

    @contextmanager
    def open(self, context: Context, asked: Asked) -> Iterator[Flow]:
        people: dict[str, Any] = {}
        classes: dict[str, Any] = {}
        given = {
            "id": lambda row: getattr(row, self.view.state.__struct_fields__[0]),
            "person": lambda row: people[str(row.teacher)],
            "agrees": agrees,
            "grounds": lambda row: told_grounds(context, classes, row),
        }
        parts = parts_of(self.kind, given, self.without)
        with stream(context, self.view, self.where(asked.filters), asked) as (position, rows):
            found = self._told(context, asked, parts, rows, people)
            yield Flow(position, columns(parts), found)

    def _told(
        self,
        context: Context,
        asked: Asked,
        parts: tuple[Part, ...],
        rows: Iterator[tuple[str, Any]],
        people: dict[str, Any],
    ) -> Iterator[tuple[dict[str, Any], str | None]]:
        batch = PEOPLE_AT_ONCE if self.personal else 1
        while states := [state for _, (_, state) in zip(range(batch), rows, strict=False)]:
            if self.personal:
                people.clear()
                opened = context.house.ledger.vault.open([str(each.teacher) for each in states])
                told = shown if asked.clear else masked
                people.update((name, told(values)) for name, values in opened.items())
            for state in states:
                yield plain(parts, state), getattr(state, "place", None)


@contextmanager
def stream(
    context: Context, view: Projection[Any], where: Where, asked: Asked
) -> Iterator[tuple[int, Iterator[tuple[str, Any]]]]:
    """The rows of a view within the asker's reach, of the present or of the moment asked for."""
    reader, feed = context.house.reader, context.house.ledger.feed
    rows: Reader | Snapshot = reader
    unmoved = asked.resumed and asked.effective is None
    if unmoved and (within := reached(context.asker, view, asked.places, where, reader, reader)):
        with reader.stream(view, within) as found:
            # Where nothing came meanwhile, the rows are read and not folded anew. What they are
            # found by way of may stand further than the position that is told, but for the head.
            if found[0] == asked.position and (not within.others or feed.head() == found[0]):
                yield found
                return
    if asked.position is not None or asked.effective is not None:
        known = feed.head() if asked.position is None else asked.position
        rows = Snapshot(feed, known, asked.effective)
    whole = reached(context.asker, view, asked.places, where, rows, reader)
    if whole is None:
        # What is beyond reach is absent, and stands where the rows would stand.
        yield rows.position(view.name), iter(())
        return
    with rows.stream(view, whole) as found:
        yield found


def typed(hint: Any, given: str, name: str) -> Any:
    """A filter's value of its type. Raises ``Fault``, naming the filter."""
    kinds = [each for each in get_args(hint) or (hint,) if isinstance(each, type)]
    kind = kinds[0]
    try:
        if issubclass(kind, Name):
            return kind(given)
        if issubclass(kind, Enum):
            return kind[given]
        if issubclass(kind, datetime):
            return instant_of(given)
        if issubclass(kind, date):
            return day_of(given)
        return int(given) if kind is int else given
    except Fault as fault:
        fault.field = f"filters.{name}"
        raise
    except (KeyError, ValueError):
        raise Fault(
            "BAD_FILTER",
            zh=f"条件 {name} 的值 {given[:80]!r} 不合要求",
            en=f"the filter {name} cannot be {given[:80]!r}",
            field=f"filters.{name}",
        ) from None


LISTS: dict[str, Export] = {
    "schools": ViewExport("School", SCHOOLS),
    "providers": ViewExport("Provider", PROVIDERS),
    "teachers": ViewExport("Teacher", TEACHERS),
    "orders": ViewExport("Order", ORDERS),
    "projects": ViewExport("Project", PROJECTS),
    "planChanges": ViewExport("PlanChange", CHANGES),
    "offerings": ViewExport("Offering", OFFERINGS),
    "enrollments": ViewExport("Enrollment", ENROLLMENTS),
    "screenings": ViewExport("Screening", SCREENINGS),
    "completions": ViewExport("Completion", COMPLETIONS),
    "schoolBasedTrainings": ViewExport("SchoolBasedTraining", SCHOOL_BASED),
    "findings": ViewExport("Finding", FINDINGS),
}

"""Exports of periods: sign-offs and their drift, the list of teachers, and the sums by level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ledger.fault import Fault
from ledger.level import Level, grown
from ledger.names import SignOffId
from ledger.summary import Period, PeriodKind, Summary, period_of
from projections.catalogue import SIGN_OFFS
from projections.drift import drift
from projections.level import Scope, scope_of
from projections.reader import Where
from projections.subject import name_asked
from schema.column import Part, columns, parts_of, plain
from schema.context import Context, place_titles
from schema.export import Asked, Export, Flow, ViewExport, stream, typed
from schema.level import TEACHERS_MAX, level_type
from schema.period import of_a_day, scope_in

ASKED_BY_ITSELF = ("teachers", "verify", "drift")
BELOW = ("parts",)


class PeriodExport(Export):
    """What the teachers of a place or school come to in a period; subclasses say in which rows."""

    without: tuple[str, ...] = ()

    def filters(self) -> tuple[str, ...]:
        return ("of", "year", "kind")

    def check(self, filters: dict[str, str]) -> None:
        if "of" not in filters or "year" not in filters:
            raise Fault(
                "BAD_FILTER",
                zh="须给 of 与 year",
                en="of and year are needed",
                field="filters",
            )
        name_asked(filters["of"])
        self.period(filters)

    def period(self, filters: dict[str, str]) -> Period:
        """The period asked for; a calendar year, unless cycles are."""
        kind = typed(PeriodKind, filters.get("kind", PeriodKind.YEAR.name), "kind")
        return period_of(typed(int, filters["year"], "year"), kind)

    @contextmanager
    def open(self, context: Context, asked: Asked) -> Iterator[Flow]:
        position = position_in(context, asked)
        scope = scope_in(context, asked.filters["of"])
        parts = parts_of(self.kind, without=self.without)
        rows: Iterable[tuple[dict[str, Any], str | None]] = ()
        if scope is not None:
            period = self.period(asked.filters)
            found = context.house.levels.at(scope, period, position, TEACHERS_MAX)
            rows = self.rows(parts, scope, found)
        yield Flow(position, columns(parts), iter(rows))

    def rows(
        self, parts: tuple[Part, ...], scope: Scope, found: list[Summary]
    ) -> Iterator[tuple[dict[str, Any], str | None]]:
        """The list of teachers."""
        for each in found:
            yield plain(parts, each), str(each.place)


class LevelExport(PeriodExport):
    """A row for each place and school, from the top down."""

    without = BELOW

    def rows(
        self, parts: tuple[Part, ...], scope: Scope, found: list[Summary]
    ) -> Iterator[tuple[dict[str, Any], str | None]]:
        """The place, then each part of it with its own parts."""
        for each in _down(grown(scope.of, found)):
            yield plain(parts, level_type(each)), None


class DriftExport(Export):
    """A row for each teacher who moved since a sign-off, with the causes."""

    def filters(self) -> tuple[str, ...]:
        return ("signOff",)

    def check(self, filters: dict[str, str]) -> None:
        if "signOff" not in filters:
            raise Fault("BAD_FILTER", zh="须给 signOff", en="signOff is needed", field="filters")
        typed(SignOffId, filters["signOff"], "signOff")

    @contextmanager
    def open(self, context: Context, asked: Asked) -> Iterator[Flow]:
        position = position_in(context, asked)
        parts = parts_of(self.kind)
        where = Where().and_equal(key=asked.filters["signOff"])
        with stream(context, SIGN_OFFS, where, asked) as (_, found):
            signed = [state for _, state in found]
        rows: list[tuple[dict[str, Any], str | None]] = []
        house = context.house
        for each in signed:
            scope = scope_of(each.place, place_titles(house))
            moved = drift(house.reader, house.rules, scope, each, position).teachers
            rows += [(plain(parts, one), str(each.place)) for one in moved]
        yield Flow(position, columns(parts), iter(rows))


def position_in(context: Context, asked: Asked) -> int:
    """The position of a moment, or the head. Raises ``Fault`` (``BAD_AS_OF``) for a day."""
    if asked.effective is not None:
        raise of_a_day("asOf")
    return context.house.ledger.feed.head() if asked.position is None else asked.position


def _down(level: Level) -> Iterator[Level]:
    yield level
    for each in level.parts or ():
        yield from _down(each)


PERIODS: dict[str, Export] = {
    "signOffs": ViewExport("SignOff", SIGN_OFFS, ASKED_BY_ITSELF),
    "signOffDrift": DriftExport("TeacherDrift"),
    "periodSummaries": PeriodExport("PeriodSummary"),
    "levels": LevelExport("Level"),
}

"""Exports of indicators: a row for each number, or for each part of the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from ledger.fault import Fault
from projections.indicator import Indicator, indicators
from projections.indicator_part import ordered, parts
from projections.measure import Period, Question
from projections.obligation import Rows, Year
from projections.snapshot import Snapshot
from projections.subject import name_asked, subject_of
from schema.column import columns, parts_of, plain
from schema.context import Context
from schema.duty import YEAR_MAX
from schema.export import Asked, Export, Flow, typed
from schema.indicator import (
    TEACHERS_MAX,
    VIEWS,
    allowed,
    halved,
    hidden,
    narrowed,
    period_of,
    position_of,
)

HEAD = ("code", "of", "year", "term")
NESTED = "parts"


class IndicatorExport(Export):
    """The indicators of a place, a school or a provider, or their parts one level down."""

    dated = True

    def __init__(self, kind: str, *, opened: bool = False) -> None:
        super().__init__(kind)
        self.opened = opened

    def filters(self) -> tuple[str, ...]:
        return ("of", "year", "term", "on")

    def check(self, filters: dict[str, str]) -> None:
        if "of" not in filters or ("year" in filters) == ("term" in filters):
            raise Fault(
                "BAD_FILTER",
                zh="指标须给 of，以及 year 与 term 之一",
                en="indicators need of, and a year or a term",
                field="filters",
            )
        name_asked(filters["of"])
        self._period(filters)

    def _period(self, filters: dict[str, str]) -> Period:
        half = None
        if "term" in filters:
            number, half = halved(filters["term"])
        else:
            number = typed(int, filters["year"], "year")
        day = typed(date, filters["on"], "on")
        if not 1 <= number <= min(YEAR_MAX, day.year):
            raise Fault(
                "BAD_FILTER",
                zh=f"年份须在 1 与 {day.year} 之间",
                en=f"a year lies between 1 and {day.year}",
                field="filters",
            )
        return period_of(Year(number, day), half)

    @contextmanager
    def open(self, context: Context, asked: Asked) -> Iterator[Flow]:
        house = context.house
        stands = house.runner.position(*[each.name for each in VIEWS])
        rows: Rows = house.reader
        if asked.position is not None or asked.effective is not None:
            known = house.ledger.feed.head() if asked.position is None else asked.position
            rows = Snapshot(house.ledger.feed, known, asked.effective)
        position = position_of(rows, stands)
        name = name_asked(asked.filters["of"])
        subject = subject_of(rows, name, narrowed(context, name, asked.places))
        found: list[Indicator] = []
        if allowed(context, subject):
            rules = house.rules.at(position)
            period = self._period(asked.filters)
            question = Question(rows, rules, subject, period, TEACHERS_MAX)
            found = indicators(question, position)
        if hidden(context, subject, found):
            found = []
        told = [each for each in parts_of("Indicator") if each.key != NESTED]
        if self.opened:
            told = [each for each in told if each.key in HEAD]
        own = parts_of(self.kind) if self.opened else ()
        yield Flow(position, columns((*told, *own)), self._rows(found, told, own, subject.place))

    def _rows(
        self, found: list[Indicator], told: Any, own: Any, place: str | None
    ) -> Iterator[tuple[dict[str, Any], str | None]]:
        for each in found:
            head = plain(told, each)
            if not self.opened:
                yield head, place
                continue
            for part in parts(each, ordered(each)):
                yield head | plain(own, part), place

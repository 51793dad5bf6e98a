"""Exports that are no list of a view: credit records, their lines and verdicts, duties, history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from ledger.event import CATALOGUE, Channel
from ledger.fault import Fault
from ledger.names import JurisdictionId, Name, SchoolId
from ledger.store.feed import Filter
from ledger.store.webhook import WantedChanges
from projections.catalogue import ENROLLMENTS, OFFERINGS, RECORDS, SCHOOLS, YEARBOOKS
from projections.obligation import Year, place_obligations
from projections.reader import Where
from projections.school_year import school_obligations
from projections.snapshot import Snapshot
from projections.verdict import judged_of
from schema.column import columns, parts_of, plain
from schema.context import Context
from schema.digest import leaf, sees_whole
from schema.duty import YEAR_MAX, reaches
from schema.export import LISTS, Asked, Export, Flow, stream, typed
from schema.export_indicator import IndicatorExport
from schema.export_period import PERIODS
from schema.export_query import QUERIES
from schema.history import shown
from schema.period import of_a_day
from schema.reach import history_tags
from schema.record import told_of
from schema.wish import entries_for, wish_of

HEAD = ("teacher", "school", "place", "cycleNumber")
# A tree is no row, and warnings are read from the running trainings of each teacher.
ONE_BY_ONE = ("tree", "warnings")
LEAVES_AT_ONCE = 1_000
APART = (("lines",), ("verdict", "requirements"))


class RecordExport(Export):
    """A row a teacher with credits and verdict, or a row for each part of the record."""

    dated = True

    def __init__(self, kind: str, of: str | None = None) -> None:
        super().__init__(kind)
        self.of = of

    def filters(self) -> tuple[str, ...]:
        return ("teacher", "school", "place", "on")

    def check(self, filters: dict[str, str]) -> None:
        self.where(filters)
        typed(date, filters["on"], "on")

    def where(self, filters: dict[str, str]) -> Where:
        """The filters as conditions on the records."""
        kinds = {"school": SchoolId, "place": JurisdictionId}
        equal = {n: typed(kinds[n], filters[n], n) for n in kinds if n in filters}
        if "teacher" in filters:
            equal["key"] = typed(Name, filters["teacher"], "teacher")
        return Where().and_equal(**equal)

    @contextmanager
    def open(self, context: Context, asked: Asked) -> Iterator[Flow]:
        day = date.fromisoformat(asked.filters["on"])
        parts = parts_of("CreditRecord", without=ONE_BY_ONE)
        own = parts_of(self.kind, without=ONE_BY_ONE)
        named = {part.key for part in own}
        head = tuple(each for each in parts if each.key in HEAD and each.key not in named)
        # In a table each line and each requirement has a row of its own export.
        shape = [c for c in columns((*head, *own)) if c.path not in APART or self.of is not None]
        with stream(context, RECORDS, self.where(asked.filters), asked) as (position, states):
            known = context.house.rules

            def rows() -> Iterator[tuple[dict[str, Any], str | None]]:
                for _, state in states:
                    if state.entered is None:
                        continue
                    told = told_of(judged_of(state, known, day, position), asked.effective)
                    for each in self._rows(told):
                        yield plain(head, told) | plain(own, each), state.place

            yield Flow(position, tuple(shape), rows())

    def _rows(self, told: Any) -> Any:
        if self.of is None:
            return (told,)
        if self.of == "lines":
            return told.lines
        return told.verdict.requirements if told.verdict else ()


class DutyExport(Export):
    """All that the rules ask of a place or a school for a year."""

    dated = True

    def filters(self) -> tuple[str, ...]:
        return ("place", "school", "year", "on")

    def check(self, filters: dict[str, str]) -> None:
        year = typed(int, filters.get("year", ""), "year")
        day = typed(date, filters["on"], "on")
        one = ("place" in filters) != ("school" in filters)
        if not one or not 1 <= year <= min(YEAR_MAX, day.year):
            raise Fault(
                "BAD_FILTER",
                zh="obligations 须给不晚于今年的 year，以及 place 与 school 之一",
                en="obligations need a year that has begun, and a place or a school",
                field="filters",
            )
        typed(*self._subject(filters))

    def _subject(self, filters: dict[str, str]) -> tuple[Any, str, str]:
        if "place" in filters:
            return JurisdictionId, filters["place"], "place"
        return SchoolId, filters["school"], "school"

    @contextmanager
    def open(self, context: Context, asked: Asked) -> Iterator[Flow]:
        feed = context.house.ledger.feed
        known = feed.head() if asked.position is None else asked.position
        then: Any = Snapshot(feed, known, asked.effective)
        rules = context.house.rules.at(known)
        subject: Any = typed(*self._subject(asked.filters))
        year = Year(int(asked.filters["year"]), date.fromisoformat(asked.filters["on"]))
        found, place = [], None
        if isinstance(subject, JurisdictionId):
            place = subject
            if reaches(context, place, None):
                found = place_obligations(then, rules, (YEARBOOKS, SCHOOLS), place, year)
        else:
            school = then.one(SCHOOLS, subject)
            place = None if school is None else school.place
            if school is not None and place is not None and reaches(context, place, subject):
                views = (YEARBOOKS, RECORDS, ENROLLMENTS, OFFERINGS)
                found = school_obligations(then, rules, views, subject, place, year)
        parts = parts_of(self.kind)
        yield Flow(known, columns(parts), ((plain(parts, each), place) for each in found))


class HistoryExport(Export):
    """Entries of the ledger."""

    # ``data`` holds the whole of it, and the bytes are those of ``leaves``.
    without = ("event", "leafHash", "body")
    positioned = True

    def filters(self) -> tuple[str, ...]:
        return ("tags", "types", "actor", "channel", "knownFrom", "knownTo", "onFrom", "onTo")

    def check(self, filters: dict[str, str]) -> None:
        self.wanted(filters)

    def wanted(self, filters: dict[str, str]) -> Filter:
        """The filters as the feed's; several tags or types are parted by commas."""
        given = dict(filters)
        types = tuple(given.get("types", "").split(",")) if "types" in given else ()
        unknown = [each for each in types if each not in CATALOGUE]
        if unknown:
            raise Fault(
                "UNKNOWN_TYPE",
                zh=f"没有事件类型 {unknown[0][:80]!r}",
                en=f"there is no event type {unknown[0][:80]!r}",
                field="filters.types",
            )
        days = {n: typed(date, given[n], n) for n in ("onFrom", "onTo") if n in given}
        moments = {n: typed(datetime, given[n], n) for n in ("knownFrom", "knownTo") if n in given}
        tags = given["tags"].split(",") if "tags" in given else []
        channel = typed(Channel, given["channel"], "channel").value if "channel" in given else None
        return Filter(
            tags=tuple(str(typed(Name, each, "tags")) for each in tags),
            types=types,
            actor=str(typed(Name, given["actor"], "actor")) if "actor" in given else None,
            channel=channel,
            known_from=moments.get("knownFrom"),
            known_to=moments.get("knownTo"),
            on_from=days.get("onFrom"),
            on_to=days.get("onTo"),
        )

    @contextmanager
    def open(self, context: Context, asked: Asked) -> Iterator[Flow]:
        feed = context.house.ledger.feed
        known = feed.head() if asked.position is None else asked.position
        own = self.wanted(asked.filters)
        told = {name: getattr(own, name) for name in own.__dataclass_fields__}
        told |= {"before": known + 1, "true_by": asked.effective, "after": asked.after or 0}
        told["any_tags"] = history_tags(context.asker, asked.places, own.tags)
        parts = parts_of(self.kind, without=self.without)
        rows = (
            (plain(parts, shown(context, each)), each.place)
            for each in feed.entries(Filter(**told))
        )
        yield Flow(known, columns(parts), rows)


class LeafExport(Export):
    """Entries as the ledger keeps them, with their hashes; none to those who see parts only."""

    positioned = True

    def filters(self) -> tuple[str, ...]:
        return ("types", "tags", "place")

    def check(self, filters: dict[str, str]) -> None:
        self.wanted(filters)

    def wanted(self, filters: dict[str, str]) -> WantedChanges:
        """The filters as they are read of a webhook; several are parted by commas."""
        types, tags = (
            filters[name].split(",") if name in filters else None for name in ("types", "tags")
        )
        return wish_of(types, tags, filters.get("place"), "filters")

    @contextmanager
    def open(self, context: Context, asked: Asked) -> Iterator[Flow]:
        if asked.effective is not None:
            raise of_a_day("asOf")
        feed = context.house.ledger.feed
        known = feed.head() if asked.position is None else asked.position
        wanted = entries_for(
            context.house,
            context.asker,
            self.wanted(asked.filters),
            after=asked.after or 0,
            before=known + 1,
        )
        parts = parts_of(self.kind)

        def rows() -> Iterator[tuple[dict[str, Any], str | None]]:
            after = wanted.after
            while sees_whole(context.asker) and (
                page := feed.raw(replace(wanted, after=after), LEAVES_AT_ONCE)
            ):
                for position, body in page:
                    yield plain(parts, leaf(position, body)), None
                after = page[-1][0]

        yield Flow(known, columns(parts), rows())


EXPORTS: dict[str, Export] = LISTS | {
    "creditRecords": RecordExport("CreditRecord"),
    "creditLines": RecordExport("CreditLine", "lines"),
    "requirements": RecordExport("Requirement", "requirements"),
    "obligations": DutyExport("Requirement"),
    "indicators": IndicatorExport("Indicator"),
    "indicatorParts": IndicatorExport("IndicatorPart", opened=True),
    "history": HistoryExport("Entry"),
    "leaves": LeafExport("Leaf"),
    **QUERIES,
    **PERIODS,
}

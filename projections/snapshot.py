"""Snapshot: rows of views as of a moment, folded from the events of the subject that is asked for.

It answers like ``Reader``, so that one query serves the present and any past. Nothing is stored
for it. A row is folded whole from its own events, wherever else they led; which rows there are is
read from the events of the subject: a school's, a class's, a place's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from ledger.event import Entry
from ledger.store.feed import Feed, Filter
from projections.catalogue import VIEWS
from projections.fold import Fold
from projections.projection import POSITION_MAX, Projection
from projections.reader import PAGE_MAX, Page, Where
from projections.width import ENTRIES_MAX, afford, afford_rows, kinds_of, too_wide

TAGS_AT_ONCE = 1_000
_VIEWS = {view.name: view for view in VIEWS}
# A teacher has few events, a place many.
_RANK = {"term": 1, "jurisdiction": 2}


class Snapshot:
    """Views as they stood at a position, counting facts that were true up to a day.

    ``known``: the position; ``effective``: the day, without which every fact known counts. For one
    thread, and for one question: it keeps what it has folded. ``unbounded``: however many events.
    """

    def __init__(
        self,
        feed: Feed,
        known: int,
        effective: date | None = None,
        *,
        unbounded: bool = False,
    ) -> None:
        self.feed = feed
        self.known = known
        self.effective = effective
        self._left = None if unbounded else ENTRIES_MAX

    def many(self, view: Projection[Any], keys: Sequence[str]) -> dict[str, Any]:
        """The states of the keys that existed."""
        return self._followed(view, dict(self._folded(view, dict.fromkeys(keys))))

    def entries(self, wanted: Filter, *, of_any_day: bool = False) -> Iterator[Entry]:
        """The entries themselves, as far as they were known and, unless of any day, true."""
        before, true_by = self.known + 1, None if of_any_day else self.effective
        if wanted.before is not None:
            before = min(before, wanted.before)
        return self._counted(self.feed.entries(replace(wanted, before=before, true_by=true_by)))

    def position(self, *names: str) -> int:
        """Where all views stood: at the position that is asked about."""
        return self.known

    def afford(self, views: Sequence[Projection[Any]], tags: tuple[str, ...]) -> None:
        """Raises ``Fault`` (``TOO_WIDE``) where the events of some names are more than it may read.

        For whoever reads rows of several views in many small parts.
        """
        types = tuple(sorted({name for view in views for name in view.own_types}))
        if self._left is not None:
            afford(self.feed, self._of(tags, types), self._left)

    def one(self, view: Projection[Any], key: str) -> Any | None:
        """The state of a key, or ``None``."""
        return self.many(view, [key]).get(key)

    def page(
        self,
        view: Projection[Any],
        where: Where,
        *,
        first: int,
        after: str | None = None,
        descending: bool = False,
    ) -> Page[Any]:
        """The rows that fitted, by key, after a key. Raises ``Fault`` (``TOO_WIDE``)."""
        rows = sorted(self._rows(view, where), reverse=descending, key=lambda row: row[0])
        if after is not None:
            rows = [row for row in rows if (row[0] < after if descending else row[0] > after)]
        limit = min(first, PAGE_MAX)
        return Page(tuple(rows[:limit]), len(rows) > limit, self.known)

    def among(self, view: Projection[Any], keys: Sequence[str], where: Where) -> dict[str, Any]:
        """The states of those keys that existed and fitted."""
        where = self._within(where)
        return {
            key: state
            for key, state in self.many(view, keys).items()
            if _fits(view, key, state, where)
        }

    @contextmanager
    def stream(
        self, view: Projection[Any], where: Where
    ) -> Iterator[tuple[int, Iterator[tuple[str, Any]]]]:
        """All rows that fitted, by key, and the position. Raises ``Fault`` (``TOO_WIDE``)."""
        yield self.known, iter(sorted(self._rows(view, where), key=lambda row: row[0]))

    def count(self, view: Projection[Any], where: Where) -> int:
        """How many rows fitted."""
        return len(self._rows(view, where))

    def tally(
        self, view: Projection[Any], where: Where, facets: Sequence[str]
    ) -> dict[tuple[Any, ...], int]:
        """How many rows that fitted had each combination of values."""
        held = (view.facet_values(state) for _, state in self._rows(view, where))
        return dict(Counter(tuple(values[name] for name in facets) for values in held))

    def _rows(self, view: Projection[Any], where: Where) -> list[tuple[str, Any]]:
        where = self._within(where)
        if not all(values for _, values in (*where.among, *where.overlap)):
            return []
        key = next((value for name, value in where.equal if name == "key"), None)
        if key is not None:
            states = self.many(view, [str(key)])
        else:
            states = self._of_subjects(view, _subjects(where))
        return [(each, state) for each, state in states.items() if _fits(view, each, state, where)]

    def _within(self, where: Where) -> Where:
        """The same with the values of other views' rows in the place of conditions on them."""
        for name, other, (facet, value) in where.through:
            held = self._rows(_VIEWS[other], Where().and_equal(**{facet: value}))
            values = tuple(str(getattr(state, name)) for _, state in held)
            where = replace(where, among=(*where.among, (name, values)))
        for name, other, (facet, value) in where.gathered:
            held = self._rows(_VIEWS[other], Where().and_equal(**{facet: value}))
            values = (*(key for key, _ in held), str(value))
            where = replace(where, overlap=(*where.overlap, (name, values)))
        return where

    def _of_subjects(self, view: Projection[Any], subjects: tuple[str, ...]) -> dict[str, Any]:
        """The rows that the events of the subjects touch; of all events where there are none."""
        wanted = self._wanted(view, subjects)
        if self._left is not None:
            afford_rows(self.feed, view, wanted, subjects, self._left)
        entries = list(self._read(view, subjects))
        held: dict[str, list[Entry]] = {}
        for entry in entries:
            for key in view.keys(entry):
                held.setdefault(key, []).append(entry)
        whole: dict[str, list[Entry] | None] = {}
        for key, own in held.items():
            tags = view.tags(key)
            if not subjects or {*tags} & {*subjects} or view.span(key) != (1, POSITION_MAX):
                whole[key] = own
            elif not _of_another(tags, subjects):
                whole[key] = None
        return self._followed(view, dict(self._folded(view, whole)))

    def _folded(
        self, view: Projection[Any], wanted: dict[str, list[Entry] | None]
    ) -> Iterator[tuple[str, Any]]:
        """The states of keys, from the entries given or, where there are none, from their own."""
        missing = [key for key, entries in wanted.items() if entries is None]
        tags = sorted({view.tags(key)[0] for key in missing if view.tags(key)})
        held: dict[str, list[Entry]] = {key: [] for key in missing}
        for first in range(0, len(tags), TAGS_AT_ONCE):
            for entry in self._read(view, tuple(tags[first : first + TAGS_AT_ONCE])):
                for key in view.keys(entry):
                    if key in held:
                        held[key].append(entry)
        for key in missing:
            if not view.tags(key):
                held[key] = list(self._read_span(view, key))
        for key, entries in wanted.items():
            own = held[key] if entries is None else entries
            if own:
                yield key, view.fold(key, own)

    def _followed(self, view: Projection[Any], states: dict[str, Any]) -> dict[str, Any]:
        """The states after the later events that they follow."""
        if not view.later:
            return states
        fold = Fold(view)
        for key, state in states.items():
            fold.recall(key, state)
        found: dict[int, Entry] = {}
        tags = sorted({tag for state in states.values() for tag in view.follows(state)})
        for first in range(0, len(tags), TAGS_AT_ONCE):
            wanted = Filter(
                any_tags=tuple(tags[first : first + TAGS_AT_ONCE]),
                scattered=True,
                types=tuple(sorted(view.later_types)),
                before=self.known + 1,
                on_to=self.effective,
            )
            found |= {each.position: each for each in self._counted(self.feed.entries(wanted))}
        for position in sorted(found):
            fold.learn(found[position])
        return fold.states

    def _wanted(self, view: Projection[Any], tags: tuple[str, ...]) -> Filter:
        return self._of(tags, tuple(sorted(view.own_types)))

    def _of(self, tags: tuple[str, ...], types: tuple[str, ...]) -> Filter:
        alone = len(tags) == 1
        return Filter(
            tags=tags if alone else (),
            any_tags=tags if tags and not alone else None,
            scattered=True,
            types=types,
            before=self.known + 1,
            true_by=self.effective,
        )

    def _read(self, view: Projection[Any], tags: tuple[str, ...]) -> Iterator[Entry]:
        return self._counted(self.feed.entries(self._wanted(view, tags)))

    def _read_span(self, view: Projection[Any], key: str) -> Iterator[Entry]:
        first, last = view.span(key)
        wanted = Filter(
            types=tuple(sorted(view.own_types)),
            after=first - 1,
            before=min(self.known, last) + 1,
            true_by=self.effective,
        )
        return self._counted(self.feed.entries(wanted))

    def _counted(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if self._left is not None:
                self._left -= 1
                if self._left < 0:
                    raise too_wide()
            yield entry


def _subjects(where: Where) -> tuple[str, ...]:
    """The names by whose events the rows are found: those that fewest events carry, by guess."""
    found: list[tuple[str, ...]] = [
        (str(value),) for name, value in where.equal if _is_name(name, value)
    ]
    # A tag that is a word and no name stands in a row alone, and in no event by which to find it.
    found += [
        values for name, values in where.overlap if all(_is_name(name, each) for each in values)
    ]
    found += [
        values for name, values in where.among if all(_is_name(name, each) for each in values)
    ]
    ranked = sorted(found, key=lambda each: _RANK.get(each[0].partition(":")[0], 0) if each else 0)
    return tuple(map(str, ranked[0])) if ranked else ()


def _is_name(facet: str, value: Any) -> bool:
    return isinstance(value, str) and ":" in value and facet not in ("key", "rule")


def _of_another(tags: tuple[str, ...], subjects: tuple[str, ...]) -> bool:
    """Whether the key is that of another teacher or class than the one that is asked for."""
    return not kinds_of(tags).isdisjoint(kinds_of(subjects))


def _fits(view: Projection[Any], key: str, state: Any, where: Where) -> bool:
    values = view.facet_values(state) | {"key": key}
    return (
        all(_same(values[name], value) for name, value in where.equal)
        and all(any(_same(values[name], each) for each in among) for name, among in where.among)
        and all(_lies(values[name], first, last) for name, first, last in where.between)
        and all(
            {*map(str, values[name] or ())} & {*map(str, wanted)} for name, wanted in where.overlap
        )
        and all(part in (values[name] or "") for name, part in where.holding)
    )


def _lies(held: Any, first: Any, last: Any) -> bool:
    return held is not None and (first is None or first <= held) and (last is None or held <= last)


def _same(held: Any, asked: Any) -> bool:
    return held is not None and str(held) == str(asked)

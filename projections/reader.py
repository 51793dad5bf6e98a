"""The reader: rows of views by key, by facets and by page, and states as of a moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date
from operator import add, attrgetter
from typing import Any

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool

from ledger.event import Entry
from ledger.fault import Fault
from ledger.names import Name, SchoolId
from ledger.store.feed import Feed, Filter
from projections.kept import PAGE_MAX as PAGE_MAX
from projections.kept import Page as Page
from projections.kept import page_in, paged, pair_in, paired
from projections.projection import SCHEMA, Projection
from projections.renewal import rebuilding, understood
from projections.statement import bare, conditions_of, values_of, where_of

STREAM_ROWS = 500


@dataclass(frozen=True)
class Where:
    """Conditions on facets: equal to one value, among several, or an array that overlaps them.

    ``between``: from one value to another, both included, ``None`` for an open end. ``through``: a
    facet whose value stands in the rows of another view that fit a condition there. ``gathered``:
    an array that overlaps the keys of such rows, or holds the value that they have in common.
    ``holding``: a text that holds another one.
    """

    equal: tuple[tuple[str, Any], ...] = ()
    among: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    overlap: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    through: tuple[tuple[str, str, tuple[str, Any]], ...] = ()
    between: tuple[tuple[str, Any, Any], ...] = ()
    gathered: tuple[tuple[str, str, tuple[str, Any]], ...] = ()
    holding: tuple[tuple[str, str], ...] = ()

    @property
    def plain(self) -> bool:
        """Whether indexes answer it, so that no page takes long."""
        return not (self.overlap or self.through or self.between or self.gathered or self.holding)

    @property
    def others(self) -> tuple[str, ...]:
        """The views beside the one that is asked, in whose rows it is looked up who fits."""
        return tuple(dict.fromkeys(view for _, view, _ in (*self.gathered, *self.through)))

    def and_equal(self, **values: Any) -> Where:
        """The same with further equalities; ``None`` does not restrict."""
        more = tuple([(name, bare(value)) for name, value in values.items() if value is not None])
        if self == ANY and more:  # as it mostly is; to replace one takes longer than to make one
            return Where(equal=more)
        return replace(self, equal=(*self.equal, *more)) if more else self

    def and_among(self, **values: Sequence[Any] | None) -> Where:
        """The same with one of several values each; ``None`` does not restrict."""
        more = tuple((name, tuple(each)) for name, each in values.items() if each is not None)
        return replace(self, among=(*self.among, *more))

    def and_between(self, name: str, first: Any, last: Any) -> Where:
        """The same from one value to another."""
        if first is None and last is None:
            return self
        return replace(self, between=(*self.between, (name, first, last)))

    def and_where(self, other: Where) -> Where:
        """The conditions of both."""
        if other == ANY:
            return self
        return Where(*map(add, _parts(self), _parts(other)))

    def and_tagged(self, *names: str) -> Where:
        """The same for rows in whose tags all the names stand."""
        return replace(self, overlap=(*self.overlap, *(("tags", (each,)) for each in names)))


ANY = Where()
_parts = attrgetter(*(each.name for each in fields(Where)))


def of_party(name: Name) -> Where:
    """The rows that name a party; those of a school name it or one who teaches there."""
    if isinstance(name, SchoolId):
        return Where(gathered=(("tags", "teachers", ("school", str(name))),))
    return Where(overlap=(("tags", (str(name),)),))


class Reader:
    """Reads views; safe to use from many threads."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]], feed: Feed) -> None:
        self._pool = pool
        self.feed = feed

    def many(self, view: Projection[Any], keys: Sequence[str]) -> dict[str, Any]:
        """The states of the keys that exist."""
        statement = sql.SQL("select key, state from {} where key = any(%s)").format(_table(view))
        with understood(self._pool, view):
            with self._pool.connection() as connection:
                rows = connection.execute(statement, (list(keys),)).fetchall()
            return {key: view.decode(bytes(state)) for key, state in rows}

    def entries(self, wanted: Filter, *, of_any_day: bool = False) -> Iterator[Entry]:
        """The entries themselves; of the present all days count in any case."""
        return self.feed.entries(wanted)

    def position(self, *names: str) -> int:
        """Up to where all of these views stand."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "select min(position) from projection.progress where view = any(%s)",
                (list(names),),
            ).fetchone()
        return (row[0] if row else None) or 0

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
        """The rows that fit, by key, after a key."""
        kept = self.kept_page(view, where, first=first, after=after, descending=descending)
        with understood(self._pool, view):
            states = tuple((key, view.decode(state)) for key, state in kept.rows)
        return Page(states, kept.more, kept.position)

    def kept_page(
        self,
        view: Projection[Any],
        where: Where,
        *,
        first: int,
        after: str | None = None,
        descending: bool = False,
    ) -> Page[bytes]:
        """The same with the states as they are kept."""
        asked = paged(view, where, first=first, after=after, descending=descending)
        with (
            understood(self._pool, view),
            self._pool.connection() as connection,
            connection.cursor(binary=True) as cursor,
        ):
            found = cursor.execute(*asked).fetchall()
        with understood(self._pool, view):
            return page_in(found, view, first)

    def understood(self, view: Projection[Any]) -> AbstractContextManager[None]:
        """Around the reading of a view's rows. Raises ``Fault`` where they are of another form."""
        return understood(self._pool, view)

    def rebuilding(self, view: Projection[Any]) -> Fault | None:
        """What is said of a view that cannot be read; ``None`` where it is as it should be."""
        return rebuilding(self._pool, view)

    def both(
        self, view: Projection[Any], where: Where, other: Projection[Any]
    ) -> tuple[bytes | None, Page[bytes] | None]:
        """The row that fits as it is kept, and that of another view with its key.

        Both are of one moment. Of the other view there is no row where it has none of that key,
        and no page where none fits.
        """
        with (
            understood(self._pool, other),
            self._pool.connection() as connection,
            connection.cursor(binary=True) as cursor,
        ):
            return pair_in(cursor.execute(*paired(view, where, other)).fetchall(), other)

    @contextmanager
    def stream(
        self, view: Projection[Any], where: Where
    ) -> Iterator[tuple[int, Iterator[tuple[str, Any]]]]:
        """All rows that fit, by key, and up to where they go: of one moment, a few held.

        Where rows are found by way of other views, they go no further than any of these.
        """
        conditions, values = _conditions(where)
        # Bytes order the keys, as they do in a snapshot, whatever the language of the database.
        statement = sql.SQL('select key, state from {} {} order by key collate "C"').format(
            _table(view), where_of(conditions)
        )
        with (
            understood(self._pool, view),
            self._pool.connection() as connection,
            connection.transaction(),
        ):
            connection.execute("set transaction isolation level repeatable read, read only")
            # A lock takes no snapshot, so no rebuild swaps a table between it and the first.
            connection.execute(_lock(view, where))
            stands = connection.execute(
                "select min(position) from projection.progress where view = any(%s)",
                ([view.name, *where.others],),
            ).fetchone()
            with connection.cursor(name="rows") as cursor:
                cursor.itersize = STREAM_ROWS
                cursor.execute(statement, values)
                rows = ((key, view.decode(bytes(state))) for key, state in cursor)
                yield (stands[0] if stands else None) or 0, rows

    def count(self, view: Projection[Any], where: Where) -> int:
        """How many rows fit."""
        conditions, values = _conditions(where)
        statement = sql.SQL("select count(*) from {} {}").format(_table(view), where_of(conditions))
        with understood(self._pool, view), self._pool.connection() as connection:
            row = connection.execute(statement, values).fetchone()
        return row[0] if row else 0

    def tally(
        self, view: Projection[Any], where: Where, facets: Sequence[str]
    ) -> dict[tuple[Any, ...], int]:
        """How many rows that fit have each combination of values."""
        conditions, values = _conditions(where)
        named = sql.SQL(", ").join(map(sql.Identifier, facets))
        statement = sql.SQL("select {0}, count(*) from {1} {2} group by {0}").format(
            named, _table(view), where_of(conditions)
        )
        with understood(self._pool, view), self._pool.connection() as connection:
            rows = connection.execute(statement, values).fetchall()
        return {tuple(found): count for *found, count in rows}

    def as_of(
        self,
        view: Projection[Any],
        key: str,
        *,
        known: int | None = None,
        effective: date | None = None,
    ) -> tuple[Any, int]:
        """The state that a key had at a position, counting facts up to a day; and the position.

        Costs what the subject's own history costs, whatever the size of the ledger.
        """
        position = self.feed.head() if known is None else known
        first, last = view.span(key)
        wanted = Filter(
            tags=view.tags(key),
            types=tuple(sorted(view.own_types)),
            after=first - 1,
            before=min(position, last) + 1,
            true_by=effective,
        )
        entries: list[Entry] = list(self.feed.entries(wanted))
        state = view.fold(key, entries)
        tags = view.follows(state)
        if tags:
            types = tuple(sorted(view.later_types))
            later = Filter(any_tags=tags, types=types, before=position + 1, on_to=effective)
            entries += self.feed.entries(replace(later, scattered=True))
            state = view.fold(key, sorted(entries, key=lambda entry: entry.position))
        return state, position


def _table(view: Projection[Any]) -> sql.Identifier:
    return sql.Identifier(SCHEMA, view.name)


def _lock(view: Projection[Any], where: Where) -> sql.Composed:
    """What keeps all tables that a statement reads as they are until the transaction ends."""
    tables = [sql.Identifier(SCHEMA, each) for each in dict.fromkeys([view.name, *where.others])]
    return sql.SQL("lock table {} in access share mode").format(sql.SQL(", ").join(tables))


def _conditions(where: Where) -> tuple[list[sql.Composed], dict[str, Any]]:
    return conditions_of(where), values_of(where)

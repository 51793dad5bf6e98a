"""The reader: rows of views by key, by facets and by page, and states as of a moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, TypeVar

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool

from ledger.event import Entry
from ledger.store.feed import Feed, Filter
from projections.projection import SCHEMA, Projection

T = TypeVar("T")
PAGE_MAX = 1_000
STREAM_ROWS = 500


@dataclass(frozen=True)
class Where:
    """Conditions on facets: equal to one value, among several, or an array that overlaps them.

    ``through``: a facet whose value stands in the rows of another view that fit a condition there.
    """

    equal: tuple[tuple[str, Any], ...] = ()
    among: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    overlap: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    through: tuple[tuple[str, str, tuple[str, Any]], ...] = ()

    def and_equal(self, **values: Any) -> Where:
        """The same with further equalities; ``None`` does not restrict."""
        more = tuple((name, _bare(value)) for name, value in values.items() if value is not None)
        return replace(self, equal=(*self.equal, *more))

    def and_tagged(self, *names: str) -> Where:
        """The same for rows in whose tags all the names stand."""
        return replace(self, overlap=(*self.overlap, *(("tags", (each,)) for each in names)))


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows with their keys, whether more follow, and the position at which the view stands."""

    rows: tuple[tuple[str, T], ...]
    more: bool
    position: int


class Reader:
    """Reads views; safe to use from many threads."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]], feed: Feed) -> None:
        self._pool = pool
        self.feed = feed

    def many(self, view: Projection[Any], keys: Sequence[str]) -> dict[str, Any]:
        """The states of the keys that exist."""
        statement = sql.SQL("select key, state from {} where key = any(%s)").format(_table(view))
        with self._pool.connection() as connection:
            rows = connection.execute(statement, (list(keys),)).fetchall()
        return {key: view.decode(bytes(state)) for key, state in rows}

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
        limit = min(first, PAGE_MAX)
        conditions, values = _conditions(where)
        if after is not None:
            operator = sql.SQL("<" if descending else ">")
            conditions.append(sql.SQL("key {} %(after)s").format(operator))
            values["after"] = after
        statement = sql.SQL("select key, state from {} {} order by key {} limit %(limit)s").format(
            _table(view), _where(conditions), sql.SQL("desc" if descending else "asc")
        )
        with self._pool.connection() as connection:
            # The position is read first: rows may be newer than it says, never older.
            stands = connection.execute(
                "select position from projection.progress where view = %s", (view.name,)
            ).fetchone()
            rows = connection.execute(statement, values | {"limit": limit + 1}).fetchall()
        states = tuple((key, view.decode(bytes(state))) for key, state in rows[:limit])
        return Page(states, len(rows) > limit, stands[0] if stands else 0)

    @contextmanager
    def stream(
        self, view: Projection[Any], where: Where
    ) -> Iterator[tuple[int, Iterator[tuple[str, Any]]]]:
        """All rows that fit, by key, and the position of the view: of one moment, a few held."""
        conditions, values = _conditions(where)
        # Bytes order the keys, as they do in a snapshot, whatever the language of the database.
        statement = sql.SQL('select key, state from {} {} order by key collate "C"').format(
            _table(view), _where(conditions)
        )
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            stands = connection.execute(
                "select position from projection.progress where view = %s", (view.name,)
            ).fetchone()
            with connection.cursor(name="rows") as cursor:
                cursor.itersize = STREAM_ROWS
                cursor.execute(statement, values)
                rows = ((key, view.decode(bytes(state))) for key, state in cursor)
                yield (stands[0] if stands else 0), rows

    def count(self, view: Projection[Any], where: Where) -> int:
        """How many rows fit."""
        conditions, values = _conditions(where)
        statement = sql.SQL("select count(*) from {} {}").format(_table(view), _where(conditions))
        with self._pool.connection() as connection:
            row = connection.execute(statement, values).fetchone()
        return row[0] if row else 0

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
            types=tuple(sorted(view.types)),
            after=first - 1,
            before=min(position, last) + 1,
            on_to=effective,
        )
        entries: list[Entry] = list(self.feed.entries(wanted))
        return view.fold(key, entries), position


def _table(view: Projection[Any]) -> sql.Identifier:
    return sql.Identifier(SCHEMA, view.name)


def _where(conditions: list[sql.Composed]) -> sql.Composable:
    if not conditions:
        return sql.SQL("")
    return sql.SQL("where ") + sql.SQL(" and ").join(conditions)


def _conditions(where: Where) -> tuple[list[sql.Composed], dict[str, Any]]:
    conditions: list[sql.Composed] = []
    values: dict[str, Any] = {}
    kinds = (
        (where.equal, "{} = {}"),
        (where.among, "{} = any({})"),
        (where.overlap, "{} && {}::text[]"),
    )
    for pairs, template in kinds:
        for name, value in pairs:
            parameter = f"p{len(values)}"
            listed = isinstance(value, tuple)
            values[parameter] = [_bare(each) for each in value] if listed else _bare(value)
            conditions.append(
                sql.SQL(template).format(sql.Identifier(name), sql.Placeholder(parameter))
            )
    for name, view, (facet, value) in where.through:
        parameter = f"p{len(values)}"
        values[parameter] = _bare(value)
        conditions.append(
            sql.SQL("{0} in (select {0} from {1} where {2} = {3})").format(
                sql.Identifier(name),
                sql.Identifier(SCHEMA, view),
                sql.Identifier(facet),
                sql.Placeholder(parameter),
            )
        )
    return conditions, values


def _bare(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    return getattr(value, "value", value)

"""Check of the search index: it holds the words of every entry, and no others.

They are of entries alone, so nothing is folded: those of one position after the other are held
against the words of the entry there. One statement reads them in that order; beside a live server
it sees one moment, and entries that the index takes in meanwhile are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from ledger.names import tag_hash
from projections.catalogue import TRAILS
from projections.check_view import has_views
from projections.inspection import COLUMNS, PAGE, Books, Problem, Row, WholeCheck
from projections.posting import PLACES, positions_of
from projections.projection import SCHEMA
from projections.trail import words

Connection = psycopg.Connection[Any]
Held = tuple[int, list[int]]
"""A position, and the hash of each word there, as often as it stands in the table."""
NONE: tuple[None, list[int]] = (None, [])
TABLE = sql.Identifier(SCHEMA, TRAILS.name)


class Search(WholeCheck):
    """The search index holds the words of every entry."""

    name = "search"
    codes = (
        "SEARCH_ROW_MISSING",
        "SEARCH_ROW_SUPERFLUOUS",
        "SEARCH_ROW_DIFFERS",
        "SEARCH_AHEAD",
    )
    zh = "检索索引与每个条目的文字一致"
    en = "the search index holds the words of every entry"

    def run(self, books: Books) -> Iterator[Problem]:
        if not has_views(books) or _stands(books) is None:
            return
        with books.pool.connection() as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            # As for views: no rebuild swaps the table between the lock and the first snapshot.
            connection.execute(sql.SQL("lock table {} in access share mode").format(TABLE))
            stands = _position(connection)
            if stands is None:
                return  # it was begun anew at this moment
            head = books.feed.head()
            if stands > head:
                yield self.problem(
                    "SEARCH_AHEAD",
                    f"检索索引在位置 {stands}，账本只到 {head}",
                    f"the search index stands at {stands}, the ledger ends at {head}",
                    stands,
                )
            yield from self._compare(books, _held(connection), min(stands, head))

    def _compare(self, books: Books, held: Iterator[Held], upto: int) -> Iterator[Problem]:
        """What differs, position by position; both sides come in that order."""
        at, hashes = next(held, NONE)
        for row in _rows(books, upto):
            while at is not None and at < row.position:
                yield from self._said(at, set(), hashes)
                at, hashes = next(held, NONE)
            own = at == row.position
            wanted = _wanted(row)
            if wanted is not None:
                yield from self._said(row.position, wanted, hashes if own else [])
            if own:
                at, hashes = next(held, NONE)
        while at is not None:
            yield from self._said(at, set(), hashes)
            at, hashes = next(held, NONE)

    def _said(self, position: int, wanted: set[int], held: list[int]) -> Iterator[Problem]:
        right = len(wanted.intersection(held))
        lacking, beyond = len(wanted) - right, len(held) - right
        if lacking and beyond:
            yield self.problem(
                "SEARCH_ROW_DIFFERS",
                f"检索索引在位置 {position} 记错了：缺少 {lacking} 个词，多出 {beyond} 个词",
                f"the search index is wrong at position {position}: it lacks {lacking} words and "
                f"has {beyond} that should not be",
                position,
            )
        elif lacking:
            yield self.problem(
                "SEARCH_ROW_MISSING",
                f"检索索引在位置 {position} 缺少 {lacking} 个词",
                f"the search index lacks {lacking} words at position {position}",
                position,
            )
        elif beyond:
            yield self.problem(
                "SEARCH_ROW_SUPERFLUOUS",
                f"检索索引在位置 {position} 多出 {beyond} 个词",
                f"the search index has {beyond} words at position {position} that should not be",
                position,
            )


def _wanted(row: Row) -> set[int] | None:
    """The rows of an entry, none for another application's; ``None`` where nobody can read it."""
    if row.id is None:
        return set()
    return None if row.entry is None else {tag_hash(word) for word in words(row.entry)}


def _rows(books: Books, upto: int) -> Iterator[Row]:
    after = 0
    while after < upto:
        found = books.read(
            f"select {COLUMNS} from ledger.events where position > %s and position <= %s "
            "order by position limit %s",
            (after, upto, PAGE),
        )
        if not found:
            return
        yield from (Row(*values) for values in found)
        after = found[-1][0]
        books.told("search index", after, upto)


def _held(connection: Connection) -> Iterator[Held]:
    """The words of each position of which the index has any, in the order of positions."""
    with connection.cursor(name="trails", binary=True) as cursor:
        cursor.itersize = max(PAGE // PLACES, 1)
        cursor.execute(
            sql.SQL(
                "select block, array_agg(hash), array_agg(places) from {} "
                "group by block order by block"
            ).format(TABLE)
        )
        for block, hashes, places in cursor:
            yield from sorted(_by_position(block, hashes, places).items())


def _by_position(block: int, hashes: list[int], places: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for hash_, bits in zip(hashes, places, strict=True):
        for position in positions_of(block, bits):
            found.setdefault(position, []).append(hash_)
    return found


PROGRESS = "select position from projection.progress where view = %s and version = %s"


def _stands(books: Books) -> int | None:
    rows = books.read(PROGRESS, (TRAILS.name, TRAILS.version))
    return rows[0][0] if rows else None


def _position(connection: Connection) -> int | None:
    row = connection.execute(PROGRESS, (TRAILS.name, TRAILS.version)).fetchone()
    return row[0] if row else None

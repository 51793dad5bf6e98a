"""Checks of the views: none has stopped, and each is what a fresh fold makes of the same entries.

A view is folded anew in memory up to the position where it stands; one that takes more of it than a
rebuild may hold, in slices of its keys one after the other. Only the comparison, which is short,
holds a snapshot; entries that the view took in meanwhile are folded under it first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zlib import crc32

import psycopg
from psycopg import sql

from ledger.store.feed import Filter
from projections import stop as stopping
from projections.catalogue import INDEXES, VIEWS
from projections.fold import Fold
from projections.inspection import Books, Problem, WholeCheck
from projections.projection import SCHEMA, Projection
from projections.rebuild import HELD_BYTES_MAX

ROWS_PAGE = 1_000
STOPPED = "select view, position, failed from projection.progress where failed is not null"
UNRENEWED = (
    " union all select view, position, each.failed from projection.progress join "
    "projection.unrenewed as each using (view) "
    "where progress.failed is null and each.version > progress.version "
    # What another program could not build anew for its version is no matter of this one's rows.
    "and (each.view, each.version) in (select * from unnest(%s::text[], %s::int[]))"
)
# Where an earlier program was the last to run, there is no such table.
HAS_UNRENEWED = "select to_regclass('projection.unrenewed') is not null"
Connection = psycopg.Connection[Any]


class Stopped(WholeCheck):
    """No view has stopped following."""

    name = "progress"
    codes = ("VIEW_STOPPED",)
    zh = "没有停下的视图"
    en = "no view has stopped"

    def run(self, books: Books) -> Iterator[Problem]:
        if not has_views(books):
            return
        told = books.read(HAS_UNRENEWED)[0][0]
        statement = f"{STOPPED}{UNRENEWED if told else ''} order by 1"
        for name, position, failed in books.read(statement, _own() if told else ()):
            stop = stopping.stop_in(name, position, failed)
            assert stop is not None
            yield self.problem("VIEW_STOPPED", stop.zh, stop.en, stop.position, name)


class Views(WholeCheck):
    """Each view equals a fresh fold."""

    name = "views"
    codes = (
        "VIEW_ROW_MISSING",
        "VIEW_ROW_SUPERFLUOUS",
        "VIEW_ROW_DIFFERS",
        "VIEW_AHEAD",
        "VIEW_UNFOLDABLE",
    )
    zh = "每个视图等于重新折算的结果"
    en = "each view equals a fresh fold"

    def run(self, books: Books) -> Iterator[Problem]:
        if not has_views(books):
            return
        for number, view in enumerate(VIEWS, start=1):
            yield from self._view(books, view)
            books.told("views", number, len(VIEWS))

    def _view(self, books: Books, view: Projection[Any]) -> Iterator[Problem]:
        fold = _Fold(view)
        try:
            slices = _slices(books, view)
            for number in range(slices):
                fold = _Fold(view, number, slices)
                yield from self._slice(books, fold)
        except (psycopg.Error, GeneratorExit):
            raise
        except stopping.Stopped as error:
            [stop] = error.stops
            yield self.problem(
                "VIEW_UNFOLDABLE",
                f"视图 {view.name} 无法折算位置 {stop.position}（{stop.type}）：{stop.told}",
                f"the view {view.name} cannot take in {stop.position} ({stop.type}): {stop.told}",
                stop.position,
                view.name,
            )
        except Exception as error:  # whatever reading does over damaged entries
            yield self.problem(
                "VIEW_UNFOLDABLE",
                f"视图 {view.name} 在位置 {fold.reached} 之后无法折算：{error}",
                f"the view {view.name} cannot be folded after position {fold.reached}: {error}",
                fold.reached,
                view.name,
            )

    def _slice(self, books: Books, fold: _Fold) -> Iterator[Problem]:
        view = fold.view
        stands = _stands(books, view)
        if stands is None:
            return  # of another version: the next start of the server folds it anew
        fold.take(books, stands)
        with books.pool.connection() as connection, connection.transaction():
            table = sql.Identifier(SCHEMA, view.name)
            # A lock takes no snapshot, so no rebuild swaps the table between it and the first.
            connection.execute("set transaction isolation level repeatable read, read only")
            connection.execute(sql.SQL("lock table {} in access share mode").format(table))
            position = _position(connection, view)
            if position is None or position < stands:
                return  # it was begun anew at this moment
            fold.take(books, position)
            if not fold.number:
                yield from self._ahead(books, view, position)
            yield from self._compare(connection, fold, table)

    def _ahead(self, books: Books, view: Projection[Any], position: int) -> Iterator[Problem]:
        head = books.feed.head()
        if position > head:
            yield self.problem(
                "VIEW_AHEAD",
                f"视图 {view.name} 在位置 {position}，账本只到 {head}",
                f"the view {view.name} stands at {position}, the ledger ends at {head}",
                position,
                view.name,
            )

    def _compare(
        self, connection: Connection, fold: _Fold, table: sql.Identifier
    ) -> Iterator[Problem]:
        view, wanted = fold.view, fold.fold.states
        names = ["key", "state", "position", *view.columns]
        statement = sql.SQL("select {} from {} where key > %s order by key limit %s").format(
            sql.SQL(", ").join(map(sql.Identifier, names)), table
        )
        after = ""
        while True:
            page = connection.execute(statement, (after, ROWS_PAGE)).fetchall()
            for key, *stored in page:
                if fold.holds(key):
                    yield from self._row(fold, key, stored)
            if len(page) < ROWS_PAGE:
                break
            after = page[-1][0]
        for key in sorted(wanted):
            yield self._said("VIEW_ROW_MISSING", view.name, key, "缺少", "lacks")

    def _row(self, fold: _Fold, key: str, stored: list[Any]) -> Iterator[Problem]:
        view, state = fold.view, fold.fold.states.pop(key, None)
        if state is None:
            yield self._said("VIEW_ROW_SUPERFLUOUS", view.name, key, "多出", "should not have")
            return
        columns = view.column_values(state)
        position = fold.fold.touched[key]
        fresh = [view.encode(state), position, *(columns[name] for name in view.columns)]
        if [bytes(stored[0]), *stored[1:]] != fresh:
            yield self._said("VIEW_ROW_DIFFERS", view.name, key, "记错了", "is wrong in")

    def _said(self, code: str, view: str, key: str, zh: str, en: str) -> Problem:
        return self.problem(
            code, f"视图 {view} {zh} {key}", f"the view {view} {en} {key}", subject=f"{view} {key}"
        )


class _Fold:
    """A view folded in memory, up to where it was taken, or one of so many slices of it."""

    def __init__(self, view: Projection[Any], number: int = 0, slices: int = 1) -> None:
        self.view, self.number, self._slices = view, number, slices
        self.fold = Fold(view, self.holds)
        self.reached = 0

    def holds(self, key: str) -> bool:
        """Whether a key is of this slice."""
        return crc32(key.encode()) % self._slices == self.number

    def take(self, books: Books, upto: int) -> None:
        """Folds the entries up to a position."""
        if upto <= self.reached:
            return
        wanted = Filter(types=tuple(sorted(self.view.types)), after=self.reached, before=upto + 1)
        for entry in books.feed.entries(wanted):
            self.fold.learn(entry)
            self.reached = entry.position
        self.reached = upto


def _slices(books: Books, view: Projection[Any]) -> int:
    """In how many slices a view is folded, by what its states take as stored; 0: in none."""
    if _stands(books, view) is None:
        return 0
    table = sql.Identifier(SCHEMA, view.name)
    statement = sql.SQL("select coalesce(sum(octet_length(state)), 0)::bigint from {}")
    with books.pool.connection() as connection:
        [stored] = connection.execute(statement.format(table)).fetchone() or (0,)
    return int(stored) // HELD_BYTES_MAX + 1


def _own() -> stopping.Own:
    """The views of this program, each with its version."""
    views = (*VIEWS, *INDEXES)
    return [each.name for each in views], [each.version for each in views]


def has_views(books: Books) -> bool:
    """Whether any server has made views in this database."""
    return books.read("select to_regclass('projection.progress') is not null")[0][0] is True


def _stands(books: Books, view: Projection[Any]) -> int | None:
    rows = books.read(
        "select position from projection.progress where view = %s and version = %s",
        (view.name, view.version),
    )
    return rows[0][0] if rows else None


def _position(connection: Connection, view: Projection[Any]) -> int | None:
    row = connection.execute(
        "select position from projection.progress where view = %s and version = %s",
        (view.name, view.version),
    ).fetchone()
    return row[0] if row else None

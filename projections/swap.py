"""A swap: how the tables of a rebuild take the place of the live ones, and what it waits for.

Who waits for a table holds up all who come after, so the swap waits but a moment for those who read
one now. Where they read for long (an export, a check), it gives back all that it holds and tries
again later; whatever else goes on meanwhile, and no query over two views ends in a deadlock with
it. The moment is shorter than that after which PostgreSQL looks for deadlocks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import sql

from projections.projection import SCHEMA, Projection
from projections.shadow import beside

HELD_SECONDS = 0.3
UPKEEP_SECONDS = 5.0
LOOK_SECONDS = 0.1
# After a first failure, and at most; in between each pause is twice as long as the last.
FIRST_SECONDS, LAST_SECONDS = 0.2, 5.0
# What is raised where somebody holds a table for longer.
HELD = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
Connection = psycopg.Connection[Any]
Views = Sequence[Projection[Any]]
log = structlog.get_logger("xuefen.views")


class Patience:
    """The pauses of a swap that waits for readers."""

    def __init__(self, views: Views) -> None:
        self._names = [view.name for view in views]
        self._seconds = 0.0

    def pauses(self) -> Iterator[None]:
        """One pause, in parts short enough to stop at; the first time it is said why."""
        if not self._seconds:
            log.info("a rebuild waits for those who read its views", views=self._names)
        self._seconds = min(self._seconds * 2, LAST_SECONDS) or FIRST_SECONDS
        until = time.monotonic() + self._seconds
        while time.monotonic() < until:
            yield
            time.sleep(LOOK_SECONDS)


def enter(connection: Connection, views: Views, run: UUID) -> list[str]:
    """Takes the rows of progress; gives the views that another run has taken over.

    The rows of the run come first of all: who makes shadows anew locks them before that, and so
    did it already, or waits until the commit.
    """
    names = [view.name for view in views]
    rows = connection.execute(
        "select view from projection.rebuilds where view = any(%s) and run = %s "
        "order by view for update",
        (names, run),
    ).fetchall()
    lost = sorted(set(names) - {name for (name,) in rows})
    if not lost:
        _stop_upkeep(connection, [*names, *map(beside, views)])
        connection.execute(
            "select 1 from projection.progress where view = any(%s) order by view for update",
            (names,),
        )
    return lost


def hold(connection: Connection, views: Views) -> None:
    """Takes the live tables for itself, within a moment. Raises one of ``HELD`` where it cannot."""
    until = time.monotonic() + HELD_SECONDS
    for table in _there(connection, [view.name for view in views]):
        # One after the other, since the database would give each its own moment.
        _waiting(connection, max(until - time.monotonic(), 0.001))
        connection.execute(_lock([table], "access exclusive"))


def drop(connection: Connection, table: str) -> None:
    """Removes a table, if it is there."""
    connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(SCHEMA, table)))


def put_in(connection: Connection, view: Projection[Any], reached: int) -> None:
    """Gives a shadow the name of the live table, which is gone, and says where it stands.

    The functions that read it come with it: those of the table that is gone may know another form.
    """
    connection.execute(
        sql.SQL("alter table {} rename to {}").format(
            sql.Identifier(SCHEMA, beside(view)), sql.Identifier(view.name)
        )
    )
    for function in view.functions():
        connection.execute(function)
    connection.execute(
        "update projection.progress set position = %s, version = %s, failed = null where view = %s",
        (reached, view.version, view.name),
    )


def leave(connection: Connection, views: Views, run: UUID) -> None:
    """Forgets how far the shadows of a run are, which are shadows no more."""
    names = [view.name for view in views]
    connection.execute(
        "delete from projection.rebuilds where view = any(%s) and run = %s", (names, run)
    )


def head_of(connection: Connection) -> int:
    """The last position, as this transaction sees it."""
    row = connection.execute("select max(position) from ledger.events").fetchone()
    return (row[0] if row else None) or 0


def _stop_upkeep(connection: Connection, tables: Sequence[str]) -> None:
    """Ends an automatic vacuum of the tables and lets none begin; who reads or writes goes on.

    PostgreSQL has it give way to who waits for a second, which is too long for ``hold``.
    """
    there = _there(connection, tables)
    _waiting(connection, UPKEEP_SECONDS)
    if there:
        connection.execute(_lock(there, "share update exclusive"))
    connection.execute("set local lock_timeout to default")


def _there(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Those of the tables that there are, in one order."""
    found = connection.execute(
        "select tablename from pg_tables where schemaname = %s and tablename = any(%s) order by 1",
        (SCHEMA, list(tables)),
    )
    return [name for (name,) in found]


def _waiting(connection: Connection, seconds: float) -> None:
    """For how long this transaction waits for a lock."""
    milliseconds = f"{seconds * 1_000:.0f}"
    connection.execute("select set_config('lock_timeout', %s, true)", (milliseconds,))


def _lock(tables: Sequence[str], mode: str) -> sql.Composed:
    named = sql.SQL(", ").join(sql.Identifier(SCHEMA, each) for each in tables)
    return sql.SQL("lock table {} in " + mode + " mode").format(named)

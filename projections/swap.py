"""A swap: the statements by which the tables of a rebuild take the place of the live ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from projections.projection import SCHEMA, Projection
from projections.shadow import beside

Connection = psycopg.Connection[Any]


def fenced(connection: Connection, names: Sequence[str], run: UUID) -> list[str]:
    """The views that another run has taken over; all others are this run's until the commit.

    A run makes shadows anew under the lock of these rows, so that it comes before or waits.
    """
    rows = connection.execute(
        "select view from projection.rebuilds where view = any(%s) and run = %s "
        "order by view for update",
        (list(names), run),
    ).fetchall()
    return sorted(set(names) - {name for (name,) in rows})


def ended(connection: Connection, names: Sequence[str], run: UUID) -> int:
    """Forgets how far a run's shadows are; gives of how many of them it knew."""
    return connection.execute(
        "delete from projection.rebuilds where view = any(%s) and run = %s", (list(names), run)
    ).rowcount


def put_in(connection: Connection, view: Projection[Any], reached: int) -> None:
    """Gives a shadow the name of the live table, which is gone, and says where it stands."""
    connection.execute(
        sql.SQL("alter table {} rename to {}").format(
            sql.Identifier(SCHEMA, beside(view)), sql.Identifier(view.name)
        )
    )
    connection.execute(
        "update projection.progress set position = %s, version = %s, failed = null where view = %s",
        (reached, view.version, view.name),
    )


def head_of(connection: Connection) -> int:
    """The last position, as this transaction sees it."""
    row = connection.execute("select max(position) from ledger.events").fetchone()
    return (row[0] if row else None) or 0

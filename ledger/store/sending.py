"""Sending: a file on its way with its ticket, which counts once, and again where it broke off.

Whoever sends holds the ticket for a while (a lease): a client that lost its connection, or whose
server died, sends again, and two at once do not. The database's clock counts, which all processes
share.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

HELD_SECONDS = 300
"""As long as a door waits for a file, unless it is told otherwise."""
Pool = ConnectionPool[psycopg.Connection[Any]]


def claimed(pool: Pool, values: dict[str, Any]) -> str | None:
    """The id of the upload whose ticket is held from now on; ``None`` where it is not good.

    ``values``: the hash of the ticket, whose it is, and the ledger's now.
    """
    with pool.connection() as connection:
        row = connection.execute(
            "update vault.uploads set held = clock_timestamp() + make_interval(secs => %(held)s) "
            "where ticket = %(ticket)s and ticket_ends > %(now)s and received_at is null and "
            "(held is null or held < clock_timestamp()) and actor = %(actor)s "
            "and role = %(role)s and scope = %(scope)s returning upload",
            values | {"held": HELD_SECONDS},
        ).fetchone()
    return None if row is None else str(row[0])


def released(pool: Pool, upload: str) -> None:
    """Lets a ticket go whose file did not come."""
    with pool.connection() as connection:
        connection.execute(
            "update vault.uploads set held = null where upload = %s and received_at is null",
            (UUID(upload),),
        )

"""Touched: how many rows PostgreSQL looked at for what was asked, whichever statements asked it.

The server counts for each transaction what its scans return: entries of indexes before anything is
filtered, and rows of tables that are walked. Nothing that a reader's statements do escapes it, not
what functions read inside; so no statement has to be known, copied or explained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

COUNTED = """
select c.oid::regclass::text, pg_stat_get_xact_tuples_returned(c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('ledger', 'projection', 'vault') and c.relkind in ('r', 'i')
    and pg_stat_get_xact_tuples_returned(c.oid) > 0
"""
Pool = ConnectionPool[psycopg.Connection[Any]]


class Touched:
    """Counts over the connections that a pool lends; ``rows`` by table or index."""

    def __init__(self, pool: Pool) -> None:
        self.rows: Counter[str] = Counter()
        self._pool = pool
        self._lend = pool.connection
        pool.connection = self._counted  # type: ignore[method-assign]

    def close(self) -> None:
        """Leaves the pool as it was."""
        self._pool.connection = self._lend  # type: ignore[method-assign]

    def taken(self) -> dict[str, int]:
        """What was counted since the last time."""
        rows, self.rows = self.rows, Counter()
        return dict(rows)

    @contextmanager
    def _counted(self, timeout: float | None = None) -> Iterator[psycopg.Connection[Any]]:
        with self._lend(timeout) as connection, connection.transaction():
            # What earlier transactions did may not have been handed in yet.
            before = Counter(dict(connection.execute(COUNTED).fetchall()))
            yield connection
            self.rows += Counter(dict(connection.execute(COUNTED).fetchall())) - before

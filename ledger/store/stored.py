"""Stored entries: bodies with their tags and the head beside them, of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import ConnectionPool

from ledger.store.crossing import read_page

if TYPE_CHECKING:
    from ledger.store.feed import Filter

# A position, its body, and its tags joined by US (0x1F).
Stored = tuple[int, bytes, str]


def stored(
    pool: ConnectionPool[psycopg.Connection[Any]], wanted: Filter, limit: int, latest_first: bool
) -> tuple[list[Stored], int] | None:
    """At most ``limit`` entries and the head; ``None``: nothing is wanted. Not for ``true_by``."""
    rows = read_page(pool, wanted, limit, latest_first=latest_first, telling=True)
    return ([(at, body, tags) for at, body, tags, _ in rows], rows[0][3]) if rows else None

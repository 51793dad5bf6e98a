"""Stored entries: bodies with their tags and the head beside them, of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import ConnectionPool

from ledger.store.crossing import told_page

if TYPE_CHECKING:
    from ledger.store.feed import Filter

# A position, its body, and its tags joined by US (0x1F).
Stored = tuple[int, bytes, str]


def stored(
    pool: ConnectionPool[psycopg.Connection[Any]], wanted: Filter, limit: int, latest_first: bool
) -> tuple[list[Stored], int] | None:
    """At most ``limit`` entries and the head, of one moment. Not for ``true_by``.

    ``None``: nothing is wanted, so little that the head is not known by it.
    """
    rows, head = told_page(pool, wanted, limit, latest_first=latest_first)
    return ([(at, body, tags) for at, body, tags, _ in rows], head) if head is not None else None

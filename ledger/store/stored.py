"""Stored entries: bodies with their tags and the head beside them, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import ConnectionPool

from ledger.store.page import statement_of, values_of

if TYPE_CHECKING:
    from ledger.store.feed import Filter

TEXTS_MAX = 500

# A position, its body, and its tags joined by US (0x1F).
Stored = tuple[int, bytes, str]

# The text of a query by the shape of what is asked: making it takes as long as reading the page.
_texts: dict[tuple[object, ...], bytes] = {}


def stored(
    pool: ConnectionPool[psycopg.Connection[Any]], wanted: Filter, limit: int, latest_first: bool
) -> tuple[list[Stored], int] | None:
    """At most ``limit`` entries and the head; ``None``: nothing is wanted. Not for ``true_by``."""
    values = values_of(wanted, limit)
    shape = (
        len(values["hashes"]),
        *(bool(each) for each in (values["types"], values["tags"], wanted.any_tags)),
        *(each is None for each in values.values()),
        *(wanted.any_tags is None, wanted.scattered, latest_first),
    )
    text = _texts.get(shape)
    if text is None:
        if len(_texts) >= TEXTS_MAX:
            _texts.clear()
        statement, _ = statement_of(wanted, limit, latest_first, telling=True)
        text = _texts[shape] = statement.as_bytes()
    with pool.connection() as connection, connection.cursor(binary=True) as cursor:
        rows = cursor.execute(text, values).fetchall()
    return ([(at, body, tags) for at, body, tags, _ in rows], rows[0][3]) if rows else None

"""Page: a part of the log as shadows take it in, each entry decoded once for all of them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from ledger.event import Entry, decode
from projections.shadow import Shadow
from projections.stop import Stopped, stop_at

ROWS = (
    "select position, body from ledger.events "
    "where position > %s and position <= %s and id is not null order by position"
)
ROWS_OF = ROWS.replace("order by", "and type = any(%s) order by")

Connection = psycopg.Connection[Any]


def learn(
    connection: Connection, shadows: Sequence[Shadow], bodies: Sequence[tuple[int, bytes]]
) -> int:
    """Folds a page, each entry decoded once and given to the shadows of its type only.

    Gives how many bytes the entries have from which states were folded. Raises ``Stopped`` where
    a view cannot take one in.
    """
    entries = [decode(position, bytes(body)) for position, body in bodies]
    for shadow in shadows:
        if shadow.spilled:
            shadow.recall(connection, entries)
    learners: dict[str, list[tuple[Shadow, Callable[[Entry], None]]]] = {}
    kept = {name for each in shadows for name in each.types or ()}
    size = 0
    for entry in entries:
        name = entry.event.NAME
        wanted = learners.get(name)
        if wanted is None:
            wanted = learners[name] = [
                (each, each.learn) for each in shadows if each.types is None or name in each.types
            ]
        if name in kept:
            size += len(entry.kept)
        for shadow, take in wanted:
            try:
                take(entry)
            except MemoryError:
                raise
            except Exception as error:
                raise Stopped([stop_at(shadow.view.name, entry, error)]) from error
    return size


def bodies_of(
    connection: Connection, shadows: Sequence[Shadow], after: int, upto: int
) -> list[tuple[int, bytes]]:
    """The entries that any of the shadows takes in; other applications' are left out."""
    with connection.cursor(binary=True) as cursor:
        if any(each.types is None for each in shadows):
            return cursor.execute(ROWS, (after, upto)).fetchall()
        types = sorted({name for each in shadows for name in each.types or ()})
        return cursor.execute(ROWS_OF, (after, upto, types)).fetchall()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Without the collector, which would walk all states again and again; checkpoints call it."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()

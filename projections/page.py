"""Page: a part of the log as shadows take it in, each entry decoded once for all of them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from ledger.event import Entry, decode
from projections.shadow import Shadow
from projections.shadow_kind import IndexShadow
from projections.stop import Stopped, alone, stop_at

ROWS = (
    "select position, body, type from ledger.events "
    "where position > %s and position <= %s and id is not null order by position"
)
ROWS_OF = ROWS.replace("order by", "and type = any(%s) order by")

Connection = psycopg.Connection[Any]
# A position, the bytes of the entry and the type of its event.
Body = tuple[int, bytes, str]


def learn(connection: Connection, shadows: Sequence[Shadow], bodies: Sequence[Body]) -> int:
    """Folds a page, each entry decoded once and given to the shadows of its type only.

    What only indexes take in they read as it is stored.

    Gives how many bytes the entries have from which states were folded. Raises ``Stopped`` where
    a view cannot take one in.
    """
    kept = {name for each in shadows for name in each.types or ()}
    entries = [decode(position, body) for position, body, name in bodies if name in kept]
    for shadow in shadows:
        if isinstance(shadow, IndexShadow):
            _pass_over(shadow, [each for each in bodies if each[2] not in kept])
        if shadow.spilled:
            with alone(shadow.view.name, shadow.position):
                shadow.recall(connection, entries)
    learners: dict[str, list[tuple[Shadow, Callable[[Entry], None]]]] = {}
    size = 0
    for entry in entries:
        name = entry.event.NAME
        wanted = learners.get(name)
        if wanted is None:
            wanted = learners[name] = [
                (each, each.learn) for each in shadows if each.types is None or name in each.types
            ]
        size += len(entry.kept)
        for shadow, take in wanted:
            try:
                take(entry)
            except MemoryError:
                raise
            except Exception as error:
                raise Stopped([stop_at(shadow.view.name, entry, error)]) from error
    return size


def _pass_over(shadow: IndexShadow, bodies: Sequence[Body]) -> None:
    for position, body, _ in bodies:
        try:
            shadow.pass_over(position, body)
        except MemoryError:
            raise
        except Exception as error:
            entry = decode(position, body)
            raise Stopped([stop_at(shadow.view.name, entry, error)]) from error


def bodies_of(
    connection: Connection, shadows: Sequence[Shadow], after: int, upto: int
) -> list[Body]:
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

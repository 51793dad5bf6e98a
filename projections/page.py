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
from projections.stop import Stopped, alone, stop_at, stop_before

# Bodies are read once it is known how many of them are few enough.
ROWS = """
select position, body, type from (
    select position, body, type,
        sum(octet_length(body)) over (order by position rows unbounded preceding)
            - octet_length(body) as before
    from ledger.events
    where position > %(after)s and position <= %(upto)s and id is not null
        and (%(types)s::text[] is null or type = any(%(types)s))
) as page
where before < %(most)s order by position
"""
# What the words of the longest texts in so many bytes take to gather is some twenty times of it.
BYTES_MAX = 16 * 2**20

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
    entries = read(shadows, [each for each in bodies if each[2] in kept])
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
    for position, body, name in bodies:
        try:
            shadow.pass_over(position, body)
        except MemoryError:
            raise
        except Exception as error:
            raise Stopped([stop_before(shadow.view.name, position, name, error)]) from error


def read(shadows: Sequence[Shadow], bodies: Sequence[Body]) -> list[Entry]:
    """The entries of bodies.

    Raises ``Stopped`` of the shadows that take one in that cannot be read, as of a newer program.
    """
    entries: list[Entry] = []
    for position, body, name in bodies:
        try:
            entries.append(decode(position, body))
        except MemoryError:
            raise
        except Exception as error:
            takers = [each for each in shadows if each.types is None or name in each.types]
            raise Stopped(
                [stop_before(each.view.name, position, name, error) for each in takers]
            ) from error
    return entries


def bodies_of(
    connection: Connection, shadows: Sequence[Shadow], after: int, upto: int
) -> tuple[list[Body], int]:
    """The entries that any of the shadows takes in, and up to where; others' are left out.

    That is nearer than it was asked for where they have more bytes than a page may.
    """
    types = sorted({name for each in shadows for name in each.types or ()})
    whole = any(each.types is None for each in shadows)
    asked = {"after": after, "upto": upto, "types": None if whole else types, "most": BYTES_MAX}
    bodies = connection.cursor(binary=True).execute(ROWS, asked).fetchall()
    cut = sum(len(body) for _, body, _ in bodies) >= BYTES_MAX
    return bodies, bodies[-1][0] if cut else upto


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

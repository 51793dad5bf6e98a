"""The head: where a ledger stands, and who was erased, to be kept where the ledger is not.

A backup is held against it: one that is older, or of another history, shows; and people who were
erased after the backup are known, by a hash of their identifier, so that they are erased again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
import psycopg

from ledger.erasure import PersonErased
from ledger.event import leaf_hash
from projections.digest import Tree

FORMAT = 1
PAGE = 5_000
ERASED = (
    "select distinct tag from ledger.events, unnest(tags) as tag "
    "where type = %s and tag like 'teacher:%%' order by tag"
)
BODIES = "select body from ledger.events where position <= %s order by position"

Connection = psycopg.Connection[Any]


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a ledger stands: its last position, and the Merkle tree hash over all entries.

    ``made``: UTC. ``erased``: a hash of each person who was erased up to there, sorted.
    """

    format: int = FORMAT
    position: int
    root: str
    made: str
    erased: tuple[str, ...]


def root_at(connection: Connection, position: int) -> bytes:
    """The Merkle tree hash (RFC 6962 section 2.1) over the entries up to a position.

    The connection is in a transaction; as many entries as there are up to there are counted.
    """
    with connection.cursor("leaves") as cursor:
        cursor.itersize = PAGE
        cursor.execute(BODIES, (position,))
        return Tree().grown(leaf_hash(bytes(body)) for (body,) in cursor).root


def roots_of(events: Iterable[tuple[int, bytes]], wanted: Iterable[int]) -> dict[int, str]:
    """The same hash up to each wanted position, over positions and bodies in any order.

    No more is read than is needed, as long as no position is missing.
    """
    tree, found, due = Tree(), dict[int, str](), sorted(wanted)
    for position, body in _in_order(events):
        while due and due[0] < position:
            found[due.pop(0)] = tree.root.hex()
        if not due:
            return found
        tree = tree.grown(iter((leaf_hash(body),)))
    return found | dict.fromkeys(due, tree.root.hex())


def _in_order(events: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """By position: what comes too early waits, and behind a gap everything does."""
    waiting: dict[int, bytes] = {}
    due = 1
    for position, body in events:
        waiting[position] = body
        while due in waiting:
            yield due, waiting.pop(due)
            due += 1
    yield from sorted(waiting.items())


def head_of(connection: Connection, made: datetime) -> Head:
    """The head of a ledger; those who were erased later than its position may be among them."""
    [position] = connection.execute(
        "select coalesce(max(position), 0) from ledger.events"
    ).fetchone() or (0,)
    return Head(
        position=position,
        root=root_at(connection, position).hex(),
        made=made.isoformat(timespec="seconds").replace("+00:00", "Z"),
        erased=tuple(sorted({print_of(each) for each in erased(connection)})),
    )


def erased(connection: Connection) -> list[str]:
    """The identifiers of the people whose erasure is recorded, by an unreadable body too."""
    return [tag for (tag,) in connection.execute(ERASED, (PersonErased.NAME,))]


def print_of(subject: str) -> str:
    """What a head says of an erased person instead of the identifier."""
    return sha256(b"erased\x00" + subject.encode()).hexdigest()


def named_in(head: Head, subjects: Iterable[str]) -> list[str]:
    """Those of some identifiers of whom a head says that they were erased, sorted."""
    wanted = {*head.erased}
    return sorted({each for each in subjects if print_of(each) in wanted})

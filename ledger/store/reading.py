"""Reading the past of a batch: events of selectors, conflicts of appends, and the time so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from ledger.command import Selector
from ledger.store import statements as sql
from ledger.store.array import numbers, words
from ledger.store.memory import Memory
from ledger.store.statements import POSITION_FAR, UNIT, tag_hash
from ledger.store.tail import Tail
from ledger.store.work import Asked, Plain, Work


def hashes(tags: Iterable[str]) -> str:
    """The hashes of tags, as the statements take them."""
    return ",".join([str(tag_hash(tag)) for tag in tags])


class Past:
    """What a batch asks of the past. ``unknown``: a condition that the tail does not know."""

    def __init__(self, batch: Sequence[Work], tail: Tail | None) -> None:
        self.asked = [work for work in batch if isinstance(work, Asked)]
        self.plain = [work for work in batch if isinstance(work, Plain)]
        self.wanted = {s for work in self.asked for each in work.selectors for s in each}
        self.unknown = tail is None or not all(tail.knows(work.condition) for work in self.plain)
        self.seals = any(work.seals for work in self.asked)


class SelectorsRead:
    """What the memory of the wanted selectors lacks up to the head: asked, then taken."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        wanted: set[Selector],
        memory: Memory,
        head: int,
    ) -> None:
        self._memory = memory
        self._stale = [
            (each, recall) for each in wanted if (recall := memory.recall(each)).upto < head
        ]
        self._sent: list[psycopg.Cursor[Any]] = []
        by_tags: list[list[Any]] = [[], [], [], [], []]
        by_type: list[list[Any]] = [[], [], [], []]
        for number, (selector, recall) in enumerate(self._stale):
            tags = UNIT.join(selector.tags)
            if selector.rare or not selector.tags:
                for name in selector.types:
                    _push(by_type, number, tags, name, recall.upto)
            else:
                types = UNIT.join(selector.types)
                _push(by_tags, number, hashes(selector.tags), tags, types, recall.upto)
        for statement, columns in ((sql.BY_TAGS, by_tags), (sql.BY_RARE_TYPE, by_type)):
            if columns[0]:
                self._sent.append(sent(connection, statement, arrays(columns)))

    def take(self, head: int) -> None:
        """Gives the memory what came, which is all up to the head."""
        for cursor in self._sent:
            for number, position, body in cursor:
                self._memory.add(self._stale[number][1], position, body)
        for _, recall in self._stale:
            recall.upto = head


class IdentitiesRead:
    """Which of the id numbers of the work belong to whom: asked, then told to the work."""

    def __init__(self, connection: psycopg.Connection[Any], asked: list[Asked]) -> None:
        self._asked = asked
        prints = [
            seal.fingerprint for work in asked for seal in work.seals.values() if seal.fingerprint
        ]
        self._sent = sent(connection, sql.KNOWN_IDENTITIES, (prints,)) if prints else None

    def take(self) -> None:
        """Tells the work."""
        if self._sent is None:
            return
        known = {bytes(fingerprint): subject for fingerprint, subject in self._sent}
        for work in self._asked:
            work.identities = known  # shared, so that a batch sees its own identities too


class ConflictsRead:
    """The appends whose condition an event of the ledger meets: asked, then marked.

    What a tail knows all about is not asked of the database.
    """

    def __init__(
        self, connection: psycopg.Connection[Any], plain: list[Plain], tail: Tail | None
    ) -> None:
        self._plain = plain
        self._known: list[Plain] = []
        self._any_after: list[tuple[Plain, int]] = []
        by_tags: list[list[Any]] = [[], [], [], [], []]
        by_type: list[list[Any]] = [[], [], []]
        for number, work in enumerate(plain):
            if work.condition is None:
                continue
            if tail is not None and tail.knows(work.condition):
                self._known.append(work)
                continue
            after = min(max(work.condition.after or 0, 0), POSITION_FAR)
            items = work.condition.fail_if_events_match.items
            if not items:
                self._any_after.append((work, after))
            for item in items:
                types = UNIT.join(item.types)
                if item.tags:
                    _push(by_tags, number, hashes(item.tags), UNIT.join(item.tags), types, after)
                elif item.types:
                    for name in item.types:
                        _push(by_type, number, name, after)
                else:
                    self._any_after.append((work, after))
        self._sent = [
            sent(connection, statement, arrays(columns))
            for statement, columns in (
                (sql.CONFLICTS_BY_TAGS, by_tags),
                (sql.CONFLICTS_BY_TYPE, by_type),
            )
            if columns[0]
        ]

    def take(self, head: int, tail: Tail | None) -> list[Plain]:
        """Marks the appends that the ledger up to the head forbids.

        Gives those of which the tail knew all when it was asked, but not any more.
        """
        left: list[Plain] = []
        for work in self._known:
            if tail is not None and tail.knows(work.condition):
                work.conflict = tail.meets(work.condition)
            else:
                left.append(work)
        for work, after in self._any_after:
            work.conflict = work.conflict or head > after
        for cursor in self._sent:
            for (number,) in cursor:
                self._plain[number].conflict = True
        return left


def read_selectors(
    cursor: psycopg.Cursor[Any], wanted: set[Selector], memory: Memory, head: int
) -> None:
    """Brings the memory of the wanted selectors up to the head."""
    SelectorsRead(cursor.connection, wanted, memory, head).take(head)


def read_identities(cursor: psycopg.Cursor[Any], asked: list[Asked]) -> None:
    """Tells the work which of its id numbers belong to whom."""
    IdentitiesRead(cursor.connection, asked).take()


def sent(
    connection: psycopg.Connection[Any], statement: str, values: Sequence[Any] = ()
) -> psycopg.Cursor[Any]:
    """Asks in a pipeline; the rows are there for whoever goes through them."""
    return connection.cursor(binary=True).execute(statement, values)


def arrays(columns: list[list[Any]]) -> list[str]:
    """Columns of numbers and texts as parameters."""
    return [numbers(each) if isinstance(each[0], int) else words(each) for each in columns]


def _push(columns: list[list[Any]], *values: Any) -> None:
    for column, value in zip(columns, values, strict=True):
        column.append(value)

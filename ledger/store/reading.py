"""Reading the past of a batch: events of selectors, conflicts of appends, and the time so far."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg

from ledger.command import Selector
from ledger.store import statements as sql
from ledger.store.array import numbers, words
from ledger.store.memory import Memory
from ledger.store.statements import UNIT, tag_hash
from ledger.store.work import Asked, Plain


def hashes(tags: Iterable[str]) -> str:
    """The hashes of tags, as the statements take them."""
    return ",".join([str(tag_hash(tag)) for tag in tags])


def read_selectors(
    cursor: psycopg.Cursor[Any], wanted: set[Selector], memory: Memory, head: int
) -> None:
    """Brings the memory of the wanted selectors up to the head."""
    stale = [(each, recall) for each in wanted if (recall := memory.recall(each)).upto < head]
    by_tags: list[list[Any]] = [[], [], [], [], []]
    by_type: list[list[Any]] = [[], [], [], []]
    for number, (selector, recall) in enumerate(stale):
        tags = UNIT.join(selector.tags)
        if selector.rare or not selector.tags:
            for name in selector.types:
                _push(by_type, number, tags, name, recall.upto)
        else:
            types = UNIT.join(selector.types)
            _push(by_tags, number, hashes(selector.tags), tags, types, recall.upto)
    if by_tags[0]:
        for number, position, body in cursor.execute(sql.BY_TAGS, arrays(by_tags)):
            memory.add(stale[number][1], position, body)
    if by_type[0]:
        for number, position, body in cursor.execute(sql.BY_RARE_TYPE, arrays(by_type)):
            memory.add(stale[number][1], position, body)
    for _, recall in stale:
        recall.upto = head


def read_identities(cursor: psycopg.Cursor[Any], asked: list[Asked]) -> None:
    """Tells the work which of its id numbers belong to whom."""
    prints = [
        seal.fingerprint for work in asked for seal in work.seals.values() if seal.fingerprint
    ]
    if not prints:
        return
    known = {
        bytes(fingerprint): subject
        for fingerprint, subject in cursor.execute(sql.KNOWN_IDENTITIES, (prints,))
    }
    for work in asked:
        work.identities = known  # shared, so that a batch sees its own identities too


def read_conflicts(cursor: psycopg.Cursor[Any], plain: list[Plain], head: int) -> None:
    """Marks the appends whose condition is met by an event in the ledger."""
    by_tags: list[list[Any]] = [[], [], [], [], []]
    by_type: list[list[Any]] = [[], [], []]
    for number, work in enumerate(plain):
        if work.condition is None:
            continue
        after = work.condition.after or 0
        items = work.condition.fail_if_events_match.items
        if not items:
            work.conflict = work.conflict or head > after
        for item in items:
            if item.tags:
                types = UNIT.join(item.types)
                tags = UNIT.join(item.tags)
                _push(by_tags, number, hashes(item.tags), tags, types, after)
            elif item.types:
                for name in item.types:
                    _push(by_type, number, name, after)
            else:
                work.conflict = work.conflict or head > after
    for statement, columns in (
        (sql.CONFLICTS_BY_TAGS, by_tags),
        (sql.CONFLICTS_BY_TYPE, by_type),
    ):
        if columns[0]:
            for (number,) in cursor.execute(statement, arrays(columns)):
                plain[number].conflict = True


def arrays(columns: list[list[Any]]) -> list[str]:
    """Columns of numbers and texts as parameters."""
    return [numbers(each) if isinstance(each[0], int) else words(each) for each in columns]


def not_before(now: datetime, last: datetime | None) -> datetime:
    """The time of a batch: never before the last one, even where the clock goes back."""
    moment = now.astimezone(UTC)
    return max(moment, last.astimezone(UTC)) if last else moment


def _push(columns: list[list[Any]], *values: Any) -> None:
    for column, value in zip(columns, values, strict=True):
        column.append(value)

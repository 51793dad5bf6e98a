"""Insertion: what the committer writes of a batch, events and all about them in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from ledger.event import leaf_hash
from ledger.store import statements as sql
from ledger.store.answer import Answer
from ledger.store.array import words
from ledger.store.column import blobs, days, ids, numbers, texts
from ledger.store.statements import UNIT, tag_hash
from ledger.store.tray import Row
from ledger.store.work import Asked, Seal

TEXT, BINARY = 0, 1
NO, YES = b"\x00", b"\x01"
ANSWER = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that a connection knows by name: how it is given, and in which formats."""

    name: bytes
    text: str
    formats: tuple[int, ...]


WRITE = Prepared(b"ledger_write", sql.WRITE, (TEXT, TEXT, *[BINARY] * 14))
APPEND = Prepared(b"ledger_append", sql.APPEND, (TEXT, TEXT, *[BINARY] * 9))


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was carried out, kept so that it is answered again and not carried out."""

    actor: str
    request: str
    digest: bytes
    answer: bytes


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Readies a connection for a lane: its settings, and the statements that it writes with."""
    for setting in (*sql.PINNED, *sql.UNFROZEN):
        connection.execute(setting)
    for each in (WRITE, APPEND):
        sound(connection.pgconn, connection.pgconn.prepare(each.name, each.text.encode()))


def insert(connection: psycopg.Connection[Any], rows: list[Row], requests: list[Request]) -> bool:
    """Writes a batch's events after the head; ``False``, and nothing, where others wrote before.

    It speaks to libpq at once: of what the driver does for a statement only the waiting is left.
    Raises what the driver raises.
    """
    done = connection.pgconn.exec_prepared(
        WRITE.name, values(rows, requests), WRITE.formats, BINARY
    )
    sound(connection.pgconn, done)
    return done.get_value(0, 0) == YES


def values(rows: list[Row], requests: Sequence[Request], *, behind: bool = False) -> list[bytes]:
    """What ``WRITE`` takes.

    ``behind``: they follow what the same connection was just given to write, and nothing else.
    """
    entries = [row.entry for row in rows]
    bodies = [row.body for row in rows]
    return [
        b"%d" % (rows[0].position - 1),
        rows[0].at.isoformat().encode(),
        texts([row.type for row in rows]),
        days([row.on for row in rows]),
        ids([entry.id if entry else None for entry in entries]),
        texts([entry.channel if entry else None for entry in entries]),
        texts([UNIT.join(row.tags) for row in rows]),
        blobs(bodies),
        blobs([leaf_hash(body) for body in bodies]),
        *tagged(rows),
        texts([each.actor for each in requests]),
        texts([each.request for each in requests]),
        blobs([each.digest for each in requests]),
        blobs([each.answer for each in requests]),
        YES if behind else NO,
    ]


def tagged(rows: Sequence[Row]) -> list[bytes]:
    """The hashes of the tags of events, none twice for one, and the position of each."""
    hashes: list[int] = []
    positions: list[int] = []
    for row in rows:
        found = {tag_hash(tag) for tag in row.tags}
        hashes += found
        positions += [row.position] * len(found)
    return [numbers(hashes), numbers(positions)]


def sound(pgconn: PGconn, result: PGresult) -> None:
    """Raises what the driver would raise for a result."""
    if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        return
    error = error_from_result(result)
    if pgconn.status == ConnStatus.BAD and error.sqlstate is None:
        raise psycopg.OperationalError(str(error))
    raise error


def insert_seals(cursor: psycopg.Cursor[Any], seals: list[Seal]) -> None:
    """Writes sealed personal data, their keys, and by what they are looked up."""
    if not seals:
        return
    cursor.execute(
        sql.INSERT_KEYS, (words([each.subject for each in seals]), [each.wrapped for each in seals])
    )
    secrets = [(each.subject, *secret) for each in seals for secret in each.secrets]
    if secrets:
        subjects, digests, names, bodies = zip(*secrets, strict=True)
        cursor.execute(
            sql.INSERT_SECRETS, (words(digests), words(subjects), words(names), list(bodies))
        )
    lookups = [(each.fingerprint, each.subject) for each in seals if each.fingerprint]
    if lookups:
        prints, subjects = zip(*lookups, strict=True)
        cursor.execute(sql.INSERT_LOOKUPS, (list(prints), words(subjects)))


def requests_of(asked: Sequence[Asked]) -> list[Request]:
    """What is kept of commands that were carried out."""
    return [
        Request(work.asker.actor, work.request, work.digest, ANSWER.encode(answer))
        for work, answer in _carried_out(asked)
    ]


def seals_of(asked: Sequence[Asked]) -> list[Seal]:
    """The personal data that came with commands that were carried out."""
    return [seal for work, _ in _carried_out(asked) for seal in work.kept]


def accepted(answer: Answer) -> bool:
    """Whether something was written that is to be answered again alike."""
    return not answer.replayed and any(outcome.accepted for outcome in answer.outcomes)


def _carried_out(asked: Sequence[Asked]) -> list[tuple[Asked, Answer]]:
    return [(w, w.answer) for w in asked if w.answer is not None and accepted(w.answer)]

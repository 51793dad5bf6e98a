"""Bundle: very many events that were decided elsewhere, each table in one ``COPY``.

What a batch of the committer writes row by row through arrays comes here as bytes in the binary
form of ``COPY``, made by other processes beforehand. Nothing is relaxed for it: the lock of the
committer is held, the database itself checks that positions are dense, that time does not go back
and that every leaf hash fits its body, and all of a bundle is committed at once or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from struct import pack
from typing import Any, NamedTuple

import psycopg

from ledger.store import statements as sql
from ledger.store.connection import open_connection
from ledger.store.insertion import insert_seals
from ledger.store.trouble import Trouble
from ledger.store.work import Seal

SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
EPOCH_DAY = date(2000, 1, 1).toordinal()
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
TEXT_OID = 25
COPIES = {
    "events": "copy ledger.events (position, type, at, on_day, id, channel, tags, body, leaf_hash) "
    "from stdin (format binary)",
    "tags": "copy ledger.tags (hash, position) from stdin (format binary)",
    "requests": "copy ledger.requests (actor, request, digest, answer, at) "
    "from stdin (format binary)",
}
# The rows of a statement are kept for the trigger that looks at all of them.
SETTING = "set work_mem = '96MB'"
SLICE_BYTES = 1 << 20
MAY_CHECKPOINT = "select pg_has_role('pg_checkpoint', 'usage')"
TENDED = "vacuum (analyze) ledger.events, ledger.tags, ledger.requests"


class Bundle(NamedTuple):
    """Rows of events, tags and requests in binary, at dense positions, and what was sealed."""

    first: int
    last: int
    events: bytes
    tags: bytes
    requests: bytes
    seals: list[Seal]


def tend(url: str) -> None:
    """Leaves the tables after very many new rows as the database would in time.

    Whoever reads a row first would have to find out, and write down, that it is committed, and all
    that is not on disk yet would be written beside what follows. Only the owner of the tables may
    do the one, and who is allowed to the other.
    """
    with open_connection(url, owner=True, autocommit=True) as connection:
        connection.execute(TENDED)
        [may] = connection.execute(MAY_CHECKPOINT).fetchone() or (False,)
        if may:
            connection.execute("checkpoint")


def write_bundle(connection: psycopg.Connection[Any], bundle: Bundle) -> None:
    """Commits a bundle right after the head. Raises ``Trouble`` where others wrote meanwhile."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (sql.LOCK,))
        row = cursor.execute(sql.HEAD).fetchone()
        if (row[0] if row else 0) != bundle.first - 1:
            raise Trouble(
                "WRITTEN_MEANWHILE",
                zh="写入期间另有程序向这本账写入；请另用空的数据目录重来。",
                en="Somebody else wrote into this ledger meanwhile; begin again in an empty data "
                "folder.",
            )
        for table, rows in zip(COPIES, (bundle.events, bundle.tags, bundle.requests), strict=True):
            _copy(cursor, COPIES[table], rows)
        insert_seals(cursor, bundle.seals)
        cursor.execute("select pg_notify(%s, %s)", (sql.CHANNEL, str(bundle.last)))


def _copy(cursor: psycopg.Cursor[Any], statement: str, rows: bytes) -> None:
    view = memoryview(rows)
    with cursor.copy(statement) as copy:
        copy.write(SIGNATURE)
        for start in range(0, len(view), SLICE_BYTES):
            copy.write(view[start : start + SLICE_BYTES])
        copy.write(TRAILER)


def sized(value: bytes) -> bytes:
    """A field: its length and its bytes."""
    return pack(">i", len(value)) + value


def instant_field(at: datetime) -> bytes:
    """A ``timestamptz``: microseconds since 2000."""
    since = at - EPOCH
    return pack(">iq", 8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def day_field(day: date) -> bytes:
    """A ``date``: days since 2000."""
    return pack(">ii", 4, day.toordinal() - EPOCH_DAY)


def texts_field(values: Sequence[str]) -> bytes:
    """A ``text[]`` of at least one."""
    head = pack(">iiiii", 1, 0, TEXT_OID, len(values), 1)
    return sized(head + b"".join(sized(each.encode()) for each in values))

"""The access log: who read personal data or took an export, what for, and how much of it.

A reading is no fact of training, so it is no event of the ledger; the log stands beside it, grows
only, and each row is chained to the one before. It is written before the data leave: where it
cannot be written, nothing is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from typing import Any

import msgspec
import psycopg
from msgspec import Struct
from psycopg_pool import ConnectionPool

from ledger.fault import Fault
from ledger.text import trimmed

PURPOSE_CHARACTERS_MIN, PURPOSE_CHARACTERS_MAX = 2, 200
TRACE_CHARACTERS_MAX = 100
GENESIS = bytes(32)
_INSERT = (
    "insert into ledger.access_log (at, kind, actor, what, places, body) "
    "values (%s, %s, %s, %s, %s, %s) returning number, hash"
)
_INSERT_SUBJECTS = (
    "insert into ledger.access_subjects (subject, number) select unnest(%s::text[]), %s"
)
_TOUCHED = (
    "select count(distinct subject) from ledger.access_log "
    "join ledger.access_subjects using (number) where actor = %s and kind = %s and at >= %s"
)
_ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"


class AccessKind(Enum):
    """In what way data were read, or may be from now on.

    Dry runs were logged as ``EXPORT`` before there was ``TRIAL``; what ``what`` says tells them
    from files that were taken.
    """

    REVEAL = "REVEAL"
    OWN = "OWN"
    EXPORT = "EXPORT"
    TRIAL = "TRIAL"
    WEBHOOK = "WEBHOOK"
    LOOKUP = "LOOKUP"


class Access(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One reading of personal data, or one export.

    ``clear``: personal data left unmasked; ``subjects``: how many persons it was about, and
    ``subjects_digest`` binds their names, which stand in a table of their own.
    """

    at: datetime
    kind: AccessKind
    actor: str
    role: str
    scope: str
    channel: str
    what: str
    purpose: str = ""
    clear: bool = False
    format: str | None = None
    filters: dict[str, str] = {}
    position: int = 0
    effective: date | None = None
    rows: int = 0
    bytes: int | None = None
    sha256: str | None = None
    trace: str | None = None
    places: tuple[str, ...] = ()
    subjects: int = 0
    subjects_digest: str = ""


class Logged(Access, kw_only=True, frozen=True):
    """An access as it stands in the log, with its number and the hash of the chain up to it."""

    number: int
    hash: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which accesses are wanted; what is left out does not restrict.

    ``reach``: places seen. ``spans``: from which position of the
    ledger, and before which.
    """

    reach: tuple[str, ...] | None = None
    spans: tuple[tuple[int, int], ...] | None = None
    subject: str | None = None
    actor: str | None = None
    kind: AccessKind | None = None
    what: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AccessLog:
    """Writes and reads the log; safe to use from many threads."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._pool = pool

    def write(self, access: Access, subjects: Iterable[str] = ()) -> Logged:
        """Adds a row with the persons whom it was about. Nothing may be shown before."""
        with self._pool.connection() as connection, connection.transaction():
            return _written(connection, access, subjects)

    def page(
        self, wanted: Wanted, limit: int, *, after: int | None = None, latest_first: bool = True
    ) -> list[Logged]:
        """At most ``limit`` accesses after a number, the latest first unless said otherwise."""
        conditions, values = _conditions(wanted)
        if after is not None:
            conditions.append(f"number {'<' if latest_first else '>'} %(after)s")
        statement = (
            f"select number, body, hash from ledger.access_log {_where(conditions)} "
            f"order by number {'desc' if latest_first else 'asc'} limit %(limit)s"
        )
        with self._pool.connection() as connection:
            rows = connection.execute(
                statement.encode(), values | {"after": after, "limit": limit}
            ).fetchall()
        return [logged(number, bytes(body), bytes(hash_)) for number, body, hash_ in rows]

    def touched(self, actor: str, kind: AccessKind, since: datetime) -> int:
        """How many persons an actor's accesses of a kind were about, each counted once."""
        with self._pool.connection() as connection:
            return _touched(connection, actor, kind, since)

    def write_counted(self, access: Access, subjects: Iterable[str], since: datetime) -> int:
        """Adds a row, and says about how many persons those of its actor and kind are by now.

        One of an actor's at a time, so that of many at once each counts those before.
        """
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(_ONE_AT_A_TIME, (f"{access.kind.value} {access.actor}",))
            _written(connection, access, subjects)
            return _touched(connection, access.actor, access.kind, since)

    def count(self, wanted: Wanted) -> int:
        """How many there are."""
        conditions, values = _conditions(wanted)
        statement = f"select count(*) from ledger.access_log {_where(conditions)}"
        with self._pool.connection() as connection:
            row = connection.execute(statement.encode(), values).fetchone()
        return row[0] if row else 0


def checked_purpose(text: str | None) -> str:
    """A purpose that says something. Raises ``Fault`` (``BAD_PURPOSE``)."""
    purpose = trimmed(text or "")
    fits = PURPOSE_CHARACTERS_MIN <= len(purpose) <= PURPOSE_CHARACTERS_MAX
    if fits and purpose.isprintable():
        return purpose
    raise Fault(
        "BAD_PURPOSE",
        zh=f"须写明用途，{PURPOSE_CHARACTERS_MIN} 至 {PURPOSE_CHARACTERS_MAX} 个可见字符",
        en=f"say what for, in {PURPOSE_CHARACTERS_MIN} to {PURPOSE_CHARACTERS_MAX} printable "
        "characters",
        field="purpose",
    )


def trace_of(text: str | None) -> str | None:
    """A caller's own number of a request, cut to a length; ``None`` for what is no text."""
    if not text or not text.isprintable():
        return None
    return text[:TRACE_CHARACTERS_MAX]


def columns_of(access: Access) -> tuple[Any, ...]:
    """What stands in columns beside the body, to be searched by."""
    return access.at, access.kind.value, access.actor, access.what, list(access.places)


def digest_of_names(names: list[str]) -> str:
    """What binds a sorted list of names; empty for none."""
    return sha256("\n".join(names).encode()).hexdigest() if names else ""


def chained(before: bytes, body: bytes) -> bytes:
    """The hash of a row that follows another."""
    return sha256(before + body).digest()


def read(body: bytes) -> Access:
    """The access in a body."""
    return msgspec.json.decode(body, type=Access)


def logged(number: int, body: bytes, hash_: bytes) -> Logged:
    """The row as it is told."""
    access = read(body)
    told = {name: getattr(access, name) for name in access.__struct_fields__}
    return Logged(**told, number=number, hash=hash_.hex())


def _written(
    connection: psycopg.Connection[Any], access: Access, subjects: Iterable[str]
) -> Logged:
    names = sorted(set(subjects))
    whole = msgspec.structs.replace(
        access, subjects=len(names), subjects_digest=digest_of_names(names)
    )
    body = msgspec.json.encode(whole, order="sorted")
    row = connection.execute(_INSERT, (*columns_of(whole), body)).fetchone()
    assert row is not None
    connection.execute(_INSERT_SUBJECTS, (names, row[0]))
    return logged(row[0], body, bytes(row[1]))


def _touched(
    connection: psycopg.Connection[Any], actor: str, kind: AccessKind, since: datetime
) -> int:
    row = connection.execute(_TOUCHED, (actor, kind.value, since)).fetchone()
    return row[0] if row else 0


def _conditions(wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    possible = {
        "reach": "places && %(reach)s::text[]",
        # By positions, since the clock may have been behind the ledger.
        "spans": "exists (select from unnest(%(begun)s::bigint[], %(ended)s::bigint[]) "
        "as span(begun, ended), coalesce((convert_from(body, 'UTF8')::jsonb->>'position')::bigint, "
        "0) as stood where stood >= begun and stood < ended)",
        "subject": "number in (select number from ledger.access_subjects "
        "where subject = %(subject)s)",
        "actor": "actor = %(actor)s",
        "kind": "kind = %(kind)s",
        "what": "what = %(what)s",
        "since": "at >= %(since)s",
        "until": "at <= %(until)s",
    }
    values = {name: getattr(wanted, name) for name in possible}
    values = {name: value for name, value in values.items() if value is not None}
    conditions = [possible[name] for name in values]
    if "reach" in values:
        values["reach"] = list(values["reach"])
    if wanted.spans is not None:
        del values["spans"]
        values["begun"] = [begun for begun, _ in wanted.spans]
        values["ended"] = [ended for _, ended in wanted.spans]
    if wanted.kind is not None:
        values["kind"] = wanted.kind.value
    return conditions, values


def _where(conditions: list[str]) -> str:
    return f"where {' and '.join(conditions)}" if conditions else ""

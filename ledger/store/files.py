"""Files: which uploads and dry runs lie sealed, told and removed without the key of the vault.

Nothing is opened for it: neither what a file holds nor how it is called, since a name may be a
person's. One that an event speaks of stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct
from psycopg_pool import ConnectionPool

Pool = ConnectionPool[psycopg.Connection[Any]]
LISTED_MAX = 1_000


class Lying(Struct, frozen=True, kw_only=True):
    """An upload as it lies there. ``kept``: an event speaks of it, or is about to.

    ``erased``: when its bytes were destroyed, since they named somebody who was erased.
    """

    upload: str
    form: str
    actor: str
    role: str
    scope: str
    bytes: int
    opened: datetime
    received: datetime | None
    sha256: str | None
    results: int
    kept: bool
    erased: datetime | None


class Removed(Struct, frozen=True, kw_only=True):
    """How many uploads went, with the trials of them, and how many dry runs."""

    uploads: int
    results: int
    loads: int


def lying(pool: Pool, *, scope: str | None = None) -> list[Lying]:
    """The uploads, the latest first; only those given up for a scope, where one is named."""
    with pool.connection() as connection:
        rows = connection.execute(
            "select upload::text, form, actor, role, scope, declared, opened_at, received_at, "
            "sha256, (select count(*) from vault.results r where r.upload = u.upload), kept, "
            "erased_at "
            "from vault.uploads u where %(scope)s::text is null or scope = %(scope)s "
            "order by opened_at desc limit %(most)s",
            {"scope": scope, "most": LISTED_MAX},
        ).fetchall()
    return [Lying(**dict(zip(Lying.__struct_fields__, row, strict=True))) for row in rows]


def lies_sealed(pool: Pool) -> bool:
    """Whether anything that an event speaks of lies sealed."""
    with pool.connection() as connection:
        row = connection.execute(
            "select exists (select from vault.results where kept) "
            "or exists (select from vault.loads where kept)"
        ).fetchone()
    return row is not None and bool(row[0])


def anything_lies(pool: Pool) -> bool:
    """Whether any file or dry run lies sealed."""
    with pool.connection() as connection:
        row = connection.execute(
            "select exists (select from vault.uploads where erased_at is null) "
            "or exists (select from vault.loads)"
        ).fetchone()
    return row is not None and bool(row[0])


def sealed(pool: Pool, uploads: Iterable[str]) -> set[str]:
    """Those of some uploads of which the bytes lie there, as hexadecimal numbers."""
    with pool.connection() as connection:
        rows = connection.execute(
            "select upload from vault.uploads where upload = any(%s) and sealed is not null",
            ([UUID(each) for each in uploads],),
        ).fetchall()
    return {upload.hex for (upload,) in rows}


def remove(
    pool: Pool, before: datetime, *, upload: UUID | None = None, rehearse: bool = False
) -> Removed:
    """Removes what was given up before a moment and led to nothing; ``upload``: only that one.

    ``rehearse``: counts it, and removes nothing.
    """
    named = {"before": before, "upload": upload}
    old = (
        "not kept and opened_at < %(before)s and (%(upload)s::uuid is null or upload = %(upload)s)"
    )
    with pool.connection() as connection, connection.transaction(force_rollback=rehearse):
        [results] = connection.execute(
            "select count(*) from vault.results r join vault.uploads u using (upload) "
            f"where u.upload in (select upload from vault.uploads where {old})",
            named,
        ).fetchone() or (0,)
        uploads = connection.execute(f"delete from vault.uploads where {old}", named).rowcount
        loads = 0
        if upload is None:
            loads = connection.execute(
                "delete from vault.loads where not kept and made_at < %(before)s", named
            ).rowcount
    return Removed(uploads=uploads, results=results, loads=loads)

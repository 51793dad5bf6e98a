"""Kept: what events speak of and what lies sealed beside them, opened so that it can be proved.

Whoever reads it holds the key of the vault, and sees what nobody's role shows as a whole; it serves
the checks of integrity only, which tell of no person.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from ledger.names import LoadId
from ledger.reconciliation import SheetCompared
from ledger.store.load import LoadHead, opened_head
from ledger.store.load_row import StoredRow, keyed, opened_batch
from ledger.store.result import SPOKEN_OF, spoken_of
from ledger.store.vault import Vault


@dataclass(frozen=True)
class KeptResult:
    """A result with the file that it is of. ``body``: its encoding; ``name``: of the file.

    ``data`` is ``None`` for a file that an erasure destroyed, ``erased``: words of the result went.
    """

    body: bytes
    name: str
    data: bytes | None
    erased: bool


@dataclass(frozen=True)
class KeptLoad:
    """A load with its rows."""

    head: LoadHead
    rows: list[list[StoredRow]]


class Kept:
    """Opens what lies sealed, whoever gave it up."""

    def __init__(self, vault: Vault, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self.vault, self._pool = vault, pool

    def result(self, event: SheetCompared) -> KeptResult | None:
        """The result of which an event speaks, and its file.

        Raises ``Trouble`` or ``zlib.error`` where what lies there was altered.
        """
        with self._pool.connection() as connection:
            row = connection.execute(
                "select u.upload::text, u.wrapped, u.name, u.sealed, r.token::text, r.sealed, "
                "r.erased from vault.results r join vault.uploads u using (upload) "
                f"where {SPOKEN_OF}",
                spoken_of(event),
            ).fetchone()
        if row is None:
            return None
        upload, wrapped, name, data, token, sealed, erased = row

        def opened(field: str, of: bytes) -> bytes:
            return self.vault.open_bytes(f"upload:{upload}", bytes(wrapped), field, bytes(of))

        return KeptResult(
            body=zlib.decompress(opened(token, sealed)),
            name=opened("name", name).decode(),
            data=None if data is None else opened("data", data),
            erased=erased,
        )

    def load(self, load: LoadId) -> KeptLoad | None:
        """A load of which an event speaks. Raises ``Trouble`` where its rows were altered."""
        at = UUID(load.value)
        with self._pool.connection() as connection:
            row = connection.execute(
                "select wrapped, head from vault.loads where load = %s and kept", (at,)
            ).fetchone()
            batches = connection.execute(
                "select batch, sealed from vault.load_batches where load = %s order by batch",
                (at,),
            ).fetchall()
        if row is None or row[1] is None:
            return None
        wrapped = bytes(row[0])
        return KeptLoad(
            head=opened_head(self.vault, load, wrapped, bytes(row[1])),
            rows=[
                opened_batch(self.vault, load, wrapped, batch, bytes(sealed))
                for batch, sealed in batches
            ],
        )

    def keys(self, load: KeptLoad) -> Iterator[bytes]:
        """The keys of the rows of a load, made anew from the rows; none of an erased row."""
        for rows in load.rows:
            for row in rows:
                if row.erased:
                    continue
                yield bytes.fromhex(keyed(row, self.vault).key)

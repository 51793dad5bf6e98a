"""Loads: dry runs of sheets, kept sealed row by row, so that what is committed is what was shown.

The rows lie in batches under a key of their own, since they name people. A dry run belongs to
whoever made it, with the same role over the same scope, and goes after some days unless it was
committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct
from psycopg_pool import ConnectionPool

from ledger.command import Asker
from ledger.event import express, revive
from ledger.load import Fate, Loaded
from ledger.mapping import Mapping
from ledger.names import LoadId
from ledger.store.load_row import StoredRow, encoded_batch, opened_batch, traces_of
from ledger.store.ticket import destroyed
from ledger.store.vault import Vault

DAYS_KEPT = 14
_OWN = "actor = %(actor)s and role = %(role)s and scope = %(scope)s"


class LoadOptions(Struct, frozen=True, kw_only=True):
    """On what terms a sheet is loaded; see ``schema.planning``."""

    party: str
    full: bool = False
    since: date | None = None
    offering: str | None = None
    until: date | None = None
    origin: str | None = None
    source: str | None = None
    on: date | None = None


class LoadHead(Struct, kw_only=True):
    """A dry run as a whole. ``batches``: in how many it is committed."""

    load: LoadId
    upload: str
    mapping: Mapping
    options: LoadOptions
    what: Loaded
    batches: int
    made: datetime


class Loads:
    """Keeps dry runs; safe to use from many threads."""

    def __init__(
        self,
        vault: Vault,
        pool: ConnectionPool[psycopg.Connection[Any]],
        clock: Callable[[], datetime],
    ) -> None:
        self._vault, self._pool, self._clock = vault, pool, clock

    def open(self, asker: Asker, load: LoadId, upload: str) -> bytes:
        """Begins a dry run of a file, and gives its key, wrapped."""
        self.purge()
        wrapped = self._vault.new_key(str(load))
        values = _own(asker) | {"load": _uuid(load), "upload": UUID(upload)}
        values |= {"now": self._clock(), "wrapped": wrapped}
        with self._pool.connection() as connection:
            connection.execute(
                "insert into vault.loads (load, upload, actor, role, scope, made_at, wrapped) "
                "values (%(load)s, %(upload)s, %(actor)s, %(role)s, %(scope)s, %(now)s, "
                "%(wrapped)s)",
                values,
            )
        return wrapped

    def put(
        self, load: LoadId, wrapped: bytes, batch: int, first: int, rows: list[StoredRow]
    ) -> None:
        """Keeps the rows of one batch; ``first``: how many rows came before."""
        data = encoded_batch(rows)
        sealed = self._vault.seal_bytes(str(load), wrapped, f"batch {batch}", data)
        with self._pool.connection() as connection:
            connection.execute(
                "insert into vault.load_batches (load, batch, first, sealed, traces) "
                "values (%s, %s, %s, %s, %s)",
                (_uuid(load), batch, first, sealed, traces_of(rows, self._vault)),
            )

    def close(self, load: LoadId, wrapped: bytes, head: LoadHead) -> None:
        """Ends a dry run: from now on it can be seen and committed.

        Raises ``Fault`` (``FILE_ERASED``) where its file was destroyed meanwhile.
        """
        sealed = self._vault.seal_bytes(str(load), wrapped, "head", encoded_head(head))
        with self._pool.connection() as connection:
            done = connection.execute(
                "update vault.loads l set head = %s where load = %s and exists (select "
                "from vault.uploads u where u.upload = l.upload and sealed is not null for share)",
                (sealed, _uuid(load)),
            ).rowcount
        if not done:
            self.drop(load)
            raise destroyed()

    def drop(self, load: LoadId) -> None:
        """Removes a dry run that came to nothing."""
        with self._pool.connection() as connection:
            connection.execute("delete from vault.loads where load = %s", (_uuid(load),))

    def head(self, asker: Asker, load: LoadId) -> LoadHead | None:
        """An asker's own dry run, once it is made."""
        found = self._key(asker, load)
        if found is None or found[1] is None:
            return None
        return opened_head(self._vault, load, found[0], found[1])

    def batches(self, asker: Asker, load: LoadId) -> Iterator[list[StoredRow]]:
        """The rows of an asker's own dry run, batch by batch."""
        found = self._key(asker, load)
        batch = 0
        while found is not None and (rows := self._batch(load, found[0], batch)) is not None:
            yield rows
            batch += 1

    def page(
        self, asker: Asker, load: LoadId, first: int, after: int, fate: Fate | None
    ) -> tuple[list[StoredRow], int | None]:
        """Rows after so many, and after how many the next page begins."""
        rows: list[StoredRow] = []
        number = 0
        for batch in self.batches(asker, load):
            if number + len(batch) <= after:
                number += len(batch)
                continue
            for each in batch:
                number += 1
                if number <= after or (fate is not None and each.fate is not fate):
                    continue
                rows.append(each)
                if len(rows) == first:
                    return rows, number
        return rows, None

    def keep(self, load: LoadId) -> None:
        """An event speaks of it: it stays, with all its rows."""
        with self._pool.connection() as connection:
            connection.execute("update vault.loads set kept = true where load = %s", (_uuid(load),))

    def purge(self) -> int:
        """Removes the dry runs that led to nothing for too long, and says how many."""
        with self._pool.connection() as connection:
            return connection.execute(
                "delete from vault.loads where not kept and made_at < %s",
                (self._clock() - timedelta(days=DAYS_KEPT),),
            ).rowcount

    def _batch(self, load: LoadId, wrapped: bytes, batch: int) -> list[StoredRow] | None:
        with self._pool.connection() as connection:
            row = connection.execute(
                "select sealed from vault.load_batches where load = %s and batch = %s",
                (_uuid(load), batch),
            ).fetchone()
        if row is None:
            return None
        return opened_batch(self._vault, load, wrapped, batch, bytes(row[0]))

    def _key(self, asker: Asker, load: LoadId) -> tuple[bytes, bytes | None] | None:
        try:
            values = _own(asker) | {"load": _uuid(load)}
        except ValueError:
            return None
        with self._pool.connection() as connection:
            row = connection.execute(
                f"select wrapped, head from vault.loads where load = %(load)s and {_OWN}", values
            ).fetchone()
        return None if row is None else (bytes(row[0]), row[1] and bytes(row[1]))


def opened_head(vault: Vault, load: LoadId, wrapped: bytes, sealed: bytes) -> LoadHead:
    """The head of a dry run. Raises ``Trouble`` where it was altered."""
    data = vault.open_bytes(str(load), wrapped, "head", sealed)
    return msgspec.json.decode(data, type=LoadHead, dec_hook=revive)


def encoded_head(head: LoadHead) -> bytes:
    """A head as it is sealed."""
    return _HEAD.encode(head)


def _own(asker: Asker) -> dict[str, Any]:
    return {"actor": asker.actor, "role": asker.role.value, "scope": str(asker.scope)}


def _uuid(load: LoadId) -> UUID:
    return UUID(load.value)


# A mapping has numbers for keys, which are not sorted.
_HEAD = msgspec.json.Encoder(enc_hook=express)

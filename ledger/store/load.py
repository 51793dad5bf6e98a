"""Loads: dry runs of sheets, kept sealed row by row, so that what is committed is what was shown.

The rows lie in batches under a key of their own, since they name people. A dry run belongs to
whoever made it, with the same role over the same scope, and goes after some days unless it was
committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, get_type_hints
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct
from psycopg_pool import ConnectionPool

from ledger.command import Asker, Command
from ledger.event import express, revive
from ledger.intention import Intention, Objection
from ledger.load import Fate, Loaded
from ledger.mapping import Mapping
from ledger.names import LoadId
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


class StoredCommand(Struct, frozen=True, array_like=True):
    """A command by its name and what it asks."""

    name: str
    asks: msgspec.Raw


class StoredRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row with what it leads to. ``key``: by which two runs are held against each other."""

    row: int
    fate: Fate
    key: str
    on: date | None = None
    teacher: str | None = None
    commands: tuple[StoredCommand, ...] = ()
    person: dict[str, str] = {}
    said: tuple[Objection, ...] = ()
    tab: str = ""


class Loads:
    """Keeps dry runs; safe to use from many threads."""

    def __init__(
        self,
        vault: Vault,
        pool: ConnectionPool[psycopg.Connection[Any]],
        clock: Callable[[], datetime],
    ) -> None:
        self._vault, self._pool, self._clock = vault, pool, clock

    def open(self, asker: Asker, load: LoadId) -> bytes:
        """Begins a dry run, and gives its key, wrapped."""
        self.purge()
        wrapped = self._vault.new_key(str(load))
        values = _own(asker) | {"load": _uuid(load), "now": self._clock(), "wrapped": wrapped}
        with self._pool.connection() as connection:
            connection.execute(
                "insert into vault.loads (load, actor, role, scope, made_at, wrapped) values "
                "(%(load)s, %(actor)s, %(role)s, %(scope)s, %(now)s, %(wrapped)s)",
                values,
            )
        return wrapped

    def put(
        self, load: LoadId, wrapped: bytes, batch: int, first: int, rows: list[StoredRow]
    ) -> None:
        """Keeps the rows of one batch; ``first``: how many rows came before."""
        data = _JSON.encode(rows)
        sealed = self._vault.seal_bytes(str(load), wrapped, f"batch {batch}", data)
        with self._pool.connection() as connection:
            connection.execute(
                "insert into vault.load_batches (load, batch, first, sealed) "
                "values (%s, %s, %s, %s)",
                (_uuid(load), batch, first, sealed),
            )

    def close(self, load: LoadId, wrapped: bytes, head: LoadHead) -> None:
        """Ends a dry run: from now on it can be seen and committed."""
        sealed = self._vault.seal_bytes(str(load), wrapped, "head", _HEAD.encode(head))
        with self._pool.connection() as connection:
            connection.execute(
                "update vault.loads set head = %s where load = %s", (sealed, _uuid(load))
            )

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


def opened_batch(
    vault: Vault, load: LoadId, wrapped: bytes, batch: int, sealed: bytes
) -> list[StoredRow]:
    """The rows of one batch. Raises ``Trouble`` where they were altered."""
    data = vault.open_bytes(str(load), wrapped, f"batch {batch}", sealed)
    return msgspec.json.decode(data, type=list[StoredRow])


def stored(intention: Intention, vault: Vault, on: date | None) -> StoredRow:
    """A row as it is kept."""
    row = StoredRow(
        row=intention.row,
        fate=intention.fate,
        key="",
        on=on,
        teacher=intention.teacher,
        commands=tuple(_stored(each) for each in intention.commands),
        person=intention.person,
        said=intention.said,
        tab=intention.tab,
    )
    return keyed(row, vault)


def keyed(row: StoredRow, vault: Vault) -> StoredRow:
    """A row with the key that follows from all else in it."""
    bare = msgspec.structs.replace(row, key="")
    # Keyed, since a row names a person and its digest stands in an event.
    return msgspec.structs.replace(row, key=vault.fingerprint(_JSON.encode(bare).hex()).hex())


def commands_of(row: StoredRow) -> list[Command]:
    """The commands of a row."""
    return [_command(each) for each in row.commands]


def _stored(command: Command) -> StoredCommand:
    asks = {each.name: getattr(command, each.name) for each in fields(command) if each.init}
    asks.pop("sealed", None)
    return StoredCommand(type(command).__name__, msgspec.Raw(_JSON.encode(asks)))


def _command(told: StoredCommand) -> Command:
    kind, hints = _kinds()[told.name], _hints(told.name)
    asks = msgspec.json.decode(told.asks)
    return kind(
        **{
            name: msgspec.convert(value, hints[name], dec_hook=revive, str_keys=True)
            for name, value in asks.items()
        }
    )


@cache
def _hints(name: str) -> dict[str, Any]:
    return get_type_hints(_kinds()[name])


@cache
def _kinds() -> dict[str, type[Command]]:
    found: dict[str, type[Command]] = {}
    left: list[type[Command]] = [Command]
    while left:
        kind = left.pop()
        found[kind.__name__] = kind
        left += kind.__subclasses__()
    return found


def _own(asker: Asker) -> dict[str, Any]:
    return {"actor": asker.actor, "role": asker.role.value, "scope": str(asker.scope)}


def _uuid(load: LoadId) -> UUID:
    return UUID(load.value)


_JSON = msgspec.json.Encoder(order="sorted", enc_hook=express)
# A mapping has numbers for keys, which are not sorted.
_HEAD = msgspec.json.Encoder(enc_hook=express)

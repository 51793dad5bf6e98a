"""The rows of dry runs as they are kept: what each leads to, its key, and whom it names."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from ledger.command import Command, asked_of
from ledger.event import express, revive
from ledger.intention import Intention, Objection
from ledger.load import Fate
from ledger.names import LoadId
from ledger.store.trace import of_print, of_subject
from ledger.store.vault import ID_NUMBER, Vault


class StoredCommand(Struct, frozen=True, array_like=True):
    """A command by its name and what it asks."""

    name: str
    asks: msgspec.Raw


class StoredRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row with what it leads to. ``key``: by which two runs are held against each other.

    ``erased``: what it said of a person is destroyed, and its key with it.
    """

    row: int
    fate: Fate
    key: str
    on: date | None = None
    teacher: str | None = None
    commands: tuple[StoredCommand, ...] = ()
    person: dict[str, str] = {}
    said: tuple[Objection, ...] = ()
    tab: str = ""
    erased: bool = False


def opened_batch(
    vault: Vault, load: LoadId, wrapped: bytes, batch: int, sealed: bytes
) -> list[StoredRow]:
    """The rows of one batch. Raises ``Trouble`` where they were altered."""
    data = vault.open_bytes(str(load), wrapped, f"batch {batch}", sealed)
    return msgspec.json.decode(data, type=list[StoredRow])


def encoded_batch(rows: list[StoredRow]) -> bytes:
    """The rows of one batch as they are sealed."""
    return _JSON.encode(rows)


def traces_of(rows: list[StoredRow], vault: Vault) -> list[int]:
    """By which the rows that hold personal data are found."""
    found: set[int] = set()
    for row in rows:
        if row.person:
            found.add(of_subject(row.teacher or ""))
            if number := row.person.get(ID_NUMBER):
                found.add(of_print(vault.fingerprint(number)))
    return sorted(found)


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
    asks = {name: getattr(command, name) for name in asked_of(type(command))}
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


_JSON = msgspec.json.Encoder(order="sorted", enc_hook=express)

"""Entries as they are told, read from their stored bodies: of the event only what is asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from ledger.event import CATALOGUE, Event, decode_event

UNIT = "\x1f"


class Told(Struct, kw_only=True, gc=False):
    """An entry for a reader who may see all of it. What it says is not read before it is asked for.

    ``stored``: what it says as the JSON that was stored, which is JCS (RFC 8785); ``kept``: all
    bytes of the entry.
    """

    id: str
    at: datetime
    on: date
    actor: str
    channel: str
    type: str
    v: int
    stored: msgspec.Raw = msgspec.field(name="data")
    cause: str | None = None
    request: str | None = None
    source: str | None = None
    place: str | None = None
    position: int = 0
    named: str = ""
    kept: bytes = b""

    @property
    def tags(self) -> list[str]:
        """The names that it carries."""
        return self.named.split(UNIT) if self.named else []

    @property
    def description(self) -> str:
        """What such an event says."""
        return described(self.type)

    @property
    def event(self) -> Event:
        """What it says, brought up to the present version."""
        return decode_event(self.type, self.v, bytes(self.stored))

    @property
    def data(self) -> Any:
        """The same as JSON has it, its keys in the order in which they are stored."""
        return msgspec.json.decode(self.stored) if self.present else data_of(self.event)

    @property
    def present(self) -> bool:
        """Whether what is stored is of the present version."""
        kind = CATALOGUE.get(self.type)
        return kind is not None and self.v == kind.VERSION


def told_of(position: int, body: bytes, named: str) -> Told:
    """The entry of a stored body at its position, with its tags."""
    told = _DECODER.decode(body)
    told.position, told.named, told.kept = position, named, body
    return told


def spliced(entry: Any) -> Any:
    """What an entry says, as it goes out: as it is stored, where nothing else has to be told."""
    if entry.__class__ is Told and _PRESENT.get(entry.type) == entry.v:
        return entry.stored
    return entry.data


def data_of(event: Event) -> Any:
    """What an event says as JSON has it, its keys in the order in which they are stored."""
    return msgspec.to_builtins(event, enc_hook=str, order="sorted")


def described(name: str) -> str:
    """What an event of that name says."""
    kind = CATALOGUE.get(name)
    return (kind.__doc__ or "").strip() if kind is not None else ""


_PRESENT = {name: kind.VERSION for name, kind in CATALOGUE.items()}
_DECODER = msgspec.json.Decoder(Told)

"""Entries as they are told, read from their stored bodies: of the event only what is asked for."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from ledger.event import CATALOGUE, Event, decode_event
from schema.compiled.rendering import ENCODER, Rendered
from schema.compiled.stored import Rows
from schema.compiled.written import Kept, Writing

UNIT = "\x1f"
# As the ledger writes instants: microseconds, of which Python leaves out those that are none.
STORED_CHARACTERS = len("2024-03-19T01:00:02.998940Z")
WHOLE_SECOND = ".000000Z"
STORED_SECOND = f'{WHOLE_SECOND}"'.encode()
OPTIONAL = ("cause", "request", "source", "place")
NULL = Raw(b"null")


class Told(Struct, kw_only=True, gc=False):
    """An entry for a reader who may see all of it. What it says is not read before it is asked for.

    ``stored``: what it says as the JSON that was stored, which is JCS (RFC 8785); ``instant`` and
    ``day`` are as they were stored; ``kept``: all bytes of the entry.
    """

    id: str
    instant: str = msgspec.field(name="at")
    day: str = msgspec.field(name="on")
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
    def at(self) -> datetime:
        """When the ledger learned it."""
        return datetime.fromisoformat(self.instant)

    @property
    def on(self) -> date:
        """The day when it is true."""
        return date.fromisoformat(self.day)

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


def instant_of(entry: Any) -> str:
    """When the ledger learned an entry, as it goes out: with the offset that ``Z`` stands for."""
    if entry.__class__ is not Told or len(entry.instant) != STORED_CHARACTERS:
        return str(entry.at.isoformat())
    text = str(entry.instant)
    return (text[:-1] if text[-8:] != WHOLE_SECOND else text[:-8]) + "+00:00"


def day_of(entry: Any) -> str:
    """The day when an entry is true, as it goes out."""
    return str(entry.day) if entry.__class__ is Told else str(entry.on.isoformat())


def data_of(event: Event) -> Any:
    """What an event says as JSON has it, its keys in the order in which they are stored."""
    return msgspec.to_builtins(event, enc_hook=str, order="sorted")


def described(name: str) -> str:
    """What an event of that name says."""
    kind = CATALOGUE.get(name)
    return (kind.__doc__ or "").strip() if kind is not None else ""


_PRESENT = {name: kind.VERSION for name, kind in CATALOGUE.items()}
_DECODER = msgspec.json.Decoder(Told)


class Entries(Rows):
    """A page of entries as they are stored, for a reader who may see all of them."""

    def __init__(self, kept: Sequence[Kept], rendered: Rendered) -> None:
        super().__init__(Told, _DECODER.decode, kept)
        self.rendered = rendered

    @property
    def ends(self) -> tuple[str, str] | None:
        """The first and the last position."""
        return (str(self.kept[0][0]), str(self.kept[-1][0])) if self.kept else None

    def _whole(self) -> list[tuple[str, Any]]:
        return [(str(each[0]), told_of(*each)) for each in self.kept]


class Bare(Struct, gc=False):
    """An entry of which nothing is read but of what kind it is: the rest as it is stored."""

    type: str
    v: int
    id: Raw
    at: Raw
    on: Raw
    actor: Raw
    channel: Raw
    data: Raw
    cause: Raw = NULL
    request: Raw = NULL
    source: Raw = NULL
    place: Raw = NULL


def _instant(row: Bare, _: Kept) -> bytes:
    text = bytes(row.at)
    if len(text) != STORED_CHARACTERS + len('""'):
        return ENCODER.encode(datetime.fromisoformat(msgspec.json.decode(row.at)).isoformat())
    whole = text.endswith(STORED_SECOND)
    return (text[: -len(STORED_SECOND)] if whole else text[:-2]) + b'+00:00"'


def _data(row: Bare, _: Kept) -> Any:
    if _PRESENT.get(row.type) == row.v:
        return row.data
    return ENCODER.encode(data_of(decode_event(row.type, row.v, bytes(row.data))))


def _tags(_: Bare, kept: Kept) -> bytes:
    return ENCODER.encode(kept[2].split(UNIT) if kept[2] else [])


WRITING = Writing(
    rows=Entries,
    read=msgspec.json.Decoder(Bare).decode,
    # What base64 makes of digits has neither + nor /.
    cursor=lambda _, kept: b2a_base64(b"%d" % kept[0], newline=False).rstrip(b"="),
    pieces={
        "position": lambda _, kept: b"%d" % kept[0],
        "type": lambda row, _: ENCODER.encode(row.type),
        "at": _instant,
        "tags": _tags,
        "data": _data,
    }
    | {name: name for name in ("id", "on", "actor", "channel", *OPTIONAL)},
)

"""Trail: what leads to an entry besides its tags: its texts, its request and source, its causes.

Texts are found by any part of two characters or more. Each pair of neighbouring characters is one
row of a narrow index (hash, position), as is each event id that an entry names. A search crosses
the rows of its pairs with those of the tags that narrow it, seeking from one to the next, so that
it reads little more than it gives; whoever reads on compares the texts themselves.

Nothing of it is written when events are appended: the runner follows, as it does for views. The
rows of an entry are bounded by its body: at most one for each pair of characters in it.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from hashlib import blake2b
from operator import add
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec
import psycopg
from msgspec import Struct, structs
from psycopg import sql

from ledger.event import CATALOGUE, Entry
from ledger.names import Name
from ledger.store.array import numbers
from projections.crossing import CROSSING
from projections.projection import ASIDE, SCHEMA, Index

EVENT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EVENT_ID_CHARACTERS = 36
STEPS_MAX = 200_000
TEXTS_MAX, PAIRS_MAX = 8_192, 32_768
_BIGINT = struct.Struct("!iq")
# The row has two columns, and the first has eight bytes.
HASH_BYTES = 8
_HASH_FOLLOWS = struct.pack("!hi", 2, HASH_BYTES)
# What fields may be that hold texts and nothing beside.
SPOKEN: tuple[Any, ...] = (str, str | None, tuple[str, ...])
# Plain strings that are codes and no words.
CODES = {
    *("code", "draw", "events", "gone", "parameters", "rule", "rules"),
    *("sealed", "seed", "sha256", "value"),
}


class LinkKind(Enum):
    """How an entry leads back to another: as its cause, as what it corrects, as its evidence."""

    CAUSE = "CAUSE"
    CORRECTION = "CORRECTION"
    EVIDENCE = "EVIDENCE"


class Trails(Index):
    """Where texts, requests, sources and event ids stand."""

    name = "trails"
    version = 2
    primary = ("hash", "position")

    def create(self, table: str, *, bare: bool = False) -> sql.Composed:
        key = "" if bare else ", primary key (hash, position)"
        made = sql.SQL("create table {} (hash bigint not null, position bigint not null{})").format(
            sql.Identifier(SCHEMA, table), sql.SQL(key)
        )
        return made + ASIDE if bare else made

    def indexes(self, table: str) -> list[sql.Composed]:
        return [sql.SQL(CROSSING).format()] if table == self.name else []

    def write(self, connection: psycopg.Connection[Any], table: str, entries: list[Entry]) -> None:
        """Adds a row for each word of each entry, in the order of the index."""
        rows = sorted(
            (int.from_bytes(start[-HASH_BYTES:], "big", signed=True), each.position)
            for each in entries
            for start in _row_starts(each)
        )
        if rows:
            connection.execute(
                sql.SQL("insert into {} select * from unnest(%t::bigint[], %t::bigint[])").format(
                    sql.Identifier(SCHEMA, table)
                ),
                (numbers([hash for hash, _ in rows]), numbers([at for _, at in rows])),
            )

    def block(self, entry: Entry) -> bytes:
        """The rows of an entry, each word once."""
        return _rows(_row_starts(entry), entry.position)

    def block_of(self, position: int, body: bytes) -> bytes:
        """The same of an entry as it is stored, of which no more is read than what has words."""
        stored = _STORED.decode(body)
        decoder = _speech(stored.type, stored.v)
        if decoder is None:
            return super().block_of(position, body)
        strings: list[tuple[str, str]] = []
        _gather(decoder.decode(stored.data), "", strings)
        said, links = _told(strings, stored.cause)
        return _rows(_starts(said, _referring(stored, links)), position)


class _Stored(Struct, kw_only=True, gc=False):
    """What leads to an entry besides its tags, as it is stored."""

    type: str
    v: int
    data: msgspec.Raw
    cause: str | None = None
    request: str | None = None
    source: str | None = None


def _rows(starts: frozenset[bytes] | set[bytes], position: int) -> bytes:
    """Rows of a binary COPY, each of which ends with the position."""
    place = _BIGINT.pack(8, position)
    return place.join(starts) + place if starts else b""


def _row_starts(entry: Entry) -> frozenset[bytes] | set[bytes]:
    """The starts of the rows of an entry, which is walked through but once."""
    said, links = _read(entry)
    return _starts(said, _referring(entry, links))


def _starts(said: list[str], referring: list[str]) -> frozenset[bytes] | set[bytes]:
    if not said and not referring:
        return frozenset()
    starts = set(map(_row_start, referring))
    return starts.union(*map(_row_starts_of, said))


@lru_cache(maxsize=TEXTS_MAX)
def _row_starts_of(text: str) -> frozenset[bytes]:
    """The starts of the rows of a text; most texts are said again and again."""
    return frozenset(map(_row_start_of, _pairs(text)))


@lru_cache(maxsize=PAIRS_MAX)
def _row_start_of(pair: str) -> bytes:
    """The start of the row of a pair; texts that were never said before are made of the same."""
    return _row_start(_text(pair))


def _row_start(word: str) -> bytes:
    """The start of a row of a binary COPY: that it has two columns, and the hash of a word.

    The hash is that of ``tag_hash``, which keeps those of the tags at hand; of words none but pairs
    come again.
    """
    return _HASH_FOLLOWS + blake2b(word.encode(), digest_size=HASH_BYTES).digest()


def words(entry: Entry) -> Iterator[str]:
    """All words under which an entry is found, some of them more than once."""
    for text in texts(entry):
        yield from pairs(text)
    yield from references(entry)


def references(entry: Entry) -> Iterator[str]:
    """The words for the events that an entry names, for its request and its source."""
    yield from _referring(entry, _read(entry)[1])


def _referring(entry: Entry | _Stored, links: dict[str, LinkKind]) -> list[str]:
    found = [named(event_id) for event_id in links]
    if entry.request is not None:
        found.append(f"request {entry.request}")
    if entry.source is not None:
        found.append(f"source {entry.source}")
    return found


def named(event_id: str) -> str:
    """The word under which the entries stand that name an event."""
    return f"names {event_id}"


def plain(text: str) -> str:
    """A text as it is compared: NFC, one width, one case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def pairs(text: str) -> set[str]:
    """The words of a text: one for each two characters that stand side by side in it."""
    return set(map(_text, _pairs(text)))


def _pairs(text: str) -> set[str]:
    bare = plain(text)
    return set(map(add, bare, bare[1:]))


def _text(pair: str) -> str:
    return f"text {pair}"


def texts(entry: Entry) -> list[str]:
    """What people and rules say in an entry: titles, reasons, notes, sentences; no codes."""
    return _read(entry)[0]


def links(entry: Entry) -> list[tuple[LinkKind, str]]:
    """The events that an entry names, each once, its cause first."""
    return [(kind, event_id) for event_id, kind in _read(entry)[1].items()]


def _read(entry: Entry) -> tuple[list[str], dict[str, LinkKind]]:
    """The texts in an entry and the events that it names."""
    strings: list[tuple[str, str]] = []
    _gather(entry.event, "", strings)
    return _told(strings, entry.cause)


def _told(
    strings: list[tuple[str, str]], cause: str | None
) -> tuple[list[str], dict[str, LinkKind]]:
    said: list[str] = []
    found: dict[str, LinkKind] = {}
    if cause is not None:
        found[cause] = LinkKind.CAUSE
    for field, text in strings:
        if len(text) != EVENT_ID_CHARACTERS or not EVENT_ID.fullmatch(text):
            said.append(text)
            continue
        kind = LinkKind.CORRECTION if field == "corrects" else LinkKind.EVIDENCE
        # What is corrected is often the cause as well; that it is corrected says more.
        if kind is LinkKind.CORRECTION or text not in found:
            found[text] = kind
    return said, found


def _gather(value: object, field: str, found: list[tuple[str, str]]) -> None:
    """Adds the plain strings in a value, each with the field that it stands in."""
    if type(value) is str:  # a name is a string of a class of its own
        found.append((field, value))
    elif isinstance(value, Struct):
        for name in _speaking(type(value)):
            inner = getattr(value, name)
            # Most that speaks is a plain string or nothing, and every entry comes by here.
            if type(inner) is str:
                found.append((name, inner))
            elif inner is not None:
                _gather(inner, name, found)
    elif isinstance(value, tuple | list):
        for each in value:
            _gather(each, field, found)


@cache
def _speaking(kind: type[Struct]) -> tuple[str, ...]:
    """The fields that may hold words in plain strings, by what their annotations do not rule out.

    A field that is named as codes are may be a part of the event, in which there are words.
    """
    hints = get_type_hints(kind)
    return tuple(
        name
        for name in kind.__struct_fields__
        if not _mute(hints[name]) and (name not in CODES or _is_part(hints[name]))
    )


@cache
def _speech(name: str, version: int) -> msgspec.json.Decoder[Any] | None:
    """Reads of a stored event what may hold texts; ``None`` where the whole has to be read.

    That is so for an older version, and where texts stand within parts of the event.
    """
    kind = CATALOGUE.get(name)
    if kind is None or version != kind.VERSION:
        return None
    hints, speaking = get_type_hints(kind), _speaking(kind)
    if not all(hints[each] in SPOKEN for each in speaking):
        return None
    fields = [each for each in structs.fields(kind) if each.name in speaking]
    if any(each.name != each.encode_name or not _known_default(each) for each in fields):
        return None
    told = [(each.name, hints[each.name], each.default) for each in fields]
    return msgspec.json.Decoder(msgspec.defstruct(f"{kind.__name__}Said", told, kw_only=True))


def _known_default(field: structs.FieldInfo) -> bool:
    """Whether a field that is left out is an immutable value, or must not be left out."""
    return field.default_factory is msgspec.NODEFAULT


def _mute(hint: object) -> bool:
    """Whether values of an annotation can only be numbers, days, names and words of a list."""
    inner = [each for each in get_args(hint) if each not in (type(None), ...)]
    if inner:
        return all(map(_mute, inner))
    if _is_part(hint):
        return not _speaking(cast("type[Struct]", hint))
    return isinstance(hint, type) and issubclass(hint, (int, Decimal, date, Enum, Name))


def _is_part(hint: object) -> bool:
    """Whether values of an annotation are parts of an event, or one or nothing."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return any(isinstance(each, type) and issubclass(each, Struct) for each in kinds)


_STORED = msgspec.json.Decoder(_Stored)

"""Said: what people and rules say in an entry, and the events that it names."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct, structs

from ledger.event import CATALOGUE, Entry
from ledger.names import Name

EVENT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EVENT_ID_CHARACTERS = 36
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


class Said(NamedTuple):
    """The texts in an entry, the events that it names, its request and its source."""

    texts: list[str]
    links: dict[str, LinkKind]
    request: str | None
    source: str | None


class _Stored(Struct, kw_only=True, gc=False):
    """What leads to an entry besides its tags, as it is stored."""

    type: str
    v: int
    data: msgspec.Raw
    cause: str | None = None
    request: str | None = None
    source: str | None = None


def texts(entry: Entry) -> list[str]:
    """What people and rules say in an entry: titles, reasons, notes, sentences; no codes."""
    return said_in(entry).texts


def links(entry: Entry) -> list[tuple[LinkKind, str]]:
    """The events that an entry names, each once, its cause first."""
    return [(kind, event_id) for event_id, kind in said_in(entry).links.items()]


def said_in(entry: Entry) -> Said:
    """What is said in an entry, which is walked through but once."""
    strings: list[tuple[str, str]] = []
    _gather(entry.event, "", strings)
    return Said(*_told(strings, entry.cause), entry.request, entry.source)


def said_as_stored(body: bytes) -> Said | None:
    """The same of an entry as it is stored, of which no more is read; ``None`` where it has to be.

    That is so of an event of an older version, and where texts stand within parts of the event.
    """
    stored = _STORED.decode(body)
    decoder = _speech(stored.type, stored.v)
    if decoder is None:
        return None
    strings: list[tuple[str, str]] = []
    _gather(decoder.decode(stored.data), "", strings)
    return Said(*_told(strings, stored.cause), stored.request, stored.source)


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
    """Reads of a stored event what may hold texts; ``None`` where the whole has to be read."""
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

"""Columns: what a GraphQL type shows of a row, as an object with its keys and as flat cells.

An export reads the same fields under the same names as a query, so they are taken from the type
itself: what is added there is exported as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec
from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)
from msgspec import Struct

from schema.root import build

NUMBERS = ("Decimal", "Int", "Position")
Read = Callable[[Any], Any]


class Part(Struct, frozen=True):
    """A field: its key, how it is read, of which kind it is, and the parts of an object.

    Kinds: ``text``, ``number``, ``bool``, ``date``, ``list`` (JSON in a cell) and ``object``.
    """

    key: str
    read: Read
    kind: str
    title: str
    many: bool = False
    parts: tuple[Part, ...] = ()


class Column(Struct, frozen=True):
    """A column of a table: its title in Chinese with the field's name, and how a cell is found."""

    title: str
    kind: str
    path: tuple[str, ...]

    def cell(self, row: dict[str, Any]) -> Any:
        """The value in an object; ``None`` where there is none."""
        value: Any = row
        for key in self.path:
            value = None if value is None else value[key]
        return value


def whole() -> GraphQLSchema:
    """The schema as it is served."""
    schema: GraphQLSchema = build()._schema
    return schema


def parts_of(
    name: str, given: dict[str, Read] | None = None, without: tuple[str, ...] = ()
) -> tuple[Part, ...]:
    """The fields of a type but some, those of an object after a stop.

    ``given`` reads those that are no attribute of the row.
    """
    kind = whole().type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return tuple(
        _part(key, field, (given or {}).get(key), _below(key, without))
        for key, field in kind.fields.items()
        if key not in without
    )


def plain(parts: tuple[Part, ...], row: Any) -> dict[str, Any]:
    """A row as an object with GraphQL's keys."""
    return {part.key: _value(part, part.read(row)) for part in parts}


def columns(parts: tuple[Part, ...]) -> tuple[Column, ...]:
    """The columns of a table of such rows."""
    return tuple(_columns(parts, (), ""))


def _below(key: str, without: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each.removeprefix(f"{key}.") for each in without if each.startswith(f"{key}."))


def _part(key: str, field: GraphQLField, given: Read | None, without: tuple[str, ...]) -> Part:
    bare = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    named = get_named_type(field.type)
    many = isinstance(bare, GraphQLList)
    kind = "text"
    parts: tuple[Part, ...] = ()
    if isinstance(named, GraphQLObjectType):
        kind, parts = "object", parts_of(named.name, without=without)
    elif named.name in NUMBERS:
        kind = "number"
    elif named.name in ("Date", "Boolean"):
        kind = "date" if named.name == "Date" else "bool"
    elif named.name == "JSON":
        kind = "list"
    attribute = field.extensions["strawberry-definition"].python_name
    return Part(
        key=key,
        read=given or (lambda row: getattr(row, attribute)),
        kind=kind,
        title=chinese(field.description or key),
        many=many,
        parts=parts,
    )


def _value(part: Part, value: Any) -> Any:
    if value is None:
        return None
    if part.many:
        return [plain(part.parts, each) if part.parts else _leaf(each) for each in value]
    return plain(part.parts, value) if part.parts else _leaf(value)


def _leaf(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list | tuple):
        return msgspec.to_builtins(value, enc_hook=str)
    return value


def _columns(parts: tuple[Part, ...], path: tuple[str, ...], above: str) -> Iterator[Column]:
    for part in parts:
        own, title = (*path, part.key), above + part.title
        if part.parts and not part.many:
            yield from _columns(part.parts, own, title + "·")
        else:
            kind = "list" if part.many else part.kind
            yield Column(title=f"{title} {'.'.join(own)}", kind=kind, path=own)


def chinese(said: str) -> str:
    """The Chinese of a description in both languages, up to its first stop."""
    pieces = " ".join(said.split()).split(". ")
    first = next((n for n, each in enumerate(pieces) if _has_chinese(each)), 0)
    found = ". ".join(pieces[first:])
    for stop in "。；，（：":
        found = found.partition(stop)[0]
    return found.strip()


def _has_chinese(text: str) -> bool:
    return any("一" <= each <= "鿿" for each in text)

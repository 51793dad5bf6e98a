"""Input types built from commands and from the parts inside them, and the way back."""

from __future__ import annotations

import dataclasses
import inspect
import types
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import strawberry
from msgspec import Struct

from ledger.command import Command
from ledger.fault import Fault
from ledger.names import Name
from schema.scalars import Position, annotation, name_in

ROWS_MAX = 5_000
_HINTS: dict[Any, dict[str, Any]] = {}


def asked_fields(command: type[Command], skip: tuple[str, ...] = ()) -> list[Any]:
    """The dataclass fields that are asked for, not learned."""
    return [each for each in dataclasses.fields(command) if each.init and each.name not in skip]


def command_input(command: type[Command], skip: tuple[str, ...] = ()) -> Any:
    """The input type of a command: its asked fields."""
    hints = get_type_hints(command)
    fields = {
        each.name: (hints[each.name], _default(each.default))
        for each in asked_fields(command, skip)
    }
    return _input(f"{command.__name__}Input", inspect.getdoc(command) or "", fields)


@cache
def part_input(part: Any) -> Any:
    """The input type of a part of a command."""
    hints = get_type_hints(part)
    fields = {
        each.name: (hints[each.name], _default(each.default))
        for each in msgspec.structs.fields(part)
    }
    return _input(f"{part.__name__}Input", inspect.getdoc(part) or "", fields)


def _default(value: Any) -> Any:
    missing = value is dataclasses.MISSING or value is msgspec.NODEFAULT
    return dataclasses.MISSING if missing else value


def _input(name: str, doc: str, fields: dict[str, tuple[Any, Any]]) -> Any:
    annotations, members = {}, {}
    for field, (hint, default) in fields.items():
        # A place in the ledger outgrows the whole numbers of GraphQL.
        place = field == "position"
        annotations[field] = Position if place else annotation(hint, part_input)
        if default is dataclasses.MISSING:
            continue
        if isinstance(default, tuple):
            members[field] = strawberry.field(default_factory=list)
        else:
            members[field] = strawberry.field(default=default)
    cls = type(name, (), {"__annotations__": annotations, **members})
    return strawberry.input(cls, description=doc.split("\n\n")[0])


def command_from(command: type[Command], given: Any, **extra: Any) -> Command:
    """The command that an input asks for. Raises ``Fault`` naming the field."""
    hints = hints_of(command)
    values = {
        each.name: _revive(hints[each.name], getattr(given, each.name), each.name)
        for each in asked_fields(command, tuple(extra))
        if hasattr(given, each.name)
    }
    return command(**values, **extra)


def _revive(hint: Any, value: Any, path: str) -> Any:
    if value is None:
        return None
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = next(each for each in arguments if each is not type(None))
        return _revive(inner, value, path)
    if origin is tuple:
        if len(value) > ROWS_MAX:
            raise Fault(
                "TOO_MANY_ROWS",
                zh=f"{path} 有 {len(value)} 行，一次最多 {ROWS_MAX} 行",
                en=f"{path} has {len(value)} rows; at most {ROWS_MAX} at once",
                field=path,
            )
        return tuple(_revive(arguments[0], each, path) for each in value)
    if isinstance(hint, type) and issubclass(hint, Name):
        return name_in(hint, value, path)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return value if isinstance(value, hint) else hint(value)
    if isinstance(hint, type) and issubclass(hint, Struct):
        hints = hints_of(hint)
        values = {
            each: _revive(hints[each], getattr(value, each), f"{path}.{each}")
            for each in hint.__struct_fields__
        }
        return hint(**values)
    return value


def hints_of(kind: Any) -> dict[str, Any]:
    """The types of a command's or part's fields; they are read from their text only once."""
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]

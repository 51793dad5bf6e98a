"""Inputs made from commands: well formed, and naming nothing that the ledger knows."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from ledger.command import Command
from ledger.names import JurisdictionId, Name
from ledger.trainer import RecordTrainerConsent, RegisterTrainer
from schema.inputs import asked_fields

CHOSEN = {RegisterTrainer: "provider", RecordTrainerConsent: "provider"}
"""Of several fields of which one must be given, the one that a sample gives."""
Naming = Callable[[type[Name], str], str]


def nobody(kind: type[Name], field: str) -> str:
    """A name that nobody bears."""
    return "jurisdiction:339999" if kind is JurisdictionId else f"{kind.kind or 'staff'}:nobody"


def sample(command: type[Command], naming: Naming = nobody) -> dict[str, Any]:
    """An input for a command with all that it must have."""
    hints = get_type_hints(command)
    return {
        camel(each.name): _value(hints[each.name], each.name, naming)
        for each in asked_fields(command, ("sealed",))
        if each.default is MISSING or each.name == CHOSEN.get(command)
    }


def options(command: type[Command], naming: Naming) -> dict[str, Any]:
    """What an input may have besides and that is a name, or several."""
    hints = get_type_hints(command)
    given = sample(command)
    return {
        camel(each.name): _value(hints[each.name], each.name, naming)
        for each in asked_fields(command, ("sealed",))
        if camel(each.name) not in given and _names(hints[each.name])
    }


def _names(hint: Any) -> bool:
    if get_origin(hint) in (Union, types.UnionType, tuple):
        return _names(get_args(hint)[0])
    return isinstance(hint, type) and issubclass(hint, Name)


def _value(hint: Any, field: str, naming: Naming) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return _value(get_args(hint)[0], field, naming)
    if get_origin(hint) is tuple:
        return [_value(get_args(hint)[0], field, naming)]
    if issubclass(hint, Name):
        return naming(hint, field)
    if issubclass(hint, Enum):
        return next(iter(hint)).name
    if issubclass(hint, Struct):
        hints = get_type_hints(hint)
        return {
            camel(each.name): _value(hints[each.name], each.name, naming)
            for each in msgspec.structs.fields(hint)
            if each.required
        }
    plain = {str: "甲", int: 1, bool: True, Decimal: "1", date: "2024-03-19"}
    return plain[hint]


def camel(name: str) -> str:
    """A field's name in GraphQL."""
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)

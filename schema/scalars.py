"""Scalars, and how Python types become GraphQL types."""

from __future__ import annotations

import types
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NewType, Union, get_args, get_origin

import strawberry
from graphql import GraphQLError
from msgspec import Struct
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from ledger.event import INTEGER_MAX
from ledger.names import Name

Position = NewType("Position", int)
Text = NewType("Text", str)
TEXT_CHARACTERS_MAX = 20_000


def _position(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INTEGER_MAX:
        return value
    raise GraphQLError("a Position is a whole number from 0")


def _decimal(value: object) -> Decimal:
    # Numbers are taken as well as strings; a float would not be exact.
    if isinstance(value, str | int) and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except ArithmeticError:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise GraphQLError('a Decimal is a whole number or a string such as "17.5"')


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("a Text is a string")
    text = unicodedata.normalize("NFC", value)
    if len(text) > TEXT_CHARACTERS_MAX:
        raise GraphQLError(f"a Text has at most {TEXT_CHARACTERS_MAX} characters")
    return text


SCALARS: dict[object, ScalarDefinition] = {
    Position: strawberry.scalar(
        name="Position",
        description="A place in the ledger, from 1, dense and in commit order; 0 is before all. "
        "账本中的位置，从 1 起，连续无缺；0 在一切之前。",
        serialize=int,
        parse_value=_position,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact number as a string. 精确小数，以字符串表示。",
        serialize=str,
        parse_value=_decimal,
    ),
    Text: strawberry.scalar(
        name="Text",
        description=f"Text in Unicode NFC, at most {TEXT_CHARACTERS_MAX} characters. 文字。",
        serialize=str,
        parse_value=_text,
    ),
}
CONFIG = StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True)

_ENUMS: dict[type[Enum], Any] = {}


def enum_type(kind: type[Enum]) -> Any:
    """The GraphQL enum of a Python enum; its description is the docstring."""
    if kind not in _ENUMS:
        _ENUMS[kind] = strawberry.enum(kind, description=(kind.__doc__ or "").strip())
    return _ENUMS[kind]


def annotation(hint: Any, nested: Any) -> Any:
    """The annotation that Strawberry understands for a field; ``nested`` maps structs."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = [each for each in arguments if each is not type(None)]
        return annotation(inner[0], nested) | None
    if origin in (tuple, list):
        return list[annotation(arguments[0], nested)]  # type: ignore[misc]  # built at run time
    if origin is dict:
        return strawberry.scalars.JSON
    if isinstance(hint, type):
        if issubclass(hint, Name):
            return strawberry.ID
        if issubclass(hint, Enum):
            return enum_type(hint)
        if issubclass(hint, Struct):
            return nested(hint)
        if hint is str:
            return Text
        if hint in (int, bool, date, datetime, Decimal):
            return hint
    raise TypeError(f"{hint!r} has no GraphQL type")

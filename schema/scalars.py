"""Scalars, and how Python types become GraphQL types."""

from __future__ import annotations

import types
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NewType, TypeVar, Union, get_args, get_origin

import strawberry
from msgspec import Struct
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from ledger.amount import written
from ledger.day import FIRST_DAY, LAST_DAY, day_of
from ledger.event import INTEGER_MAX
from ledger.fault import Fault
from ledger.names import Name
from ledger.text import clean, normal

Position = NewType("Position", int)
NameT = TypeVar("NameT", bound=Name)
Text = NewType("Text", str)
TEXT_CHARACTERS_MAX = 20_000
DECIMAL_CHARACTERS_MAX = 40


def _position(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INTEGER_MAX:
        return value
    raise Fault(
        "BAD_POSITION",
        zh="账本位置须为不小于 0 的整数",
        en="a Position is a whole number from 0",
    )


def _decimal(value: object) -> Decimal:
    # Numbers are taken as well as strings; a float would not be exact.
    if isinstance(value, str | int) and not isinstance(value, bool):
        number = _number(str(value)) if isinstance(value, str) or _small(value) else None
        if number is not None:
            return number
    raise Fault(
        "BAD_DECIMAL",
        zh='小数须以整数或只含 ASCII 数字的字符串表示，如 "17.5"',
        en='a Decimal is a whole number or a string of ASCII digits such as "17.5"',
    )


def instant_of(value: object) -> datetime:
    """The instant that is written, with its offset. Raises ``Fault`` (``BAD_INSTANT``)."""
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    # Without an offset it would mean another moment to every reader.
    if moment is None or moment.tzinfo is None:
        raise Fault(
            "BAD_INSTANT",
            zh="时刻须带时区，写作 2024-03-19T09:00:00+08:00",
            en="a DateTime has an offset, as in 2024-03-19T09:00:00+08:00",
        )
    if not FIRST_DAY <= moment.date() <= LAST_DAY:
        raise Fault(
            "BAD_INSTANT",
            zh=f"时刻须在 {FIRST_DAY} 至 {LAST_DAY} 之间，现为 {moment.date()}",
            en=f"a DateTime lies between {FIRST_DAY} and {LAST_DAY}, and not on {moment.date()}",
        )
    return moment.astimezone(UTC)


def _text(value: object) -> str:
    if isinstance(value, str):
        # Its length is measured first: normalising costs what the text is long.
        fits = len(value) <= TEXT_CHARACTERS_MAX
        text = normal(value) if fits else value
        if not fits or len(text) > TEXT_CHARACTERS_MAX:
            raise Fault(
                "TEXT_TOO_LONG",
                zh=f"文字最多 {TEXT_CHARACTERS_MAX} 个字符",
                en=f"a Text has at most {TEXT_CHARACTERS_MAX} characters",
            )
        if clean(text):
            return text
    raise Fault(
        "BAD_TEXT",
        zh="文字中不能有控制字符（换行与制表符除外）、看不见的字符（如零宽字符、改变书写方向的字符）"
        "或残缺的代理字符",
        en="a Text is a string without control characters (but line feed and tab), without "
        "invisible ones (of no width, or that turn the direction) and without lone surrogates",
    )


def _small(value: int) -> bool:
    return abs(value) <= INTEGER_MAX


def _number(text: str) -> Decimal | None:
    return written(text) if len(text) <= DECIMAL_CHARACTERS_MAX else None


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
    date: strawberry.scalar(
        name="Date",
        description="A day of the calendar in Asia/Shanghai, as 2024-03-19. 日期（北京时间）。",
        serialize=date.isoformat,
        parse_value=day_of,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant with its offset, RFC 3339. 带时区的时刻。",
        serialize=datetime.isoformat,
        parse_value=instant_of,
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


def enum_type(kind: type[Enum], name: str | None = None) -> Any:
    """The GraphQL enum of a Python enum; its description is the docstring."""
    if kind not in _ENUMS:
        _ENUMS[kind] = strawberry.enum(kind, name=name, description=(kind.__doc__ or "").strip())
    return _ENUMS[kind]


def named(*given: tuple[type[Name], str | None, str]) -> tuple[str, ...]:
    """Those of some arguments that were given, as names of their kinds.

    Raises ``Fault`` with the argument for one of another form.
    """
    return tuple(
        str(name_in(kind, value, argument)) for kind, value, argument in given if value is not None
    )


def name_in(kind: type[NameT], given: str, argument: str) -> NameT:
    """The name in an argument. Raises ``Fault`` with the argument for one of another form."""
    try:
        return kind(str(given))
    except Fault as fault:
        fault.field = argument
        raise


def listed(kind: Any) -> Any:
    """The list of a type made at run time."""
    return types.GenericAlias(list, (kind,))


def annotation(hint: Any, nested: Any) -> Any:
    """The annotation that Strawberry understands for a field; ``nested`` maps structs."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = [each for each in arguments if each is not type(None)]
        return annotation(inner[0], nested) | None
    if origin in (tuple, list):
        return listed(annotation(arguments[0], nested))
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

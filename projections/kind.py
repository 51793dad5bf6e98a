"""Kinds of rules: what each does, what it is bound to, and which parameters it takes."""

from __future__ import annotations

import inspect
import types
from enum import Enum
from typing import Any, Union, get_args, get_origin

from msgspec import NODEFAULT, Struct, structs

from ledger.draft import SCOPES
from ledger.regulation import KINDS, Parameters

# How a parameter is written in a draft.
WRITTEN = {
    "int": "whole number",
    "Decimal": '"17.5"',
    "Fraction": '"1/5"',
    "str": "text",
    "bool": "true or false",
    "date": "day",
}


class RuleParameter(Struct, kw_only=True, frozen=True):
    """A parameter of a kind of rule: how it is written, what it may hold, which end is laxer."""

    name: str
    written: str
    required: bool
    laxer: str
    words: tuple[str, ...] = ()


class RuleKind(Struct, kw_only=True, frozen=True):
    """A kind of rule, as whoever writes a draft has to know it.

    ``scope``: the keys that it may be bound to; ``many``: several rules answer side by side;
    ``provincial``: the province only adopts it.
    """

    kind: str
    zh: str
    en: str
    scope: tuple[str, ...]
    many: bool
    provincial: bool
    parameters: tuple[RuleParameter, ...]


def rule_kinds() -> list[RuleKind]:
    """All kinds in the order of their names."""
    return [_kind(name, KINDS[name]) for name in sorted(KINDS)]


def _kind(name: str, kind: type[Parameters]) -> RuleKind:
    return RuleKind(
        kind=name,
        zh=kind.ZH,
        en=" ".join((inspect.getdoc(kind) or "").split()),
        scope=tuple(SCOPES) if kind.SCOPE is None else kind.SCOPE,
        many=kind.MANY,
        provincial=kind.PROVINCIAL,
        parameters=tuple(_parameter(kind, each) for each in structs.fields(kind)),
    )


def _parameter(kind: type[Parameters], field: structs.FieldInfo) -> RuleParameter:
    written, words = _written(field.type)
    return RuleParameter(
        name=field.name,
        written=written,
        required=field.default is NODEFAULT and field.default_factory is NODEFAULT,
        laxer=_laxer(kind, field.name),
        words=tuple(map(str, kind.WORDS.get(field.name, words))),
    )


def _laxer(kind: type[Parameters], name: str) -> str:
    if kind.MANY:
        return "BESIDE"
    told = (("MORE", kind.MORE), ("LESS", kind.LESS), ("APART", kind.APART))
    return next((end for end, names in told if name in names), "OTHER")


def _written(hint: Any) -> tuple[str, tuple[str, ...]]:
    """How a value is written, and the words of an enum."""
    kinds = [each for each in get_args(hint) if each not in (type(None), Ellipsis)]
    if get_origin(hint) in (types.UnionType, Union):
        return _written(kinds[0])
    if get_origin(hint) is tuple:
        written, words = _written(kinds[0])
        return f"list of {written}", words
    if isinstance(hint, type) and issubclass(hint, Enum):
        return WRITTEN["str"], tuple(str(each.value) for each in hint)
    return WRITTEN[hint.__name__], ()

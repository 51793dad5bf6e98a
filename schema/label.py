"""Labels: what a field of a row is called, in Chinese and in English.

A change of a row is told by the path to its field. Each name in the path is said as the schema says
it of that type; what no type of the schema shows stands in the table ``rows`` of the words. A place
in a list is its number, and a key is said as a value is, or else as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec import Struct
from strawberry.utils.str_converters import to_camel_case

from schema.outputs import named_of
from schema.words import WORDS, halves

Part = str | int
JOINED = " · "


def labelled(state: type[Struct], parts: tuple[Part, ...]) -> tuple[str, str]:
    """The path to a field of a row in words, Chinese and English."""
    said = list(_said(state, parts))
    zh, en = (JOINED.join(each) for each in zip(*said, strict=True))
    return zh, en


def _said(hint: Any, parts: tuple[Part, ...]) -> Iterator[tuple[str, str]]:
    owner = ""
    for part in parts:
        struct, within = _struct(hint), _within(hint)
        if isinstance(part, int):
            yield f"第 {part + 1} 项", f"no. {part + 1}"
            hint = within
        elif struct is not None and part in struct.__struct_fields__:
            yield words_of(struct, part)
            owner, hint = f"{struct.__name__}.{to_camel_case(part)}", _hints(struct)[part]
        else:
            yield _key(owner, part)
            hint = within


@cache
def words_of(struct: type[Struct], field: str) -> tuple[str, str]:
    """What a field of a struct is called; its bare name twice where nobody said it."""
    name = to_camel_case(field)
    own = WORDS["rows"].get(f"{struct.__name__}.{name}")
    if own is not None:
        return halves(own)
    words = WORDS["fields"]
    for owner in (named_of(struct), struct.__name__, f"{struct.__name__}Input"):
        if owner is not None and f"{owner}.{name}" in words:
            return halves(words[f"{owner}.{name}"])
    return halves(words[name]) if name in words else (field, field)


def _key(owner: str, key: str) -> tuple[str, str]:
    said = WORDS["rows"].get(f"{owner}.{key}", WORDS["values"].get(key))
    return (key, key) if said is None else halves(said)


@cache
def _hints(struct: type[Struct]) -> dict[str, Any]:
    return get_type_hints(struct)


def _struct(hint: Any) -> type[Struct] | None:
    """The struct that a value is, where it may be one."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, Struct)), None)


def _within(hint: Any) -> Any:
    """The type of what a list or a mapping holds."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    for kind in kinds:
        if get_origin(kind) is dict:
            return get_args(kind)[1]
        if get_origin(kind) in (list, tuple):
            return get_args(kind)[0]
    return None

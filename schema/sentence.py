"""Sentences: what an event says happened, in Chinese and in English, in words and not in codes.

One template for each type of event and language stands in ``sentences/``; ``{field}`` is a value,
``{field#}`` how many there are, and ``{field?A|B}`` is A where the field says something and else B;
within A, ``$`` stands for the value.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Mapping, Sized
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any

from msgspec import Struct

from ledger.event import CATALOGUE, Entry, Event
from ledger.explanation import begun
from ledger.names import VALUE, Name
from schema.words import WORDS, halves

LISTED_MAX = 5
CHARACTERS_MAX = 200
KINDS = {
    "change": ("方案调整", "change"),
    "credit": ("学分", "credit"),
    "document": ("文件", "document"),
    "jurisdiction": ("属地", "place"),
    "ledger": ("账本", "ledger"),
    "offering": ("班期", "class"),
    "order": ("订单", "order"),
    "petition": ("更正申请", "petition"),
    "project": ("项目", "project"),
    "provider": ("机构", "provider"),
    "reconciliation": ("对账", "reconciliation"),
    "sample": ("样本", "sample"),
    "school": ("学校", "school"),
    "signoff": ("结账", "sign-off"),
    "staff": ("工作人员", "staff"),
    "token": ("服务令牌", "service token"),
    "teacher": ("教师", "teacher"),
    "term": ("学期", "term"),
}
# Whose titles are names by themselves.
PROPER = ("jurisdiction", "provider", "school", "term")


class Value(Struct, frozen=True):
    """A field, or how many it has."""

    path: tuple[str, ...]
    count: bool = False


class Choice(Struct, frozen=True):
    """What is said where a field says something, and what else."""

    path: tuple[str, ...]
    yes: tuple[Any, ...]
    no: tuple[Any, ...]


NAME = re.compile(rf"\b(?:{'|'.join(KINDS)}):{VALUE.pattern}")
Template = tuple[Any, ...]
DOLLAR = object()


@cache
def templates() -> Mapping[str, tuple[Template, Template]]:
    """The templates of all event types, Chinese and English."""
    found: dict[str, tuple[Template, Template]] = {}
    for file in sorted(resources.files("schema").joinpath("sentences").iterdir(), key=str):
        for name, said in tomllib.loads(file.read_text("utf-8")).items():
            if name in found:
                raise TypeError(f"{file.name}: {name} has its sentence elsewhere already")
            found[name] = (parsed(said["zh"]), parsed(said["en"]))
    return found


def parsed(text: str) -> Template:
    """A template in its parts. Raises ``TypeError`` for one that does not end well."""
    parts, at = _parts(text, 0, "")
    assert at == len(text)
    return parts


def _parts(text: str, at: int, stop: str) -> tuple[Template, int]:
    parts: list[Any] = []
    while at < len(text) and text[at] not in (stop or "\0"):
        if text[at] == "{":
            part, at = _field(text, at + 1)
            parts.append(part)
        elif text[at] == "$":
            parts.append(DOLLAR)
            at += 1
        else:
            parts.append(text[at])
            at += 1
    if stop and at >= len(text):
        raise TypeError(f"{stop} is missing in {text}")
    return tuple(parts), at


def _field(text: str, at: int) -> tuple[Any, int]:
    end = at
    while text[end] not in "}?":
        end += 1
    name = text[at:end]
    path = tuple(name.removesuffix("#").split("."))
    if text[end] == "}":
        return Value(path, name.endswith("#")), end + 1
    yes, end = _parts(text, end + 1, "|")
    no, end = _parts(text, end + 1, "}")
    return Choice(path, yes, no), end + 1


class Speaker:
    """Says entries in words; ``titles`` are those of names, as far as the reader may see them."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles

    def sentences(self, entry: Entry) -> tuple[str, str]:
        """What an entry says, in Chinese and in English."""
        event = entry.event
        pair = templates().get(event.NAME)
        if pair is None:
            said = _docstring(event)
            return f"记录了事件 {event.NAME}：{said}", said
        zh, en = (self._filled(each, event, at, None) for at, each in enumerate(pair))
        return _ended(zh, "。"), _ended(begun(en), ".")

    def _filled(self, template: Template, event: Event, language: int, dollar: Any) -> str:
        said = []
        for part in template:
            if isinstance(part, str):
                said.append(part)
            elif part is DOLLAR:
                said.append(self.words(dollar, language))
            elif isinstance(part, Value):
                value = _at(event, part.path)
                said.append(str(_count(value)) if part.count else self.words(value, language))
            else:
                value = _at(event, part.path)
                chosen = part.yes if value not in (None, "", (), False) else part.no
                said.append(self._filled(chosen, event, language, value))
        return "".join(said)

    def words(self, value: Any, language: int) -> str:
        """A value in words: 0 Chinese, 1 English."""
        match value:
            case None:
                return ""
            case bool():
                return (("否", "no"), ("是", "yes"))[value][language]
            case Name():
                return self._name(value, language)
            case Enum():
                return _enum(value, language)
            case Decimal():
                return f"{value:f}"
            case date():
                chinese = f"{value.year}年{value.month}月{value.day}日"
                return value.isoformat() if language else chinese
            case tuple() | list():
                return self._listed(tuple(value), language)
            case _:
                text = NAME.sub(lambda found: self._found(found, language), str(value))
                text = " ".join(text.split())
                return text if len(text) <= CHARACTERS_MAX else text[:CHARACTERS_MAX] + "…"

    def _name(self, name: Name, language: int) -> str:
        kind = str(name).partition(":")[0]
        title = self._titles.get(str(name))
        noun = KINDS.get(kind, (kind, kind))[language]
        if title is None:
            return f"{noun} {name.value}"
        if kind in PROPER:
            return title
        return f"the {noun} “{title}”" if language else f"{noun}“{title}”"

    def _found(self, found: re.Match[str], language: int) -> str:
        """A name within a text in words; the stop of a sentence is no part of it."""
        name = found[0].rstrip("._-")
        return self._name(Name(name), language) + found[0][len(name) :]

    def _listed(self, values: tuple[Any, ...], language: int) -> str:
        said = [self.words(each, language) for each in values[:LISTED_MAX]]
        text = (", " if language else "、").join(said)
        if len(values) <= LISTED_MAX:
            return text
        return (
            f"{text} and {len(values) - LISTED_MAX} more"
            if language
            else (f"{text}等 {len(values)} 项")
        )


def names_in(entry: Entry) -> list[str]:
    """The names for which a sentence may want a title."""
    return [each for each in entry.tags if not each.startswith("by:")]


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = getattr(value, name)
    return value


def _count(value: Any) -> int:
    return len(value) if isinstance(value, Sized) else 0


@cache
def _enum(value: Enum, language: int) -> str:
    words = WORDS["values"]
    both = words.get(f"{type(value).__name__}.{value.value}", words.get(str(value.value), ""))
    said = halves(both)[language]
    if not said:
        return str(value.value).replace("_", " ").lower()
    return said[:1].lower() + said[1:] if said[1:2].islower() else said


def _docstring(event: Event) -> str:
    return inspect.cleandoc(CATALOGUE[event.NAME].__doc__ or "").split("\n")[0]


def _ended(text: str, stop: str) -> str:
    return text if text.endswith(("。", ".", "！", "!", "…")) else text + stop

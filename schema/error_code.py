"""Error codes: every one that an answer may carry, with what it means in both languages.

What a rule refuses has a class, whose name is the code and whose docstring is the English;
``codes/refusals.toml`` has the Chinese. Everything else stands in ``codes/faults.toml``.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterator
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any

import strawberry

import ledger.store.work  # noqa: F401  # it refuses too
from ledger.command import Refused, code_of
from schema.scalars import enum_type
from schema.words import halves


class ErrorKind(Enum):
    """Whether a rule refuses what was asked, or it could not even be weighed."""

    REFUSAL = "REFUSAL"
    FAULT = "FAULT"


ErrorKindType: Any = enum_type(ErrorKind)


@strawberry.type(description="A stable code, and what it means. 稳定的代码及其含义。")
class ErrorCode:
    """A stable code, and what it means."""

    code: str = strawberry.field(description="In `extensions.code`, or in a refusal. 代码。")
    kind: ErrorKindType = strawberry.field(description="By a rule or not. 是否依规则。")
    zh: str = strawberry.field(description="What it means, in Chinese. 含义（中文）。")
    en: str = strawberry.field(description="What it means, in English. 含义（英文）。")


@cache
def error_codes() -> tuple[ErrorCode, ...]:
    """All codes, refusals first, in the order of the alphabet; some stand for both kinds."""
    english: dict[str, list[str]] = {}
    for each in sorted(_refusing(Refused), key=lambda cls: (cls.__module__, cls.__name__)):
        english.setdefault(code_of(each), []).append(_said(each))
    chinese = _read("refusals.toml")
    refusals = [
        ErrorCode(code=code, kind=ErrorKind.REFUSAL, zh=chinese.get(code, ""), en=" ".join(said))
        for code, said in sorted(english.items())
    ]
    faults = {code: text for table in _read("faults.toml").values() for code, text in table.items()}
    return (*refusals, *(_fault(code, text) for code, text in sorted(faults.items())))


@strawberry.type
class ErrorCodeQuery:
    """Questions about errors."""

    @strawberry.field(description="Every error code, with what it means. 全部错误代码及含义。")
    def error_codes(self, kind: ErrorKindType | None = None) -> list[ErrorCode]:
        return [each for each in error_codes() if kind is None or each.kind is kind]


def _refusing(cls: type[Refused]) -> Iterator[type[Refused]]:
    for each in cls.__subclasses__():
        if each.__module__.startswith("ledger."):
            yield each
        yield from _refusing(each)


def _said(cls: type[Refused]) -> str:
    return " ".join(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].split())


def _fault(code: str, text: str) -> ErrorCode:
    zh, en = halves(text)
    return ErrorCode(code=code, kind=ErrorKind.FAULT, zh=zh, en=en)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("schema").joinpath("codes", name).read_text("utf-8"))

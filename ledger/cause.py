"""Cause: why a sheet and the ledger differ, and how much of the difference that makes.

An amount is signed as it goes into *ledger minus sheet*: what only the sheet has is negative.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct

from ledger.amount import plain
from ledger.regulation import Rule

# So many sentences are told of one cause; all its events are listed.
SENTENCES_MAX = 3


class Cause(Enum):
    """What made a difference."""

    TIMING = "TIMING"
    CAP = "CAP"
    ABSENCE_DENIAL = "ABSENCE_DENIAL"
    MISCONDUCT = "MISCONDUCT"
    ASSESSMENT_FAILED = "ASSESSMENT_FAILED"
    DEDUCTION = "DEDUCTION"
    CORRECTION = "CORRECTION"
    REVOCATION = "REVOCATION"
    TRANSFER = "TRANSFER"
    OTHER_CYCLE = "OTHER_CYCLE"
    OTHER_KIND = "OTHER_KIND"
    OTHER_DAY = "OTHER_DAY"
    SPECIAL_TRAINING = "SPECIAL_TRAINING"
    DUPLICATE_PERSON = "DUPLICATE_PERSON"
    UNRECOGNISED = "UNRECOGNISED"
    ROUNDING = "ROUNDING"
    SUMMED = "SUMMED"
    UNKNOWN = "UNKNOWN"


class Portion(Struct, kw_only=True, frozen=True):
    """So much of a difference comes from this cause, by these events and this rule.

    ``about``: the credits and classes that it is about. ``whole``: the sheet lacks them, or has
    them, altogether, so that nothing else of them can matter.
    """

    cause: Cause
    amount: Decimal
    zh: str
    en: str
    events: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    rule: str | None = None
    citation: str | None = None
    clause_zh: str | None = None
    clause_en: str | None = None
    certain: bool = True
    whole: bool = False


def portion(
    cause: Cause,
    amount: Decimal,
    zh: str,
    en: str,
    *,
    events: Iterable[str] = (),
    about: Iterable[str] = (),
    rule: Rule | None = None,
    **more: Any,
) -> Portion:
    """A portion with the fields that name its rule."""
    cited: dict[str, Any] = {}
    if rule is not None:
        cited = {"rule": rule.id, "citation": rule.citation}
        cited |= {"clause_zh": rule.zh, "clause_en": rule.en}
    return Portion(
        cause=cause,
        amount=plain(amount),
        zh=zh,
        en=en,
        events=tuple(dict.fromkeys(events)),
        about=tuple(map(str, about)),
        **(cited | more),
    )


def unknown_portion(amount: Decimal, zh: str, en: str, events: Iterable[str] = ()) -> Portion:
    """What nothing in the ledger explains."""
    return portion(Cause.UNKNOWN, amount, zh, en, events=events)


def merged(portions: Iterable[Portion]) -> tuple[Portion, ...]:
    """The same amounts with those of one cause and one rule told together, in order of cause."""
    groups: dict[tuple[Cause, str | None], list[Portion]] = {}
    for each in portions:
        groups.setdefault((each.cause, each.rule), []).append(each)
    order = list(Cause)
    keys = sorted(groups, key=lambda key: (order.index(key[0]), key[1] or ""))
    return tuple(_one(groups[key]) for key in keys)


def _one(group: list[Portion]) -> Portion:
    if len(group) == 1:
        return group[0]
    group = sorted(group, key=lambda each: (each.about, each.amount, each.zh))
    first = group[0]
    return Portion(
        cause=first.cause,
        amount=plain(sum((each.amount for each in group), start=Decimal(0))),
        zh="".join(_some([each.zh for each in group], "另有 {} 项。")),
        en=" ".join(_some([each.en for each in group], "And {} more.")),
        events=tuple(dict.fromkeys(e for each in group for e in each.events)),
        about=tuple(dict.fromkeys(a for each in group for a in each.about)),
        rule=first.rule,
        citation=first.citation,
        clause_zh=first.clause_zh,
        clause_en=first.clause_en,
        certain=all(each.certain for each in group),
        whole=any(each.whole for each in group),
    )


def _some(sentences: list[str], more: str) -> list[str]:
    """The first sentences, and how many more there are."""
    told = list(dict.fromkeys(sentences))
    left = len(told) - SENTENCES_MAX
    return told if left <= 0 else [*told[:SENTENCES_MAX], more.format(left)]

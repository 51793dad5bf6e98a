"""Explanation: why something is not so, or what still stands between it and being so.

Each kind is a pure fold over the events of its subject and the rules known with them: a selection
(``obstacle``), a completion (``denial``), an admission (``placement``), a credit (``exclusion``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ledger.command import Refused
from ledger.names import JurisdictionId
from ledger.regulation import InForce, Rule, Value


class Upshot(Enum):
    """What an explanation comes to."""

    NOTHING_AGAINST = "NOTHING_AGAINST"
    REFUSED = "REFUSED"
    DONE = "DONE"
    DENIED = "DENIED"
    OPEN = "OPEN"
    ADMITTED = "ADMITTED"
    NOT_ADMITTED = "NOT_ADMITTED"
    WITHDREW = "WITHDREW"
    NOT_ENROLLED = "NOT_ENROLLED"
    COUNTED = "COUNTED"
    PARTLY_COUNTED = "PARTLY_COUNTED"
    NOT_COUNTED = "NOT_COUNTED"


class Condition(Struct, kw_only=True, frozen=True):
    """What would have to be there; ``day``: when it comes, or came to an end."""

    code: str
    zh: str
    en: str
    day: date | None = None


class ReasonWhy(Struct, kw_only=True, frozen=True):
    """One reason with its clause, the events for it and against, and what is missing.

    ``evidence``: the events that it is read from; ``opposing``: those that stand in the way;
    ``facts``: the exact numbers behind the sentence. ``certain`` is false where nobody can tell
    whether the rule is in force.
    """

    code: str
    zh: str
    en: str
    rule: str | None = None
    number: str | None = None
    clause: str | None = None
    clause_zh: str | None = None
    clause_en: str | None = None
    certain: bool = True
    parameters: dict[str, Value] = {}
    chosen_for: JurisdictionId | None = None
    chosen_on: date | None = None
    evidence: tuple[str, ...] = ()
    opposing: tuple[str, ...] = ()
    missing: tuple[Condition, ...] = ()
    facts: dict[str, str] = {}


class Explanation(Struct, kw_only=True, frozen=True):
    """The answer with all its reasons; ``position``: what was known where, ``day``: of what day."""

    answer: Upshot
    zh: str
    en: str
    reasons: tuple[ReasonWhy, ...] = ()
    position: int = 0
    day: date | None = None


NAMED = re.compile(r"[a-z-]+:\S")

HEADS = {
    Upshot.NOTHING_AGAINST: ("没有不允许的理由。", "Nothing stands against it."),
    Upshot.REFUSED: ("不予受理。", "It is refused."),
    Upshot.DONE: ("已经办成。", "It is done."),
    Upshot.DENIED: ("未结业。", "It was not completed."),
    Upshot.OPEN: ("尚无结果。", "It is not decided yet."),
    Upshot.ADMITTED: ("已经录取。", "The teacher was admitted."),
    Upshot.NOT_ADMITTED: ("没有录取。", "The teacher was not admitted."),
    Upshot.WITHDREW: ("录取后退选。", "The teacher was admitted and withdrew."),
    Upshot.NOT_ENROLLED: ("教师不是该班学员。", "The teacher is no trainee of the class."),
    Upshot.COUNTED: ("全部计入。", "It counts whole."),
    Upshot.PARTLY_COUNTED: ("部分计入。", "A part of it counts."),
    Upshot.NOT_COUNTED: ("不计入。", "It does not count."),
}


def explained(answer: Upshot, reasons: Iterable[ReasonWhy]) -> Explanation:
    """The answer, told in one text with its reasons, each of which names an event once."""
    told = tuple(
        replace(each, evidence=_once(each.evidence), opposing=_once(each.opposing))
        for each in reasons
    )
    zh, en = HEADS[answer]
    return Explanation(
        answer=answer,
        zh=zh + "".join(f"{each.zh}。" for each in told),
        en=" ".join([en, *(f"{begun(each.en)}." for each in told)]),
        reasons=told,
    )


def begun(sentence: str) -> str:
    """A sentence with a capital at its beginning; a name with a code is told as it is."""
    if NAMED.match(sentence):
        return sentence
    return sentence[:1].upper() + sentence[1:]


def _once(events: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(events))


def reason(
    code: str,
    zh: str,
    en: str,
    rule: InForce[Any] | Rule | None = None,
    **more: Any,
) -> ReasonWhy:
    """A reason with the fields that name its rule."""
    return ReasonWhy(code=code, zh=zh, en=en, **_named(rule), **more)


def reason_of(said: Refused, **more: Any) -> ReasonWhy:
    """A refusal as a reason; what it names as evidence stands in the way."""
    fields = _named(said.rule) | {
        "certain": said.certain,
        "chosen_for": said.chosen_for,
        "chosen_on": said.chosen_on,
    }
    opposing = tuple(filter(None, said.evidence))
    return ReasonWhy(code=said.code, zh=said.zh, en=said.en, opposing=opposing, **fields, **more)


def _named(rule: InForce[Any] | Rule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    plain = rule.rule if isinstance(rule, InForce) else rule
    named: dict[str, Any] = {
        "rule": plain.id,
        "number": plain.number,
        "clause": plain.clause,
        "clause_zh": plain.zh,
        "clause_en": plain.en,
        "parameters": plain.parameters,
    }
    if isinstance(rule, InForce):
        named |= {"certain": rule.certain, "chosen_for": rule.place, "chosen_on": rule.day}
    return named

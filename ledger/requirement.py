"""Requirement: one thing that a rule asks of a record or of a number, and how it stands."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Any

from msgspec import Struct

from ledger.names import JurisdictionId, TermId
from ledger.regulation import InForce, Value


class Result(Enum):
    """How a record, a fact or a number stands to a rule (rulebook section 0.5)."""

    MET = "MET"
    NOT_MET = "NOT_MET"
    COMPLIANT = "COMPLIANT"
    VIOLATION = "VIOLATION"
    DEVIATION = "DEVIATION"
    ADVISORY = "ADVISORY"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_ASSESSED = "NOT_ASSESSED"
    SUSPENDED = "SUSPENDED"
    LOCAL_DISCRETION = "LOCAL_DISCRETION"
    INDETERMINATE = "INDETERMINATE"


class Requirement(Struct, kw_only=True, frozen=True):
    """One requirement with its rule, what it needs, what there was, and on what it stands.

    ``external``: the rule comes from outside the documents; ``year``, ``term``: what was judged.
    """

    code: str
    result: Result
    needed: str
    had: str
    zh: str
    en: str
    rule: str | None = None
    citation: str | None = None
    clause_zh: str | None = None
    clause_en: str | None = None
    certain: bool = True
    external: bool = False
    year: int | None = None
    term: TermId | None = None
    parameters: dict[str, Value] = {}
    chosen_for: JurisdictionId | None = None
    chosen_on: date | None = None
    chosen_term: TermId | None = None
    positions: tuple[int, ...] = ()
    events: tuple[str, ...] = ()


def cited(rule: InForce[Any]) -> dict[str, Any]:
    """The fields of a requirement that name its rule."""
    return {
        "rule": rule.id,
        "citation": rule.rule.citation,
        "clause_zh": rule.rule.zh,
        "clause_en": rule.rule.en,
        "certain": rule.certain,
        "external": rule.rule.external,
        "parameters": rule.rule.parameters,
        "chosen_for": rule.place,
        "chosen_on": rule.day,
        "chosen_term": rule.term,
    }


def weighed(
    code: str,
    rule: InForce[Any],
    result: Result,
    *,
    needed: object,
    had: object,
    zh: str,
    en: str,
    events: tuple[str, ...] = (),
    positions: tuple[int, ...] = (),
    year: int | None = None,
    term: TermId | None = None,
) -> Requirement:
    """How a number stands to a rule; undecided where nobody can tell whether it is in force."""
    return Requirement(
        code=code,
        result=result if rule.certain else Result.INDETERMINATE,
        needed=str(needed),
        had=str(had),
        zh=zh,
        en=en,
        events=events,
        positions=positions,
        year=year,
        term=term,
        **cited(rule),
    )

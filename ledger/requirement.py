"""Requirement: one thing that a rule asks of a record or of a number, and how it stands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct, structs

from ledger.day import last_of
from ledger.names import JurisdictionId, TermId
from ledger.regulation import InForce, Value
from ledger.word import in_chinese, in_english

UNSAID = "-"
"""What stands for a number where there is none."""
UNKNOWN = "?"
"""What stands for one that nobody told."""


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


class MissingUnit(Enum):
    """In what a lack is counted."""

    HOURS = "HOURS"
    CREDITS = "CREDITS"
    TRAININGS = "TRAININGS"
    DAYS = "DAYS"


class Missing(Struct, kw_only=True, frozen=True):
    """How much is missing, and the last day on which it can still be made up, where there is one.

    ``late``: that day is past.
    """

    amount: Decimal
    unit: MissingUnit
    by: date | None
    late: bool
    zh: str
    en: str


class Part(Struct, kw_only=True, frozen=True):
    """One of the amounts that a requirement asks for side by side."""

    code: str
    result: Result
    needed: str
    had: str
    zh: str
    en: str
    missing: Missing | None = None


class Aside(Struct, kw_only=True, frozen=True):
    """The rule that suspended a requirement or left it to the locality."""

    rule: str
    citation: str
    clause_zh: str
    clause_en: str
    certain: bool


class Requirement(Struct, kw_only=True, frozen=True):
    """One requirement with its rule, what it needs, what there was, and on what it stands.

    ``external``: the rule comes from outside the documents; ``year``, ``term``: what was judged.
    ``decides``: whether the result of the cycle hangs on it; ``missing``: where it is not met.
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
    decides: bool = True
    year: int | None = None
    term: TermId | None = None
    missing: Missing | None = None
    parts: tuple[Part, ...] = ()
    aside: Aside | None = None
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
    **more: Any,
) -> Requirement:
    """How a number stands to a rule; undecided where nobody can tell whether it is in force."""
    return Requirement(
        code=code,
        result=result if rule.certain else Result.INDETERMINATE,
        needed=str(needed),
        had=str(had),
        zh=in_chinese(zh),
        en=in_english(en),
        events=events,
        positions=positions,
        **cited(rule),
        **more,
    )


def lacking(amount: Decimal, unit: MissingUnit, by: date | None, day: date) -> Missing | None:
    """What is said of a lack on a day; ``None`` where nothing is missing."""
    if amount <= 0:
        return None
    late = by is not None and by < day
    units = unit.value.lower()
    what = f"{units.removesuffix('s')} is" if amount == 1 else f"{units} are"
    zh, en = (
        f"还差 {amount} {_UNIT_ZH[unit]}",
        f"{amount} {what} missing",
    )
    if late:
        zh, en = f"{zh}，期限 {by} 已过", f"{en}; the last day, {by}, is past"
    elif by is not None:
        zh, en = f"{zh}，最迟 {by} 补足", f"{en}, to be made up by {by}"
    return Missing(amount=amount, unit=unit, by=by, late=late, zh=f"{zh}。", en=f"{en}.")


def while_running(
    asked: Requirement, ends: date, today: date, lack: object = 0, *, firm: bool = False
) -> Requirement:
    """A requirement of a period that may not be over: what may still turn is not assessed.

    ``lack``: what is missing on the day; ``firm``: once met it cannot be lost, as what is counted
    only grows. The last day still belongs to the period.
    """
    told = asked.had == UNKNOWN and asked.result is Result.INDETERMINATE
    turns = asked.result is Result.NOT_MET or (asked.result is Result.MET and not firm)
    if today > ends or not asked.certain or not (told or turns):
        return asked
    met = asked.result is Result.MET
    state_zh = "目前已达到" if met else "目前尚无数据" if told else f"目前还差 {lack}"
    state_en = "reached so far" if met else "nothing is stated so far" if told else f"{lack} short"
    return structs.replace(
        asked,
        result=Result.NOT_ASSESSED,
        zh=f"{asked.zh}{state_zh}，期间到 {ends} 才结束，不作判断。",
        en=f"{asked.en} The period runs until {ends}: {state_en}, and not assessed.",
    )


def not_over(day: date, lack: object) -> tuple[str, str]:
    """What is said of a lack in a year that still runs, in both languages; nothing of none."""
    ends = last_of(day)
    if isinstance(lack, int) and lack <= 0:
        return "", ""
    return f"，年度未结束，还差 {lack}，最迟 {ends}", f"; {lack} short, the year is over on {ends}"


def set_by(rule: InForce[Any]) -> Aside:
    """The rule as the one that set a requirement aside."""
    return Aside(
        rule=rule.id,
        citation=rule.rule.citation,
        clause_zh=rule.rule.zh,
        clause_en=rule.rule.en,
        certain=rule.certain,
    )


_UNIT_ZH = {
    MissingUnit.HOURS: "学时",
    MissingUnit.CREDITS: "学分",
    MissingUnit.TRAININGS: "次培训",
    MissingUnit.DAYS: "天",
}

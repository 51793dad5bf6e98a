"""Draft: a regulation text before it is adopted, and what may be wrong with it.

A flaw of the text alone names the rule and the field. What adopted rules have against a draft
stands in ``conflict``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

import msgspec

from ledger.accreditation import QuotaCategory
from ledger.amount import PLAIN, PLAIN_SHARE
from ledger.day import FIRST_DAY, LAST_DAY
from ledger.fault import Fault
from ledger.plan import Audience, Mode, Purpose
from ledger.register import Category, Level
from ledger.regulation import KINDS, Parameters, Rule, read_parameters
from ledger.term import Calendar, Phase
from ledger.text import clean, impersonal, normal, trimmed

TERM = re.compile(r"\d{4}H[12]")

# What a rule may be bound to, and the words that each key takes; a term has a pattern instead.
SCOPES: dict[str, tuple[str, ...]] = {
    "term": (),
    "calendar": tuple(each.value for each in Calendar),
    "step": tuple(each.value for each in Phase),
    "mode": tuple(each.value for each in Mode),
    "audience": tuple(each.value for each in Audience),
    "purpose": tuple(each.value for each in Purpose),
    "level": tuple(each.value for each in Level),
    "qualification": ("DISTANCE",),
    "category": (
        *(each.value for each in QuotaCategory),
        *(each.value for each in Category),
    ),
}


class Flaw(Exception):
    """Something in a draft that cannot be meant; ``field`` names the place in the rule."""

    def __init__(self, *, zh: str, en: str, field: str | None = None) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.field = field


RULE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
LINE_MAX = 200
SENTENCES_MAX = 4_000

# What the readers of TOML, JSON and bodies say, and the same in Chinese; the first that fits.
TYPES = {
    "int": "整数",
    "str": "文字",
    "bool": "真假值",
    "float": "小数",
    "decimal": "数字",
    "array": "列表",
    "object": "表",
    "date": "日期",
    "null": "空值",
}
SAID = (
    (re.compile(r"Expected `(.+?)`, got `(.+?)`"), "应为{0}，却是{1}"),
    (re.compile(r"Object missing required field"), "缺少这一项"),
    (re.compile(r"Object contains unknown field"), "不认识这一项"),
    (re.compile(r"Invalid enum value '?(.+?)'?(?: - at|$)"), "没有 {0} 这个值"),
    (re.compile(r"^(.+?) is no share"), "{0} 不是 1/5 这样的分数"),
    (re.compile(r"^(.+?) divides by zero"), "{0} 的分母为零"),
    (re.compile(r"^(.+?) is no number"), "{0} 不是数字"),
    (re.compile(r"\(at line (\d+), column (\d+)\)"), "第 {0} 行第 {1} 列写法不对"),
    (re.compile(r"\(at end of document\)"), "文末写法不对"),
    (re.compile(r"\(byte (\d+)\)"), "第 {0} 个字节处写法不对"),
    (re.compile(r"Invalid"), "写法不对"),
)


def flaw_of(error: Exception, within: str = "") -> Flaw:
    """What a reader of bodies says, with its field, in each of the languages."""
    if isinstance(error, Fault):
        return Flaw(zh=error.zh, en=str(error), field=error.field)
    said = str(error)
    at = re.search(r"`\$\.([^`]+)`", said)
    named = re.search(r"field `(.+?)`", said)
    field = ".".join(each for each in (within, at and at[1], named and named[1]) if each)
    told = ((zh, pattern.search(said)) for pattern, zh in SAID)
    zh = next((zh.format(*_chinese(found.groups())) for zh, found in told if found), "无法读取")
    return Flaw(zh=f"{field}：{zh}" if field else zh, en=said, field=field or None)


def _chinese(words: Iterable[str]) -> Iterator[str]:
    for each in words:
        # ``int | null``: one of several types.
        kinds = [kind.strip() for kind in each.split("|")]
        known = [TYPES[kind] for kind in kinds if kind in TYPES]
        yield "或".join(known) if len(known) == len(kinds) else each


def tidy(value: Any, path: str = "") -> Any:
    """A value of a draft, its texts in their normal form. Raises ``Flaw``, ``Fault``."""
    if isinstance(value, str):
        text = normal(value)
        if not clean(text):
            raise Flaw(
                zh=f"{path}：不能有控制字符或看不见的字符",
                en=f"{path}: control and invisible characters have no place here",
                field=path,
            )
        impersonal(text, path)
        return text
    if isinstance(value, dict):
        # A key is not normalised: keys are ASCII, and what is not is told by the field.
        return {key: tidy(each, f"{path}.{key}" if path else key) for key, each in value.items()}
    return [tidy(each, path) for each in value] if isinstance(value, list) else value


def line(text: str, field: str, most: int = LINE_MAX) -> None:
    """Raises ``Flaw`` for a text that is empty, too long or of several lines."""
    if not trimmed(text) or len(text) > most or "\n" in text:
        raise Flaw(
            zh=f"{field}：须为一行文字，1 至 {most} 个字符，不能为空",
            en=f"{field}: must not be empty, and is one line of {most} characters at most",
            field=field,
        )


def in_calendar(day: date | None, field: str) -> None:
    """Raises ``Flaw`` for a day outside the calendar that the ledger takes."""
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise Flaw(
            zh=f"{field}：{day} 不在 {FIRST_DAY} 至 {LAST_DAY} 之间",
            en=f"{field}: {day} does not lie between {FIRST_DAY} and {LAST_DAY}",
            field=field,
        )


def binds_from(rule: Rule, first: date) -> None:
    """Raises ``Flaw`` for a rule that would bind before its document was there (rulebook C-33)."""
    if rule.since is not None and rule.since < first:
        raise Flaw(
            zh=f"since：{rule.since} 早于文件的印发日或年份 {first}，条款不溯及既往",
            en=f"since: {rule.since} lies before the issue or the year, {first}; a rule does not "
            "reach back",
            field="since",
        )


def inspect(rule: Rule) -> Parameters:
    """The typed parameters of a sound rule. Raises ``Flaw``."""
    _kind(rule)
    _scope(rule)
    _days(rule)
    line(rule.clause, "clause")
    for name, said in (("zh", rule.zh), ("en", rule.en)):
        if not trimmed(said) or len(said) > SENTENCES_MAX:
            raise Flaw(
                zh=f"{name}：须有 1 至 {SENTENCES_MAX} 个字符，中英文都要有",
                en=f"{name}: has 1 to {SENTENCES_MAX} characters; both languages are needed",
                field=name,
            )
    for kind in rule.delegates:
        if kind not in KINDS:
            raise _no_kind(kind, "delegates")
    try:
        parameters = read_parameters(rule)
    except (msgspec.ValidationError, ValueError, ArithmeticError) as error:
        raise flaw_of(error, "parameters") from None
    _plain(rule, parameters)
    wrong = parameters.wrong()
    if wrong is not None:
        field = f"parameters.{wrong.name}"
        raise Flaw(zh=f"{field}：{wrong.zh}", en=f"{field}: {wrong.en}", field=field)
    return parameters


def _plain(rule: Rule, parameters: Parameters) -> None:
    # What is adopted is read as it stands; what comes anew is written in plain digits.
    for name, text in rule.parameters.items():
        value = getattr(parameters, name, None)
        spelling = {int: PLAIN, Decimal: PLAIN, Fraction: PLAIN_SHARE}.get(type(value))
        if spelling is not None and isinstance(text, str) and not spelling.fullmatch(text):
            field = f"parameters.{name}"
            raise Flaw(
                zh=f"{field}：{text!r} 须用半角数字书写，如 17.5",
                en=f"{field}: {text!r} must be written in ASCII digits, such as 17.5",
                field=field,
            )


def _kind(rule: Rule) -> None:
    if rule.kind not in KINDS:
        raise _no_kind(rule.kind, "kind")
    if KINDS[rule.kind].PROVINCIAL and len(rule.place.chain) > 1:
        raise Flaw(
            zh=f"kind：{rule.kind} 只查省里的条款，{rule.place} 的这一条永远不会适用",
            en=f"kind: {rule.kind} is asked of the province only; at {rule.place} it would never "
            "apply",
            field="kind",
        )


def _nearest(kind: str) -> str | None:
    close = get_close_matches(kind, sorted(KINDS), n=1, cutoff=0)
    return close[0] if close else None


def _no_kind(kind: str, field: str) -> Flaw:
    near = _nearest(kind)
    return Flaw(
        zh=f"{field}：没有条款种类 {kind!r}，最接近的是 {near}",
        en=f"{field}: nobody knows the kind {kind!r}; the nearest is {near}",
        field=field,
    )


def _scope(rule: Rule) -> None:
    own = KINDS[rule.kind].SCOPE
    for key, words in rule.scope.items():
        known = own if own is not None else tuple(SCOPES)
        if key not in known:
            raise Flaw(
                zh=f"scope.{key}：{rule.kind} 类条款不按 {key} 适用，可用的有："
                f"{'、'.join(known) or '无'}；这样的条款永远不会适用",
                en=f"scope.{key}: rules of the kind {rule.kind} are never asked for by {key}, so "
                f"this one would never apply; there are: {', '.join(known) or 'none'}",
                field=f"scope.{key}",
            )
        allowed = SCOPES.get(key, ())
        for word in words:
            fits = TERM.fullmatch(word) if key == "term" else not allowed or word in allowed
            if not fits:
                hint = "2024H1" if key == "term" else ", ".join(dict.fromkeys(allowed))
                raise Flaw(
                    zh=f"scope.{key}：没有 {word!r} 这个值，可用：{hint}",
                    en=f"scope.{key}: there is no {word!r}; there are: {hint}",
                    field=f"scope.{key}",
                )
        if not words:
            raise Flaw(
                zh=f"scope.{key} 不得为空，否则永远不会适用",
                en=f"scope.{key} is empty, so the rule would never apply",
                field=f"scope.{key}",
            )


def _days(rule: Rule) -> None:
    for name in ("since", "certain_through", "until"):
        in_calendar(getattr(rule, name), name)
    order = (
        ("since", rule.since, "certain_through", rule.certain_through),
        ("since", rule.since, "until", rule.until),
        ("certain_through", rule.certain_through, "until", rule.until),
    )
    for first, earlier, last, later in order:
        if earlier is not None and later is not None and later < earlier:
            raise Flaw(
                zh=f"{last}：{later} 早于 {first} {earlier}",
                en=f"{last}: {later} lies before {first}, {earlier}",
                field=last,
            )

"""Draft: a regulation text before it is adopted, and what may be wrong with it.

A flaw of the text alone names the rule and the field. What adopted rules have against a draft
stands in ``conflict``.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

import msgspec

from ledger.accreditation import QuotaCategory
from ledger.plan import Audience, Mode, Purpose
from ledger.register import Category, Tier
from ledger.regulation import KINDS, Parameters, Rule, read_parameters
from ledger.term import Calendar, Phase

TERM = re.compile(r"\d{4}H[12]")
LEVELS = ("PROVINCE", "CITY", "COUNTY")
# Groups of teachers for which WZ12 has rules of its own, beside the categories of the register.
GROUPS = ("BACKBONE", "HOMEROOM", "PRINCIPAL", "NEW_TEACHER", "NEW_PRINCIPAL")

# What a rule may be bound to, and the words that each key takes; a term has a pattern instead.
SCOPES: dict[str, tuple[str, ...]] = {
    "term": (),
    "calendar": tuple(each.value for each in Calendar),
    "step": tuple(each.value for each in Phase),
    "mode": tuple(each.value for each in Mode),
    "audience": tuple(each.value for each in Audience),
    "purpose": tuple(each.value for each in Purpose),
    "level": LEVELS,
    "qualification": ("DISTANCE",),
    "category": (
        *(each.value for each in QuotaCategory),
        *(each.value for each in Category),
        *(each.value for each in Tier),
        *GROUPS,
    ),
}


class Flaw(Exception):
    """Something in a draft that cannot be meant; ``field`` names the place in the rule."""

    def __init__(self, *, zh: str, en: str, field: str | None = None) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.field = field


SAID = (
    (re.compile(r"Expected `(.+?)`, got `(.+?)`"), "应为 {0}，却是 {1}"),
    (re.compile(r"Object missing required field `(.+?)`"), "缺少 {0}"),
    (re.compile(r"Object contains unknown field `(.+?)`"), "不认识 {0}"),
    (re.compile(r"Invalid enum value '?(.+?)'?(?: - at|$)"), "值 {0} 不在可选之列"),
    (re.compile(r"Invalid (.+?)(?: - at|$)"), "写法不对（{0}）"),
)


def flaw_of(error: Exception, within: str = "") -> Flaw:
    """What a reader of bodies says, with its field and in Chinese too."""
    said = str(error)
    at = re.search(r"`\$\.([^`]+)`", said)
    named = re.search(r"field `(.+?)`", said)
    path = [each for each in (within, at and at[1], named and named[1]) if each]
    told = ((zh, pattern.search(said)) for pattern, zh in SAID)
    zh = next((zh.format(*found.groups()) for zh, found in told if found), "无法读取")
    return Flaw(zh=f"{zh}（{said}）", en=said, field=".".join(path) or None)


def inspect(rule: Rule) -> Parameters:
    """The typed parameters of a sound rule. Raises ``Flaw``."""
    _kind(rule)
    _scope(rule)
    _days(rule)
    for name, said in (("zh", rule.zh), ("en", rule.en), ("clause", rule.clause)):
        if not said.strip():
            raise Flaw(
                zh=f"{name} 不得为空，中英文两句话和条款号都要有",
                en=f"{name} is empty; both sentences and the clause are needed",
                field=name,
            )
    for kind in rule.delegates:
        if kind not in KINDS:
            raise _no_kind(kind, "delegates")
    try:
        parameters = read_parameters(rule)
    except (msgspec.ValidationError, ValueError, ArithmeticError) as error:
        raise flaw_of(error, "parameters") from None
    wrong = parameters.wrong()
    if wrong is not None:
        field = f"parameters.{wrong.name}"
        raise Flaw(zh=f"{field}：{wrong.zh}", en=f"{field}: {wrong.en}", field=field)
    return parameters


def _kind(rule: Rule) -> None:
    if rule.kind not in KINDS:
        raise _no_kind(rule.kind, "kind")


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

"""Draft: a regulation text before it is adopted, and what may be wrong with it.

A flaw of the text alone names the rule and the field. What an adopted rule has against a draft
is told as the adopted rule: a second answer to the same question at the same place, or less than
a hard rule of a higher place asks without that place's delegation (rulebook C-32).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import msgspec

from ledger.accreditation import QuotaCategory
from ledger.command import Command, Refused
from ledger.event import Event
from ledger.finding import Outcome
from ledger.plan import Audience, Mode, Purpose
from ledger.register import Category, Tier
from ledger.regulation import KINDS, Parameters, Rule, Rulebook, Strength, Use, read_parameters
from ledger.rule import span
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

WEIGHTS = {Use.GATE: 2, Use.REQUIREMENT: 1, Use.FINDING: 1, Use.DEFINITION: 0}


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


def _meet(one: Rule, other: Rule) -> bool:
    """Whether both can answer the same question on one day."""
    (a, b), (c, d) = span(one), span(other)
    keys = one.scope.keys() & other.scope.keys()
    return max(a, c) <= min(b, d) and all(
        set(one.scope[key]) & set(other.scope[key]) for key in keys
    )


def rivals(rule: Rule, others: Iterable[Rule]) -> Iterator[Rule]:
    """The rules of the same place that answer the same question with the same right."""
    if KINDS[rule.kind].MANY:
        return
    for each in others:
        same = (each.kind, each.place, each.since) == (rule.kind, rule.place, rule.since)
        if same and len(each.scope) == len(rule.scope) and _meet(each, rule):
            yield each


def too_lax(rule: Rule, rules: Rulebook) -> Iterator[tuple[Rule, str]]:
    """The hard rules of higher places than which a rule asks for less, and in which field."""
    for higher in list(rules.rules.values()):
        if higher.kind == rule.kind and higher.place in rule.place.chain[1:]:
            field = less(rule, higher, rules)
            if field is not None:
                yield higher, field


def loosened(rule: Rule, rules: Rulebook) -> Iterator[Rule]:
    """The adopted rules of lower places that ask for less than a new rule does."""
    for lower in list(rules.rules.values()):
        below = lower.kind == rule.kind and rule.place in lower.place.chain[1:]
        if below and less(lower, rule, rules) is not None:
            yield lower


def less(rule: Rule, higher: Rule, rules: Rulebook) -> str | None:
    """The field in which a rule asks for less than a hard rule above it; ``None``: in none."""
    if higher.strength is not Strength.HARD or KINDS[rule.kind].MANY or not _meet(rule, higher):
        return None
    if any(_leaves_it(each, rule, higher) for each in rules.rules.values()):
        return None
    if rule.strength is not Strength.HARD:
        return "strength"
    if WEIGHTS[rule.use] < WEIGHTS[higher.use]:
        return "use"
    return "parameters" if read_parameters(rule).laxer(read_parameters(higher)) else None


def _leaves_it(delegation: Rule, rule: Rule, higher: Rule) -> bool:
    """Whether a rule leaves the matter to the lower place on all days on which both hold."""
    if rule.kind not in delegation.delegates or delegation.place not in rule.place.chain[1:]:
        return False
    (a, b), (c, d) = span(rule), span(higher)
    first, last = span(delegation)
    own = {"level": (rule.place.level,), **rule.scope}
    bound = all(
        own.get(key) and set(own[key]) <= set(words) for key, words in delegation.scope.items()
    )
    return bound and first <= max(a, c) and min(b, d) <= last


class RuleContradicts(Refused):
    """An adopted rule of the same place answers the same question from the same day on."""


class RuleTooLax(Refused):
    """A rule asks for less than a hard rule of a higher place, which did not delegate it."""


class RuleOutdone(Refused):
    """A rule of a lower place asks for less than the new one; its bureau has to amend it."""


def judge_rule(command: Command, rule: Rule) -> Iterator[Event]:
    """What the adopted rules have against a new one, and a new one against those below it."""
    rules = command.ask.rules
    for other in rivals(rule, (each for each in rules.rules.values() if each.id != rule.id)):
        said = RuleContradicts(
            zh=f"{rule.id} 与 {rule.place} 已采纳的 {other.id} 同类、同日、同等适用，两条无从取舍",
            en=f"{rule.id} contradicts {other.id} of {rule.place}: same kind, same first day, and "
            "neither is the more special",
            rule=other,
            field=f"{rule.id}.scope",
        )
        yield from command.gate(said, rule.place)
    for higher, field in too_lax(rule, rules):
        lax = RuleTooLax(
            zh=f"{rule.id} 的 {field} 比 {higher.place} 的 {higher.id}（{higher.citation}）宽，"
            f"上级没有授权下级自行规定 {rule.kind}",
            en=f"{field} of {rule.id} asks for less than {higher.id} ({higher.citation}) of "
            f"{higher.place}, which does not leave {rule.kind} to lower places",
            rule=higher,
            field=f"{rule.id}.{field}",
        )
        yield from command.gate(lax, rule.place)
    for lower in loosened(rule, rules):
        outdone = RuleOutdone(
            zh=f"{lower.place} 的 {lower.id} 比新条款 {rule.id} 宽，应由当地修改",
            en=f"{lower.id} of {lower.place} asks for less than the new {rule.id}; its bureau has "
            "to amend it",
            rule=lower,
            field=rule.id,
        )
        yield command.finding(outdone, Outcome.DEVIATION, lower.place)

"""Conflict: what an adopted rule has against a new one, told as the adopted rule.

Two rules of one place contradict each other where they answer the same question with the same
right. A rule may be stricter than a hard rule of a higher place and never laxer, unless that place
or one above it leaves the matter to the lower one (rulebook C-32). Each version of a rule counts on
the days on which it is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from ledger.command import Command, Refused
from ledger.event import Event
from ledger.finding import Outcome
from ledger.regulation import KINDS, Rule, Rulebook, Strength, Use, read_parameters, spoken_of
from ledger.rule import RulesEnded, RulesSuspended, Span, span, unsuspended

WEIGHTS = {Use.GATE: 2, Use.REQUIREMENT: 1, Use.FINDING: 1, Use.DEFINITION: 0}
ONE_DAY = timedelta(days=1)


class RuleContradicts(Refused):
    """An adopted rule of the same place answers the same question from the same day on."""


class RuleTooLax(Refused):
    """A rule asks for less than a hard rule of a higher place, which did not delegate it."""


class RuleOutdone(Refused):
    """A rule of a lower place asks for less than one above it; its bureau has to amend it."""


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
    found: dict[str, tuple[Rule, str]] = {}
    for higher in rules.every():
        if higher.kind == rule.kind and higher.place in rule.place.chain[1:]:
            field = _less(rule, higher, rules)
            if field is not None:
                found.setdefault(higher.id, (higher, field))
    yield from found.values()


def loosened(rule: Rule, rules: Rulebook) -> Iterator[Rule]:
    """The adopted rules of lower places that ask for less than a new rule does."""
    found: dict[str, Rule] = {}
    for lower in rules.every():
        below = lower.kind == rule.kind and rule.place in lower.place.chain[1:]
        if below and _less(lower, rule, rules) is not None:
            found.setdefault(lower.id, lower)
    yield from found.values()


def _meet(one: Rule, other: Rule) -> bool:
    """Whether both can answer the same question on one day."""
    (a, b), (c, d) = span(one), span(other)
    keys = one.scope.keys() & other.scope.keys()
    return max(a, c) <= min(b, d) and all(
        set(one.scope[key]) & set(other.scope[key]) for key in keys
    )


def _less(rule: Rule, higher: Rule, rules: Rulebook) -> str | None:
    """The field in which a rule asks for less than a hard rule above it; ``None``: in none."""
    if higher.strength is not Strength.HARD or KINDS[rule.kind].MANY or not _meet(rule, higher):
        return None
    if _left(rule, higher, rules):
        return None
    own, others = read_parameters(rule), read_parameters(higher)
    if not own.compares(others):
        return None
    if _hides(rule, higher):
        return "certain_through"
    if rule.strength is not Strength.HARD:
        return "strength"
    if WEIGHTS[rule.use] < WEIGHTS[higher.use]:
        return "use"
    return "parameters" if own.laxer(others) else None


def _hides(rule: Rule, higher: Rule) -> bool:
    """Whether a rule in doubt after its certain days would stand before the one above it."""
    certain, (first, last) = rule.certain_through, span(higher)
    return certain is not None and max(certain + ONE_DAY, first) <= min(span(rule)[1], last)


def _left(rule: Rule, higher: Rule, rules: Rulebook) -> bool:
    """Whether the matter is left to the lower place on all days on which both hold."""
    (a, b), (c, d) = span(rule), span(higher)
    open_days = (
        days
        for each in rules.every()
        if _delegates(each, rule, higher)
        for days in unsuspended(each, rules.suspensions(each.id))
    )
    return _covered(max(a, c), min(b, d), open_days)


def _delegates(delegation: Rule, rule: Rule, higher: Rule) -> bool:
    """Whether a rule of the higher rule's place, or one above it, leaves the matter to others."""
    # A city cannot give away what the province asks.
    if rule.kind not in delegation.delegates or delegation.place not in higher.place.chain:
        return False
    own = {"level": (rule.place.level,), **rule.scope}
    return all(
        own.get(key) and set(own[key]) <= set(words) for key, words in delegation.scope.items()
    )


def _covered(first: date, last: date, spans: Iterable[Span]) -> bool:
    for begins, ends in sorted(spans):
        if begins > first:
            return False
        if ends >= last:
            return True
        first = max(first, ends + ONE_DAY)
    return False


def judge_rule(command: Command, rule: Rule, rules: Rulebook) -> Iterator[Event]:
    """What the adopted rules have against a new one, and a new one against those below it.

    ``rules``: the adopted ones with all that comes at the same time, as its own delegations.
    """
    for other in rivals(rule, (each for each in rules.every() if each.id != rule.id)):
        said = RuleContradicts(
            zh=f"{rule.id} 与 {rule.place} 已采纳的 {other.id} 同类、同日、同等适用，两条无从取舍",
            en=f"{rule.id} contradicts {other.id} of {rule.place}: same kind, same first day, and "
            "neither is the more special",
            rule=spoken_of(other, command.ask.on),
            field=f"{rule.id}.scope",
        )
        yield from command.gate(said, rule.place)
    for higher, field in too_lax(rule, rules):
        lax = laxness(rule, higher, f"{rule.id}.{field}", command.ask.on)
        yield from command.gate(lax, rule.place)
    for lower in loosened(rule, rules):
        yield _outdone(command, lower, rule, rule.id)


def judge_doubt(command: Command, rule: Rule, rules: Rulebook, field: str) -> Iterator[Event]:
    """The gate on a rule that would be in doubt and so hide a hard rule above it."""
    for higher, lax in too_lax(rule, rules):
        if lax == "certain_through":
            yield from command.gate(laxness(rule, higher, field, command.ask.on), rule.place)


def judge_delegations(
    command: Command, change: RulesEnded | RulesSuspended, field: str
) -> Iterator[Event]:
    """What becomes of the rules that rest on a delegation which the change ends or suspends."""
    before = command.ask.rules
    kinds = {kind for name in change.rules for kind in before.rules[name].delegates}
    after = Rulebook([*before.learned, change]) if kinds else before
    told: set[tuple[str, str]] = set()
    for lower in [each for each in after.every() if each.kind in kinds]:
        was = {higher.id for higher, _ in too_lax(lower, before)}
        for higher, _ in too_lax(lower, after):
            if higher.id not in was and (lower.id, higher.id) not in told:
                told.add((lower.id, higher.id))
                yield _outdone(command, lower, higher, field)


def laxness(rule: Rule, higher: Rule, field: str, day: date) -> RuleTooLax:
    """The refusal of a rule that asks for less than the one above it."""
    above = f"{higher.id} ({higher.citation}) of {higher.place}"
    if field.endswith("certain_through"):
        zh = (
            f"{rule.id} 在 {rule.certain_through} 之后是否有效无法确定，会使 {higher.place} 的"
            f" {higher.id}（{higher.citation}）落空，须写明确定的终止日"
        )
        en = (
            f"after {rule.certain_through} nobody could tell whether {rule.id} holds, and {above} "
            "would answer no more; give it a certain end"
        )
    else:
        name = field.rpartition(".")[2]
        zh = (
            f"{rule.id} 的 {name} 比 {higher.place} 的 {higher.id}（{higher.citation}）宽，"
            f"上级没有授权下级自行规定 {rule.kind}"
        )
        en = (
            f"{name} of {rule.id} asks for less than {above}, which does not leave {rule.kind} to "
            "lower places"
        )
    return RuleTooLax(zh=zh, en=en, rule=spoken_of(higher, day), field=field)


def _outdone(command: Command, lower: Rule, higher: Rule, field: str) -> Event:
    said = RuleOutdone(
        zh=f"{lower.place} 的 {lower.id} 比 {higher.place} 的 {higher.id} 宽，应由当地修改",
        en=f"{lower.id} of {lower.place} asks for less than {higher.id} of {higher.place}; its "
        "bureau has to amend it",
        rule=spoken_of(lower, command.ask.on),
        field=field,
    )
    return command.finding(said, Outcome.DEVIATION, lower.place)

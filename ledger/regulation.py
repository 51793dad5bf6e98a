"""Regulations: dated rules with their clause, and which of them is in force where and when.

A document is data. Adopting it puts the whole of it into the ledger, so a decision depends on
nothing but events. A *kind* of rule is code: one ``Parameters`` class beside the noun that it
governs; its numbers are never in code. The rule in force is looked for from the county through the
city to the province, the special before the general and the later before the earlier (rulebook
C-32, C-33). A rule bound to a term is chosen by the term alone.

Adopted rules change by events only: an amendment, an end and a suspension each have a day, and
before that day the rulebook answers as it did.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import structs

from ledger.event import Event
from ledger.kind import KINDS as KINDS
from ledger.kind import Parameters as Parameters
from ledger.kind import revive
from ledger.names import DocumentId, JurisdictionId, TermId

# Whoever asks the rulebook names rules and their events from here too.
from ledger.rule import REGULATION_EVENTS as REGULATION_EVENTS
from ledger.rule import (
    Pause,
    RuleAmended,
    RulesEnded,
    RulesSuspended,
    SuspensionEnded,
    amended,
    cut,
    in_force,
    outside,
    resumed,
    span,
)
from ledger.rule import RegulationAdopted as RegulationAdopted
from ledger.rule import Rule as Rule
from ledger.rule import RuleAdopted as RuleAdopted
from ledger.rule import Strength as Strength
from ledger.rule import Use as Use
from ledger.rule import Value as Value

ParametersT = TypeVar("ParametersT", bound=Parameters)
MadeT = TypeVar("MadeT")

ANSWERED_MAX = 10_000


class InForce(Generic[ParametersT]):
    """A rule that answers a question, its parameters typed, and whether that is certain.

    ``place`` and ``day`` chose it, or ``place`` and ``term``: an amended rule of a term has both.
    All who ask the same share one, so nobody changes it.
    """

    __slots__ = ("certain", "day", "place", "rule", "term", "value")

    def __init__(
        self,
        rule: Rule,
        value: ParametersT,
        *,
        certain: bool,
        place: JurisdictionId | None = None,
        day: date | None = None,
        term: str | None = None,
    ) -> None:
        bound = term is not None and "term" in rule.scope
        self.rule = rule
        self.value = value
        self.certain = certain
        self.place = place
        self.term = TermId(f"term:{term}") if bound else None
        self.day = day if rule.since is not None or not bound else None

    @property
    def id(self) -> str:
        """The rule's id, such as ``ZJ24-13``."""
        return self.rule.id


def read_parameters(rule: Rule) -> Parameters:
    """The typed parameters of a rule. Raises ``msgspec.ValidationError`` naming the field."""
    return msgspec.convert(rule.parameters, KINDS[rule.kind], dec_hook=revive, strict=False)


def spoken_of(rule: Rule, day: date, place: JurisdictionId | None = None) -> InForce[Parameters]:
    """A rule that nobody looked for: it was applied before, or is itself in question on a day."""
    terms = rule.scope.get("term", ())
    term = terms[0] if len(terms) == 1 else None
    where, value = place or rule.place, read_parameters(rule)
    return InForce(rule, value, certain=True, place=where, day=day, term=term)


class _Held:
    """A version of a rule, its parameters read once, and when the rule is suspended."""

    __slots__ = ("learned", "pauses", "rule", "value")

    def __init__(self, rule: Rule, pauses: list[Pause], learned: date | None) -> None:
        self.rule = rule
        self.learned = learned
        self.value: Parameters | None = None
        self.pauses = pauses

    def certain(self, day: date) -> bool | None:
        """``True``: in force for certain, ``False``: perhaps, ``None``: not, or suspended."""
        certain = in_force(self.rule, day)
        return certain if certain is None else outside(self.pauses, day, certain)


class Rulebook:
    """All adopted rules and what became of them, as a fold over the regulation events.

    ``rules`` holds the latest version of each, ``learned`` the events themselves.
    """

    def __init__(self, entries: Iterable[Event] = ()) -> None:
        self.documents: dict[DocumentId, RegulationAdopted] = {}
        self.rules: dict[str, Rule] = {}
        self.learned: list[Event] = []
        self.terms: set[str] = set()
        self._held: dict[str, dict[JurisdictionId, list[_Held]]] = {}
        self._pauses: dict[str, list[Pause]] = {}
        self._answered: dict[tuple[object, ...], list[_Answer]] = {}
        self._derived: dict[tuple[object, ...], Any] = {}
        for event in entries:
            self.learn(event)

    def learn(self, event: Event) -> None:
        """Takes in one event; events of other kinds change nothing."""
        match event:
            case RegulationAdopted():
                self.documents[event.document] = event
            case RuleAdopted(rule=rule):
                self._hold(rule)
                self.terms.update(rule.scope.get("term", ()))
            case RuleAmended():
                self._amend(event)
            case RulesEnded(rules=ids, last=last):
                for each in ids:
                    self._close(each, last)
            case RulesSuspended(rules=ids):
                for each in ids:
                    pause = (event.since, event.certain_through, event.until)
                    self._pauses[each].append(pause)
            case SuspensionEnded(rules=ids, day=day):
                for each in ids:
                    self._pauses[each][:] = resumed(self._pauses[each], day)
            case _:
                return
        self.learned.append(event)
        # Whoever is answered meanwhile keeps what was found in the one that is gone.
        self._answered, self._derived = {}, {}

    def without(self, gone: Iterable[Event]) -> Rulebook:
        """The rulebook as if these events had never been learned."""
        taken = {id(event) for event in gone}
        return Rulebook(event for event in self.learned if id(event) not in taken)

    def versions(self, rule: str) -> list[Rule]:
        """All versions of a rule, in the order in which they were learned."""
        return [each.rule for each in self._versions(rule)]

    def every(self) -> Iterator[Rule]:
        """All versions of all rules that are in force on some day."""
        for rule in list(self.rules):
            yield from (each for each in self.versions(rule) if _ever(each))

    def on(self, day: date) -> list[tuple[Rule, bool]]:
        """The versions that are in force on a day, and whether for certain."""
        held = ((each, each.certain(day)) for rule in self.rules for each in self._versions(rule))
        return [(each.rule, certain) for each, certain in held if certain is not None]

    def at(self, rule: str, day: date) -> Rule | None:
        """The version of a rule on a day, the latest where there is none; ``None``: no rule."""
        found = self.rules.get(rule)
        if found is not None:
            for each in self.versions(rule):
                first, last = span(each)
                found = each if first <= day <= last else found
        return found

    def cited(self, rule: str, place: JurisdictionId, day: date) -> InForce[Parameters] | None:
        """A rule by which something was decided, with place and day of the decision."""
        found = self.at(rule, day)
        return spoken_of(found, day, place) if found is not None else None

    def reach(self, rule: str) -> tuple[date, date]:
        """First and last day on which any version of a rule may be in force."""
        versions = self.versions(rule)
        spans = [span(each) for each in [each for each in versions if _ever(each)] or versions]
        return min(first for first, _ in spans), max(last for _, last in spans)

    def amended(self, event: RuleAmended) -> Rule:
        """The version that an amendment makes: it takes the place of all later ones."""
        certain = (each.certain_through for each in self.versions(event.rule))
        known = next((day for day in certain if day is not None), None)
        old = structs.replace(self.rules[event.rule], certain_through=known)
        return amended(old, event)

    def suspensions(self, rule: str) -> tuple[Pause, ...]:
        """When a rule is suspended: first day, last certain day, last day."""
        return tuple(self._pauses.get(rule, ()))

    def find(
        self,
        kind: type[ParametersT],
        place: JurisdictionId,
        day: date,
        **scope: str,
    ) -> InForce[ParametersT] | None:
        """The one rule of a kind that answers for a place on a day, or ``None``."""
        return next(self.answers(kind, place, day, scope), None)

    def find_all(
        self,
        kind: type[ParametersT],
        place: JurisdictionId,
        day: date,
        **scope: str,
    ) -> list[InForce[ParametersT]]:
        """All rules of a kind that answer along the chain of places, the strongest first."""
        return list(self.answers(kind, place, day, scope))

    def pinned(
        self,
        kind: type[ParametersT],
        place: JurisdictionId,
        day: date,
        **scope: str,
    ) -> InForce[ParametersT] | None:
        """The one rule that binds what was fixed on a day, whatever was adopted after it (C-33)."""
        return next(self.answers(kind, place, day, scope, True), None)

    def pinned_all(
        self,
        kind: type[ParametersT],
        place: JurisdictionId,
        day: date,
        **scope: str,
    ) -> list[InForce[ParametersT]]:
        """All rules that bind what was fixed on a day, the strongest first."""
        return list(self.answers(kind, place, day, scope, True))

    def answers(
        self,
        kind: type[ParametersT],
        place: JurisdictionId,
        day: date,
        scope: dict[str, str],
        pinned: bool = False,
    ) -> Iterator[InForce[ParametersT]]:
        """The same one by one; all questions come through here.

        Which they are is kept until something is learned.
        """
        answered = self._answered
        key = (kind.KIND, place, day, pinned, *sorted(scope.items()))
        found = answered.get(key)
        if found is None:
            picked = self._answers(kind.KIND, place, day, scope, pinned)
            found = [_Answer(held, certain) for held, certain in picked]
            if len(answered) < ANSWERED_MAX:
                answered[key] = found
        for each in found:
            if each.made is None:
                value, certain = _read(each.held, kind), each.certain
                each.made = InForce(
                    each.held.rule,
                    value,
                    certain=certain,
                    place=place,
                    day=day,
                    term=scope.get("term"),
                )
            yield each.made

    def derived(self, make: Callable[..., MadeT], *given: Hashable) -> MadeT:
        """``make(rules, *given)``, which looks at nothing else; kept until something is learned.

        All who ask the same share it, so nobody changes it.
        """
        derived = self._derived
        key = (make, *given)
        if key not in derived:
            made = make(self, *given)
            if len(derived) >= ANSWERED_MAX:
                return made
            derived[key] = made
        found: MadeT = derived[key]
        return found

    def _answers(
        self, kind: str, place: JurisdictionId, day: date, scope: dict[str, str], pinned: bool
    ) -> Iterator[tuple[_Held, bool]]:
        places = self._held.get(kind)
        if places is None:
            return
        for where in place.chain:
            ranked: list[tuple[tuple[int, date], _Held, bool]] = []
            for held in places.get(where, ()):
                rule = held.rule
                late = pinned and held.learned is not None and held.learned > day
                certain = held.certain(day) if not late and rule.applies(scope) else None
                if certain is not None:
                    ranked.append(((len(rule.scope), rule.since or date.min), held, certain))
            ranked.sort(key=lambda each: each[0], reverse=True)
            yield from ((held, certain) for _, held, certain in ranked)

    def _hold(self, rule: Rule) -> None:
        self.rules[rule.id] = rule
        head = self.documents.get(rule.document)
        pauses = self._pauses.setdefault(rule.id, [])
        held = _Held(rule, pauses, head.adopted_on if head else None)
        self._held.setdefault(rule.kind, {}).setdefault(rule.place, []).append(held)

    def _amend(self, event: RuleAmended) -> None:
        new = self.amended(event)
        for held in self._versions(event.rule):
            if held.rule.until is None or held.rule.until >= event.since:
                held.rule = cut(held.rule, event.since - timedelta(days=1))
        self._hold(new)

    def _close(self, rule: str, last: date) -> None:
        for held in self._versions(rule):
            until = min(held.rule.until or date.max, last)
            held.rule = structs.replace(held.rule, until=until, certain_through=None)
        self.rules[rule] = self._versions(rule)[-1].rule

    def _versions(self, rule: str) -> list[_Held]:
        latest = self.rules[rule]
        held = self._held[latest.kind][latest.place]
        return [each for each in held if each.rule.id == rule]


class _Answer:
    """A rule that answers a question, as it is told once it is asked for."""

    __slots__ = ("certain", "held", "made")

    def __init__(self, held: _Held, certain: bool) -> None:
        self.held, self.certain = held, certain
        self.made: InForce[Any] | None = None


def _ever(rule: Rule) -> bool:
    first, last = span(rule)
    return first <= last


def _read(held: _Held, kind: type[ParametersT]) -> ParametersT:
    if held.value is None:
        held.value = read_parameters(held.rule)
    assert isinstance(held.value, kind)
    return held.value

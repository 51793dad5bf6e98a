"""Commands: what is asked, which events matter to it, and what follows.

``boundary`` says which events matter, ``learn`` folds them, ``decide`` yields events or refuses.
``beyond`` names those that matter as well once the boundary is learned, such as the events of the
provider whose project is named.
A command owns no clock and reads no view: the day, the actor and the rulebook come in with ``Ask``.

The same command comes in two ways. *Asked*: the ledger is the system of record, so a gate that
fails refuses. *Reported*: another system of record says that it happened, so the fact is kept and
each gate that it would have failed becomes a ``VIOLATION`` finding with the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from enum import Enum
from typing import Any, TypeVar

from msgspec import Struct

from ledger.event import Channel, Entry, Event
from ledger.finding import FindingMade, Lack, Outcome
from ledger.names import JurisdictionId, Name
from ledger.regulation import InForce, Rulebook
from ledger.word import in_chinese, in_english

LACKS_MAX = 100


class Role(Enum):
    """What an asker may be; ``schema.access`` says what each may do."""

    PUBLIC = "PUBLIC"
    TEACHER = "TEACHER"
    SCHOOL = "SCHOOL"
    PROVIDER = "PROVIDER"
    BUREAU = "BUREAU"
    AUDITOR = "AUDITOR"
    INTEGRATOR = "INTEGRATOR"
    OPERATOR = "OPERATOR"


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks, in which role, and over what: a teacher, a school, a provider or a place.

    ``reports``: whether an integrator may report besides reading.
    """

    actor: str
    role: Role
    scope: Name
    channel: Channel = Channel.API
    reports: bool = True


@dataclass(frozen=True, kw_only=True)
class Ask:
    """The circumstances of a command: day, asker, rules, and the source of a reported fact.

    ``chance`` is a number that the ledger makes as it decides, so that nobody chooses it.
    """

    on: date
    asker: Asker
    rules: Rulebook
    source: str | None = None
    chance: str = ""

    @property
    def reported(self) -> bool:
        """Whether another system of record says that it happened."""
        return self.source is not None

    def foreign(self, place: JurisdictionId) -> bool:
        """Whether a place lies outside the asker's; what is there stays unsaid."""
        scope = self.asker.scope
        return isinstance(scope, JurisdictionId) and not scope.covers(place)


class Selector(Struct, frozen=True, gc=False, cache_hash=True):
    """Events of these types that carry all of these tags.

    ``rare``: the types are rarer than the tags, so the store looks them up by type.
    """

    types: tuple[str, ...]
    tags: tuple[str, ...]
    rare: bool = False

    def selects(self, name: str, tags: tuple[str, ...] | list[str]) -> bool:
        """Whether an event of that name with those tags is one of them."""
        return name in self.types and all(tag in tags for tag in self.tags)


def about(*names: Name, of: list[type[Event]], rare: bool = False) -> Selector:
    """The events of the given types that concern all of the given names."""
    types = tuple([each.NAME for each in of])
    return Selector(types=types, tags=tuple([str(name) for name in names]), rare=rare)


def fact(**options: Any) -> Any:
    """A blank that ``learn`` fills; it is no part of what is asked."""
    return field(init=False, repr=False, compare=False, **options)


class Refused(Exception):
    """A command is not carried out. Subclasses state the obstacle; their name is the code."""

    def __init__(
        self,
        *,
        zh: str,
        en: str,
        rule: InForce[Any] | None = None,
        field: str | None = None,
        evidence: tuple[str, ...] = (),
        lacking: tuple[Lack, ...] = (),
    ) -> None:
        self.zh, self.en = in_chinese(zh), in_english(en)
        super().__init__(self.en)
        self.rule = rule.rule if isinstance(rule, InForce) else rule
        self.certain = rule.certain if isinstance(rule, InForce) else True
        # What chose the rule: a place, and a day or a term.
        self.chosen_for = rule.place if isinstance(rule, InForce) else None
        self.chosen_on = rule.day if isinstance(rule, InForce) else None
        self.chosen_term = rule.term if isinstance(rule, InForce) else None
        self.field = field
        self.evidence = evidence
        # So many events about one thing that nobody could take them in one by one stay unnamed.
        self.lacking = lacking if len(lacking) <= LACKS_MAX else ()

    @property
    def code(self) -> str:
        """The class name in UPPER_SNAKE, stable for clients."""
        return code_of(type(self))


def code_of(obstacle: type[Refused]) -> str:
    """The code that a refusal of this class has."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", obstacle.__name__).upper()


class UnknownReference(Refused):
    """The command names something that the ledger has never heard of."""


class OutsideScope(Refused):
    """The asker's token does not reach the party that decides this."""


class TooEarly(Refused):
    """A step is dated before the act that it follows."""


def premature(today: date, after: date | None, zh: str, en: str, *evidence: str) -> TooEarly | None:
    """What is wrong with a step dated before the act that it follows; ``zh`` and ``en`` name it."""
    if after is None or today >= after:
        return None
    return TooEarly(
        zh=f"{zh}（{after}），此事不能早在 {today}",
        en=f"{en} on {after}; {today} is too early for this",
        field="on",
        evidence=tuple(filter(None, evidence)),
    )


class Refusals(Exception):
    """All refusals of one command."""

    def __init__(self, refusals: list[Refused]) -> None:
        super().__init__("; ".join(each.en for each in refusals))
        self.refusals = refusals


@dataclass(kw_only=True)
class Command:
    """Something asked of the ledger. Subclasses are dataclasses with the asked fields first."""

    ask: Ask = fact(default=None)
    _refusals: list[Refused] = fact(default_factory=list)

    def boundary(self) -> list[Selector]:
        """Which events matter."""
        raise NotImplementedError

    def beyond(self) -> list[Selector]:
        """Which events matter besides, known after learning; they are learned as well."""
        return []

    def shared(self) -> dict[Selector, str]:
        """Selectors of the boundary from which a fact follows that all such commands share.

        With the fact's name. Whoever decides many commands about one thing may fold it once and
        hand it over in place of the selector's events; its ``learn`` passes over what it knows.
        """
        return {}

    def learn(self, entry: Entry) -> None:
        """Folds one event of the boundary."""

    def authority(self) -> Name | None:
        """The party that takes this decision, known after learning; ``None``: the operator."""
        raise NotImplementedError

    def answerable(self) -> JurisdictionId | None:
        """The place whose integrators may report it: that of the party that decided."""
        party = self.authority()
        return party if isinstance(party, JurisdictionId) else self.territory()

    def territory(self) -> JurisdictionId | None:
        """The place that it concerns, known after learning; its bureau sees what follows."""
        party = self.authority()
        return party if isinstance(party, JurisdictionId) else None

    def decide(self) -> Iterator[Event]:
        """Yields what follows; gates and findings on the way."""
        raise NotImplementedError

    def gate(self, refusal: Refused | None, *subjects: Name) -> Iterator[Event]:
        """Refuses when asked; when reported, yields a ``VIOLATION`` in its place.

        A rule of which nobody can tell whether it is in force refuses nothing.
        """
        if refusal is None:
            return
        if self.ask.reported or not refusal.certain:
            yield self.finding(refusal, Outcome.VIOLATION, *subjects)
        else:
            self._refusals.append(refusal)

    def finding(self, said: Refused, outcome: Outcome, *subjects: Name) -> FindingMade:
        """A finding that says what a refusal would have said."""
        rule = said.rule
        return FindingMade(
            code=said.code,
            outcome=outcome if said.certain else Outcome.INDETERMINATE,
            subjects=subjects,
            place=rule.place if rule else PROVINCE,
            zh=said.zh,
            en=said.en,
            rule=rule.id if rule else None,
            citation=rule.citation if rule else None,
            evidence=said.evidence,
            parameters=rule.parameters if rule else {},
            chosen_for=said.chosen_for,
            chosen_on=said.chosen_on,
            chosen_term=said.chosen_term,
            lacking=said.lacking,
        )


CommandT = TypeVar("CommandT", bound=Command)
PROVINCE = JurisdictionId("jurisdiction:330000")


_ASKED: dict[type[Command], tuple[str, ...]] = {}


def asked_of(kind: type[Command]) -> tuple[str, ...]:
    """The names of what a kind of command asks."""
    found = _ASKED.get(kind)
    if found is None:
        found = _ASKED[kind] = tuple(each.name for each in fields(kind) if each.init)
    return found


def afresh(command: CommandT) -> CommandT:
    """The same command as it was asked, before it learned anything."""
    kind = type(command)
    return kind(**{name: getattr(command, name) for name in asked_of(kind)})


def settle(command: Command) -> list[Event]:
    """What follows from a command that has learned. Raises ``Refusals``."""
    try:
        _check_scope(command)
        events = list(command.decide())
    except Refused as refused:
        raise Refusals([*command._refusals, refused]) from None
    if command._refusals:
        raise Refusals(command._refusals)
    # Facts come before what was found about them.
    return sorted(events, key=lambda event: isinstance(event, FindingMade))


def _check_scope(command: Command) -> None:
    asker = command.ask.asker
    try:
        party = command.authority()
        if asker.role is Role.OPERATOR or (party is not None and asker.scope == party):
            return
        if asker.role is Role.INTEGRATOR and command.ask.reported:
            territory, reach = command.answerable(), asker.scope
            if isinstance(reach, JurisdictionId) and territory and reach.covers(territory):
                return
    except Refused:
        if asker.role is Role.OPERATOR:
            raise
        party = asker.scope  # why nobody can tell whose it is would tell a stranger what is there
    if party is None:
        raise OutsideScope(
            zh=f"{type(command).__name__} 只能由系统运维人员提交",
            en=f"{type(command).__name__} is for the operator only",
        )
    # Whose it is, and whether it is there, stays unsaid: it would tell where a teacher works.
    raise OutsideScope(
        zh=f"没有您所指的对象，或此事不在您的权限范围 {asker.scope} 内",
        en=f"there is no such thing, or it is not for {asker.scope} to decide, "
        "which your token is for",
    )

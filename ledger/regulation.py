"""Regulations: dated rules with their clause, and which of them is in force where and when.

A document is data. Adopting it puts the whole of it into the ledger, so a decision depends on
nothing but events. A *kind* of rule is code: one ``Parameters`` class beside the noun that it
governs; its numbers are never in code. The rule in force is looked for from the county through the
city to the province, the special before the general and the later before the earlier (rulebook
C-32, C-33). A rule bound to a term is chosen by the term alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, ClassVar, Generic, Self, TypeVar, dataclass_transform

import msgspec
from msgspec import Struct

from ledger.event import Event, FrozenMeta, Part, unchanged
from ledger.names import DocumentId, JurisdictionId

Value = str | int | bool | tuple[str, ...]


class Strength(Enum):
    """How strictly a rule binds (rulebook section 0.4)."""

    HARD = "hard"
    PRINCIPLE = "principle"
    TARGET = "target"
    ADVISORY = "advisory"
    INFORMATION = "information"


class Use(Enum):
    """What the ledger does with a rule."""

    GATE = "gate"
    FINDING = "finding"
    REQUIREMENT = "requirement"
    DEFINITION = "definition"


class Rule(Part):
    """One rule of a document, as data.

    ``since`` is the first day on which it is certainly in force (``None``: bound to a term);
    between ``uncertain_from`` and ``since`` nobody can tell from the documents, nor between
    ``certain_through`` and ``until``. ``external``: from outside the documents, and marked so.
    """

    id: str
    document: DocumentId
    number: str
    clause: str
    place: JurisdictionId
    kind: str
    use: Use
    strength: Strength
    zh: str
    en: str
    scope: dict[str, tuple[str, ...]] = {}
    parameters: dict[str, Value] = {}
    since: date | None = None
    uncertain_from: date | None = None
    until: date | None = None
    certain_through: date | None = None
    external: bool = False

    @property
    def citation(self) -> str:
        """Document number and clause."""
        return f"{self.number} {self.clause}"

    def applies(self, scope: dict[str, str]) -> bool:
        """Whether every condition of the rule's scope is met by the given one."""
        return all(scope.get(key) in allowed for key, allowed in self.scope.items())


class RegulationAdopted(Event, name="regulation.adopted"):
    """A regulation document came into the ledger; its rules follow in the same append."""

    document: DocumentId
    number: str
    place: JurisdictionId
    title_zh: str
    title_en: str
    authority_zh: str
    authority_en: str
    year: int
    rules: int
    sha256: str
    certain_from: date
    issued: date | None = None


class RuleAdopted(Event, name="regulation.rule-adopted", version=2):
    """One rule of an adopted document, with its clause, scope, days and parameters."""

    document: DocumentId
    place: JurisdictionId
    rule: Rule


RuleAdopted.upcast(from_version=1)(unchanged)


REGULATION_EVENTS: tuple[type[Event], ...] = (RegulationAdopted, RuleAdopted)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class KindMeta(FrozenMeta):
    """Registers a kind of rule under its name."""

    def __new__(
        mcs,
        class_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        kind: str = "",
        zh: str = "",
        **options: Any,
    ) -> Any:
        cls = super().__new__(mcs, class_name, bases, namespace, **options)
        if kind:
            if kind in KINDS:
                raise TypeError(f"two kinds of rule are called {kind}")
            cls.KIND, cls.ZH = kind, zh
            KINDS[kind] = cls
        return cls


class Parameters(Struct, metaclass=KindMeta, forbid_unknown_fields=True):
    """The parameters of one kind of rule. Subclasses give ``kind="name-of-the-kind"``.

    The docstring and ``zh`` tell a jurist what the system does with a rule of the kind.
    """

    KIND: ClassVar[str]
    ZH: ClassVar[str]

    def wrong(self) -> str | None:
        """What is out of range, naming the parameter; ``None`` where all is well."""
        return None

    def laxer(self, than: Self) -> bool:
        """Whether this asks for less than ``than`` does, a rule of the same kind above it."""
        return False


KINDS: dict[str, type[Parameters]] = {}
ParametersT = TypeVar("ParametersT", bound=Parameters)


class InForce(Generic[ParametersT]):
    """A rule that answers a question, its parameters typed, and whether that is certain.

    ``place`` and ``day`` chose it; ``day`` is ``None`` where the term did.
    """

    __slots__ = ("certain", "day", "place", "rule", "value")

    def __init__(
        self,
        rule: Rule,
        value: ParametersT,
        *,
        certain: bool,
        place: JurisdictionId | None = None,
        day: date | None = None,
    ) -> None:
        self.rule = rule
        self.value = value
        self.certain = certain
        self.place = place
        self.day = day if rule.since is not None else None

    @property
    def id(self) -> str:
        """The rule's id, such as ``ZJ24-13``."""
        return self.rule.id


def read_parameters(rule: Rule) -> Parameters:
    """The typed parameters of a rule. Raises ``msgspec.ValidationError`` naming the field."""
    return msgspec.convert(rule.parameters, KINDS[rule.kind], dec_hook=_revive, strict=False)


class Rulebook:
    """All adopted rules, as a fold over the regulation events."""

    def __init__(self, entries: Iterable[Event] = ()) -> None:
        self.documents: dict[DocumentId, RegulationAdopted] = {}
        self.rules: dict[str, Rule] = {}
        self._by_kind: dict[str, list[Rule]] = {}
        self._read: dict[str, Parameters] = {}
        self.terms: set[str] = set()
        for event in entries:
            self.learn(event)

    def learn(self, event: Event) -> None:
        """Takes in one event; events of other kinds change nothing."""
        match event:
            case RegulationAdopted():
                self.documents[event.document] = event
            case RuleAdopted(rule=rule):
                self.rules[rule.id] = rule
                self._by_kind.setdefault(rule.kind, []).append(rule)
                self.terms.update(rule.scope.get("term", ()))
            case _:
                pass

    def find(
        self,
        kind: type[ParametersT],
        place: JurisdictionId,
        day: date,
        **scope: str,
    ) -> InForce[ParametersT] | None:
        """The one rule of a kind that answers for a place on a day, or ``None``."""
        found = self.find_all(kind, place, day, **scope)
        return found[0] if found else None

    def find_all(
        self,
        kind: type[ParametersT],
        place: JurisdictionId,
        day: date,
        **scope: str,
    ) -> list[InForce[ParametersT]]:
        """All rules of a kind that answer along the chain of places, the strongest first."""
        chain = place.chain
        ranked: list[tuple[tuple[int, int, date], Rule, bool]] = []
        for rule in self._by_kind.get(kind.KIND, ()):
            if rule.place not in chain or not rule.applies(scope):
                continue
            certain = _in_force(rule, day)
            if certain is None:
                continue
            rank = (-chain.index(rule.place), len(rule.scope), rule.since or date.min)
            ranked.append((rank, rule, certain))
        ranked.sort(key=lambda each: each[0], reverse=True)
        return [
            InForce(rule, self._parameters(kind, rule), certain=certain, place=place, day=day)
            for _, rule, certain in ranked
        ]

    def _parameters(self, kind: type[ParametersT], rule: Rule) -> ParametersT:
        value = self._read.get(rule.id)
        if value is None:
            value = self._read[rule.id] = read_parameters(rule)
        assert isinstance(value, kind)
        return value


def _in_force(rule: Rule, day: date) -> bool | None:
    """``True`` certainly, ``False`` perhaps, ``None`` not on this day."""
    if rule.until is not None and day > rule.until:
        return None
    if rule.certain_through is not None and day > rule.certain_through:
        return False
    if rule.since is None or day >= rule.since:
        return True
    if rule.uncertain_from is not None and day >= rule.uncertain_from:
        return False
    return None


def _revive(kind: type, value: Any) -> Any:
    if kind is Fraction and isinstance(value, str):
        return Fraction(value)
    if kind is Decimal:
        return Decimal(value)
    raise TypeError(f"{kind.__name__} has no place among parameters")

"""Rule: one rule of a regulation document as data, and the events by which rules come and change.

The events bear the name of the noun ``regulation``, under which they were first written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import Enum

from msgspec import structs

from ledger.day import day_after
from ledger.event import Event, Part, unchanged
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
    ``delegates``: the kinds of rule that it leaves to lower places (rulebook C-32). ``amended``:
    the instrument by which this version came.
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
    delegates: tuple[str, ...] = ()
    amended: str | None = None

    @property
    def citation(self) -> str:
        """Document number and clause, and the instrument that amended it."""
        cited = f"{self.number} {self.clause}"
        return f"{cited} ({self.amended})" if self.amended else cited

    def applies(self, scope: dict[str, str]) -> bool:
        """Whether every condition of the rule's scope is met by the given one."""
        return all(scope.get(key) in allowed for key, allowed in self.scope.items())


class RegulationAdopted(Event, name="regulation.adopted", version=3, effective="certain_from"):
    """A regulation document came into the ledger; its rules follow in the same append.

    ``adopted_on``: the day of it; ``None``: the ledger was founded with it, or it is not known.
    """

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
    external: bool = False
    adopted_on: date | None = None


RegulationAdopted.upcast(from_version=1)(unchanged)
RegulationAdopted.upcast(from_version=2)(unchanged)


class RuleAdopted(Event, name="regulation.rule-adopted", version=3):
    """One rule of an adopted document, with its clause, scope, days and parameters."""

    document: DocumentId
    place: JurisdictionId
    rule: Rule

    @property
    def effective_on(self) -> date | None:
        """The first day on which the rule may be in force."""
        return self.rule.uncertain_from or self.rule.since


RuleAdopted.upcast(from_version=1)(unchanged)
RuleAdopted.upcast(from_version=2)(unchanged)


class RuleAmended(Event, name="regulation.rule-amended", effective="since"):
    """From a day on a rule says something else, by the instrument that is cited."""

    document: DocumentId
    place: JurisdictionId
    rule: str
    since: date
    parameters: dict[str, Value]
    citation: str
    zh: str
    en: str


class RulesEnded(Event, name="regulation.rules-ended"):
    """Rules ended with their last day; up to it they hold for certain."""

    document: DocumentId
    place: JurisdictionId
    rules: tuple[str, ...]
    last: date
    citation: str

    @property
    def effective_on(self) -> date:
        """The first day without the rules."""
        return day_after(self.last)


class RulesSuspended(Event, name="regulation.rules-suspended", effective="since"):
    """From a day on rules answer nothing; after ``certain_through`` perhaps, to ``until``."""

    document: DocumentId
    place: JurisdictionId
    rules: tuple[str, ...]
    since: date
    citation: str
    certain_through: date | None = None
    until: date | None = None


class SuspensionEnded(Event, name="regulation.suspension-ended", effective="day"):
    """Suspended rules answer again from a day on."""

    document: DocumentId
    place: JurisdictionId
    rules: tuple[str, ...]
    day: date
    citation: str


POLICY_EVENTS: tuple[type[Event], ...] = (RuleAmended, RulesEnded, RulesSuspended, SuspensionEnded)
REGULATION_EVENTS: tuple[type[Event], ...] = (RegulationAdopted, RuleAdopted, *POLICY_EVENTS)


Pause = tuple[date, date | None, date | None]
Span = tuple[date, date]


def in_force(rule: Rule, day: date) -> bool | None:
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


def span(rule: Rule) -> Span:
    """First and last day on which a rule may be in force."""
    return rule.uncertain_from or rule.since or date.min, rule.until or date.max


def cut(rule: Rule, last: date) -> Rule:
    """The rule with this last day; a doubt that only begins later is gone with it."""
    certain = rule.certain_through
    within = certain if certain is not None and certain < last else None
    return structs.replace(rule, until=last, certain_through=within)


def amended(old: Rule, event: RuleAmended) -> Rule:
    """The version that an amendment makes; a certainty that ended before it does not count."""
    certain = old.certain_through
    return structs.replace(
        old,
        parameters=event.parameters,
        since=event.since,
        uncertain_from=None,
        certain_through=certain if certain is not None and certain >= event.since else None,
        amended=event.citation,
        zh=event.zh,
        en=event.en,
    )


def resumed(pauses: list[Pause], day: date) -> list[Pause]:
    """The suspensions, the one that reaches the day cut off before it; later ones stay."""
    last = day - timedelta(days=1)
    return [
        (pause[0], None, last) if reaches(pause, day) else pause
        for pause in pauses
        if pause[0] != day
    ]


def reaches(pause: Pause, day: date) -> bool:
    """Whether a suspension takes the day, certainly or perhaps."""
    since, _, until = pause
    return since <= day and (until is None or day <= until)


def outside(pauses: list[Pause], day: date, certain: bool) -> bool | None:
    """Whether a rule in force is certainly (``True``) or perhaps outside its suspensions."""
    for pause in pauses:
        if reaches(pause, day):
            if pause[1] is None or day <= pause[1]:
                return None
            certain = False
    return certain


def certain_days(rule: Rule, pauses: Iterable[Pause]) -> Iterator[Span]:
    """The days on which a rule answers for certain."""
    firm = structs.replace(rule, uncertain_from=None, until=rule.certain_through or rule.until)
    return unsuspended(firm, [(since, None, until) for since, _, until in pauses])


def unsuspended(rule: Rule, pauses: Iterable[Pause]) -> Iterator[Span]:
    """The days of a rule without those on which it is suspended for certain."""
    first, last = span(rule)
    for since, certain, until in sorted(pauses, key=lambda pause: pause[0]):
        if first < since:
            yield first, min(last, since - timedelta(days=1))
        end = certain or until or date.max
        if end >= last or since > last:
            return
        first = max(first, end + timedelta(days=1))
    yield first, last

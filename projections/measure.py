"""Measure: what an indicator counts, piece by piece, each piece of one teacher, class or project.

Every piece belongs to one school or provider and to one place, so that what the parts of a whole
count adds up to what the whole counts, and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct

from ledger.event import Event
from ledger.names import JurisdictionId, Name, ProviderId
from ledger.regulation import InForce, ParametersT, Rulebook
from ledger.requirement import Requirement
from projections.obligation import Rows, Year
from projections.school_year import HALVES, half_of

ZERO = Decimal(0)


class IndicatorCode(Enum):
    """What an indicator measures."""

    AVERAGE_CREDITS = "AVERAGE_CREDITS"
    COMPLETED_SHARE = "COMPLETED_SHARE"
    SENT_SHARE = "SENT_SHARE"
    MATCH_SHARE = "MATCH_SHARE"
    INSPECTION_SHARE = "INSPECTION_SHARE"
    OVERDUE_REVIEWS = "OVERDUE_REVIEWS"
    LATE_TIMETABLES = "LATE_TIMETABLES"
    PLAN_CHANGES = "PLAN_CHANGES"
    COMPLETION_SHARE = "COMPLETION_SHARE"
    SETTLED_SHARE = "SETTLED_SHARE"


# Of these the more, the worse.
FAULTS = frozenset(
    {IndicatorCode.OVERDUE_REVIEWS, IndicatorCode.LATE_TIMETABLES, IndicatorCode.PLAN_CHANGES}
)


@dataclass(frozen=True)
class Period:
    """A year, or one of its halves, which are the terms."""

    year: Year
    half: str | None = None

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of its terms."""
        halves = HALVES if self.half is None else (self.half,)
        return tuple(f"term:{self.year.number}{each}" for each in halves)

    @property
    def span(self) -> tuple[date, date]:
        """Its first and last day."""
        if self.half is not None:
            return half_of(self.year.number, self.half)
        return date(self.year.number, 1, 1), date(self.year.number, 12, 31)

    @property
    def day(self) -> date:
        """The day on which it is judged: its last, or today while it runs."""
        return min(self.span[1], self.year.today)

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        first, last = self.span
        return first <= day <= last


@dataclass(frozen=True)
class Subject:
    """Whose indicators are asked for; ``places``: those that count, ``None`` for all of them."""

    name: Name
    places: tuple[str, ...] | None = None
    place: JurisdictionId | None = None

    @property
    def provider(self) -> ProviderId | None:
        """The provider that it is."""
        return self.name if isinstance(self.name, ProviderId) else None


@dataclass(frozen=True)
class Question:
    """From what indicators are made: rows of one moment, the rules known then, and the period.

    ``most``: how many teachers may be read for it; ``codes``: which indicators, all without.
    """

    rows: Rows
    rules: Rulebook
    subject: Subject
    period: Period
    most: int | None = None
    codes: frozenset[IndicatorCode] | None = None
    found: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)

    def find(
        self, kind: type[ParametersT], place: JurisdictionId, day: date
    ) -> InForce[ParametersT] | None:
        """The rule of a kind for a place on a day, looked up once."""
        key = (kind, place, day)
        if key not in self.found:
            self.found[key] = self.rules.find(kind, place, day)
        held: InForce[ParametersT] | None = self.found[key]
        return held

    def wants(self, *codes: IndicatorCode) -> bool:
        """Whether any of these is asked for."""
        return self.codes is None or not self.codes.isdisjoint(codes)


class Share(Struct, frozen=True, kw_only=True):
    """What one teacher, class, project or training adds; ``party``: its school or provider.

    ``tag``: under which its entries are found, where ``positions`` does not say them; ``unsaid``:
    how many of the denominator nobody can tell.
    """

    key: str
    place: JurisdictionId
    party: str | None = None
    numerator: Decimal = ZERO
    denominator: int = 1
    positions: tuple[int, ...] = ()
    unsaid: int = 0
    tag: str | None = None
    title: str | None = None


Judge = Callable[[str, JurisdictionId, list[Share]], Requirement | None]


def unjudged(party: str, place: JurisdictionId, shares: list[Share]) -> Requirement | None:
    """What no document sets a target for."""
    return None


@dataclass
class Measure:
    """All the shares of an indicator, and how a school or a locality is judged by its own.

    ``types``: the events on which shares without positions stand. ``rules``: the rules by which it
    was seen what counts. ``results``: how each stands, where a share is the sum of several.
    """

    code: IndicatorCode
    shares: list[Share]
    judge: Judge = unjudged
    rule: InForce[Any] | None = None
    types: tuple[type[Event], ...] = ()
    rules: dict[str, InForce[Any]] = field(default_factory=dict)
    results: dict[str, Requirement] | None = None

    @property
    def by_place(self) -> bool:
        """Whether a locality is judged and not a school."""
        return self.code is IndicatorCode.INSPECTION_SHARE

    @property
    def cited(self) -> InForce[Any] | None:
        """The rule that speaks of it: its own, or the only one that said what counts."""
        if self.rule is not None:
            return self.rule
        return next(iter(self.rules.values())) if len(self.rules) == 1 else None


def judged(measure: Measure) -> Iterator[tuple[str, Requirement]]:
    """How each school, or each locality, stands by its own shares."""
    held: dict[str, list[Share]] = {}
    for each in measure.shares:
        unit = str(each.place) if measure.by_place else each.party
        if unit is not None:
            held.setdefault(unit, []).append(each)
    for unit, shares in held.items():
        found = measure.judge(unit, shares[0].place, shares)
        if found is not None:
            yield unit, found

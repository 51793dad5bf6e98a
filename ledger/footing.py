"""Footing: over which credits, in which unit and under which cap a cycle is added up on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ledger.cycle import YEARS_DEFAULT, Cycle, CycleTotal, Unit
from ledger.names import CreditId
from ledger.record import Line, Record
from ledger.regulation import InForce, Rulebook
from ledger.requirement import Result
from ledger.special import Apart, apart
from ledger.structure import SchoolBasedCap, cap_on


@dataclass(frozen=True, kw_only=True)
class Footing:
    """What a cycle is added up over.

    ``within``: all lines of the cycle up to the day; ``lines``: those that count like any other;
    ``aside``: those with a rate of their own.
    """

    day: date
    cycle: Cycle
    unit: Unit
    total: InForce[CycleTotal] | None
    within: list[Line]
    lines: list[Line]
    aside: dict[CreditId, Apart]
    cap: InForce[SchoolBasedCap] | None
    suspended: Result | None

    @property
    def used(self) -> InForce[SchoolBasedCap] | None:
        """The cap where it is used; of a suspended one nothing is cut."""
        return None if self.suspended is Result.NOT_ASSESSED else self.cap


def footing(record: Record, rules: Rulebook, day: date) -> Footing | None:
    """The footing of the cycle that holds the day; ``None`` for one who never entered."""
    place = record.at(day).place
    rule = rules.find(CycleTotal, place, day) if place else None
    cycle = record.cycle(day, rule.value.years if rule else YEARS_DEFAULT)
    if cycle is None or place is None:
        return None
    within = [each for each in record.within(cycle) if each.completed <= day]
    aside = apart(record, rules, within)
    cap, suspended = cap_on(rules, place, day)
    return Footing(
        day=day,
        cycle=cycle,
        unit=rule.value.unit(day) if rule else Unit.CREDITS,
        total=rule,
        within=within,
        lines=[each for each in within if each.credit not in aside],
        aside=aside,
        cap=cap,
        suspended=suspended,
    )


def cycles(record: Record, rules: Rulebook, day: date) -> list[Cycle]:
    """The cycles of a teacher from the first to the one that holds the day."""
    found: list[Cycle] = []
    while (place := record.at(day).place) is not None:
        rule = rules.find(CycleTotal, place, day)
        cycle = record.cycle(day, rule.value.years if rule else YEARS_DEFAULT)
        if cycle is None:
            break
        found.append(cycle)
        if cycle.number == 1:
            break
        day = cycle.start - timedelta(days=1)
    return found[::-1]

"""Cycle: the five years over which a teacher's credits are counted.

A cycle is half-open, ``[start, end)``, and begins on the day the teacher entered the platform;
late entrants get a whole cycle of their own, not a shortened one (rulebook C-27).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ledger.accreditation import years_later

# Every document speaks of five years; this is for places for which none states the total.
YEARS_DEFAULT = 5


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """One half-open interval; ``number`` counts from 1."""

    number: int
    start: date
    end: date

    def holds(self, day: date) -> bool:
        """Whether the day belongs to this cycle."""
        return self.start <= day < self.end

    @property
    def last_day(self) -> date:
        """The last day that still counts."""
        return self.end - timedelta(days=1)


def cycle_on(entered: date, day: date, years: int) -> Cycle:
    """The cycle that holds a day; days before the entry belong to the first one."""
    number = 1
    while day >= years_later(entered, years * number):
        number += 1
    return Cycle(
        number=number,
        start=years_later(entered, years * (number - 1)),
        end=years_later(entered, years * number),
    )

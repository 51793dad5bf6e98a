"""Claim: what a sheet from outside says of one person's credits, to be held against the ledger.

A sheet speaks either of single credits or of what a person has in a year, in a cycle or of a kind.
Whose row it is was settled before (``matching``); a row of nobody claims all the same.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum

from msgspec import UNSET, Struct, UnsetType

from ledger.breakdown import TrainingKind
from ledger.cycle import Unit
from ledger.fault import Fault
from ledger.names import JurisdictionId, OfferingId, TeacherId
from ledger.spot import Spot


class Grain(Enum):
    """What one row of the sheet is about: one credit, or what a person has in a period."""

    CREDITS = "CREDITS"
    TOTALS = "TOTALS"


class Measure(Enum):
    """Which amount of a credit the sheet is held against: as awarded, or as it counts."""

    RECOGNISED = "RECOGNISED"
    EFFECTIVE = "EFFECTIVE"


class Claim(Struct, kw_only=True, frozen=True):
    """One row. Without year and cycle, a total is that of the period of the terms.

    ``teacher`` is empty where nobody was found; ``suggested``: whose it may be, each with its
    number masked. ``school`` is the name as the sheet writes it. ``tab``: empty where one is read.
    """

    row: int
    amount: Decimal
    teacher: TeacherId | None = None
    unit: Unit = Unit.CREDITS
    year: int | None = None
    cycle: int | None = None
    kind: TrainingKind | None = None
    title: str = ""
    school: str = ""
    offering: OfferingId | None = None
    completed: date | None = None
    suggested: tuple[str, ...] = ()
    tab: str = ""

    @property
    def spot(self) -> Spot:
        """Where it stands."""
        return Spot(self.tab, self.row)


class Terms(Struct, kw_only=True, frozen=True):
    """On what terms a sheet is compared: for which bureau, as of what, and in which amounts.

    ``effective``: facts of later days are ahead, though they are known. ``seen``: a later position,
    up to which it was asked to look for what came after ``position``; without it, nothing after
    that is looked at, so that a ledger that grows changes nothing. ``sheet_day``: the day of the
    sheet itself. ``first`` and ``last``: the days of completion that the sheet is about; without
    them a sheet of credits is about all, one of totals about the cycle of the day. ``years``: those
    of which its tabs are, where each is of one; what the ledger has in others is left out.
    """

    grain: Grain
    place: JurisdictionId
    position: int
    day: date
    effective: date | None = None
    seen: int | None = None
    measure: Measure = Measure.RECOGNISED
    unit: Unit = Unit.CREDITS
    sheet_day: date | None = None
    first: date | None = None
    last: date | None = None
    years: tuple[int, ...] | UnsetType = UNSET

    @property
    def bounded(self) -> bool:
        """Whether it is about some days of completion only."""
        return self.first is not None or self.last is not None

    def holds(self, completed: date) -> bool:
        """Whether the sheet is about trainings completed on a day."""
        return (self.first is None or self.first <= completed) and (
            self.last is None or completed <= self.last
        )


def require_terms(terms: Terms, head: int) -> None:
    """Raises ``Fault`` for days in the wrong order (``PERIOD_REVERSED``), or a look back ahead
    (``SEEN_BEFORE_POSITION``). ``head``: the last position of the ledger, that of the present.
    """
    if terms.first is not None and terms.last is not None and terms.last < terms.first:
        raise Fault(
            "PERIOD_REVERSED",
            zh=f"期间的最后一天 {terms.last} 早于第一天 {terms.first}，没有一天在内，请核对",
            en=f"the last day, {terms.last}, is before the first, {terms.first}; "
            "no day lies within",
            field="last",
        )
    position = terms.position or head
    if terms.seen is not None and terms.seen < position:
        raise Fault(
            "SEEN_BEFORE_POSITION",
            zh=f"seen 是往后看到哪个位置，不能早于对账的位置 {position}，现为 {terms.seen}",
            en=f"seen says up to which later position to look; {terms.seen} is before the "
            f"position of the comparison, {position}",
            field="seen",
        )

"""Row: one line of a comparison, what the sheet says and what the ledger says, and why they differ.

The portions and what is unattributed add up to *ledger minus sheet* in every row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from ledger.amount import ZERO, plain
from ledger.attribution import Attribution
from ledger.breakdown import TrainingKind
from ledger.cause import Cause, Portion
from ledger.claim import Claim
from ledger.cycle import Unit
from ledger.mark import PairedBy
from ledger.names import CreditId, TeacherId
from ledger.spot import Spot


class Standing(Enum):
    """How a row stands: the same, other amounts, only in the ledger, only in the sheet."""

    EQUAL = "EQUAL"
    DIFFERS = "DIFFERS"
    ONLY_HERE = "ONLY_HERE"
    ONLY_THERE = "ONLY_THERE"


class Row(Struct, kw_only=True, frozen=True):
    """One row; ``row`` is its number in the sheet, empty for what only the ledger has.

    ``alternatives``: sets of causes that explain it equally, so that none is attributed; ``tied``:
    the credits that the row might mean. ``tab``: where it stands, if several tabs are read; it is
    not in the bytes of a result of one tab.
    """

    standing: Standing
    unit: Unit
    ledger: Decimal
    sheet: Decimal
    difference: Decimal
    row: int | None = None
    teacher: TeacherId | None = None
    credit: CreditId | None = None
    title: str = ""
    year: int | None = None
    cycle: int | None = None
    kind: TrainingKind | None = None
    paired_by: PairedBy | None = None
    tied: tuple[CreditId, ...] = ()
    portions: tuple[Portion, ...] = ()
    unattributed: Decimal = ZERO
    alternatives: tuple[tuple[Cause, ...], ...] = ()
    tab: str | UnsetType = UNSET

    @property
    def spot(self) -> Spot:
        """Where it stands, if the sheet has it."""
        return Spot("" if self.tab is UNSET else self.tab, self.row or 0)

    @property
    def attributed(self) -> Decimal:
        """What of the difference has a cause."""
        known = (each.amount for each in self.portions if each.cause is not Cause.UNKNOWN)
        return sum(known, ZERO)


def row_of(claim: Claim, ledger: Decimal, found: Attribution, **more: Any) -> Row:
    """A row of the sheet beside what the ledger has; ``standing`` where the amounts do not say."""
    difference = plain(ledger - claim.amount)
    standing = Standing.DIFFERS if difference else Standing.EQUAL
    told: dict[str, Any] = {
        "standing": standing,
        "unit": claim.unit,
        "ledger": plain(ledger),
        "sheet": plain(claim.amount),
        "difference": difference,
        "row": claim.row,
        "teacher": claim.teacher,
        "title": claim.title,
        "year": claim.year,
        "cycle": claim.cycle,
        "kind": claim.kind,
        "portions": found.portions,
        "unattributed": found.unattributed,
        "alternatives": found.alternatives,
        "tab": claim.tab or UNSET,
    }
    return Row(**(told | more))


def only_there(claim: Claim, portions: Sequence[Portion], **more: Any) -> Row:
    """A row that only the sheet has."""
    lost = sum((each.amount for each in portions if each.cause is Cause.UNKNOWN), ZERO)
    found = Attribution(portions=tuple(portions), unattributed=lost)
    return row_of(claim, ZERO, found, standing=Standing.ONLY_THERE, **more)


def only_here(
    teacher: TeacherId, unit: Unit, ledger: Decimal, found: Attribution, **more: Any
) -> Row:
    """What only the ledger has."""
    return Row(
        standing=Standing.ONLY_HERE,
        unit=unit,
        ledger=plain(ledger),
        sheet=ZERO,
        difference=plain(ledger),
        teacher=teacher,
        portions=found.portions,
        unattributed=found.unattributed,
        alternatives=found.alternatives,
        **more,
    )


def order(row: Row, tabs: Mapping[str, int]) -> tuple[object, ...]:
    """The order of rows: those of the sheet as they stand there, then those of the ledger.

    ``tabs``: which is the first of several, and which the next.
    """
    return (
        row.row is None,
        0 if row.tab is UNSET else tabs.get(row.tab, len(tabs)),
        row.row or 0,
        row.teacher or "",
        row.year or 0,
        row.cycle or 0,
        row.kind.value if row.kind else "",
        row.credit or "",
    )

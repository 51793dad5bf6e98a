"""Tabs that were read as one list: what each held, and what its lines come to."""

from __future__ import annotations

from decimal import Decimal

import strawberry
from msgspec import UNSET

from ledger.amount import ZERO
from ledger.coverage import YearAbsent
from projections.desk import Held
from projections.tab import TabRead

LISTED_MAX = 1_000


@strawberry.type(description="A tab that was read. 读入的一张工作表。")
class SheetTabRead:
    """A tab that was read; its sums are those of its lines, ledger less sheet."""

    tab: str
    hidden: bool
    rows: int
    faulty_cells: int
    hidden_rows: list[int]
    lines: int
    ledger: Decimal
    sheet: Decimal
    difference: Decimal
    unattributed: Decimal


def absent_of(held: Held) -> tuple[YearAbsent, ...]:
    """The years of which the sheet has no tab, with what the ledger has in them."""
    absent = held.comparison.absent
    return () if absent is UNSET else absent


def tabs_of(held: Held) -> list[SheetTabRead]:
    """The tabs of a result, also where it is one."""
    alone = TabRead(
        tab="",
        rows=held.rows,
        faults=len(held.faults),
        hidden=held.hidden,
        concealed=held.concealed,
    )
    return [_of(held, each) for each in held.tabs or (alone,)]


def _of(held: Held, read: TabRead) -> SheetTabRead:
    found = held.of_tab(read.tab)
    return SheetTabRead(
        tab=read.tab or held.mapping.tab,
        hidden=read.concealed,
        rows=read.rows,
        faulty_cells=read.faults,
        hidden_rows=list(read.hidden[:LISTED_MAX]),
        lines=found.rows if found else 0,
        ledger=found.ledger if found else ZERO,
        sheet=found.sheet if found else ZERO,
        difference=found.difference if found else ZERO,
        unattributed=found.unattributed if found else ZERO,
    )

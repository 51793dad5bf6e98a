"""Tabs of a workbook that were read as one list: what each of them held."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ledger.mapping import Reading
from ledger.sheet import CellFault


class TabRead(Struct, kw_only=True, frozen=True):
    """One of the tabs that were read as one list; ``hidden``: its hidden rows."""

    tab: str
    rows: int
    faults: int
    hidden: tuple[int, ...] = ()
    concealed: bool = False


def tab_read(
    reading: Reading, faults: Iterable[CellFault], tab: str, concealed: Iterable[str]
) -> TabRead:
    """What one of several tabs held; ``concealed``: the tabs that are hidden."""
    rows = [each for each in reading.rows if each.tab == tab]
    return TabRead(
        tab=tab,
        rows=len(rows),
        faults=sum(1 for each in faults if each.tab == tab),
        hidden=tuple(each.row for each in rows if each.hidden),
        concealed=tab in concealed,
    )

"""Spot (表中位置): a row of what somebody gave up, by its tab and its number there.

Where one tab is read alone its name says nothing, so it is left out: ``tab`` is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Spot(NamedTuple):
    """A row of a tab, from 1, as the program that made the sheet shows it."""

    tab: str
    row: int

    @property
    def zh(self) -> str:
        """In Chinese."""
        return f"“{self.tab}”第 {self.row} 行" if self.tab else f"第 {self.row} 行"

    @property
    def en(self) -> str:
        """In English, to stand after *row* or among *rows*."""
        return f"{self.row} ({self.tab})" if self.tab else str(self.row)


def spots_of(tabs: Iterable[str], rows: Iterable[int]) -> Iterator[Spot]:
    """Rows with the tab of each."""
    yield from (Spot(*each) for each in zip(tabs, rows, strict=True))


def spots_zh(spots: Iterable[Spot]) -> str:
    """Several, those of one tab together: 第 2、5 行、“2024”第 3 行."""
    of: dict[str, list[int]] = {}
    for each in spots:
        of.setdefault(each.tab, []).append(each.row)
    told = {tab: "、".join(map(str, rows)) for tab, rows in of.items()}
    return "、".join(
        f"“{tab}”第 {some} 行" if tab else f"第 {some} 行" for tab, some in told.items()
    )

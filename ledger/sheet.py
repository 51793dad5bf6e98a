"""Sheet: what a spreadsheet holds, cell by cell, before anybody says what its columns mean.

A cell keeps its type: a number is exact, a day is a day, a text is a text. Rows and columns count
from 1, as the program that made the sheet shows them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from ledger.spot import Spot

Cell: TypeAlias = str | Decimal | bool | date | None
Row: TypeAlias = tuple[Cell, ...]

# What stands for a formula whose value no program has worked out.
UNCALCULATED = "#未计算"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Span(Struct, frozen=True):
    """A block of merged cells, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


class Tab(Struct, frozen=True, kw_only=True):
    """One sheet of a workbook. ``hidden``: the rows that its makers do not see.

    ``since_1904``: a bare number stands for so many days after 1904-01-01, not after 1900.
    """

    name: str
    rows: tuple[Row, ...]
    hidden: tuple[int, ...] = ()
    merged: tuple[Span, ...] = ()
    concealed: bool = False
    since_1904: bool = False

    def cell(self, row: int, column: int) -> Cell:
        """The cell in a row and a column; ``None`` beyond the last one."""
        cells = self.rows[row - 1] if 0 < row <= len(self.rows) else ()
        return cells[column - 1] if 0 < column <= len(cells) else None


class Grid(Struct, frozen=True, kw_only=True):
    """A file as it was read. ``format``: what it is by its bytes, whatever it is called."""

    format: str
    tabs: tuple[Tab, ...]

    def tab(self, name: str) -> Tab | None:
        """The tab of that name."""
        return next((each for each in self.tabs if each.name == name), None)


class CellFault(Struct, frozen=True, kw_only=True):
    """What is wrong with one cell; ``column`` 0 stands for the whole row.

    ``tab``: of which, where several are read; else it is empty.
    """

    row: int
    column: int
    code: str
    zh: str
    en: str
    tab: str = ""

    @property
    def spot(self) -> Spot:
        """Where it stands."""
        return Spot(self.tab, self.row)


class Skipped(Struct, frozen=True, kw_only=True):
    """A row that is no record: ``REPEATED_HEADER``, ``TOTALS``, ``NOTE`` or ``EMPTY``.

    ``off``: by how much totals are more than the records of the tab that they add up.
    """

    row: int
    why: str
    zh: str
    en: str
    tab: str = ""
    off: Decimal | None = None

    @property
    def spot(self) -> Spot:
        """Where it stands."""
        return Spot(self.tab, self.row)


def letters(column: int) -> str:
    """The name of a column as spreadsheets write it: A, B, …, Z, AA."""
    name = ""
    while column > 0:
        column, rest = divmod(column - 1, len(LETTERS))
        name = LETTERS[rest] + name
    return name

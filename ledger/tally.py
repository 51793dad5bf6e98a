"""Tally (合计核对): what the records of a tab come to, and whether its rows of totals say the same.

A row of totals may be of all above it or of those since an earlier one; at the end of several tabs
also of all of them. Averages are no totals, and what cannot be read as an amount is not held
against anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Held
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from ledger.amount import ZERO, plain
from ledger.cell import said
from ledger.credit import CreditKind
from ledger.mapping import Column, SheetRow
from ledger.sheet import Cell, Skipped, letters
from ledger.skip import AMOUNTS

MEAN = re.compile("平均|人均|均值|average|mean", re.I)
TOLD = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:学分|学时|课时|分)?")
BY_KIND = {
    Column.CREDITS_INTENSIVE: CreditKind.INTENSIVE,
    Column.CREDITS_BLENDED: CreditKind.BLENDED,
    Column.CREDITS_DISTANCE: CreditKind.DISTANCE,
    Column.CREDITS_SCHOOL_BASED: CreditKind.SCHOOL_BASED,
}


class Off(Struct, frozen=True, kw_only=True):
    """Totals that are not what their records come to; ``at``: the column."""

    at: int
    told: Decimal
    come: Decimal

    def said(self, row: Skipped) -> Skipped:
        """The row that was passed over, with what is wrong with it."""
        column = letters(self.at)
        zh = f"{column} 列写作 {self.told}，所合计的记录为 {self.come}，请核对"
        en = f"column {column} says {self.told}, and the records come to {self.come}"
        return replace(row, off=self.told - self.come, zh=f"{row.zh}；{zh}", en=f"{row.en}; {en}")


class Tally:
    """Adds up the records of one tab; ``before``: what those of earlier tabs came to."""

    def __init__(
        self, columns: Held[int, Column], before: Held[Column, Decimal] | None = None
    ) -> None:
        self._columns = {each: at for at, each in columns.items() if each in AMOUNTS}
        self._before = dict(before or {})
        self._sums = dict.fromkeys(self._columns, ZERO)
        # What there was at the beginning, and at each row of totals: one may be of all since then.
        self._marks = {each: {ZERO: None} for each in self._columns}

    @property
    def sums(self) -> dict[Column, Decimal]:
        """What the records so far come to, with those of earlier tabs."""
        every = {*self._before, *self._sums}
        return {each: self._before.get(each, ZERO) + self._sums.get(each, ZERO) for each in every}

    def add(self, row: SheetRow) -> None:
        """Takes in a record."""
        for column in self._columns:
            self._sums[column] += _amount(row, column) or ZERO

    def off(self, wide: list[Cell]) -> Off | None:
        """The first column in which a row of totals says something else than its records."""
        found = None
        if not any(isinstance(each, str) and MEAN.search(said(each)) for each in wide):
            told = {column: _read(wide, at) for column, at in self._columns.items()}
            wrong = (self._wrong(column, much) for column, much in told.items() if much is not None)
            found = next((each for each in wrong if each is not None), None)
        for column, marks in self._marks.items():
            marks[self._sums[column]] = None
        return found

    def _wrong(self, column: Column, told: Decimal) -> Off | None:
        come, marks = self._sums[column], self._marks[column]
        if come - told in marks or told == come + self._before.get(column, ZERO):
            return None
        since = come - next(reversed(marks))
        nearest = min((come, since), key=lambda each: abs(each - told))
        return Off(at=self._columns[column], told=plain(told), come=plain(nearest))


def _read(wide: list[Cell], at: int) -> Decimal | None:
    """The sum in a cell, which may be larger than any one amount; ``None`` for no number."""
    given = wide[at - 1] if at <= len(wide) else None
    if isinstance(given, Decimal):
        return given
    full = TOLD.fullmatch(said(given).replace(",", "")) if isinstance(given, str) else None
    return Decimal(full[1]) if full else None


def _amount(row: SheetRow, column: Column) -> Decimal | None:
    kind = BY_KIND.get(column)
    if kind is not None:
        return row.by_kind.get(kind)
    found: Decimal | None = getattr(row, column.value.lower())
    return found

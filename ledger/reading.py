"""Reading a sheet by a mapping: its records, the faults of its cells, and what was passed over.

Repeated headers, totals and remarks are no records; each is listed with the reason. Hidden rows
are read like all others, and listed. A cell merged over several rows says who or what they are
about in each of them; an amount counts once, in the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Sums
from decimal import Decimal
from functools import partial
from typing import Any

from msgspec.structs import replace

from ledger import cell, dating, phrase
from ledger.amount import HALF
from ledger.credit import CreditKind
from ledger.fault import Fault
from ledger.heading import recordlike
from ledger.mapping import Column, Form, Mapping, Reading, SheetRow
from ledger.sheet import Cell, CellFault, Grid, Row, Skipped, Span, Tab
from ledger.skip import AMOUNTS, PERSON, Skips
from ledger.tally import BY_KIND, Tally

ROWS_MAX = 100_000
EMPTY_LISTED_MAX = 1_000  # one by one; more of them at a stretch are listed as one
COMPARED = frozenset({Form.CREDITS, Form.TOTALS})
HALVED = frozenset(each.value.lower() for each in AMOUNTS - {Column.BASE, Column.HOURS_MISSED})
PERSON_FIELDS = tuple(each.value.lower() for each in PERSON)
DAYS: dict[Column, Callable[..., Any]] = {
    Column.COMPLETED: dating.last_day,
    Column.STARTED: dating.first_day,
    Column.ENTERED: dating.day,
    **{each: dating.day for each in Column if each.value.endswith("_ON")},
}
WHY = {
    "REPEATED_HEADER": ("与表头相同，略过", "it repeats the header"),
    "TOTALS": ("是合计行，略过", "it adds other rows up"),
    "NOTE": ("是说明文字，不是记录，略过", "it is a remark, no record"),
    "EMPTY": ("是空行，略过", "it is empty"),
}


# By any of these a row itself says when.
DATED = frozenset({"year", "cycle", "completed", "started"})
READERS: dict[Column, Callable[..., Any]] = {
    Column.ID_NUMBER: cell.id_number,
    Column.NUMBER: cell.platform_number,
    Column.NAME: cell.name,
    Column.PHONE: cell.number,
    Column.PROJECT: cell.number,
    Column.OFFERING: cell.text,
    Column.STAGE: phrase.stage,
    Column.YEAR: dating.year,
    Column.CYCLE: dating.cycle,
    Column.KIND: phrase.kind,
    Column.HALF: phrase.half,
    Column.PASSED: phrase.passed,
    Column.CERTAIN: phrase.certain,
    Column.LEAD: cell.number,
    Column.LEAD_TITLE: phrase.title,
    Column.LEAD_REGULAR: phrase.passed,
    Column.LEAD_EXPERT: phrase.passed,
    Column.SEATS: cell.amount,
    **dict.fromkeys(AMOUNTS, cell.amount),
    **DAYS,
}


def read(grid: Grid, mapping: Mapping) -> Reading:
    """The records of a sheet, those of several tabs one after the other.

    Raises ``Fault``: ``TAB_MISSING`` where it has no such tab, ``TOO_MANY_ROWS``.
    """
    parts: list[Reading] = []
    sums: Sums[Column, Decimal] = {}
    for each in mapping.parts:
        reader = _Reader(_tab(grid, each), each, sums)
        parts.append(reader.whole())
        sums = reader.sums
        if sum(len(part.rows) for part in parts) > ROWS_MAX:
            raise _too_many()
    if not mapping.more:
        return parts[0]
    return Reading(
        mapping=mapping,
        rows=tuple(row for part in parts for row in part.rows),
        faults=tuple(replace(e, tab=part.mapping.tab) for part in parts for e in part.faults),
        skipped=tuple(replace(e, tab=part.mapping.tab) for part in parts for e in part.skipped),
        hidden=parts[0].hidden,
    )


def _tab(grid: Grid, mapping: Mapping) -> Tab:
    tab = grid.tab(mapping.tab)
    if tab is None:
        raise Fault(
            "TAB_MISSING",
            zh=f"文件里没有名为“{mapping.tab}”的工作表",
            en=f"the file has no tab called {mapping.tab}",
            field="tab",
        )
    return tab


class _Reader:
    """Reads one tab, row by row."""

    def __init__(self, tab: Tab, mapping: Mapping, before: Sums[Column, Decimal]) -> None:
        self._tab, self._mapping = tab, mapping
        self._tally = Tally(mapping.columns, before)
        self._rows: list[SheetRow] = []
        self._faults: list[CellFault] = []
        self._skipped: list[Skipped] = []
        self._hidden = frozenset(tab.hidden)
        self._columns = [self._column(at, each) for at, each in mapping.columns.items()]
        self._skips = Skips(tab, mapping)
        self._compared = mapping.form in COMPARED
        self._blocks = self._merged()

    @property
    def sums(self) -> Sums[Column, Decimal]:
        """What the records come to, with those of earlier tabs."""
        return self._tally.sums

    def whole(self) -> Reading:
        """All of it."""
        rows = self._tab.rows
        last = len(rows)
        while last and all(each is None or each == "" for each in rows[last - 1]):
            last -= 1
        first = self._mapping.first_row
        if sum(1 for each in rows[first - 1 : last] if each) > ROWS_MAX:
            raise _too_many()
        self._above(first)
        number, beyond = first, 0
        while number <= last:
            if number >= beyond:
                beyond = self._empty_to(number, last)
                if beyond - number > EMPTY_LISTED_MAX:
                    where = f"第 {number} 至 {beyond - 1} 行"
                    self._skip(number, "EMPTY", where, f"to {beyond - 1} ")
                    number = beyond
            self._row(number, rows[number - 1])
            number += 1
        return Reading(
            mapping=self._mapping,
            rows=tuple(self._rows),
            faults=tuple(self._faults),
            skipped=tuple(self._skipped),
            hidden=tuple(each.row for each in self._rows if each.hidden),
        )

    def _above(self, first: int) -> None:
        """Says of each row above the header that looks like a record that it is not read."""
        words = self._mapping.columns
        for number, cells in enumerate(self._tab.rows[: first - 1], start=1):
            if recordlike(cells, words):
                self._fault(number, 0, _above_header(self._mapping.header_row))

    def _empty_to(self, number: int, last: int) -> int:
        """The first row from this one on in which there are cells."""
        while number < last and not self._tab.rows[number - 1]:
            number += 1
        return number

    def _skip(self, number: int, why: str, where: str = "", to: str = "") -> None:
        zh, en = WHY[why]
        zh, en = f"{where or f'第 {number} 行'}{zh}", f"row {number} {to}".rstrip() + f": {en}"
        self._skipped.append(Skipped(row=number, why=why, zh=zh, en=en))

    def _column(self, at: int, column: Column) -> tuple[int, str, Any, CreditKind | None]:
        """Where a column stands, what it fills, and how it is read."""
        reader = READERS.get(column, cell.text)
        if column in DAYS and self._tab.since_1904:
            reader = partial(reader, since_1904=True)
        return at, column.value.lower(), reader, BY_KIND.get(column)

    def _row(self, number: int, cells: Row) -> None:
        # As wide as the mapping asks for, and with what cells above say that are merged with it.
        wide = [*cells, *[None] * (self._columns[-1][0] - len(cells))] if self._columns else []
        for at, blocks in self._blocks.items():
            while blocks and blocks[-1].bottom < number:
                blocks.pop()
            if blocks and blocks[-1].top <= number:
                wide[at - 1] = self._tab.cell(blocks[-1].top, at)
        why = self._skips.why(wide, cells)
        if why is not None:
            self._skip(number, why)
            off = self._tally.off(wide) if why == "TOTALS" else None
            if off is not None:
                self._skipped[-1] = off.said(self._skipped[-1])
            return
        values, faulty = self._values(number, wide)
        if (
            self._skips.of_persons
            and not faulty
            and not any(each in values for each in PERSON_FIELDS)
        ):
            faulty = True
            self._fault(number, 0, _nobody())
        if self._mapping.year is not None and not DATED & values.keys():
            values["year"] = self._mapping.year
        made = SheetRow(
            tab=self._tab.name,
            row=number,
            sound=not faulty,
            hidden=number in self._hidden,
            **values,
        )
        self._tally.add(made)
        self._rows.append(made)

    def _values(self, number: int, wide: list[Cell]) -> tuple[dict[str, Any], bool]:
        values: dict[str, Any] = {}
        by_kind: dict[CreditKind, Any] = {}
        faulty = False
        for at, field, reader, of_kind in self._columns:
            given = wide[at - 1]
            if given is None:
                continue
            try:
                value = reader(given)
            except Fault as fault:
                faulty = True
                self._fault(number, at, fault)
                values |= {"id_misread": cell.id_misread(given)} if field == "id_number" else {}
                continue
            if value is None:
                continue
            if self._compared and field in HALVED and value % HALF:
                self._fault(number, at, _uneven(value))
            if of_kind is not None:
                by_kind[of_kind] = value
            else:
                values[field] = value
        if by_kind:
            values["by_kind"] = by_kind
        return values, faulty

    def _fault(self, number: int, at: int, fault: Fault) -> None:
        self._faults.append(
            CellFault(row=number, column=at, code=fault.code, zh=fault.zh, en=fault.en)
        )

    def _merged(self) -> dict[int, list[Span]]:
        """The blocks of which all rows say what the first one says, by column, the last first."""
        meant = self._mapping.columns
        found: dict[int, list[Span]] = {}
        for span in sorted(self._tab.merged, key=lambda each: each.top, reverse=True):
            column = meant.get(span.left)
            if span.top != span.bottom and column is not None and column not in AMOUNTS:
                found.setdefault(span.left, []).append(span)
        return found


def _too_many() -> Fault:
    return Fault(
        "TOO_MANY_ROWS",
        zh=f"超过 {ROWS_MAX} 行数据，请分成几个文件上传",
        en=f"there are over {ROWS_MAX} rows of data; divide the sheet into several",
    )


def _nobody() -> Fault:
    return Fault(
        "NO_PERSON",
        zh="没有身份证号、平台编号或姓名，不知道是谁的",
        en="no id number, platform number or name says whose it is",
    )


def _uneven(amount: Decimal) -> Fault:
    """A doubt about an amount that goes by less than halves; it is read as it stands."""
    return Fault(
        "BAD_AMOUNT_STEP",
        zh=f"{amount} 不是 {HALF} 的整数倍，仍按原数比对，请核对",
        en=f"{amount} goes by less than {HALF}; it is compared as it stands",
    )


def _above_header(row: int) -> Fault:
    return Fault(
        "ABOVE_HEADER",
        zh=f"像是一条记录，却在表头（第 {row} 行）之上，未读取；请核对表头是哪一行",
        en=f"it looks like a record but stands above the header, row {row}, so it was not read; "
        "check which row is the header",
    )


def problems(reading: Reading) -> Iterator[tuple[int, list[CellFault]]]:
    """The faults of each row that has some, in the order of the rows."""
    by_row: dict[int, list[CellFault]] = {}
    for fault in reading.faults:
        by_row.setdefault(fault.row, []).append(fault)
    yield from sorted(by_row.items())

"""Marking: a sheet given back with its faulty cells coloured and, at the end of each row, why.

It is the sheet as it was read, row by row in its place, so that people mend it there and give it up
again. Each text is stored as a text: nothing that stood in a cell becomes a formula.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from api.sheet import CELL_CHARACTERS_MAX, DIGITS_MAX, MADE
from ledger.mapping import Mapping, Reading
from ledger.reading import read
from ledger.sheet import Cell, CellFault, Grid, Tab, letters

WHY = "错误说明"
MARKED = "标注"
ABOUT = "校验结果"
# What Excel takes as the name of a sheet.
TAKEN = re.compile(r"(?!['\s])[^\[\]:*?/\\\x00-\x1f]{1,31}(?<!['\s])")
FAULTY, HEADER, WIDTH = "#FFC7CE", "#FFEB9C", 40


def marked(
    grid: Grid, mapping: Mapping, found: Iterable[CellFault] | None = None
) -> tuple[bytes, int]:
    """The workbook, and how many rows stand in it; ``found``: faults in place of the reading's.

    Several tabs stand in as many sheets, called as they were where Excel takes the name.
    """
    reading = read(grid, mapping)
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"created": MADE})
    faults = _by_tab(mapping, reading.faults if found is None else found)
    names = _names([each.tab for each in mapping.parts])
    sheets = [book.add_worksheet(each) for each in names]
    about = book.add_worksheet(ABOUT)
    for sheet, part in zip(sheets, mapping.parts, strict=True):
        tab = grid.tab(part.tab)
        assert tab is not None
        _rows(book, sheet, tab, part, faults[part.tab])
    for at, told in enumerate(_told(reading, faults)):
        for column, value in enumerate(told):
            about.write_string(at, column, value)
    book.close()
    return file.getvalue(), len(reading.rows)


def _by_tab(mapping: Mapping, faults: Iterable[CellFault]) -> dict[str, dict[int, list[CellFault]]]:
    """The faults of each tab, by row."""
    of: dict[str, dict[int, list[CellFault]]] = {each.tab: {} for each in mapping.parts}
    for each in faults:
        of[each.tab or mapping.tab].setdefault(each.row, []).append(each)
    return of


def _names(tabs: list[str]) -> list[str]:
    """What the marked tabs are called: as they were, where Excel takes it and it is free."""
    if len(tabs) == 1:
        return [MARKED]
    names: list[str] = []
    for at, tab in enumerate(tabs, start=1):
        taken = {each.casefold() for each in (*names, ABOUT)}
        fits = TAKEN.fullmatch(tab) and tab.casefold() not in taken
        names.append(tab if fits else f"{MARKED}{at}")
    return names


def _told(
    reading: Reading, faults: dict[str, dict[int, list[CellFault]]]
) -> Iterator[tuple[str, str]]:
    """What is said of all in a sheet of its own."""
    yield "工作表", "、".join(faults)
    yield "读入记录", str(len(reading.rows))
    yield "其中隐藏行", str(sum(1 for each in reading.rows if each.hidden))
    yield "有错误的行", str(sum(len(rows) for rows in faults.values()))
    yield "有错误的单元格", str(len(reading.faults))
    yield "略过的行", str(len(reading.skipped))
    yield from ((each.spot.zh, each.zh) for each in reading.skipped)


def _rows(
    book: Any, sheet: Any, tab: Tab, mapping: Mapping, faults: dict[int, list[CellFault]]
) -> None:
    plain = {"day": book.add_format({"num_format": "yyyy-mm-dd"}), "other": None}
    faulty = {
        "day": book.add_format({"num_format": "yyyy-mm-dd", "bg_color": FAULTY}),
        "other": book.add_format({"bg_color": FAULTY}),
    }
    head = book.add_format({"bold": True, "bg_color": HEADER})
    last = max((len(row) for row in tab.rows), default=0)
    for number, cells in enumerate(tab.rows, start=1):
        wrong = faults.get(number, [])
        at_fault = {each.column for each in wrong}
        for column in range(1, max(len(cells), *at_fault, 0) + 1 if at_fault else len(cells) + 1):
            style = faulty if column in at_fault else plain
            _cell(sheet, number - 1, column - 1, tab.cell(number, column), style)
        if wrong:
            said = "；".join(_said(each, mapping) for each in wrong)
            sheet.write_string(number - 1, last, said[:CELL_CHARACTERS_MAX], faulty["other"])
    sheet.write_string(mapping.first_row - 2, last, WHY, head)
    sheet.set_column(last, last, WIDTH)
    sheet.freeze_panes(mapping.first_row - 1, 0)


def _cell(sheet: Any, row: int, column: int, cell: Cell, style: dict[str, Any]) -> None:
    if cell is None:
        if style["other"] is not None:
            sheet.write_blank(row, column, None, style["other"])
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell, style["other"])
    elif isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= DIGITS_MAX:
        sheet.write_number(row, column, float(cell), style["other"])
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, style["day"])
    else:
        said = format(cell, "f") if isinstance(cell, Decimal) else cell
        sheet.write_string(row, column, said[:CELL_CHARACTERS_MAX], style["other"])


def _said(fault: CellFault, mapping: Mapping) -> str:
    if not fault.column:
        return fault.zh
    header = mapping.header[fault.column - 1] if fault.column <= len(mapping.header) else ""
    return f"{letters(fault.column)} 列{f'（{header}）' if header else ''}{fault.zh}"

"""Marking: a sheet given back with its faulty cells coloured and, at the end of each row, why.

It is the sheet as it was read, row by row in its place, so that people mend it there and give it up
again. Each text is stored as a text: nothing that stood in a cell becomes a formula.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from api.sheet import CELL_CHARACTERS_MAX, DIGITS_MAX, MADE
from ledger.mapping import Mapping
from ledger.reading import problems, read
from ledger.sheet import Cell, CellFault, Grid, Tab, letters

WHY = "错误说明"
ABOUT = "校验结果"
FAULTY, HEADER, WIDTH = "#FFC7CE", "#FFEB9C", 40


def marked(
    grid: Grid, mapping: Mapping, found: Iterable[CellFault] | None = None
) -> tuple[bytes, int]:
    """The workbook, and how many rows stand in it; ``found``: faults in place of the reading's."""
    reading = read(grid, mapping)
    tab = grid.tab(mapping.tab)
    assert tab is not None
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"created": MADE})
    sheet, about = book.add_worksheet("标注"), book.add_worksheet(ABOUT)
    faults = dict(problems(reading))
    if found is not None:
        faults = {}
        for each in found:
            faults.setdefault(each.row, []).append(each)
    _rows(book, sheet, tab, mapping, faults)
    told = [
        ("工作表", mapping.tab),
        ("读入记录", str(len(reading.rows))),
        ("其中隐藏行", str(len(reading.hidden))),
        ("有错误的行", str(len(faults))),
        ("有错误的单元格", str(len(reading.faults))),
        ("略过的行", str(len(reading.skipped))),
        *((f"第 {each.row} 行", each.zh) for each in reading.skipped),
    ]
    for at, (what, value) in enumerate(told):
        about.write_string(at, 0, what)
        about.write_string(at, 1, value)
    book.close()
    return file.getvalue(), len(reading.rows)


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

"""Sheets: rows written as CSV, as a workbook or as JSON lines, each row forgotten once written.

A cell is data, never a formula: spreadsheets run what begins with = + - @ or a control character,
so such a text is preceded by an apostrophe in CSV, and in a workbook each text is stored as one.
The same rows make the same bytes; no file says when it was made or for whom.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Protocol

import msgspec
import xlsxwriter

from ledger.fault import Fault
from schema.column import Column

TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl; charset=utf-8",
}
DANGEROUS = tuple("=+-@＝＋－＠")
CONTROL = tuple("\t\r\n")
DIGITS_MAX = 15  # what a number of a spreadsheet keeps
CELL_CHARACTERS_MAX = 32_767  # ISO/IEC 29500
SHEET_COLUMNS_WIDTH = 18
MADE = datetime(2000, 1, 1)  # a workbook must name a day; this one says nothing


class Sheet(Protocol):
    """Takes rows and ends."""

    def row(self, row: dict[str, Any]) -> None:
        """Writes one row."""

    def close(self, told: dict[str, Any]) -> None:
        """Ends the file; ``told`` is said about it where the form has a place for that.

        Also called of a file that is given up, so that nothing put aside stays open.
        """


def sheet(form: str, file: IO[bytes], columns: tuple[Column, ...], folder: Path) -> Sheet:
    """The sheet of a form; ``folder`` is for what it must put aside until it ends."""
    kinds: dict[str, Any] = {"csv": CsvSheet, "xlsx": BookSheet, "jsonl": LinesSheet}
    made: Sheet = kinds[form](file, columns, folder)
    return made


class LinesSheet:
    """One object a line, with GraphQL's keys."""

    def __init__(self, file: IO[bytes], columns: tuple[Column, ...], folder: Path) -> None:
        self._file = file
        self._encode = msgspec.json.Encoder().encode

    def row(self, row: dict[str, Any]) -> None:
        """Writes one row."""
        self._file.write(self._encode(row) + b"\n")

    def close(self, told: dict[str, Any]) -> None:
        """Nothing more to write."""


class CsvSheet:
    """RFC 4180 in UTF-8 with a byte order mark, every cell quoted.

    Quoted, since a spreadsheet may take another character than the comma to part cells.
    """

    def __init__(self, file: IO[bytes], columns: tuple[Column, ...], folder: Path) -> None:
        self._columns = columns
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
        self._csv = csv.writer(self._text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self._csv.writerow([each.title for each in columns])

    def row(self, row: dict[str, Any]) -> None:
        """Writes one row."""
        self._csv.writerow([_written(each, each.cell(row)) for each in self._columns])

    def close(self, told: dict[str, Any]) -> None:
        """Ends the file, with nothing behind the last row."""
        self._text.flush()
        self._text.detach()


class BookSheet:
    """A workbook: the rows under a frozen header, and a second sheet that says what they are."""

    def __init__(self, file: IO[bytes], columns: tuple[Column, ...], folder: Path) -> None:
        self._columns = columns
        self._book = xlsxwriter.Workbook(
            file, {"constant_memory": True, "tmpdir": str(folder), "in_memory": False}
        )
        self._book.set_properties({"created": MADE})
        self._bold = self._book.add_format({"bold": True})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._rows = self._book.add_worksheet("数据")
        self._about = self._book.add_worksheet("说明")
        self._rows.freeze_panes(1, 0)
        self._rows.set_column(0, max(len(columns) - 1, 0), SHEET_COLUMNS_WIDTH)
        self._next = 0
        self._write(self._rows, self._header(), self._bold)

    def row(self, row: dict[str, Any]) -> None:
        """Writes one row."""
        at = self._next
        for number, column in enumerate(self._columns):
            value = column.cell(row)
            if value is None:
                continue
            if column.kind == "bool":
                self._rows.write_boolean(at, number, value)
            elif column.kind == "number" and _fits(value):
                self._rows.write_number(at, number, float(value))
            elif column.kind == "date" and isinstance(value, date):
                self._rows.write_datetime(at, number, value, self._day)
            else:
                self._rows.write_string(at, number, _short(_text(value), column))
        self._next += 1

    def close(self, told: dict[str, Any]) -> None:
        """Says on the second sheet what the rows are, and ends the file."""
        self._about.set_column(0, 1, SHEET_COLUMNS_WIDTH * 2)
        for at, (name, value) in enumerate(told.items()):
            self._about.write_string(at, 0, name, self._bold)
            self._about.write_string(at, 1, _text(value))
        self._book.close()

    def _header(self) -> Iterable[str]:
        return (each.title for each in self._columns)

    def _write(self, where: Any, texts: Iterable[str], style: Any) -> None:
        for number, each in enumerate(texts):
            where.write_string(self._next, number, each, style)
        self._next += 1


def _written(column: Column, value: Any) -> str:
    if value is None:
        return ""
    text = _text(value)
    if column.kind in ("number", "bool", "date"):
        return text
    harmful = text.lstrip().startswith(DANGEROUS) or text.startswith(CONTROL)
    return f"'{text}" if harmful else text


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return str(value)


def _fits(value: Any) -> bool:
    return len(Decimal(value).as_tuple().digits) <= DIGITS_MAX


def _short(text: str, column: Column) -> str:
    # Excel counts in UTF-16; the library drops what is longer without a word.
    if len(text.encode("utf-16-le")) // 2 <= CELL_CHARACTERS_MAX:
        return text
    raise Fault(
        "CELL_TOO_LONG",
        zh=f"“{column.title}”有单元格超过 {CELL_CHARACTERS_MAX} 字符，请改用 csv 或 jsonl",
        en=f"a cell of {'.'.join(column.path)} has over {CELL_CHARACTERS_MAX} characters; "
        "take csv or jsonl",
        field="format",
    )

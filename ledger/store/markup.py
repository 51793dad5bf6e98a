"""Markup: what the XML of a workbook says beside its cells: hidden rows, the day system, errors.

The program that reads the cells passes over these. The XML is looked at as it is unpacked, piece by
piece, for a few tags only; it is not parsed, so nothing in it can make that costly.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TypeVar

from msgspec import Struct

from ledger.fault import Fault
from ledger.sheet import UNCALCULATED
from ledger.store.container import refuse

T = TypeVar("T")
PIECE_BYTES_MAX = 4 * 1024 * 1024
LIST_BYTES_MAX = 4 * 1024 * 1024
HIDDEN_MAX = 200_000
KEPT_MAX = 2 * HIDDEN_MAX  # of a whole file, whatever it is
SHEET_ROWS_MAX = 1_048_576  # what a sheet of any program has
COLUMNS_MAX = 256
CELLS_MAX = 4_000_000
TEXT_BYTES_MAX = 1024 * 1024  # of one text without a tag in it
TEXT_PARTS = re.compile(r"^xl/(worksheets/|sharedStrings)|^content\.xml$", re.I)
ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
NUMBER = re.compile(rb'\br="(\d{1,7})"')
HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
# Of a cell with a formula. Its text may be as long as any, and has no tag in it.
CELL_BYTES_MAX = 64 * 1024
FORMULA = rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
FAILED = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*'
    rb"(?:" + FORMULA + rb")?<(?:\w+:)?v\b[^>]*>([^<]{1,20})</"
)
CELL = re.compile(rb"<\w+:c ")
# What programs write that do not calculate; an empty text (``str``) was worked out.
UNDONE = re.compile(
    rb'<(?:\w+:)?c\b(?![^>]*\bt="str")[^>]*\br="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*'
    + FORMULA
    + rb"(?:<(?:\w+:)?v\b(?:[^>]*/>|[^>]*>\s*</(?:\w+:)?v>)\s*)?</(?:\w+:)?c>"
)
FAR = re.compile(rb'<(?:\w+:)?c\b[^>]*\br="[A-Z]{3}\d{1,7}"[^>]*[^/]><')
SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*?)/?>")
RELATION = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*?)/?>")
ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
SINCE_1904 = re.compile(rb'<(?:\w+:)?workbookPr\b[^>]*\bdate1904="(?:1|true)"')
ODS_TAG = re.compile(
    rb"<table:(table-row|table|table-cell|covered-table-cell)(?![\w-])([^>]*)>"
    rb"|<text:p\b[^>]*>\s*(?:<text:span[^>]*>)?"
    rb"(#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)|Err:\d{3})(?![^<\s])"
)
ACROSS = re.compile(rb'table:number-columns-repeated="(\d{1,7})"')
WIDE = re.compile(rb'table:number-columns-spanned="(\d{1,7})"')
HIGH = re.compile(rb'table:number-rows-spanned="(\d{1,7})"')
REPEATED = re.compile(rb'table:number-rows-repeated="(\d{1,7})"')
INVISIBLE = re.compile(rb'table:visibility="(?:collapse|filter)"')


class About(Struct):
    """What a workbook says beside its cells; its sheets by their number, from 0."""

    since_1904: bool = False
    hidden: dict[int, list[int]] = {}
    errors: dict[int, list[tuple[int, int, str]]] = {}
    # First row and column, last row and column; only of a format whose reader does not tell them.
    merged: dict[int, list[tuple[int, int, int, int]]] = {}


class Looked:
    """Looks at the parts of an archive as they are unpacked."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._rest = b""
        self._lists: dict[str, bytes] = {}
        self._hidden: dict[str, list[int]] = {}
        self._errors: dict[str, list[tuple[int, int, str]]] = {}
        self._table, self._row, self._column = -1, 0, 0
        self._same = 1  # rows that one row stands for
        self._merged: dict[int, list[tuple[int, int, int, int]]] = {}
        self._broken: tuple[tuple[int, ...], str] | None = None  # where, and what it is by its tag
        self._run = 0
        self._elements: dict[str, int] = {}
        self._kept = 0

    def look(self, name: str, piece: bytes) -> None:
        """Takes one piece of a part; an empty one ends it."""
        if TEXT_PARTS.search(name):
            self._text(piece)
        if name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
            kept = self._lists.get(name, b"") + piece
            if len(kept) > LIST_BYTES_MAX:
                raise _unreadable()
            self._lists[name] = kept
        elif name.startswith("xl/worksheets/") and name.endswith(".xml"):
            self._rows(name, piece)
        elif name == "content.xml" and self._kind == "ods":
            self._tables(piece)

    def about(self) -> About:
        """All that was seen."""
        if self._kind == "ods":
            hidden = {int(name): rows for name, rows in self._hidden.items()}
            self._break()
            errors = {int(name): cells for name, cells in self._errors.items()}
            return About(hidden=hidden, errors=errors, merged=self._merged)
        parts = self._parts()
        return About(
            since_1904=SINCE_1904.search(self._lists.get("xl/workbook.xml", b"")) is not None,
            hidden={n: self._hidden[p] for n, p in enumerate(parts) if p in self._hidden},
            errors={n: self._errors[p] for n, p in enumerate(parts) if p in self._errors},
        )

    def _parts(self) -> list[str]:
        """The part of each sheet, in the order in which the workbook names them."""
        targets = {}
        for found in RELATION.finditer(self._lists.get("xl/_rels/workbook.xml.rels", b"")):
            given = _attributes(found[1])
            target = given.get("Target", "").lstrip("/")
            targets[given.get("Id", "")] = target if target.startswith("xl/") else f"xl/{target}"
        sheets = SHEET.finditer(self._lists.get("xl/workbook.xml", b""))
        return [targets.get(_relation(_attributes(found[1])), "") for found in sheets]

    def _rows(self, name: str, piece: bytes) -> None:
        text, self._rest = _complete(self._rest, piece, b"</")
        rows = text.count(b"<row ") + text.count(b"<row>") + text.count(b":row ")
        self._elements[name] = self._elements.get(name, 0) + rows
        if self._elements[name] > SHEET_ROWS_MAX:
            raise refuse(
                "TOO_MANY_ROWS",
                f"有工作表写了超过 {SHEET_ROWS_MAX} 行，表格软件不会这样写，不予读取",
                f"a sheet writes over {SHEET_ROWS_MAX} rows, as no program does; it is not read",
            )
        for found in ROW.finditer(text) if b"hidden=" in text else ():
            number = NUMBER.search(found[1])
            if number is not None and HIDDEN.search(found[1]):
                self._keep(self._hidden.setdefault(name, []), int(number[1]))
        for failed in FAILED.finditer(text) if b't="e"' in text else ():
            at = (int(failed[2]), _column(failed[1]), unescape(failed[3].decode()))
            self._keep(self._errors.setdefault(name, []), at)
        for undone in UNDONE.finditer(text) if b"<f" in text or b":f" in text else ():
            at = (int(undone[2]), _column(undone[1]), UNCALCULATED)
            self._keep(self._errors.setdefault(name, []), at)
        if FAR.search(text):
            raise refuse(
                "TOO_MANY_COLUMNS",
                "有单元格远在右侧（AAA 列以后），请删除无关的列后再上传",
                "a cell stands far to the right, beyond column ZZ; remove it",
            )

    def _text(self, piece: bytes) -> None:
        """Raises ``Fault`` for a text far longer than that of any cell."""
        ends = piece.find(b"<")
        self._run = self._run + (ends if ends >= 0 else len(piece)) if piece else 0
        if self._run > TEXT_BYTES_MAX:
            raise refuse(
                "CELL_TOO_LONG",
                f"有一段文字超过 {TEXT_BYTES_MAX // 1024} KiB，不是单元格的内容，不予读取",
                f"a text of over {TEXT_BYTES_MAX // 1024} KiB is in no cell; it is not read",
            )
        if ends >= 0:
            self._run = len(piece) - piece.rfind(b"<") - 1

    def _tables(self, piece: bytes) -> None:
        text, self._rest = _complete(self._rest, piece, b">")
        for found in ODS_TAG.finditer(text):
            if found[1] is None:
                self._break(found[3].decode())
                continue
            self._break()
            if found[1] == b"table":
                self._table, self._row = self._table + 1, 0
                continue
            if found[1] != b"table-row":
                self._cell(found[2])
                continue
            count = _number(REPEATED, found[2])
            if INVISIBLE.search(found[2]) and count <= HIDDEN_MAX:
                for row in range(self._row + 1, self._row + count + 1):
                    self._keep(self._hidden.setdefault(str(self._table), []), row)
            self._row, self._column, self._same = self._row + count, 0, count

    def _cell(self, told: bytes) -> None:
        """Counts the cells of a row, and keeps the blocks and the formulas that begin in it."""
        left, first = self._column + 1, self._row - self._same + 1
        across = _number(ACROSS, told) if b"-repeated=" in told else 1
        if b"-spanned=" in told:
            wide, high = _number(WIDE, told), _number(HIGH, told)
            for top in range(first, first + self._same) if wide > 1 or high > 1 else ():
                block = (top, left, top + high - 1, left + wide - 1)
                self._keep(self._merged.setdefault(self._table, []), block)
        failed = b'value-type="error"' in told
        if failed or b"table:formula=" in told:
            bare = told.endswith(b"/") and b"office:value-type=" not in told
            undone = UNCALCULATED if bare else ""  # an empty text has a paragraph
            self._broken = (first, left, across), "#VALUE!" if failed else undone
        self._column += across

    def _break(self, shown: str = "") -> None:
        """Keeps the last formula, if it failed: by what its cell shows, or else by its tag."""
        broken, self._broken = self._broken, None
        if broken is None or not (text := shown or broken[1]):
            return
        first, left, across = broken[0]
        for row in range(first, self._row + 1):
            for column in range(left, left + across):
                self._keep(self._errors.setdefault(str(self._table), []), (row, column, text))

    def _keep(self, kept: list[T], found: T) -> None:
        self._kept += 1
        if self._kept > KEPT_MAX:
            raise _unreadable()
        kept.append(found)


def _number(pattern: re.Pattern[bytes], told: bytes) -> int:
    found = pattern.search(told)
    return int(found[1]) if found else 1


def _complete(rest: bytes, piece: bytes, end: bytes) -> tuple[bytes, bytes]:
    """What can be looked at already, and what waits for the next piece: a tag cut in two."""
    if not piece:
        return rest, b""
    text = rest + piece
    cut = _last_cell(text) if end == b"</" else text.rfind(b"<")
    if cut == 0 and len(text) < CELL_BYTES_MAX:
        return b"", text  # of a long formula the end is wanted, too
    if cut <= 0:
        cut = text.rfind(b"<")
    if cut <= 0:
        if len(text) > PIECE_BYTES_MAX:
            return text, b""  # a text without a tag, of which nothing is wanted
        return b"", text
    return text[:cut], text[cut:]


def _last_cell(text: bytes) -> int:
    """Where the last cell begins, which may be cut; -1 where none does that is short enough."""
    tail = max(len(text) - CELL_BYTES_MAX, 0)
    found = text.rfind(b"<c ", tail)
    if found >= 0:
        return found
    return max((each.start() for each in CELL.finditer(text, tail)), default=-1)


def _relation(given: dict[str, str]) -> str:
    return next((value for key, value in given.items() if key.endswith(":id")), "")


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        found[1].decode("utf-8", "replace"): unescape(found[2].decode("utf-8", "replace"))
        for found in ATTRIBUTE.finditer(tag)
    }


def _column(letters: bytes) -> int:
    number = 0
    for each in letters:
        number = number * 26 + each - ord("A") + 1
    return number


def _unreadable() -> Fault:
    return refuse(
        "FILE_DAMAGED",
        "工作簿的结构异常，不予读取；请在表格软件中另存为 .xlsx 后再上传",
        "the workbook is built in an unusual way and is not read; save it as .xlsx again",
    )

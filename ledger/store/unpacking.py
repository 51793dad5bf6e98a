"""Unpacking: what the child process does that reads a file; nothing of it is trusted.

The process has limits on memory and time, opens no file and no connection, takes the bytes from its
standard input, and writes frames to its standard output: progress, tabs, rows, and at last ``end``
or ``refused``. It is run by ``workbook`` and by nobody else.
"""

from __future__ import annotations

import io
import resource
import struct
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import IO, Any

import msgspec
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ledger.fault import Fault
from ledger.sheet import letters
from ledger.store import compound, delimited, markup
from ledger.store.container import damaged, format_of, guard, locked, macros, refuse, unpack

MEMORY_BYTES_MAX = 1_500 * 1024 * 1024
CPU_SECONDS_MAX = 40
ROWS_MAX = 100_000
ROWS_ABOVE_MAX = 200  # title and header, totals and remarks
EMPTY: list[Any] = []
COLUMNS_MAX = markup.COLUMNS_MAX
CELLS_MAX = markup.CELLS_MAX
CHARACTERS_MAX = 4_000
TEXT_CHARACTERS_MAX = 100_000_000
TABS_MAX = 64
BLOCKS_MAX = 200_000
BATCH_ROWS = 2_000
DAY = 1  # a day is told by its ordinal
Block = tuple[int, int, int, int]  # its first row and column, its last row and column
LENGTH = struct.Struct(">I")


def main() -> None:
    """Limits itself, reads, and answers."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, CPU_SECONDS_MAX),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    out = sys.stdout.buffer
    try:
        whole = sys.stdin.buffer.read()
        (size,) = LENGTH.unpack_from(whole)
        name = whole[LENGTH.size : LENGTH.size + size].decode()
        for frame in frames(whole[LENGTH.size + size :], name):
            _write(out, frame)
        _write(out, ("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
        _write(out, ("end",))
    except Fault as fault:
        _write(out, ("refused", fault.code, fault.zh, fault.en))
    except MemoryError:
        # What is held is let go first; there must be room for the answer.
        whole = b""
        _write(out, ("memory",))


def _write(out: IO[bytes], frame: tuple[Any, ...]) -> None:
    body = msgspec.msgpack.encode(frame)
    out.write(LENGTH.pack(len(body)) + body)
    out.flush()


def frames(data: bytes, name: str) -> Iterator[tuple[Any, ...]]:
    """Everything that the process says about a file, in its order."""
    kind = format_of(data, name)
    yield ("format", kind)
    count = _Count()
    if kind == "csv":
        text = delimited.decoded(data)
        yield ("tab", "CSV", False, False)
        yield from _batches(count.checked("CSV", _plain(delimited.rows(text))))
        yield ("about", (), (), ())
        return
    extra = _inspected(data, kind)
    yield ("progress", "checked", 0)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError:
        raise locked() from None
    except (CalamineError, ValueError, OSError):
        raise damaged() from None
    yield from _tabs(book, extra, count)


def _inspected(data: bytes, kind: str) -> markup.About | compound.About:
    """What the file says beside its cells, read on the way of making sure that it is safe."""
    if kind == "xls":
        return compound.about(data)
    said = markup.Looked(kind)
    check = guard()

    def look(name: str, piece: bytes) -> None:
        check(name, piece)
        said.look(name, piece)

    unpack(data, look)
    return said.about()


def _tabs(book: CalamineWorkbook, extra: Any, count: _Count) -> Iterator[tuple[Any, ...]]:
    sheets = book.sheets_metadata
    if any(each.typ in (SheetTypeEnum.MacroSheet, SheetTypeEnum.Vba) for each in sheets):
        raise macros()
    if len(sheets) > TABS_MAX:
        raise _too_many("TOO_MANY_TABS", "工作表", "tabs", TABS_MAX)
    for number, about in enumerate(sheets):
        if about.typ is not SheetTypeEnum.WorkSheet:
            continue
        try:
            sheet = book.get_sheet_by_index(number)
        except (CalamineError, ValueError):
            raise damaged() from None
        if sheet.total_height > markup.SHEET_ROWS_MAX:
            raise too_many_rows(about.name)
        if sheet.total_width > COLUMNS_MAX:
            raise _too_many("TOO_MANY_COLUMNS", "列", "columns", COLUMNS_MAX, about.name)
        concealed = about.visible is not SheetVisibleEnum.Visible
        yield ("tab", about.name, concealed, extra.since_1904)
        yield from _batches(count.checked(about.name, _rows(sheet)))
        spans = [(a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in sheet.merged_cell_ranges or ()]
        spans += extra.merged.get(number, []) if isinstance(extra, markup.About) else []
        blocks = count.blocks(about.name, spans)
        yield ("about", extra.hidden.get(number, ()), blocks, extra.errors.get(number, ()))
    if count.cells == 0:
        raise refuse("FILE_EMPTY", "工作簿里没有任何内容", "nothing stands in the workbook")


def _rows(sheet: CalamineSheet) -> Iterator[list[Any]]:
    """The rows from the first one on, whichever is the first with something in it."""
    if sheet.start is None:
        return
    # They begin with the first row, but with the first column in which something stands.
    left = [None] * sheet.start[1]
    for row in sheet.iter_rows():
        yield [*left, *map(_told, row)] if any(each != "" for each in row) else EMPTY


def _told(cell: Any) -> Any:
    """A cell as it is told: a number in the 15 digits that a spreadsheet keeps, a day by itself."""
    if cell.__class__ is str:
        return cell or None
    if cell.__class__ is float:
        whole = int(cell) if cell.is_integer() and abs(cell) < 2**53 else None
        return cell if whole is None else whole
    if isinstance(cell, date):
        at = date(cell.year, cell.month, cell.day) if isinstance(cell, datetime) else cell
        return msgspec.msgpack.Ext(DAY, at.toordinal().to_bytes(4, "big"))
    if isinstance(cell, bool | int):
        return cell
    return str(cell)


def _plain(rows: Iterable[list[str]]) -> Iterator[list[Any]]:
    for row in rows:
        yield [each or None for each in row]


def _batches(rows: Iterable[list[Any]]) -> Iterator[tuple[Any, ...]]:
    batch: list[list[Any]] = []
    done = 0
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            done += len(batch)
            yield ("rows", batch)
            yield ("progress", "rows", done)
            batch = []
    if batch:
        yield ("rows", batch)


class _Count:
    """Counts what was read of a whole file, against its limits."""

    def __init__(self) -> None:
        self.cells = 0
        self.characters = 0
        self._blocks = 0

    def checked(self, tab: str, rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
        """The rows, as long as there are not too many, nor too much in them."""
        filled = 0
        for number, row in enumerate(rows, start=1):
            # A cell far below, by a slip, makes no rows of those between.
            filled += 1 if any(each is not None for each in row) else 0
            if filled > ROWS_MAX + ROWS_ABOVE_MAX or number > markup.SHEET_ROWS_MAX:
                raise too_many_rows(tab)
            if len(row) > COLUMNS_MAX:
                raise _too_many("TOO_MANY_COLUMNS", "列", "columns", COLUMNS_MAX, tab)
            for column, cell in enumerate(row, start=1):
                if cell.__class__ is str:
                    self.characters += len(cell)
                    if len(cell) > CHARACTERS_MAX:
                        raise _too_long(tab, number, column, len(cell))
            self.cells += len(row)
            if self.cells > CELLS_MAX:
                raise _too_many("TOO_MANY_CELLS", "单元格", "cells", CELLS_MAX)
            if self.characters > TEXT_CHARACTERS_MAX:
                raise _too_many("TOO_MUCH_TEXT", "字符", "characters", TEXT_CHARACTERS_MAX)
            yield row

    def blocks(self, tab: str, given: Iterable[Block]) -> list[Block]:
        """The merged blocks of a tab, none of them wider than a row, and no cell in two of them.

        Whoever fills a row by its blocks then does no more than there are columns.
        """
        found = sorted(set(given))  # some programs write one twice
        self._blocks += len(found)
        if self._blocks > BLOCKS_MAX:
            raise _too_many("TOO_MANY_BLOCKS", "合并单元格", "merged blocks", BLOCKS_MAX)
        told, reached = [], [0] * (COLUMNS_MAX + 1)
        for top, left, bottom, last in found:
            right = min(last, COLUMNS_MAX)
            if left > right:
                continue
            if max(reached[left : right + 1]) >= top:
                raise _overlapping(tab, f"{letters(left)}{top}")
            reached[left : right + 1] = [bottom] * (right + 1 - left)
            told.append((top, left, bottom, right))
        return told


def too_many_rows(tab: str) -> Fault:
    """A tab has more rows than are taken at once."""
    return refuse(
        "TOO_MANY_ROWS",
        f"工作表“{tab}”超过 {ROWS_MAX} 行数据，请分成几个文件上传"
        "（如实际没有那么多行，请删除末尾的空白行）",
        f"the tab {tab} has over {ROWS_MAX} rows of data; divide it into several files",
    )


def _too_many(code: str, zh: str, en: str, most: int, tab: str = "") -> Fault:
    where = (f"工作表“{tab}”", f"the tab {tab}") if tab else ("文件", "the file")
    return refuse(code, f"{where[0]}超过 {most} 个{zh}", f"{where[1]} has over {most} {en}")


def _overlapping(tab: str, cell: str) -> Fault:
    return refuse(
        "FILE_DAMAGED",
        f"工作表“{tab}”中，始于 {cell} 的合并单元格与另一合并单元格重叠，不予读取；"
        "请取消合并，重新保存后再上传",
        f"the merged block of the tab {tab} that begins at {cell} overlaps another, and the file "
        "is not read; split it and save the file again",
    )


def _too_long(tab: str, row: int, column: int, size: int) -> Fault:
    return refuse(
        "CELL_TOO_LONG",
        f"工作表“{tab}”第 {row} 行第 {column} 列有 {size} 个字符，最多 {CHARACTERS_MAX} 个",
        f"row {row}, column {column} of the tab {tab} has {size} characters of at most "
        f"{CHARACTERS_MAX}",
    )

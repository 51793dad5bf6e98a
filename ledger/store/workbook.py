"""Workbook: a file from outside, read in a process of its own that may fail without harm.

The process has limits on memory, time and output (``unpacking``); one that passes them is ended,
and the file is refused with a sentence. What comes back is checked to be cells and nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import msgspec

import ledger
from ledger.cell import ERRORS
from ledger.fault import Fault
from ledger.sheet import UNCALCULATED, Cell, Grid, Row, Span, Tab
from ledger.store.container import BYTES_MAX, damaged, refuse
from ledger.store.markup import CELLS_MAX, COLUMNS_MAX, SHEET_ROWS_MAX

SECONDS_MAX, ENDING_SECONDS = 60, 5
FRAME_BYTES_MAX = 256 * 1024 * 1024
LENGTH_BYTES = 4
ROOT = Path(ledger.__file__).parent.parent
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from ledger.store.unpacking import main; main()"
)
DIGITS = "15"  # what a number of a spreadsheet keeps

Progress = Callable[[str, int], None]


def read_workbook(data: bytes, name: str, progress: Progress | None = None) -> Grid:
    """The cells of a file. Raises ``Fault`` with the reason why it is not read.

    ``progress`` is called with ``checked``, then with ``rows`` and how many of the tab were read.
    """
    return measured(data, name, progress)[0]


def measured(data: bytes, name: str, progress: Progress | None = None) -> tuple[Grid, int]:
    """The cells of a file, and the most memory in bytes that reading them took."""
    if len(data) > BYTES_MAX:
        raise refuse(
            "FILE_TOO_LARGE",
            f"文件超过 {BYTES_MAX // 1024 // 1024} MiB",
            f"the file has over {BYTES_MAX // 1024 // 1024} MiB",
        )
    with subprocess.Popen(  # noqa: S603
        # Our own program; nothing of the file stands on its line.
        [sys.executable, "-I", "-c", START, str(ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        close_fds=True,
    ) as process:
        timer = threading.Timer(SECONDS_MAX, process.kill)
        timer.start()
        giving = threading.Thread(target=_give, args=(process, data, name))
        giving.start()
        try:
            return _Taken(process, progress or _silent).whole()
        finally:
            process.kill()
            timer.cancel()
            giving.join()


def _silent(stage: str, done: int) -> None:
    """Nobody wants to know how far it is."""


def _give(process: subprocess.Popen[bytes], data: bytes, name: str) -> None:
    assert process.stdin is not None
    title = name.encode()
    try:
        process.stdin.write(len(title).to_bytes(LENGTH_BYTES, "big") + title)
        process.stdin.write(data)
        process.stdin.close()
    except OSError:
        return  # it has ended; what it said tells why


class _Taken:
    """Takes the frames of the process and builds the grid."""

    def __init__(self, process: subprocess.Popen[bytes], progress: Progress) -> None:
        self._process, self._progress = process, progress
        self._tabs: list[Tab] = []
        self._rows: list[Row] = []
        self._format = ""
        self._open: tuple[str, bool, bool] = ("", False, False)
        self._numbers: dict[Any, Decimal] = {}
        self._grown = 0  # cells that were not told, up to those whose formulas failed

    def whole(self) -> tuple[Grid, int]:
        """The grid, and the memory that the process took."""
        assert self._process.stdout is not None
        peak = 0
        while True:
            frame = _frame(self._process.stdout)
            if frame is None or frame[0] == "memory":
                raise self._ended()
            match frame:
                case ["end"]:
                    return Grid(format=self._format, tabs=tuple(self._tabs)), peak
                case ["refused", str(code), str(zh), str(en)]:
                    raise refuse(code, zh, en)
                case ["peak", int(peak)]:
                    pass
                case ["progress", str(stage), int(done)]:
                    self._progress(stage, done)
                case _:
                    self._take(frame)

    def _take(self, frame: list[Any]) -> None:
        match frame:
            case ["format", str(found)]:
                self._format = found
            case ["tab", str(name), bool(concealed), bool(since_1904)]:
                self._open = (name, concealed, since_1904)
                self._rows = []
            case ["rows", list(rows)]:
                self._rows.extend(tuple([self._cell(each) for each in row]) for row in rows)
            case ["about", list(hidden), list(spans), list(errors)]:
                name, concealed, since_1904 = self._open
                for row, column, text in errors:
                    self._failed(row, column, text)
                self._tabs.append(
                    Tab(
                        name=name,
                        rows=tuple(self._rows),
                        hidden=tuple(int(each) for each in hidden),
                        merged=tuple(Span(*map(int, each)) for each in spans),
                        concealed=concealed,
                        since_1904=since_1904,
                    )
                )

    def _cell(self, given: Any) -> Cell:
        if given is None or given.__class__ is str or given.__class__ is bool:
            cell: Cell = given
            return cell
        if given.__class__ is int or given.__class__ is float:
            known = self._numbers.get(given)
            if known is None:
                known = Decimal(given) if given.__class__ is int else _number(given)
                if len(self._numbers) < 100_000:
                    self._numbers[given] = known
            return known
        return date.fromordinal(int.from_bytes(given.data, "big"))

    def _failed(self, row: int, column: int, text: str) -> None:
        """Puts the error of a formula into its cell, which is told as empty, or as nought.

        A row may end before it, or not be told at all, where nothing but failed formulas follows.
        """
        if not (0 < row <= SHEET_ROWS_MAX and 0 < column <= COLUMNS_MAX):
            return
        self._rows.extend([()] * (row - len(self._rows)))
        cells = list(self._rows[row - 1])
        # A few bytes of markup may stand for very many of them, far to the right.
        self._grown += max(column - len(cells), 1)
        if self._grown > CELLS_MAX:
            zh, en = f"文件超过 {CELLS_MAX} 个单元格", f"the file has over {CELLS_MAX} cells"
            raise refuse("TOO_MANY_CELLS", zh, en)
        cells.extend([None] * (column - len(cells)))
        if text == UNCALCULATED:
            text = text if cells[column - 1] is None else ""
        elif not ERRORS.match(text):
            text = f"#VALUE! {text}"  # what one program alone calls it, as Err:502
        if text:
            cells[column - 1] = text
            self._rows[row - 1] = tuple(cells)

    def _ended(self) -> Fault:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDING_SECONDS)
        if (self._process.returncode or 0) > 0:
            return damaged()  # the program gave up; one that passes a limit is ended by a signal
        return refuse(
            "READING_STOPPED",
            "读取这个文件所需的内存或时间超过了上限，已停止；请删除多余的格式、图片和空白行列，"
            "或分成几个文件",
            "reading the file takes more memory or time than is allowed, so it was stopped; "
            "remove formats, pictures and empty rows, or divide it",
        )


def _number(given: float) -> Decimal:
    """A number in the digits that people see, not in those of its binary form."""
    return Decimal(format(given, f".{DIGITS}g"))


def _frame(source: IO[bytes]) -> list[Any] | None:
    """The next frame; ``None`` where the process has said its last."""
    head = source.read(LENGTH_BYTES)
    size = int.from_bytes(head, "big")
    if len(head) < LENGTH_BYTES or size > FRAME_BYTES_MAX:
        return None
    body = source.read(size)
    if len(body) < size:
        return None
    frame = msgspec.msgpack.decode(body)
    return frame if isinstance(frame, list) and frame else None

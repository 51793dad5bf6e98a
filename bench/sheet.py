"""What reading a sheet of 100,000 rows costs, beside its cells read by the library alone.

    python -m bench.sheet [--rows 100000] [--rounds 3] [--json]

The peer is python-calamine in a process of its own, told nothing but the file and left to make its
lists; ours counts what the archive unpacks to before, limits the process that reads, carries the
cells back, finds the header, and reads each cell by its type. Times are the medians of the rounds.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import xlsxwriter
from stdnum.cn import ric

from ledger.heading import propose
from ledger.mapping import Form
from ledger.reading import read
from ledger.store.workbook import measured

HEADER = ("序号", "姓名", "身份证号", "学校", "培训项目", "类别", "结业时间", "应得学分", "学分")
PEER = (
    "import resource, sys, time; start = time.perf_counter();"
    "from python_calamine import CalamineWorkbook as Book;"
    "rows = Book.from_path(sys.argv[1]).get_sheet_by_index(0).to_python();"
    "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024;"
    "print(len(rows), time.perf_counter() - start, used)"
)
MIB = 1024 * 1024


def sheet(file: Path, rows: int) -> None:
    """A list of credits, each row of another person, with a title above the header."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    page = book.add_worksheet("学分明细")
    page.write(0, 0, "瑞安市教师培训学分一览表")
    page.write_row(1, 0, HEADER)
    for number in range(rows):
        name = "王" + chr(0x4E00 + number % 5_000) + chr(0x4E00 + number % 77)
        body = f"330381{1960 + number % 40}{1 + number % 12:02}{1 + number % 28:02}"
        body += f"{number % 1_000:03}"
        title, day = f"学科教学研修第{number % 500}期", f"2024.{1 + number % 12}.7"
        values = (number, name, body + ric.calc_check_digit(body + "0"), f"第{number % 300}中学")
        page.write_row(number + 2, 0, (*values, title, "集中培训", day, 24, "24"))
    book.close()


def once(data: bytes, file: Path) -> dict[str, float]:
    """One round: ours and the peer's, one after the other."""
    start = time.perf_counter()
    grid, peak = measured(data, file.name)
    cells = time.perf_counter()
    taken = read(grid, propose(grid, Form.CREDITS)[0].mapping)
    end = time.perf_counter()
    assert not taken.faults
    said = subprocess.run(
        [sys.executable, "-c", PEER, str(file)], check=True, capture_output=True, text=True
    )
    _, seconds, used = said.stdout.split()
    return {
        "seconds": end - start,
        "seconds_cells": cells - start,
        "seconds_records": end - cells,
        "peer_seconds": float(seconds),
        "ratio": (end - start) / float(seconds),
        "child_peak_mib": peak / MIB,
        "peer_peak_mib": int(used) / MIB,
        "records": len(taken.rows),
    }


def main() -> None:
    """Runs the rounds and prints them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sheet.xlsx"
        sheet(file, given.rows)
        data = file.read_bytes()
        rounds = [once(data, file) for _ in range(given.rounds)]
    told: dict[str, Any] = {key: median(each[key] for each in rounds) for key in rounds[0]}
    told["own_peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told["file_mib"] = len(data) / MIB
    told["python"] = platform.python_version()
    if given.json:
        print(json.dumps(told))
        return
    for key, value in told.items():
        print(f"{key:18}{value:12.2f}" if isinstance(value, float) else f"{key:18}{value!s:>12}")


if __name__ == "__main__":
    main()

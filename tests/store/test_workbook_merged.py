"""A workbook is read the same in each format: its merged cells, its hidden rows, its records."""

from __future__ import annotations

import subprocess

import pytest

from ledger.heading import propose
from ledger.mapping import Form
from ledger.reading import read
from ledger.store.workbook import read_workbook
from tests.sheets import xlsx
from tests.store.test_workbook import office  # noqa: F401

LOWER = ("平台编号", "培训名称", "结业时间", "学分")


def register(book) -> None:
    """A title, a header of merged cells over two rows, the header once more, and hidden rows."""
    sheet = book.add_worksheet("学分")
    sheet.merge_range("A1:E1", "瑞安市2024年教师培训学分一览表")
    sheet.merge_range("A2:A3", "序号")
    sheet.write("B2", "教师信息")
    sheet.merge_range("C2:E2", "培训信息")
    sheet.write_row("B3", LOWER)
    for at in range(1, 21):
        sheet.write_row(2 + at, 0, [at, f"ra{at:04}", "语文教学", "2024.3.7", 8])
    sheet.write_row(23, 0, ["序号", *LOWER])
    for at in range(21, 31):
        sheet.write_row(3 + at, 0, [at, f"ra{at:04}", "语文教学", "2024.3.7", 8])
    sheet.merge_range("B30:B31", "ra0026")
    for row in (9, 10, 27):
        sheet.set_row(row, None, None, {"hidden": True})
    other = book.add_worksheet("另表")
    other.write("A1", "空")
    other.merge_range("B3:D4", "块")


def taken(data: bytes, name: str):
    grid = read_workbook(data, name)
    spans = [sorted((s.top, s.left, s.bottom, s.right) for s in tab.merged) for tab in grid.tabs]
    reading = read(grid, propose(grid, Form.CREDITS)[0].mapping)
    rows = [(each.row, each.number, each.credits) for each in reading.rows]
    skipped = [(each.row, each.why) for each in reading.skipped]
    return rows, skipped, reading.faults, reading.hidden, spans


@pytest.mark.parametrize("kind", ["xls", "xlsx", "ods"])
def test_each_format_gives_the_same_rows_and_blocks(kind, office, tmp_path):  # noqa: F811
    (tmp_path / "given.xlsx").write_bytes(xlsx(register))
    (tmp_path / "out").mkdir()
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", kind, "--outdir", tmp_path / "out", tmp_path / "given.xlsx"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    found = taken((tmp_path / "out" / f"given.{kind}").read_bytes(), f"名单.{kind}")

    assert found == taken(xlsx(register), "名单.xlsx")
    rows, skipped, faults, hidden, spans = found
    assert [number for _, number, _ in rows] == [
        f"ra{26 if at == 27 else at:04}" for at in range(1, 31)
    ]
    assert skipped == [(24, "REPEATED_HEADER")] and faults == ()
    assert hidden == (10, 11, 28)
    assert spans == [[(1, 1, 1, 5), (2, 1, 3, 1), (2, 3, 2, 5), (30, 2, 31, 2)], [(3, 2, 4, 4)]]

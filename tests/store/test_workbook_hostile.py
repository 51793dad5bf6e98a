"""Merged blocks, hidden rows and repeated rows that no program writes cost no more than others."""

from __future__ import annotations

import tracemalloc
from time import process_time

import pytest

from ledger.fault import Fault
from ledger.heading import propose
from ledger.mapping import Form
from ledger.reading import read
from ledger.store import unpacking
from ledger.store.markup import HIDDEN_MAX, SHEET_ROWS_MAX
from ledger.store.unpacking import BLOCKS_MAX, frames
from ledger.store.workbook import read_workbook
from tests.sheets import xlsx
from tests.store.test_failed_formula import TEXT, ods
from tests.store.test_workbook import taken

HEADER = "".join(map(TEXT.format, ("姓名", "平台编号", "培训名称", "学分")))
RECORD = "".join(map(TEXT.format, ("张三", "ra0001", "语文教学", "8")))
SECONDS = 5
"""Far more than any of these takes, on a machine that does other things too."""


def block(wide: int, high: int, text: str = "张三") -> str:
    """A cell that is merged with those beside and below it."""
    spanned = (
        f'table:number-columns-spanned="{wide}" table:number-rows-spanned="{high}" '
        'office:value-type="string"'
    )
    return f"<table:table-cell {spanned}><text:p>{text}</text:p></table:table-cell>"


def times(number: int, cells: str, rest: str = "") -> str:
    """Rows that one row stands for, after the one that begins."""
    row = f'<table:table-row {rest}table:number-rows-repeated="{number}">{cells}'
    return f"{TEXT.format('x')}</table:table-row>{row}"


def stands(data: bytes):
    """What is read of a file, in little time."""
    began = process_time()
    found = taken(read_workbook(data, "名单.ods"))
    assert process_time() - began < SECONDS
    return found


def refusal(data: bytes, name: str = "名单.ods") -> Fault:
    with pytest.raises(Fault) as caught:
        read_workbook(data, name)
    return caught.value


def test_a_block_wider_than_any_sheet_ends_with_the_last_column():
    reading = stands(ods(HEADER + block(9_999_999, 1, "备注"), RECORD))

    assert [row.number for row in reading.rows] == ["ra0001"]


def test_a_block_as_high_as_a_sheet_takes_no_more_than_the_rows_in_it():
    more = TEXT.format("ra0002") + TEXT.format("语文教学") + TEXT.format("8")
    first = RECORD.replace(TEXT.format("张三"), block(1, SHEET_ROWS_MAX))
    reading = stands(ods(HEADER, first, "<table:covered-table-cell/>" + more))

    assert [(row.name, row.number) for row in reading.rows] == [
        ("张三", "ra0001"), ("张三", "ra0002"),
    ]  # fmt: skip


@pytest.mark.parametrize("other", [block(1, 5), block(2, 2)])
def test_blocks_that_overlap_are_refused_and_named(other: str):
    found = refusal(ods(HEADER, block(1, 3), other))

    assert found.code == "FILE_DAMAGED"
    assert "A3" in found.zh and "A3" in found.en


def test_a_block_that_is_written_twice_is_one():
    def fill(book):
        sheet = book.add_worksheet("学分")
        sheet.write_row("A1", ["姓名", "平台编号", "培训名称", "学分"])
        sheet.write_row("A2", ["张三", "ra0001", "语文教学", 8])
        sheet.merge_range("A2:A3", "张三")
        sheet.merge_range("C4:D4", "x")
        sheet.merge.append(list(sheet.merge[0]))

    grid = read_workbook(xlsx(fill), "名单.xlsx")
    assert sorted((s.top, s.left, s.bottom, s.right) for s in grid.tabs[0].merged) == [
        (2, 1, 3, 1), (4, 3, 4, 4),
    ]  # fmt: skip


def test_more_blocks_than_a_file_may_have_are_refused_with_their_number():
    found = refusal(ods(HEADER, times(BLOCKS_MAX // 2 + 1, block(2, 1) + block(2, 1))))

    assert found.code == "TOO_MANY_BLOCKS"
    assert str(BLOCKS_MAX) in found.zh and str(BLOCKS_MAX) in found.en


def test_blocks_are_counted_over_all_tabs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unpacking, "BLOCKS_MAX", 2)
    tab = (
        f'</table:table-row></table:table><table:table table:name="{{}}"><table:table-row>{RECORD}'
    )
    rows = f"{block(2, 1)}{tab.format('b')}{block(2, 1)}{tab.format('c')}{block(2, 1)}"

    with pytest.raises(Fault, match="over 2 merged blocks"):
        list(frames(ods(HEADER, rows), "名单.ods"))


def test_cells_that_are_merged_with_none_cost_nothing_however_often_their_row_stands():
    began = process_time()
    cells = '<table:table-cell table:number-columns-spanned="1"/>' * 20_000
    list(frames(ods(HEADER, RECORD, times(HIDDEN_MAX, cells)), "名单.ods"))

    assert process_time() - began < SECONDS


def test_rows_that_are_hidden_are_counted_over_all_tabs():
    hidden = times(HIDDEN_MAX, "<table:table-cell/>", 'table:visibility="collapse" ')
    tab = '</table:table-row></table:table><table:table table:name="{}"><table:table-row>'
    rows = "".join(f"{hidden}{tab.format(at)}" for at in range(3))

    assert refusal(ods(HEADER, rows)).code == "FILE_DAMAGED"


def test_a_block_over_very_many_rows_is_kept_once_and_not_for_each_of_them():
    first = RECORD.replace(TEXT.format("张三"), block(1, SHEET_ROWS_MAX))
    far = times(300_000, "<table:covered-table-cell/>")
    last = f"</table:table-row><table:table-row><table:covered-table-cell/>{TEXT.format('x')}"
    grid = read_workbook(ods(HEADER, first, far + last), "名单.ods")
    mapping = propose(grid, Form.CREDITS)[0].mapping

    tracemalloc.start()
    reading = read(grid, mapping)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(grid.tabs[0].rows) > 300_000 and len(reading.rows) < 10
    assert most < 16 * 1024 * 1024

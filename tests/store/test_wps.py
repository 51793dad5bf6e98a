"""Files by the conventions of WPS: read as they are meant, or refused with a sentence."""

from __future__ import annotations

import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.mapping import Column
from ledger.store.workbook import read_workbook
from tests.sheets import GOOD, OTHER, excel, repacked, xlsx
from tests.store.test_workbook import as_meant, compound, office, refused, taken
from tests.wps import CSV, PICTURE, inline, looked_up, prefixed, wps

__all__ = ["office"]

CLSID = bytes.fromhex("2008020000000000c000000000000046")


@pytest.mark.parametrize(
    "made",
    [
        wps,
        lambda data: wps(prefixed(data)),
        lambda data: wps(inline(data)),
        lambda data: prefixed(inline(data)),
    ],
    ids=["package", "prefix", "inline", "prefix and inline"],
)
def test_a_list_that_wps_saved_is_read_as_it_is_meant(made):
    data = made(xlsx(excel))

    assert data != xlsx(excel)
    grid = read_workbook(data, "名单.xlsx")
    as_meant(grid)
    assert [(each.name, each.concealed) for each in grid.tabs] == [
        ("学分明细", False),
        ("Sheet2", False),
        ("旧表", True),
    ]
    assert taken(grid).faults[-1].code == "CELL_ERROR"


def test_text_of_gb18030_with_tabs_apostrophes_and_empty_columns_is_read_as_it_is_meant():
    grid = read_workbook(CSV.encode("gb18030"), "名单.csv")
    reading = taken(grid)

    assert [(row.row, row.name, row.id_number) for row in reading.rows] == [
        (3, "王芳", GOOD),
        (4, "李四", OTHER),
        (5, "张三", GOOD),
    ]
    assert [row.completed for row in reading.rows] == [date(2024, 3, 7)] * 3
    assert [row.credits for row in reading.rows] == [
        Decimal(24),
        Decimal("8.5"),
        Decimal("1024.5"),
    ]
    assert [(each.row, each.why) for each in reading.skipped] == [(6, "TOTALS")]
    assert reading.faults == ()


def test_merged_header_cells_over_two_rows_name_each_column():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.merge_range("A1:F1", "2024 年度学分登记表")
        for column, name in (("A", "姓名"), ("B", "平台编号"), ("C", "结业时间")):
            sheet.merge_range(f"{column}2:{column}3", name)
        sheet.merge_range("D2:F2", "学分")
        sheet.write_row("D3", ["集中培训", "网络研修", "校本培训"])
        sheet.write_row("A4", ["王芳", "ra0001", "２０２４．３．７", "２４", 8.5, "６"])

    reading = taken(read_workbook(wps(xlsx(fill)), "a.xlsx"))
    [row] = reading.rows

    assert {Column.CREDITS_INTENSIVE, Column.CREDITS_DISTANCE, Column.CREDITS_SCHOOL_BASED} <= {
        *reading.mapping.columns.values()
    }
    assert [row.by_kind[kind] for kind in sorted(row.by_kind, key=lambda each: each.value)] == [
        Decimal("8.5"),
        Decimal(24),
        Decimal(6),
    ]
    assert (row.completed, reading.faults) == (date(2024, 3, 7), ())


def looking_up(cached: str) -> bytes:
    """A list whose id numbers a formula looks up."""

    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["姓名", "身份证号", "学分"])
        sheet.write_row("A2", ["王芳", "?", 24])

    def change(name, body):
        if name == "xl/worksheets/sheet1.xml":
            text = body.decode()
            cell = text[text.index('<c r="B2"') :]
            cell = cell[: cell.index("</c>") + len("</c>")]
            return text.replace(cell, cached).encode()
        return body

    return wps(repacked(xlsx(fill), change))


def test_what_a_formula_found_last_is_what_the_cell_says():
    [row] = taken(read_workbook(looking_up(looked_up(GOOD)), "a.xlsx")).rows

    assert (row.id_number, row.credits) == (GOOD, Decimal(24))


def test_a_formula_that_found_nothing_is_a_fault_of_its_cell():
    cell = looked_up("#N/A").replace('t="str"', 't="e"')
    reading = taken(read_workbook(looking_up(cell), "a.xlsx"))

    assert [(each.row, each.column, each.code) for each in reading.faults] == [(2, 2, "CELL_ERROR")]
    assert reading.rows[0].id_number is None


def test_an_id_number_that_a_formula_made_a_number_is_refused_by_its_type():
    cell = looked_up("330381199001011234").replace(' t="str"', "")
    reading = taken(read_workbook(looking_up(cell), "a.xlsx"))

    assert [(each.row, each.column, each.code) for each in reading.faults] == [
        (2, 2, "STORED_AS_NUMBER")
    ]


def test_a_picture_in_a_cell_is_a_text_like_any_other():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["姓名", "平台编号", "学分", "备注"])
        sheet.write_row("A2", ["王芳", "ra0001", 24])
        sheet.write_formula("D2", f"=_xlfn.{PICTURE[1:]}", None, PICTURE)

    reading = taken(read_workbook(wps(xlsx(fill)), "a.xlsx"))

    assert [(row.name, row.credits) for row in reading.rows] == [("王芳", Decimal(24))]
    assert reading.faults == ()


def test_files_of_the_kinds_that_wps_has_of_its_own_are_refused_with_what_to_do():
    data = compound("Workbook", "ETExtData")

    for name in ("名单.et", "名单.ett", "名单.ET", "名单.dbt", "名单.ksheet"):
        assert refused(data, name) == "FORMAT_UNKNOWN"
    assert refused(data, "名单.xls") == "FILE_DAMAGED"
    assert refused(data, "名单.xlsx") == "MISLABELLED"
    assert refused(compound("EncryptedPackage", "EncryptionInfo"), "名单.et") == "FORMAT_UNKNOWN"
    assert refused(compound("EncryptedPackage", "EncryptionInfo")) == "FILE_ENCRYPTED"


def test_an_old_workbook_with_the_mark_of_wps_is_read(office: str, tmp_path: Path):
    (tmp_path / "given.xlsx").write_bytes(wps(xlsx(excel)))
    (tmp_path / "out").mkdir()
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", "xls", "--outdir", tmp_path / "out", tmp_path / "given.xlsx"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    data = bytearray((tmp_path / "out" / "given.xls").read_bytes())
    root = data.index("Root Entry".encode("utf-16-le"))
    data[root + 80 : root + 96] = CLSID

    as_meant(read_workbook(bytes(data), "名单.xls"))

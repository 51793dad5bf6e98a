"""Formulas that failed, or were never worked out, in each format: an error, and no empty cell."""

from __future__ import annotations

import io
import re
import subprocess
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest

from ledger.cell import amount
from ledger.fault import Fault
from ledger.sheet import UNCALCULATED, Row
from ledger.store.markup import CELLS_MAX, COLUMNS_MAX
from ledger.store.workbook import read_workbook
from tests.sheets import repacked, xlsx
from tests.store.test_workbook import office, refused, taken
from tests.wps import prefixed

__all__ = ["office"]
URN = "urn:oasis:names:tc:opendocument:xmlns"
SPACES = " ".join(
    f'xmlns:{name}="{URN}:{space}:1.{minor}"'
    for name, space, minor in (
        ("office", "office", 0), ("table", "table", 0), ("text", "text", 0), ("of", "of", 2),
    )
)  # fmt: skip
EXTENSION = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
TEXT = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
FAILED = (
    '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value="" '
    'calcext:value-type="error"{}><text:p>{}</text:p></table:table-cell>'
)


def table(*rows: str) -> str:
    told = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    return f'<office:spreadsheet><table:table table:name="t">{told}</table:table>'


def ods(*rows: str) -> bytes:
    """An ODS whose rows are told by their tags."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {SPACES} '
        f'xmlns:calcext="{EXTENSION}"><office:body>{table(*rows)}</office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    manifest = f'<manifest:manifest xmlns:manifest="{URN}:manifest:1.0"/>'
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return file.getvalue()


def rows_of(data: bytes, name: str) -> tuple[Row, ...]:
    return read_workbook(data, name).tabs[0].rows


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_formula_that_failed_is_an_error_in_each_format(
    kind: str, office: str, tmp_path: Path
) -> None:
    def formula(text: str) -> str:
        return f'<table:table-cell table:formula="of:={text}"/>'

    flat = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {SPACES} office:version="1.2" '
        'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body>'
        + table(
            TEXT.format("平台编号") + TEXT.format("缺课学时"),
            TEXT.format("lin") + formula("1/0"),
            TEXT.format("chen") + formula("NA()"),
            TEXT.format("wang") + formula("1+1.5"),
            TEXT.format("zhao") + formula("IF(1=1;&quot;&quot;;1)"),
        )
        + "</office:spreadsheet></office:body></office:document>"
    )
    (tmp_path / "given.fods").write_text(flat, "utf-8")
    (tmp_path / "out").mkdir()
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", kind, "--outdir", tmp_path / "out", tmp_path / "given.fods"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    data = (tmp_path / "out" / f"given.{kind}").read_bytes()

    found = [(*row, None)[1] for row in rows_of(data, f"a.{kind}")[1:]]
    assert found == ["#DIV/0!", "#N/A", Decimal("2.5"), None]


def test_failed_formulas_of_an_ods_stand_in_their_cells_wherever_they_are() -> None:
    repeated = ' table:number-columns-repeated="2"'
    rows = rows_of(
        ods(
            TEXT.format("平台编号") + TEXT.format("缺课学时"),
            TEXT.format("lin") + FAILED.format(repeated, "Err:502"),
            FAILED.format("", "#N/A"),
        ),
        "a.ods",
    )

    assert rows[1:] == (("lin", "#VALUE! Err:502", "#VALUE! Err:502"), ("#N/A",))


def test_what_an_old_ods_shows_of_a_failed_formula_goes_before_its_nought() -> None:
    nought = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0">'
        "<text:p>#DIV/0!</text:p></table:table-cell>"
    )
    [row] = rows_of(ods(TEXT.format("lin") + nought), "a.ods")

    assert row == ("lin", "#DIV/0!")


def test_a_formula_of_an_ods_that_was_never_worked_out_is_an_error() -> None:
    bare = '<table:table-cell table:formula="of:=1+1"/>'
    [row] = rows_of(ods(TEXT.format("lin") + bare + TEXT.format("x")), "a.ods")

    assert row == ("lin", UNCALCULATED, "x")


def looked_up(tables: int, cached: str) -> bytes:
    """A list in which formulas of many look-ups have found a value, or none, in 300 rows."""

    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["平台编号", "缺课学时"])
        for row in range(1, 301):
            sheet.write(row, 0, f"t{row}")
            of = "+".join(f"VLOOKUP(A{row},缺课{at}!A:B,2,FALSE)" for at in range(tables))
            sheet.write_formula(row, 1, f"={of}", None, cached)

    return xlsx(fill)


@pytest.mark.parametrize("made", [lambda data: data, prefixed], ids=["plain", "prefix"])
@pytest.mark.parametrize("tables", [1, 20, 250])
def test_a_failed_formula_is_an_error_however_long_it_is(tables: int, made) -> None:
    rows = rows_of(made(looked_up(tables, "#N/A")), "a.xlsx")

    assert {row[1] for row in rows[1:]} == {"#N/A"}


def bare(data: bytes, value: str, sort: str = "") -> bytes:
    """The same with another value, of another sort, for each formula."""

    def change(name: str, body: bytes) -> bytes:
        if not name.startswith("xl/worksheets/"):
            return body
        text = re.sub(r"(</f>)<v>[^<]*</v>", rf"\1{value}", body.decode())
        return re.sub(r'( r="B\d+")( t="\w+")?', rf"\1{sort}", text).encode()

    return repacked(data, change)


@pytest.mark.parametrize("value", ["", "<v></v>", "<v/>"])
@pytest.mark.parametrize("tables", [1, 250])
def test_a_formula_that_was_never_worked_out_is_an_error_that_says_what_to_do(
    value: str, tables: int
) -> None:
    rows = rows_of(bare(looked_up(tables, "4"), value), "a.xlsx")

    assert {row[1] for row in rows[1:]} == {UNCALCULATED}
    with pytest.raises(Fault) as found:
        amount(rows[1][1])
    assert found.value.code == "CELL_ERROR"
    assert "打开并保存" in found.value.zh and "save" in found.value.en


def test_a_formula_whose_value_is_an_empty_text_is_an_empty_cell() -> None:
    rows = rows_of(bare(looked_up(1, "x"), "<v></v>", ' t="str"'), "a.xlsx")

    assert {(*row, None)[1] for row in rows[1:]} == {None}


def test_a_reading_names_the_cell_of_a_failed_formula() -> None:
    header = "".join(map(TEXT.format, ("平台编号", "培训名称", "结业时间", "学分")))
    row = "".join(map(TEXT.format, ("ra0001", "校本", "2024-3-7"))) + FAILED.format("", "#N/A")
    reading = taken(read_workbook(ods(header, row), "a.ods"))

    assert [(each.row, each.column, each.code) for each in reading.faults] == [(2, 4, "CELL_ERROR")]


@pytest.mark.parametrize("column", [1, COLUMNS_MAX])
def test_failed_formulas_are_cells_as_all_others_are(column: int) -> None:
    """A few bytes stand for so many rows, each of which became as wide as its error is far."""
    left = f'<table:table-cell table:number-columns-repeated="{column - 1}"/>' if column > 1 else ""
    times = f'<table:table-row table:number-rows-repeated="{CELLS_MAX // COLUMNS_MAX + 1}">'
    far = f'{left}<table:table-cell calcext:value-type="error"/>'
    data = ods(f"{TEXT.format('x')}</table:table-row>{times}{far}")

    if column == 1:
        assert len(rows_of(data, "a.ods")) == CELLS_MAX // COLUMNS_MAX + 2
    else:
        assert refused(data, "a.ods") == "TOO_MANY_CELLS"

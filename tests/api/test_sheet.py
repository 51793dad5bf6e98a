"""Sheets: cells that are data and never formulas, and the same bytes for the same rows."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sheet import CELL_CHARACTERS_MAX, sheet
from ledger.fault import Fault
from schema.column import Column, chinese

COLUMNS = (
    Column(title="标识 id", kind="text", path=("id",)),
    Column(title="备注 note", kind="text", path=("note",)),
    Column(title="学时 hours", kind="number", path=("hours",)),
    Column(title="日期 day", kind="date", path=("day",)),
    Column(title="通过 passed", kind="bool", path=("passed",)),
    Column(title="内容 of", kind="list", path=("inner", "of")),
)
ROW: dict[str, Any] = {
    "id": "330381199001010019",
    "note": "普通",
    "hours": Decimal("-17.50"),
    "day": date(2024, 3, 19),
    "passed": True,
    "inner": {"of": [{"a": "一"}]},
}


def made(form: str, rows: list[dict[str, Any]], folder: Path) -> bytes:
    """The bytes of rows in a form."""
    file = io.BytesIO()
    whole = sheet(form, file, COLUMNS, folder)
    try:
        for row in rows:
            whole.row(row)
    finally:
        whole.close({"行数 rows": str(len(rows))})
    return file.getvalue()


def cells(body: bytes) -> list[list[str]]:
    """A CSV as a strict reader has it."""
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))


def xml(body: bytes, name: str) -> str:
    """A part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return book.read(f"xl/worksheets/{name}.xml").decode()


def test_a_csv_is_quoted_with_a_mark_and_ends_with_its_last_row(tmp_path: Path) -> None:
    body = made("csv", [ROW], tmp_path)

    assert cells(body) == [
        [each.title for each in COLUMNS],
        ["330381199001010019", "普通", "-17.50", "2024-03-19", "true", '[{"a":"一"}]'],
    ]
    assert body.endswith(b'"\r\n') and body.count(b"\r\n") == 2


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "=cmd|'/c calc'!A0"],
)
def test_a_text_that_a_spreadsheet_would_run_is_only_text(text: str, tmp_path: Path) -> None:
    [_, row] = cells(made("csv", [ROW | {"note": text}], tmp_path))
    book = xml(made("xlsx", [ROW | {"note": text}], tmp_path), "sheet1")

    assert row[1] == "'" + text
    assert "<f>" not in book
    assert book.count('t="inlineStr"') == len(COLUMNS) + 3


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30))
def test_no_text_leaves_its_cell(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp()
    found = cells(made("csv", [ROW | {"note": text}, ROW], folder))
    lines = made("jsonl", [ROW | {"note": text}, ROW], folder)

    assert len(found) == 3 and {len(each) for each in found} == {len(COLUMNS)}
    assert found[1][1] in (text, "'" + text)
    assert lines.count(b"\n") == 2


def test_a_workbook_keeps_long_numbers_as_text_and_days_as_days(tmp_path: Path) -> None:
    body = made("xlsx", [ROW, ROW | {"hours": Decimal("1234567890.1234567")}], tmp_path)
    rows = xml(body, "sheet1")

    assert "<is><t>330381199001010019</t></is>" in rows
    assert "<v>-17.5</v>" in rows
    assert re.search(r'<c r="D2" s="\d"><v>45370</v>', rows)
    assert "<t>1234567890.1234567</t>" in rows
    assert '<pane ySplit="1"' in rows and 'state="frozen"' in rows
    assert "行数 rows" in xml(body, "sheet2")


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_the_same_rows_make_the_same_bytes(form: str, tmp_path: Path) -> None:
    assert made(form, [ROW] * 3, tmp_path) == made(form, [ROW] * 3, tmp_path)


def test_a_cell_that_a_workbook_cannot_hold_is_refused_and_not_dropped(tmp_path: Path) -> None:
    fits = ROW | {"note": "字" * CELL_CHARACTERS_MAX}
    assert "字" * CELL_CHARACTERS_MAX in xml(made("xlsx", [fits], tmp_path), "sheet1")
    for note in ("字" * (CELL_CHARACTERS_MAX + 1), "😀" * (CELL_CHARACTERS_MAX // 2 + 1)):
        with pytest.raises(Fault) as refused:
            made("xlsx", [ROW | {"note": note}], tmp_path)
        assert refused.value.code == "CELL_TOO_LONG"


def test_nothing_is_an_empty_cell(tmp_path: Path) -> None:
    blank = dict.fromkeys(ROW)

    assert cells(made("csv", [blank], tmp_path))[1] == [""] * len(COLUMNS)
    assert 'r="A2"' not in xml(made("xlsx", [blank], tmp_path), "sheet1")


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("From 0 to 100, two places at most. 0 至 100 分，至多两位小数。", "0 至 100 分"),
        ("Its name. 标识。", "标识"),
        ("key", "key"),
    ],
)
def test_a_title_is_the_chinese_of_a_description(said: str, title: str) -> None:
    assert chinese(said) == title

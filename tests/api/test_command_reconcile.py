"""Reconciling from the command line: what it prints, its exit codes, its reports."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from api.cli import app
from ledger.command import Role
from tests.api.test_reconciliation import HEADER, SHEET, desk
from tests.api.test_upload import given_up
from tests.cast import RUIAN
from tests.server import Served
from tests.sheets import xlsx

__all__ = ["desk"]
GROSS = """mutation($i: TryReconciliationInput!) { tried: tryReconciliation(input: $i) {
  unattributedLines unattributedGross } }"""


def xuefen(desk: Served, folder: Path, *arguments: object, status: int) -> tuple[str, str]:
    """What a command prints and says."""
    env: dict[str, str | None] = {n: None for n in os.environ if n.startswith("XUEFEN_")}
    env["XUEFEN_VAULT_KEY"] = str(folder / "vault.key")
    runner = CliRunner(env=env)
    url = desk.house.ledger.pool.conninfo
    done = runner.invoke(app, ["--database-url", url, "reconcile", *map(str, arguments)])

    assert done.exit_code == status, (done.output, done.exception)
    return done.stdout, done.stderr


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    folder = tmp_path / "sheets"
    folder.mkdir()
    file = folder / "名单.csv"
    file.write_bytes(SHEET)
    return file


def test_a_sheet_with_something_unexplained_says_so_and_ends_with_4(
    desk: Served, sheet: Path, tmp_path: Path
) -> None:
    text, said = xuefen(desk, tmp_path, sheet, "--bureau", "330381", status=4)
    [told] = map(
        json.loads,
        xuefen(desk, tmp_path, sheet, "--bureau", "330381", "--json", status=4)[0].splitlines(),
    )

    assert "REVOCATION" in text
    assert told["digest"] in said
    assert (told["equal"], told["faults"], told["doubtful"]) == (1, 1, 1)
    assert told["differing_lines"] == [2, 3, 4, 5]


def test_equal_sheets_end_with_0_and_explained_ones_with_1(
    desk: Served, sheet: Path, tmp_path: Path
) -> None:
    one = ",,r1,,培训1,2023.6.1,24\n,,r2,,培训2,2023.6.1,{}\n"
    rest = ",,r4,,培训4,2023.6.1,12\n"
    sheet.write_text(HEADER + one.format("22") + rest, encoding="utf-8-sig")
    xuefen(desk, tmp_path, sheet, "--bureau", "330381", status=0)
    sheet.write_text(HEADER + one.format("24") + rest, encoding="utf-8")
    text, _ = xuefen(desk, tmp_path, sheet, "--bureau", "330381", status=1)
    assert "DEDUCTION" in text


def test_what_is_open_in_two_lines_and_comes_to_nothing_is_open_all_the_same(
    desk: Served, sheet: Path, tmp_path: Path
) -> None:
    rows = ",,r1,,培训1,2023.6.1,14\n,,r2,,培训2,2023.6.1,22\n,,r4,,培训4,2023.6.1,22\n"
    sheet.write_text(HEADER + rows, encoding="utf-8")
    report = tmp_path / "report.json"
    given = (sheet, "--bureau", "330381", "--json", "--report", report)
    told = json.loads(xuefen(desk, tmp_path, *given, status=4)[0])

    assert (told["unattributed"], told["faults"], told["doubtful"]) == ("0", 0, 0)
    assert (told["unattributed_lines"], told["unattributed_gross"]) == ([1, 3], "20")
    reported = json.loads(report.read_bytes())
    assert (reported["unattributed_lines"], reported["unattributed_gross"]) == ([1, 3], "20")
    upload = given_up(desk.party(Role.BUREAU, str(RUIAN)), sheet.read_bytes(), "名单.csv")
    shown = desk.party(Role.BUREAU, str(RUIAN)).ask(
        GROSS, i={"upload": upload, "place": str(RUIAN)}
    )
    assert shown["tried"] == {"unattributedLines": 2, "unattributedGross": "20"}
    book = tmp_path / "report.xlsx"
    text, _ = xuefen(desk, tmp_path, *given[:3], "--report", book, status=4)
    rows_of = CalamineWorkbook.from_path(str(book)).get_sheet_by_name("汇总").to_python()
    assert ["未归因", 0.0, 2.0] in rows_of
    assert ["未归因绝对值之和", 20.0, ""] in rows_of
    assert "gross" in text


@pytest.mark.parametrize("form", ["xlsx", "json"])
def test_the_same_inputs_make_the_same_report(
    desk: Served, sheet: Path, tmp_path: Path, form: str
) -> None:
    files = [tmp_path / f"{name}.{form}" for name in "ab"]
    for file in files:
        xuefen(desk, tmp_path, sheet, "--bureau", "330381", "--report", file, status=4)
    assert files[0].read_bytes() == files[1].read_bytes()
    _, said = xuefen(desk, tmp_path, sheet, "--bureau", "330381", "--report", files[0], status=2)
    assert "FILE_EXISTS" in said


def test_what_is_put_on_record_is_there_for_the_bureau(
    desk: Served, sheet: Path, tmp_path: Path
) -> None:
    given = (sheet, "--bureau", "330381", "--commit", "reconciliation:cli")
    xuefen(desk, tmp_path, *given, status=4)
    desk.house.runner.catch_up()
    told = desk.operator.ask(
        'query { reconciliation(id: "reconciliation:cli") { sha256 rows left result { '
        "lines { totalCount } } } }"
    )["reconciliation"]
    assert told["sha256"] == sha256(SHEET).hexdigest()
    assert (told["rows"], told["left"]) == (5, [2, 3, 4, 5])
    assert told["result"]["lines"]["totalCount"] == 5
    _, said = xuefen(desk, tmp_path, *given, status=2)
    assert "[ALREADY_REGISTERED]" in said
    _, said = xuefen(desk, tmp_path, *given[:-1], "reconciliation:other", status=2)
    assert "[SAME_FILE]" in said


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--bureau", "339999"), "UNKNOWN_REFERENCE"),
        (("--bureau", "330381", "--report", "out.pdf"), "BAD_REPORT"),
        (("--bureau", "330381", "--as-of", "999999"), "BEYOND_HEAD"),
        (
            ("--bureau", "330381", "--as-of", "999999", "--commit", "reconciliation:far"),
            "BEYOND_HEAD",
        ),
        (("--bureau", "330381", "--hours"), "COLUMNS_LACKING"),
        (
            ("--bureau", "330381", "--first", "2024-12-01", "--last", "2024-01-01"),
            "PERIOD_REVERSED",
        ),
        (("--bureau", "330381", "--as-of", "9", "--seen", "5"), "SEEN_BEFORE_POSITION"),
        (("--bureau", "330381", "--seen", "1"), "SEEN_BEFORE_POSITION"),
    ],
)
def test_what_cannot_be_compared_ends_with_2_and_a_sentence(
    desk: Served, sheet: Path, tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    _, said = xuefen(desk, tmp_path, sheet, *arguments, status=2)
    assert code in said


def test_a_file_that_is_no_sheet_ends_with_2(desk: Served, sheet: Path, tmp_path: Path) -> None:
    bad = sheet.with_name("bad.xlsx")
    bad.write_bytes(b"%PDF-1.7")
    _, said = xuefen(desk, tmp_path, bad, "--bureau", "330381", status=2)
    assert "[" in said
    xuefen(desk, tmp_path, sheet.with_name("none.csv"), "--bureau", "330381", status=2)


def two_tabs(book: Any) -> None:
    """January and February, each a table of its own."""
    for name, row in (
        ("一月", ["r1", "培训1", "2023.6.1", 24]),
        ("二月", ["r2", "培训2", "2023.6.1", 22]),
    ):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["平台编号", "培训名称", "结业时间", "学分"])
        sheet.write_row(1, 0, row)


def test_a_tab_that_is_not_read_is_said_and_may_be_chosen(
    desk: Served, sheet: Path, tmp_path: Path
) -> None:
    file = sheet.with_name("两张.xlsx")
    file.write_bytes(xlsx(two_tabs))
    given = (file, "--bureau", "330381")
    _, said = xuefen(desk, tmp_path, *given, "--tab", "二月", status=4)
    assert "未读：一月" in said
    _, said = xuefen(desk, tmp_path, *given, "--tab", "三月", status=2)
    assert "TAB_MISSING" in said
    assert "一月、二月" in said


def test_a_column_of_an_unknown_name_is_read_as_the_command_says(
    desk: Served, sheet: Path, tmp_path: Path
) -> None:
    sheet.write_text("平台编号,培训名称,结业时间,数目甲\nr1,培训1,2023.6.1,24\n", encoding="utf-8")
    given = (sheet, "--bureau", "330381")
    _, said = xuefen(desk, tmp_path, *given, status=2)
    assert "COLUMNS_LACKING" in said and "--column" in said
    for column in ("D=CREDITS", "数目甲=credits"):
        [told] = map(
            json.loads,
            xuefen(desk, tmp_path, *given, "--column", column, "--json", status=4)[0].splitlines(),
        )
        assert (told["equal"], told["faults"]) == (1, 0)
    for wrong in ("Z=CREDITS", "D=NOTHING", "D"):
        _, said = xuefen(desk, tmp_path, *given, "--column", wrong, status=2)
        assert "MAPPING_UNFIT" in said and "D 数目甲" in said

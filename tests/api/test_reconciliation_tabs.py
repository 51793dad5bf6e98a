"""Several tabs of a workbook are one reconciliation, and each line keeps where it stands."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from ledger.store.kept import Kept
from projections.check import check
from projections.check_desk import Reconciled
from tests.api.test_command_reconcile import xuefen
from tests.api.test_reconciliation import RECONCILE, RUIAN, bureau, desk, nodes, who
from tests.api.test_upload import given_up
from tests.server import Party, Served
from tests.sheets import xlsx

__all__ = ["bureau", "desk"]
HEADER = ["平台编号", "培训名称", "结业时间", "学分"]
TRY = """mutation($i: TryReconciliationInput!) { tried: tryReconciliation(input: $i) {
  token tab tabsUnread skipped { tab row why off }
  tabs { tab hidden rows faultyCells hiddenRows lines ledger sheet difference unattributed }
  outline { rows faults equal differing onlyLedger onlySheet creditsSheet difference }
  lines(first: 100) { edges { node { number tab row teacher standing
    portions { cause zh en } } } }
  faults(first: 100) { edges { node { tab row column code } } }
  doubtful(first: 100) { edges { node { doubt tabs rows } } } } }"""
PROPOSED = """query($id: ID!) { upload(id: $id) { proposals { tab together year }
  reading { tabs rows faults { tab row } } } }"""


def schools(book: Any) -> None:
    """A tab a school, each with its own header; a summary; and a hidden one."""
    one = book.add_worksheet("一小")
    one.write_row(0, 0, HEADER)
    one.write_row(1, 0, ["r1", "培训1", "2023.6.1", 24])
    one.write_row(2, 0, ["r2", "培训2", "2023.6.1", 24])
    one.write_row(3, 0, ["合计", "", "", 47])
    two = book.add_worksheet("二小")
    two.write_row(0, 0, ["二小学分表"])
    two.write_row(1, 0, ["学分", "平台编号", "培训名称", "结业时间"])
    two.write_row(2, 0, [12, "r4", "培训4", "2023.6.1"])
    two.write_row(3, 0, ["很多", "r3", "培训3", "2023.6.1"])
    two.write_row(4, 0, [24, "r1", "培训1", "2023.6.1"])
    two.write_row(5, 0, [5, "r9", "培训9", "2023.6.1"])
    two.set_row(2, None, None, {"hidden": True})
    whole = book.add_worksheet("汇总")
    whole.write_row(0, 0, HEADER)
    whole.write_row(1, 0, ["r1", "培训1", "2023.6.1", 24])
    old = book.add_worksheet("旧表")
    old.write_row(0, 0, HEADER)
    old.write_row(1, 0, ["r1", "培训1", "2023.6.1", 99])
    old.hide()


def tried(party: Party, **more: Any) -> Any:
    upload = given_up(party, xlsx(schools), "学校.xlsx")
    return party.ask(TRY, i={"upload": upload, "place": str(RUIAN), **more})["tried"]


def test_tabs_that_are_one_list_are_proposed_and_read_together(bureau: Party) -> None:
    upload = given_up(bureau, xlsx(schools), "学校.xlsx")
    told = bureau.ask(PROPOSED, id=upload)["upload"]

    proposed = {each["tab"]: each["together"] for each in told["proposals"]}
    assert proposed == {"一小": ["二小"], "二小": ["一小"], "汇总": [], "旧表": []}
    assert (told["reading"]["tabs"], told["reading"]["rows"]) == (["一小", "二小"], 6)
    assert told["reading"]["faults"] == [{"tab": "二小", "row": 4}]


def test_each_line_keeps_its_tab_and_row_and_the_totals_go_over_all(bureau: Party) -> None:
    found = tried(bureau)
    lines = nodes(found["lines"])

    assert [(e["tab"], e["row"], e["standing"]) for e in lines] == [
        ("一小", 2, "EQUAL"), ("一小", 3, "DIFFERS"),
        ("二小", 3, "EQUAL"), ("二小", 5, "ONLY_THERE"), ("二小", 6, "ONLY_THERE"),
    ]  # fmt: skip
    assert [e["number"] for e in lines] == [1, 2, 3, 4, 5]
    assert lines[3]["portions"][0]["cause"] == "DUPLICATE_PERSON"
    assert "“二小”第 5 行与“一小”第 2 行" in lines[3]["portions"][0]["zh"]
    assert (found["tab"], found["tabsUnread"]) == ("一小", ["汇总", "旧表"])
    assert [(e["tab"], e["row"]) for e in nodes(found["faults"])] == [("二小", 4)]
    assert found["skipped"] == [{"tab": "一小", "row": 4, "why": "TOTALS", "off": "-1"}]
    assert nodes(found["doubtful"])[-1] == {"doubt": "ONE_DIGIT", "tabs": ["二小"], "rows": [6]}


def test_what_each_tab_comes_to_adds_up_to_the_whole(bureau: Party) -> None:
    found = tried(bureau)
    tabs, outline = found["tabs"], found["outline"]

    assert [(e["tab"], e["rows"], e["faultyCells"], e["hiddenRows"]) for e in tabs] == [
        ("一小", 2, 0, []), ("二小", 4, 1, [3]),
    ]  # fmt: skip
    assert sum(Decimal(e["sheet"]) for e in tabs) == Decimal(outline["creditsSheet"]) == 89
    assert sum(Decimal(e["difference"]) for e in tabs) == Decimal(outline["difference"])
    assert (outline["rows"], outline["faults"]) == (6, 1)


def columns(*named: str) -> list[dict[str, Any]]:
    return [{"at": at, "column": each} for at, each in enumerate(named, start=1)]


ONE = columns("NUMBER", "TITLE", "COMPLETED", "CREDITS")
TWO = columns("CREDITS", "NUMBER", "TITLE", "COMPLETED")
BOTH = {
    "tab": "二小", "headerRow": 2, "columns": TWO,
    "moreTabs": [{"tab": "一小", "headerRow": 1, "columns": ONE}],
}  # fmt: skip


def test_a_mapping_names_its_tabs_each_with_its_own_header(bureau: Party) -> None:
    found = tried(bureau, mapping=BOTH)
    assert [e["tab"] for e in found["tabs"]] == ["二小", "一小"]
    alone = {key: each for key, each in BOTH.items() if key != "moreTabs"}
    assert tried(bureau, mapping=alone)["tabsUnread"] == ["一小", "汇总", "旧表"]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"tab": "三小"}, "TAB_MISSING", "moreTabs[0].tab"),
        ({"headerRow": 9}, "HEADER_MISSING", "moreTabs[0].headerRow"),
        ({"columns": columns(*["NAME"] * 2)}, "MAPPING_UNFIT", "moreTabs[0].columns"),
        ({"columns": columns(*["NUMBER"] * 1)}, "COLUMNS_LACKING", "mapping"),
        ({"year": 99_999}, "BAD_COUNT", "moreTabs[0].year"),
        ({"tab": "二小", "headerRow": 2, "columns": TWO}, "TAB_TWICE", "moreTabs"),
    ],
)
def test_what_is_wrong_with_a_further_tab_is_said_with_its_place(
    bureau: Party, wrong: dict[str, Any], code: str, field: str
) -> None:
    more = {**BOTH["moreTabs"][0], **wrong}
    upload = given_up(bureau, xlsx(schools), "学校.xlsx")
    given = {"upload": upload, "place": str(RUIAN), "mapping": {**BOTH, "moreTabs": [more]}}
    [said] = bureau.errors(TRY, i=given)
    assert (said["code"], said["field"]) == (code, field)


def test_what_was_put_on_record_of_several_tabs_is_made_again_from_its_file(
    bureau: Party, desk: Served
) -> None:
    found = tried(bureau)
    wish = {"reconciliation": "reconciliation:tabs", "token": found["token"]}
    answer = bureau.ask(RECONCILE, i=wish, r="tabs")["answer"]
    assert answer["__typename"] == "Recorded", answer
    told = bureau.ask(
        """query($p: Position) { reconciliation(id: "reconciliation:tabs", atLeast: $p) { left
          result { lines(first: 9) { edges { node { tab row } } } } since { moved } } }""",
        p=answer["position"],
    )["reconciliation"]
    assert told["left"] == [2, 4, 5]
    assert [e["tab"] for e in nodes(told["result"]["lines"])] == ["一小"] * 2 + ["二小"] * 3
    assert told["since"]["moved"] == 0
    ledger = desk.house.ledger
    kept = Kept(ledger.vault, ledger.pool)
    assert list(check(ledger.pool, ledger.feed, (Reconciled.name,), kept=kept)) == []
    report = desk.client.get(
        "/reconciliations/reconciliation:tabs/report.xlsx", headers=bureau.headers
    )
    rows = CalamineWorkbook.from_filelike(io.BytesIO(report.content)).get_sheet_by_name("逐行")
    assert [row[1:3] for row in rows.to_python()[:3]] == [
        ["工作表", "表格行"], ["一小", 2.0], ["一小", 3.0],
    ]  # fmt: skip


def test_the_marked_copy_has_each_tab_and_what_is_wrong_in_it(desk: Served, bureau: Party) -> None:
    upload = given_up(bureau, xlsx(schools), "学校.xlsx")
    answer = desk.client.get(f"/uploads/{upload}/marked", headers=bureau.headers)
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))

    assert book.sheet_names == ["一小", "二小", "校验结果"]
    rows = book.get_sheet_by_name("二小").to_python(skip_empty_area=False)
    assert rows[3][:4] == ["很多", "r3", "培训3", "2023.6.1"]
    assert rows[3][4].startswith("A 列（学分）")
    told = book.get_sheet_by_name("校验结果").to_python()
    assert ["工作表", "一小、二小"] in told
    assert any(row[0] == "“一小”第 4 行" and "47" in row[1] for row in told)


def test_the_command_reads_the_tabs_that_are_named(
    desk: Served, bureau: Party, tmp_path: Path
) -> None:
    assert who(1)
    file = tmp_path / "学校.xlsx"
    file.write_bytes(xlsx(schools))
    given = (file, "--bureau", "330381", "--json")

    def tabs(*more: object) -> list[str]:
        told = json.loads(xuefen(desk, tmp_path, *given, *more, status=4)[0])
        return [each["tab"] for each in told["tabs"]]

    assert tabs() == ["一小", "二小"]
    assert tabs("--tab", "汇总", "--tab", "一小") == ["汇总", "一小"]
    assert tabs("--tab", "*") == ["一小", "二小", "汇总", "旧表"]


def test_how_a_sheet_was_read_is_written_and_read_again(
    desk: Served, bureau: Party, tmp_path: Path
) -> None:
    assert bureau
    file, saved = tmp_path / "学校.xlsx", tmp_path / "读法.json"
    file.write_bytes(xlsx(schools))
    given = (file, "--bureau", "330381", "--json")
    first = json.loads(xuefen(desk, tmp_path, *given, "--save-mapping", saved, status=4)[0])
    told = json.loads(saved.read_text())
    again = json.loads(xuefen(desk, tmp_path, *given, "--mapping", saved, status=4)[0])

    assert (told["tab"], told["moreTabs"][0]["tab"]) == ("一小", "二小")
    assert told["moreTabs"][0]["headerRow"] == 2
    assert again == first
    _, said = xuefen(desk, tmp_path, *given, "--save-mapping", saved, status=2)
    assert "FILE_EXISTS" in said
    _, said = xuefen(desk, tmp_path, *given, "--mapping", saved, "--tab", "一小", status=2)
    assert "MAPPING_UNFIT" in said
    upload = given_up(bureau, xlsx(schools), "学校.xlsx")
    wish = {"upload": upload, "place": str(RUIAN), "mapping": told}
    assert bureau.ask(TRY, i=wish)["tried"]["outline"]["rows"] == 6


@pytest.mark.parametrize(
    ("text", "said_there"),
    [
        ("{", "BAD_MAPPING"),
        ('{"tab": "一小", "headerRow": 1}', "columns"),
        ('{"tab": "一小", "headerRow": 1, "columns": [{"at": 1, "column": "X"}]}', "columns[0]"),
        ('{"tab": "一小", "headerRow": 1, "columns": [], "moreTab": []}', "moreTab"),
        ('{"tab": "一小", "headerRow": 9, "columns": []}', "“一小”"),
        ('{"tab": "五小", "headerRow": 1, "columns": []}', "“五小”"),
        ('{"tab": "一小", "headerRow": 1, "columns": []}', "COLUMNS_LACKING"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused_with_the_place(
    desk: Served, tmp_path: Path, text: str, said_there: str
) -> None:
    file, mapping = tmp_path / "学校.xlsx", tmp_path / "读法.json"
    file.write_bytes(xlsx(schools))
    mapping.write_text(text, encoding="utf-8")
    _, said = xuefen(desk, tmp_path, file, "--bureau", "330381", "--mapping", mapping, status=2)
    assert said_there in said


def years(book: Any) -> None:
    """A tab a year of totals, of which no column says the year."""
    for name, rows in (("2022年", [["r1", 0]]), ("2023年", [["r1", 24], ["r2", 22], ["r4", 12]])):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["平台编号", "总学分"])
        for at, row in enumerate(rows, start=1):
            sheet.write_row(at, 0, row)


def test_totals_of_a_tab_a_year_are_held_against_that_year(desk: Served, tmp_path: Path) -> None:
    file = tmp_path / "合计.xlsx"
    file.write_bytes(xlsx(years))
    given = (file, "--bureau", "330381", "--form", "totals", "--json")
    told = json.loads(xuefen(desk, tmp_path, *given, status=0)[0])
    assert (told["equal"], told["differing"], told["only_ledger"]) == (4, 0, 0)
    alone = json.loads(xuefen(desk, tmp_path, *given, "--tab", "2023年", status=0)[0])
    assert (alone["tabs_unread"], alone["equal"]) == (["2022年"], 3)


def test_a_column_is_mended_in_all_tabs_or_in_one(desk: Served, tmp_path: Path) -> None:
    file = tmp_path / "合计.xlsx"
    file.write_bytes(xlsx(years))
    given = (file, "--bureau", "330381", "--form", "totals")
    saved = tmp_path / "读法.json"
    more = ("--column", "2023年!B=HOURS", "--save-mapping", saved)
    _, said = xuefen(desk, tmp_path, *given, *more, status=2)
    assert "COLUMNS_LACKING" in said
    assert "“2023年”" in said
    told = json.loads(saved.read_text())
    assert [each["column"] for each in told["columns"]] == ["NUMBER", "CREDITS"]
    assert [each["column"] for each in told["moreTabs"][0]["columns"]] == ["NUMBER", "HOURS"]

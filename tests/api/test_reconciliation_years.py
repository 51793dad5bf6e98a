"""Which years a bureau's sheet is about: by its tabs and by the period that is asked for."""

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
from tests.api.test_reconciliation import RECONCILE, RUIAN, bureau, desk
from tests.api.test_reconciliation_tabs import years
from tests.api.test_upload import given_up
from tests.server import Party, Served
from tests.sheets import xlsx

__all__ = ["bureau", "desk"]
TRY = """mutation($i: TryReconciliationInput!) { tried: tryReconciliation(input: $i) {
  outline { equal differing onlyLedger onlySheet difference attributed unattributed
    causes { cause amount } } } }"""


def tried(bureau: Party, data: bytes, form: str, **more: Any) -> Any:
    upload = given_up(bureau, data, "名单.xlsx", form=form)
    return bureau.ask(TRY, i={"upload": upload, "place": str(RUIAN), **more})["tried"]


@pytest.mark.parametrize(
    ("period", "status", "lines"),
    [
        ({"first": "2023-01-01", "last": "2023-12-31"}, 1, (3, 1)),
        ({"first": "2022-01-01", "last": "2023-06-01"}, 0, (4, 0)),
        ({"first": "2023-07-01"}, 1, (0, 4)),
        ({"last": "2022-12-31"}, 1, (1, 3)),
    ],
)
def test_totals_are_compared_within_the_period_by_command_and_over_http(
    desk: Served,
    bureau: Party,
    tmp_path: Path,
    period: dict[str, str],
    status: int,
    lines: tuple[int, int],
) -> None:
    file = tmp_path / "合计.xlsx"
    file.write_bytes(xlsx(years))
    options = [part for name, day in period.items() for part in (f"--{name}", day)]
    given = (file, "--bureau", "330381", "--form", "totals", "--json", *options)
    told = json.loads(xuefen(desk, tmp_path, *given, status=status)[0])
    found = tried(bureau, file.read_bytes(), "TOTALS", **period)["outline"]

    assert (told["equal"], told["equal"] + told["differing"] + told["only_sheet"]) == (lines[0], 4)
    assert [found[name] for name in ("equal", "differing", "onlySheet", "onlyLedger")] == [
        told[name] for name in ("equal", "differing", "only_sheet", "only_ledger")
    ]
    assert {each["cause"] for each in found["causes"]} <= {"OTHER_CYCLE"}
    assert found["difference"] == found["attributed"] == told["attributed"]
    assert Decimal(found["unattributed"]) == 0


def dated(book: Any) -> None:
    """A tab a year of single credits with their days; all that the ledger has is of one year."""
    header = ["平台编号", "培训名称", "结业时间", "学分"]
    for name, rows in (
        ("2022年", [["r1", "别处的培训", "2022.5.1", 8]]),
        ("2023年", [["r1", "培训1", "2023.6.1", 24], ["r2", "培训2", "2023.6.1", 22]]),
    ):
        sheet = book.add_worksheet(name)
        for at, row in enumerate([header, *rows]):
            sheet.write_row(at, 0, row)


def test_of_tabs_a_year_one_alone_leaves_the_other_years_out_and_says_so(
    desk: Served, bureau: Party, tmp_path: Path
) -> None:
    file = tmp_path / "学分.xlsx"
    file.write_bytes(xlsx(dated))
    given = (file, "--bureau", "330381")
    told = json.loads(xuefen(desk, tmp_path, *given, "--json", "--tab", "2022年", status=1)[0])
    text, said = xuefen(desk, tmp_path, *given, "--tab", "2022年", status=1)

    # The row of 2022 that the ledger does not know is told; what is of 2023 is no line.
    assert (told["only_sheet"], told["only_ledger"], told["difference"]) == (1, 0, "-8")
    assert told["years_absent"] == [{"year": 2023, "lines": 3, "amount": "58"}]
    assert "没有 2023 年的工作表" in said
    assert "no tab of 2023" in text
    whole = json.loads(xuefen(desk, tmp_path, *given, "--json", status=4)[0])
    assert (whole["years_absent"], whole["only_ledger"]) == ([], 1)


def cohorts(book: Any) -> None:
    """A tab for those who began in a year; what they did is of another."""
    header = ["平台编号", "培训名称", "结业时间", "学分"]
    for name, row in (
        ("2021届", ["r1", "培训1", "2023.6.1", 24]),
        ("2022届", ["r2", "培训2", "2023.6.1", 22]),
    ):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, header)
        sheet.write_row(1, 0, row)


def test_tabs_that_are_called_after_a_year_and_hold_another_leave_nothing_out(
    desk: Served, bureau: Party, tmp_path: Path
) -> None:
    file = tmp_path / "学分.xlsx"
    file.write_bytes(xlsx(cohorts))
    given = (file, "--bureau", "330381", "--json")
    told = json.loads(xuefen(desk, tmp_path, *given, status=4)[0])

    assert (told["equal"], told["only_ledger"], told["years_absent"]) == (2, 1, [])


def test_over_http_the_year_of_a_mapping_is_what_the_sheet_is_about(
    desk: Served, bureau: Party, tmp_path: Path
) -> None:
    named = ["NUMBER", "TITLE", "COMPLETED", "CREDITS"]
    columns = [{"at": at, "column": each} for at, each in enumerate(named, start=1)]
    mapping = {"tab": "2022年", "headerRow": 1, "columns": columns}
    ask = TRY.replace("outline {", "token yearsAbsent { year lines amount } outline {")

    def found(**more: Any) -> Any:
        upload = given_up(bureau, xlsx(dated), "学分.xlsx")
        wish = {"upload": upload, "place": str(RUIAN), "mapping": {**mapping, **more}}
        return bureau.ask(ask, i=wish)["tried"]

    of_year, plain = found(year=2022), found()
    assert of_year["yearsAbsent"] == [{"year": 2023, "lines": 3, "amount": "58"}]
    assert of_year["outline"]["onlyLedger"] == 0
    assert (plain["yearsAbsent"], plain["outline"]["onlyLedger"]) == ([], 3)

    wish = {"reconciliation": "reconciliation:year", "token": of_year["token"]}
    answer = bureau.ask(RECONCILE, i=wish, r="year")["answer"]
    assert answer["__typename"] == "Recorded", answer
    ledger = desk.house.ledger
    kept = Kept(ledger.vault, ledger.pool)
    assert list(check(ledger.pool, ledger.feed, (Reconciled.name,), kept=kept)) == []
    path = "/reconciliations/reconciliation:year/report"
    report = desk.client.get(f"{path}.json", headers=bureau.headers).json()
    assert report["years_absent"] == of_year["yearsAbsent"]
    book = desk.client.get(f"{path}.xlsx", headers=bureau.headers).content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_name("汇总").to_python()
    assert ["没有 2023 年的工作表：账本学分（未参与比对）", 58.0, 3.0] in rows


def test_totals_of_one_tab_of_several_years_are_of_its_year(
    desk: Served, bureau: Party, tmp_path: Path
) -> None:
    file = tmp_path / "合计.xlsx"
    file.write_bytes(xlsx(years))
    given = (file, "--bureau", "330381", "--form", "totals", "--json", "--tab")
    one = json.loads(xuefen(desk, tmp_path, *given, "2023年", status=0)[0])
    other = json.loads(xuefen(desk, tmp_path, *given, "2022年", status=0)[0])

    assert (one["equal"], one["years_absent"]) == (3, [])
    assert (other["equal"], other["only_ledger"]) == (1, 0)
    assert other["years_absent"] == [{"year": 2023, "lines": 3, "amount": "58"}]

"""Which years a bureau's sheet is about: by the period that is asked for, over both ways in."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_command_reconcile import xuefen
from tests.api.test_reconciliation import RUIAN, bureau, desk
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

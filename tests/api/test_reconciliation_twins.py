"""Two files whose lines come to the same: each reconciliation is of its own file."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from ledger.store.kept import Kept
from projections.check import check
from projections.check_desk import Reconciled
from tests.api.test_reconciliation import ANEW, RECONCILE, SHEET, TRY, bureau, desk
from tests.api.test_upload import given_up
from tests.cast import RUIAN
from tests.server import Party, Served

__all__ = ["bureau", "desk"]
MENDED = SHEET.decode("gb18030")
FAULTY = MENDED.replace("合计,,,,,,82", "合计,,,,,,99") + "孙八,,zz9,,培训8,2023-06-01,很多\n"
FILES = {"reconciliation:a": FAULTY.encode(), "reconciliation:b": MENDED.encode()}
AGAIN = "mutation($i: ID!) { t: tryReconciliationAnew(reconciliation: $i) { token } }"


@pytest.fixture
def digests(bureau: Party, desk: Served) -> list[str]:
    """Both files on record at one position; the digests of what they came to."""
    head, found = desk.house.ledger.feed.head(), []
    for name, data in FILES.items():
        given = {"upload": given_up(bureau, data, "名单.csv"), "place": str(RUIAN)}
        made = bureau.ask(TRY, i=given | {"asOf": {"position": head}})["tried"]
        named = {"reconciliation": name, "token": made["token"]}
        answer = bureau.ask(RECONCILE, i=named, r=name)["answer"]
        assert answer["__typename"] == "Recorded", answer
        found.append(made["outline"]["digest"])
    desk.house.runner.catch_up()
    return found


def report(bureau: Party, desk: Served, name: str) -> Any:
    url = f"/reconciliations/{name}/report.json"
    return desk.client.get(url, headers=bureau.headers).json()


def test_a_report_is_of_its_own_file_where_another_comes_to_the_same_lines(
    bureau: Party, desk: Served, digests: list[str]
) -> None:
    told = {name: report(bureau, desk, name) for name in FILES}

    assert digests[0] == digests[1]
    for name, data in FILES.items():
        assert told[name]["outline"]["sha256"] == sha256(data).hexdigest()
    first, second = (told[name] for name in FILES)
    assert len(first["faults"]) == len(second["faults"]) + 1


def test_a_sheet_is_compared_anew_where_another_came_to_the_same_lines_before(
    bureau: Party, desk: Served, digests: list[str]
) -> None:
    token = bureau.ask(AGAIN, i="reconciliation:b")["t"]["token"]
    given = {"reconciliation": "reconciliation:b", "token": token}
    answer = bureau.ask(ANEW, i=given, r="anew")["answer"]

    assert answer["__typename"] == "Recorded", answer


def test_both_of_two_files_with_the_same_lines_are_proved(desk: Served, digests: list[str]) -> None:
    ledger = desk.house.ledger
    kept = Kept(ledger.vault, ledger.pool)

    assert list(check(ledger.pool, ledger.feed, (Reconciled.name,), kept=kept)) == []

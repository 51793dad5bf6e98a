"""A bureau's sheet over HTTP: terms that cannot be meant, rows without an amount, odd amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledger.command import Role
from tests.api.test_reconciliation import HEADER, TRY, desk, nodes, tried
from tests.api.test_upload import given_up
from tests.cast import RUIAN
from tests.server import Party, Served

__all__ = ["desk"]


@pytest.fixture
def bureau(desk: Served) -> Party:
    return desk.party(Role.BUREAU, str(RUIAN))


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"first": "2024-12-01", "last": "2024-01-01"}, "PERIOD_REVERSED"),
        ({"asOf": {"position": 9}, "seen": 5}, "SEEN_BEFORE_POSITION"),
        ({"seen": 1}, "SEEN_BEFORE_POSITION"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(
    bureau: Party, terms: dict[str, Any], code: str
) -> None:
    upload = given_up(bureau, (HEADER + ",,r1,,培训1,2023.6.1,24\n").encode(), "名单.csv")
    given = {"upload": upload, "place": str(RUIAN), **terms}

    [error] = bureau.post(TRY, i=given).json()["errors"]
    assert error["extensions"]["code"] == code


def test_a_period_of_one_day_and_a_look_from_the_position_on_are_terms(
    bureau: Party, desk: Served
) -> None:
    head = desk.house.ledger.feed.head()
    data = (HEADER + ",,r1,,培训1,2023.6.1,24\n").encode()
    day, here = "2023-06-01", {"asOf": {"position": head}, "seen": head}
    found = tried(bureau, data, first=day, last=day, **here)
    assert found["outline"]["equal"] == 1


@pytest.mark.parametrize("amount", ["", "很多"])
def test_a_row_without_a_readable_credit_is_the_row_of_that_credit(
    bureau: Party, amount: str
) -> None:
    data = (HEADER + f",,r1,,培训1,2023.6.1,{amount}\n").encode()
    found = tried(bureau, data)
    [line] = [each for each in nodes(found["lines"]) if each["teacher"] == "teacher:r1"]

    assert (line["row"], line["standing"]) == (2, "DIFFERS")
    assert Decimal(line["unattributed"]) == 24
    assert "第 2 行就是“培训1”，但没有可读的数额" in line["portions"][0]["zh"]
    assert [(each["row"], each["column"]) for each in nodes(found["faults"])] == [(2, 7)]


def test_a_quarter_credit_is_doubted_with_its_cell(bureau: Party) -> None:
    data = (HEADER + ",,r1,,培训1,2023.6.1,24.25\n").encode()
    found = tried(bureau, data)

    [fault] = nodes(found["faults"])
    assert (fault["row"], fault["column"], fault["code"]) == (2, 7, "BAD_AMOUNT_STEP")

"""A training of one title in each year: a row means that of its day, or of the sheet's period."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.cause import Cause
from ledger.comparison import Comparison
from ledger.names import OfferingId
from ledger.row import Standing
from tests.compared import causes, compared, holding, item, terms, training

YEARS = (2021, 2022, 2023)
DAY = date(2023, 6, 20)
PERIOD = terms(first=date(2023, 1, 1), last=date(2023, 12, 31))


def held(**more: Any) -> Any:
    """Sixty credits of one title on the same day of each year."""
    return holding(
        *(
            replace(training(str(year), 60, date(year, 6, 20), **more), title="课程a")
            for year in YEARS
        )
    )


def row(number: int, amount: int = 60, completed: date | None = DAY, **more: Any) -> Any:
    return item(number, "a", amount, completed=completed, **more)


def told(found: Comparison) -> dict[int | None, tuple[Standing, dict[Cause, Any]]]:
    return {each.row: (each.standing, causes(each)) for each in found.rows if each.row}


@pytest.mark.parametrize("amount", [60, 45])
def test_a_second_row_of_the_day_of_a_credit_is_a_duplicate(amount: int):
    found = told(compared([row(2), row(3, amount)], held(), on=terms(first=DAY, last=DAY)))

    assert found[2] == (Standing.EQUAL, {})
    assert found[3] == (Standing.ONLY_THERE, {Cause.DUPLICATE_PERSON: -amount})


def test_without_a_period_it_takes_no_credit_of_another_year():
    found = compared([row(2), row(3)], held())

    assert told(found)[3] == (Standing.ONLY_THERE, {Cause.DUPLICATE_PERSON: -60})
    assert [each.credit for each in found.rows if each.row is None] == [
        "credit:2021",
        "credit:2022",
    ]


def test_a_row_of_the_day_of_a_credit_that_another_means_by_its_class_is_a_duplicate():
    by_class = row(2, completed=None, offering=OfferingId("offering:2023"))
    found = told(compared([by_class, row(3)], held()))

    assert found[3] == (Standing.ONLY_THERE, {Cause.DUPLICATE_PERSON: -60})


@pytest.mark.parametrize("title", ["课程a", ""])
def test_a_row_without_a_day_means_a_credit_of_the_period(title: str):
    claim = replace(row(2, completed=None), title=title)
    [only] = compared([claim], held(), on=PERIOD).rows

    assert (only.standing, only.credit) == (Standing.EQUAL, "credit:2023")


def test_a_row_without_a_day_of_another_amount_is_still_that_of_the_period():
    [only] = compared([row(2, 50, completed=None)], held(missed=5), on=PERIOD).rows

    assert (only.credit, only.difference) == ("credit:2023", 5)


def test_a_row_with_a_year_means_the_credit_of_that_year_whatever_its_school():
    for school in ("", "安阳小学"):
        found = compared([row(2, completed=None, year=2023, school=school)], held())
        assert (found.rows[0].standing, found.rows[0].credit) == (Standing.EQUAL, "credit:2023")


def test_rows_beyond_the_period_mean_the_credits_beyond_it():
    rows = [row(number, completed=None) for number in (2, 3, 4)]
    found = told(compared(rows, held(), on=PERIOD))

    assert sorted(standing.value for standing, _ in found.values()) == [
        "EQUAL",
        "ONLY_THERE",
        "ONLY_THERE",
    ]
    assert found[3][1] == {Cause.OTHER_CYCLE: -60}

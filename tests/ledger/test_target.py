"""Targets of localities: orders, and what the province does not judge."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.names import JurisdictionId
from ledger.requirement import Result
from ledger.target import (
    order_minimum,
    provincial_share,
    quantity_assessment,
)
from tests.cast import H1_2024, H2_2019, HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.given import all_rules

UNDECIDED = Result.INDETERMINATE
LAST_ORDERS = date(2024, 3, 9)
OTHER_COUNTY = JurisdictionId("jurisdiction:330106")
S20 = [
    (date(2019, 12, 31), None),
    (date(2020, 7, 16), Result.INDETERMINATE),
    (date(2020, 7, 17), Result.NOT_ASSESSED),
    (date(2020, 10, 15), Result.NOT_ASSESSED),
    (date(2020, 12, 31), Result.NOT_ASSESSED),
    (date(2021, 1, 1), Result.INDETERMINATE),
    (date(2024, 3, 5), Result.INDETERMINATE),
    (date(2024, 3, 6), None),
]


def orders(count, place=RUIAN, term=H1_2024):
    found = order_minimum(all_rules(), place, date(2024, 12, 31), term, count)
    return (found.rule, found.result) if found else None


@pytest.mark.parametrize(
    ("count", "result"),
    [(0, Result.DEVIATION), (2, Result.DEVIATION), (3, Result.COMPLIANT)],
)
def test_w_181_a_county_orders_three_classes(count, result):
    assert orders(count) == ("ZJ24-08", result)
    assert orders(count, OTHER_COUNTY) == ("ZJ24-08", result)


def test_orders_are_asked_of_counties_in_their_term():
    assert orders(0, WENZHOU) is None
    assert orders(0, PROVINCE) is None
    assert orders(0, term=H2_2019) is None


@pytest.mark.parametrize(("day", "expected"), S20)
@pytest.mark.parametrize("place", [RUIAN, HANGZHOU])
def test_w_090_the_province_assesses_no_quantity_under_epidemic_control(place, day, expected):
    found = quantity_assessment(all_rules(), place, day)

    assert (found and found.result) == expected
    assert found is None or found.rule == "ZJ20-01"
    assert found is None or ("Nobody can tell" in found.en) == (found.result is UNDECIDED)


def test_the_province_does_not_assess_itself():
    assert quantity_assessment(all_rules(), PROVINCE, date(2020, 10, 15)) is None


@pytest.mark.parametrize(("day", "expected"), S20)
def test_w_091_the_province_asks_for_no_share_under_epidemic_control(day, expected):
    found = provincial_share(all_rules(), RUIAN, day)

    assert (found and found.result) == expected
    assert found is None or found.rule == "ZJ20-02"
    assert found is None or ("Nobody can tell" in found.en) == (found.result is UNDECIDED)
    assert provincial_share(all_rules(), PROVINCE, day) is None


def test_wz12_29_is_carried_as_a_statement():
    rule = all_rules().rules["WZ12-29"]

    assert (rule.kind, rule.parameters["teachers_min"]) == ("statement", 100_000)


@pytest.mark.parametrize(
    ("day", "count", "result"),
    [
        (date(2024, 1, 5), 0, Result.NOT_ASSESSED),
        pytest.param(LAST_ORDERS, 2, Result.NOT_ASSESSED, id="last-day"),
        pytest.param(LAST_ORDERS, 3, Result.COMPLIANT, id="enough-already"),
        pytest.param(LAST_ORDERS + date.resolution, 2, Result.DEVIATION, id="day-after"),
    ],
)
def test_too_few_orders_are_a_departure_when_ordering_is_over(day, count, result):
    assert order_minimum(all_rules(), RUIAN, day, H1_2024, count).result is result

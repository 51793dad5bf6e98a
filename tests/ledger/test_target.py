"""Targets of localities: orders, the numbers up to 2015, and what the province does not judge."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from ledger.names import JurisdictionId
from ledger.requirement import Result
from ledger.target import (
    order_minimum,
    provincial_share,
    quantity_assessment,
    training_targets,
)
from tests.cast import H1_2024, H2_2019, HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.given import all_rules

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


def test_the_province_does_not_assess_itself():
    assert quantity_assessment(all_rules(), PROVINCE, date(2020, 10, 15)) is None


@pytest.mark.parametrize(("day", "expected"), S20)
def test_w_091_the_province_asks_for_no_share_under_epidemic_control(day, expected):
    found = provincial_share(all_rules(), RUIAN, day, Fraction(1, 10))

    assert (found and found.result) == expected
    assert found is None or (found.rule, found.had) == ("ZJ20-02", "1/10")


@pytest.mark.parametrize(
    ("trained", "result"),
    [
        ((100_000, 10_000, 100), Result.MET),
        ((99_999, 10_000, 100), Result.NOT_MET),
        ((100_000, 9_999, 100), Result.NOT_MET),
        ((100_000, 10_000, 99), Result.NOT_MET),
        (None, Result.INDETERMINATE),
    ],
)
def test_wz12_29_the_city_trains_so_many_by_2015(trained, result):
    found = training_targets(all_rules(), WENZHOU, date(2015, 12, 31), trained)

    assert (found.rule, found.result) == ("WZ12-29", result)


def test_wz12_29_is_for_the_city_and_ends_with_2015():
    assert training_targets(all_rules(), RUIAN, date(2015, 12, 31), None) is None
    assert training_targets(all_rules(), HANGZHOU, date(2015, 12, 31), None) is None
    assert training_targets(all_rules(), WENZHOU, date(2016, 1, 1), None) is None
    assert training_targets(all_rules(), WENZHOU, date(2012, 4, 16), None) is None

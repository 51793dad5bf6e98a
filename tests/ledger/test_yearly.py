"""Years: forty-eight hours as a norm, half of them from the school."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.credit import CreditKind
from ledger.names import CreditId
from ledger.requirement import Result
from ledger.yearly import YearlyHours, YearlySchoolBased
from tests import cast
from tests.cast import HANGZHOU, RUIAN, WENZHOU, WENZHOU_SCHOOL
from tests.given import rules_with_preset
from tests.judged import credit, verdict

OVER = date(2021, 12, 31)
BEFORE = date(2015, 1, 1)


def year(*lines, number=2021, day=OVER, place=WENZHOU, entered=BEFORE, rules=None):
    """The results of a year, by their rules."""
    judged = verdict(*lines, day=day, place=place, entered=entered, rules=rules)
    return {each.rule: each.result for each in judged.requirements if each.year == number}


def trained(hours, school_based):
    found = []
    if Decimal(hours) > Decimal(school_based):
        rest = Decimal(hours) - Decimal(school_based)
        found.append(credit(rest, date(2021, 6, 1), kind=CreditKind.DISTANCE))
    if Decimal(school_based):
        found.append(
            cast.recognised(
                school_based,
                completed=date(2021, 5, 1),
                place=WENZHOU,
                school=WENZHOU_SCHOOL,
                credit=CreditId("credit:school"),
            )
        )
    return found


@pytest.mark.parametrize(
    ("hours", "school_based", "total", "school"),
    [
        pytest.param(48, 24, Result.COMPLIANT, Result.COMPLIANT, id="W-072"),
        pytest.param(48, 20, Result.COMPLIANT, Result.DEVIATION, id="W-072-08"),
        pytest.param(47, 24, Result.DEVIATION, Result.COMPLIANT, id="W-072-07"),
        pytest.param("47.5", "23.5", Result.DEVIATION, Result.DEVIATION, id="just-below"),
    ],
)
@pytest.mark.parametrize("place", [WENZHOU, RUIAN])
def test_a_year_of_less_is_a_deviation_in_wenzhou(hours, school_based, total, school, place):
    found = year(*trained(hours, school_based), place=place)

    assert {"WZ12-07": total, "WZ12-08": school} == found


def test_elsewhere_no_year_is_judged():
    assert year(*trained(10, 5), place=HANGZHOU) == {}


def test_w_073_five_years_at_the_norm_are_compliant_and_not_enough():
    lines = [credit(48, date(each, 6, 1), kind=CreditKind.DISTANCE) for each in range(2014, 2019)]
    judged = verdict(*lines, place=WENZHOU, entered=date(2014, 1, 1), day=date(2018, 12, 31))
    years = [each.result for each in judged.requirements if each.code == "YEARLY_HOURS"]

    assert years == [Result.COMPLIANT] * 5
    assert judged.result == Result.NOT_MET


def test_a_year_that_is_short_does_not_fail_the_cycle():
    lines = [credit(90, date(2021, 6, 1)), credit(270, date(2020, 2, 1), kind=CreditKind.DISTANCE)]
    judged = verdict(*lines, place=WENZHOU, entered=date(2018, 1, 1), day=date(2022, 12, 31))
    short = [each.year for each in judged.requirements if each.result is Result.DEVIATION]

    assert judged.result == Result.MET
    assert {2018, 2019, 2022} <= set(short)


def test_a_running_year_is_not_judged_before_it_ends():
    found = year(*trained(40, 20), day=date(2021, 12, 30))

    assert set(found.values()) == {Result.NOT_ASSESSED}
    assert set(year(*trained(48, 24), day=date(2021, 12, 30)).values()) == {Result.COMPLIANT}


@pytest.mark.parametrize(
    ("entered", "result"),
    [(date(2021, 1, 1), Result.DEVIATION), (date(2021, 1, 2), Result.INDETERMINATE)],
)
def test_of_the_year_of_entry_no_document_says_what_is_expected(entered, result):
    assert year(*trained(10, 0), entered=entered)["WZ12-07"] == result


def test_a_year_that_ended_before_the_rule_is_not_judged():
    assert year(number=2011, entered=date(2010, 1, 1), day=date(2012, 12, 31)) == {}
    assert set(year(number=2012, entered=date(2010, 1, 1), day=date(2012, 12, 31))) == {
        "WZ12-07",
        "WZ12-08",
    }


@pytest.mark.parametrize(
    ("hours", "result"), [(24, Result.MET), ("23.5", Result.NOT_MET)], ids=["bound", "below"]
)
def test_the_preset_asks_for_twenty_four_credits_a_year_and_is_marked(hours, result):
    judged = verdict(
        *trained(hours, 0), day=OVER, place=HANGZHOU, entered=BEFORE, rules=rules_with_preset()
    )
    [found] = [each for each in judged.requirements if each.year == 2021]

    assert ("EXT16-05", result, True) == (found.rule, found.result, found.external)


def test_the_preset_stands_beside_the_norm_of_the_city():
    found = year(*trained(40, 24), rules=rules_with_preset())

    assert found == {
        "WZ12-07": Result.DEVIATION,
        "WZ12-08": Result.COMPLIANT,
        "EXT16-05": Result.MET,
    }


def test_minima_that_make_no_sense_are_named_and_smaller_ones_are_laxer():
    assert "hours_min" in YearlyHours().wrong()
    assert "hours_min" in YearlySchoolBased(hours_min=Decimal(0)).wrong()
    assert YearlyHours(hours_min=Decimal(48)).wrong() is None
    assert YearlyHours(hours_min=Decimal(47)).laxer(YearlyHours(hours_min=Decimal(48)))
    assert not YearlySchoolBased(hours_min=Decimal(24)).laxer(
        YearlySchoolBased(hours_min=Decimal(24))
    )


def test_hours_and_credits_of_a_year_do_not_compare():
    hours, credits = YearlyHours(hours_min=Decimal(48)), YearlyHours(credits_min=Decimal(24))

    assert not hours.laxer(credits)
    assert not credits.laxer(hours)
    assert not hours.compares(credits)
    assert YearlyHours(credits_min=Decimal(23)).laxer(credits)

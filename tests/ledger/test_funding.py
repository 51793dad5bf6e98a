"""Funding: the shares of payroll, fund and public funds, and laying them open once a year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as drawn
from hypothesis import strategies

from ledger.command import UnknownReference
from ledger.funding import (
    FundsPublished,
    LocalFundsStated,
    PublishLocalFunds,
    PublishSchoolFunds,
    SchoolFundsStated,
    StateLocalFunds,
    StateSchoolFunds,
    funds_published,
    local_funds,
    school_funds,
)
from ledger.requirement import Result
from tests import cast
from tests.cast import HANGZHOU, RUIAN, SCHOOL, WENZHOU
from tests.given import all_rules, given, rules_without

DAY = date(2025, 1, 10)
END = date(2024, 12, 31)
PAYROLL = Decimal(100_000_000)
STATE = StateLocalFunds(
    place=RUIAN,
    year=2024,
    payroll=PAYROLL,
    fund=Decimal(3_000_000),
    to_schools=Decimal(2_100_000),
)


def local(payroll, fund, to_schools, place=RUIAN, day=END):
    stated = (Decimal(payroll), Decimal(fund), Decimal(to_schools))
    found = local_funds(all_rules(), place, day, stated)
    return {each.rule: each.result for each in found}


def school(public, spent, place=RUIAN, day=END):
    found = school_funds(all_rules(), place, day, (Decimal(public), Decimal(spent)))
    return [(each.rule, each.result) for each in found]


def test_a_locality_states_its_funds():
    given(cast.jurisdiction()).when(STATE, on=DAY).then(
        LocalFundsStated(
            place=RUIAN,
            year=2024,
            payroll=PAYROLL,
            fund=Decimal(3_000_000),
            to_schools=Decimal(2_100_000),
        )
    )
    given().when(STATE, on=DAY).refused(UnknownReference, field="place")


def test_a_school_states_its_funds():
    state = StateSchoolFunds(
        school=SCHOOL, year=2024, public_funds=Decimal(1_000_000), training=Decimal(100_000)
    )
    given(cast.school()).when(state, on=DAY).then(
        SchoolFundsStated(
            school=SCHOOL,
            place=RUIAN,
            year=2024,
            public_funds=Decimal(1_000_000),
            training=Decimal(100_000),
        )
    )
    given().when(state, on=DAY).refused(UnknownReference, field="school")


def test_the_year_has_begun_and_a_part_is_no_more_than_the_whole():
    given(cast.jurisdiction()).when(STATE, on=date(2023, 12, 31)).faulted("DAY_AHEAD", "year")
    given(cast.jurisdiction()).when(STATE, on=date(2024, 1, 1)).accepted()
    much = StateLocalFunds(
        place=RUIAN, year=2024, payroll=PAYROLL, fund=Decimal(1), to_schools=Decimal(2)
    )
    given(cast.jurisdiction()).when(much, on=DAY).faulted("BAD_AMOUNT", "to_schools")


def test_funds_are_laid_open_by_a_place_and_by_a_school():
    local = PublishLocalFunds(place=RUIAN, day=END, where="局网站")
    own = PublishSchoolFunds(school=SCHOOL, day=END, where="校务公开栏")
    given(cast.jurisdiction()).when(local, on=DAY).then(
        FundsPublished(place=RUIAN, day=END, where="局网站")
    )
    given(cast.school()).when(own, on=DAY).then(
        FundsPublished(place=RUIAN, day=END, where="校务公开栏", school=SCHOOL)
    )
    given(cast.jurisdiction()).when(local, on=date(2024, 12, 30)).faulted("DAY_AHEAD")
    given(cast.school()).when(own, on=date(2024, 12, 30)).faulted("DAY_AHEAD")


@pytest.mark.parametrize(
    ("fund", "result"), [("3000000", Result.MET), ("2999999.99", Result.NOT_MET)]
)
def test_wz12_22_three_per_cent_of_the_payroll_go_into_training(fund, result):
    assert local(PAYROLL, fund, 0)["WZ12-22"] is result


@pytest.mark.parametrize(
    ("passed", "result"), [("2100000", Result.MET), ("2099999", Result.NOT_MET)]
)
def test_w_222_seven_tenths_of_the_fund_reach_the_schools(passed, result):
    assert local(PAYROLL, 3_000_000, passed)["WZ12-23"] is result


def test_seven_tenths_are_of_what_is_due_not_of_what_there_is():
    assert local(PAYROLL, 2_000_000, 1_400_000)["WZ12-23"] is Result.NOT_MET
    assert local(PAYROLL, 9_000_000, 2_100_000)["WZ12-23"] is Result.MET


@pytest.mark.parametrize(("spent", "result"), [(100_000, Result.MET), (99_999, Result.NOT_MET)])
def test_w_223_a_tenth_of_the_public_funds_goes_into_training(spent, result):
    assert school(1_000_000, spent) == [("WZ12-24", result)]


def test_shares_are_asked_for_in_wenzhou_since_its_opinions():
    first, before = date(2012, 4, 17), date(2012, 4, 16)
    assert local(1, 0, 0, day=first)["WZ12-22"] is Result.NOT_MET
    assert local(1, 0, 0, day=before) == {}
    assert school(1, 0, day=first) == [("WZ12-24", Result.NOT_MET)]
    assert school(1, 0, day=before) == []
    assert local(1, 0, 0, place=WENZHOU)["WZ12-23"] is Result.NOT_MET
    assert local(1, 0, 0, place=HANGZHOU) == {}
    assert school(1, 0, place=HANGZHOU) == []


def test_without_figures_nothing_is_decided_and_without_a_base_nothing_asked():
    unknown = local_funds(all_rules(), RUIAN, END, None)
    assert [each.result for each in unknown] == [Result.INDETERMINATE] * 2
    assert school_funds(all_rules(), RUIAN, END, None)[0].result is Result.INDETERMINATE
    assert set(local(0, 0, 0).values()) == {Result.NOT_APPLICABLE}
    assert school(0, 0) == [("WZ12-24", Result.NOT_APPLICABLE)]


def test_without_the_first_share_there_is_no_fund_to_take_the_second_of():
    assert local_funds(rules_without("WZ12-22"), RUIAN, END, None) == []


@drawn(strategies.integers(1, 10**9), strategies.integers(0, 10**9))
def test_the_shares_are_exact(base, had):
    assert (local(base, had, 0)["WZ12-22"] is Result.MET) == (had * 100 >= base * 3)
    assert (local(base, 0, had)["WZ12-23"] is Result.MET) == (had * 1000 >= base * 21)
    assert (school(base, had) == [("WZ12-24", Result.MET)]) == (had * 10 >= base)


def published(times, place=RUIAN, day=END, over=True):
    found = funds_published(all_rules(), place, day, times, over=over)
    return (found.rule, found.result) if found else None


def test_w_235_training_funds_that_nobody_laid_open_in_the_year_are_a_violation():
    assert published(0) == ("WZ12-25", Result.VIOLATION)
    assert published(1) == ("WZ12-25", Result.COMPLIANT)


def test_a_running_year_is_not_judged_unless_it_is_done():
    assert published(0, over=False) == ("WZ12-25", Result.NOT_ASSESSED)
    assert published(1, over=False) == ("WZ12-25", Result.COMPLIANT)


def test_funds_are_laid_open_in_wenzhou_since_its_opinions():
    assert published(0, day=date(2012, 4, 16)) is None
    assert published(0, day=date(2012, 4, 17)) == ("WZ12-25", Result.VIOLATION)
    assert published(0, place=HANGZHOU) is None

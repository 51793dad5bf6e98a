"""Indicators of a school: its average, who completes and is sent, and what its choices suit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given as drawn
from hypothesis import strategies

from ledger.indicator import (
    CompletedShare,
    MatchShare,
    SchoolAverage,
    SentShare,
    completed_share,
    match_share,
    school_average,
    sent_share,
)
from ledger.requirement import Result
from tests.cast import HANGZHOU, RUIAN, WENZHOU
from tests.given import all_rules

END = date(2024, 12, 31)
MET, NOT_MET = Result.MET, Result.NOT_MET
SUSPENDED, OPEN = date(2020, 12, 31), date(2021, 1, 1)


def average(credits, teachers, place=RUIAN, day=END):
    return school_average(all_rules(), place, day, credits=Decimal(credits), teachers=teachers)


def completed(*years, place=RUIAN, day=END):
    return completed_share(all_rules(), place, day, years)


def sent(count, teachers=100, place=WENZHOU, day=END):
    return sent_share(all_rules(), place, day, sent=count, teachers=teachers)


def matched(count, chosen, place=RUIAN, first=date(2024, 1, 1), last=date(2024, 6, 30), unsaid=0):
    return match_share(all_rules(), place, first, last, matched=count, chosen=chosen, unsaid=unsaid)


@pytest.mark.parametrize(("credits", "result"), [("720", MET), ("719.5", NOT_MET), ("0", NOT_MET)])
def test_ra19_02_a_school_averages_72_credits(credits, result):
    found = average(credits, 10)

    assert (found.rule, found.result) == ("RA19-02", result)


@pytest.mark.parametrize(("done", "result"), [(21, MET), (20, NOT_MET)])
def test_w_075_21_in_a_hundred_complete_a_long_training(done, result):
    found = completed((done, 100))

    assert (found.rule, found.result) == ("RA19-04", result)


def test_w_078_three_of_fourteen_are_enough():
    assert completed((3, 14)).result is MET
    assert completed((2, 14)).result is NOT_MET


def test_w_079_the_yearly_rates_are_averaged():
    assert completed((25, 100), (17, 100)).result is MET
    assert completed((25, 100), (16, 100)).result is NOT_MET


def test_the_mean_is_of_rates_not_of_heads_and_leaves_out_years_without_teachers():
    # Of heads it were 52 of 210, which is more than 21 in a hundred.
    assert completed((50, 200), (1, 10)).result is NOT_MET
    assert completed((21, 100), (0, 0)).result is MET
    none = completed((0, 0))
    assert (none.result, none.had) == (Result.NOT_APPLICABLE, "-")
    assert "还没有这样的年度" in none.zh and "there is none yet" in none.en


@pytest.mark.parametrize(("count", "result"), [(20, MET), (19, NOT_MET)])
def test_w_076_a_school_of_wenzhou_sends_a_fifth(count, result):
    found = sent(count)

    assert (found.rule, found.result) == ("WZ12-04", result)


def test_ruian_asks_for_completions_instead_from_2019_on():
    assert sent(19, place=RUIAN, day=date(2018, 12, 31)).result is NOT_MET
    assert sent(19, place=RUIAN, day=date(2019, 6, 16)).result is Result.INDETERMINATE
    assert sent(19, place=RUIAN, day=date(2019, 6, 17)).result is Result.NOT_APPLICABLE
    assert sent(19, day=date(2019, 6, 17)).result is NOT_MET


def test_a_fifth_is_asked_for_in_wenzhou_since_its_opinions():
    assert sent(19, day=date(2012, 4, 16)) is None
    assert sent(19, day=date(2012, 4, 17)).result is NOT_MET
    assert sent(19, place=HANGZHOU) is None


@pytest.mark.parametrize(("count", "result"), [(3, MET), (2, NOT_MET)])
def test_ra19_05_three_quarters_of_the_choices_suit(count, result):
    found = matched(count, 4)

    assert (found.rule, found.result) == ("RA19-05", result)


def test_w_081_without_long_choices_there_is_nothing_to_match():
    assert matched(0, 0).result is Result.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("count", "unsaid", "result"),
    [
        (0, 4, Result.INDETERMINATE),
        pytest.param(2, 1, Result.INDETERMINATE, id="bound"),
        pytest.param(1, 1, NOT_MET, id="missed-even-with-them"),
        pytest.param(3, 1, MET, id="reached-without-them"),
    ],
)
def test_choices_that_do_not_say_whether_they_suit_leave_open_what_they_could_decide(
    count, unsaid, result
):
    found = matched(count, 4, unsaid=unsaid)

    assert (found.result, found.had) == (result, str(count))


@pytest.mark.parametrize("judge", [average, completed, matched])
def test_the_rules_of_ruian_hold_in_ruian_only(judge):
    numbers = [(1, 1)] if judge is completed else [1, 1]

    assert judge(*numbers, place=WENZHOU) is None
    assert judge(*numbers, place=RUIAN) is not None


def test_the_rules_of_ruian_are_uncertain_in_early_2019_and_unknown_before():
    for day, expected in (
        (date(2018, 12, 31), None),
        (date(2019, 6, 16), Result.INDETERMINATE),
        (date(2019, 6, 17), NOT_MET),
    ):
        found = (
            average(0, 1, day=day),
            completed((0, 1), day=day),
            matched(0, 1, first=day, last=day),
        )
        assert {each and each.result for each in found} == {expected}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2019, 12, 31), NOT_MET),
        (date(2020, 7, 17), Result.LOCAL_DISCRETION),
        (SUSPENDED, Result.LOCAL_DISCRETION),
        (OPEN, Result.INDETERMINATE),
        (date(2024, 3, 5), Result.INDETERMINATE),
        (date(2024, 3, 6), NOT_MET),
    ],
)
def test_c_13_under_epidemic_control_shares_are_left_to_the_localities(day, expected):
    found = average(0, 1, day=day), completed((0, 1), day=day), sent(0, day=day)

    assert {each.result for each in found} == {expected}
    assert matched(0, 1, first=date(2019, 7, 1), last=day).result is expected


def test_a_suspended_value_is_still_reported():
    assert completed((3, 14), day=SUSPENDED).had == "3/14"


@drawn(strategies.integers(1, 3_000), strategies.integers(0, 3_000))
def test_all_ratios_are_exact(teachers, count):
    assert (sent(count, teachers).result is MET) == (count * 5 >= teachers)
    assert (completed((count, teachers)).result is MET) == (count * 100 >= teachers * 21)
    assert (matched(count, teachers).result is MET) == (count * 4 >= teachers * 3)
    assert (average(count, teachers).result is MET) == (count >= teachers * 72)


@pytest.mark.parametrize("kind", [CompletedShare, SentShare, MatchShare])
def test_a_smaller_share_is_laxer(kind):
    size = {"hours_min" if kind is SentShare else "base_credits_min": Decimal(90)}
    fifth, most = kind(share_min=Fraction(1, 5), **size), kind(share_min=Fraction(2), **size)
    assert fifth.laxer(most)
    assert not fifth.laxer(fifth)
    assert fifth.wrong() is None
    assert most.wrong() is not None


def test_a_smaller_average_is_laxer():
    least = SchoolAverage(credits_min=Decimal(72))
    assert SchoolAverage(credits_min=Decimal(71)).laxer(least)
    assert SchoolAverage(credits_min=Decimal(-1)).wrong() is not None
    assert least.wrong() is None

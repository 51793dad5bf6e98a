"""Summing: a row that several trainings make together is told by them, where that is certain."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.cause import Cause
from ledger.mark import PairedBy
from ledger.row import Row, Standing
from tests.compared import claim, compared, holding, item, terms, training

DAYS = (date(2022, 3, 1), date(2022, 6, 1), date(2022, 9, 1), date(2022, 11, 1))
THREE = (training("a", 60, DAYS[0]), training("b", 50, DAYS[1]), training("c", 70, DAYS[2]))


def sheet_row(found) -> Row:
    [row] = [each for each in found.rows if each.row is not None]
    return row


def test_one_row_of_three_credits_is_equal_and_names_their_events():
    found = compared([claim(2, 180)], holding(*THREE))
    [row] = found.rows

    assert (row.standing, row.paired_by, row.ledger) == (Standing.EQUAL, PairedBy.SUM, 180)
    assert row.tied == ("credit:a", "credit:b", "credit:c")
    [why] = row.portions
    assert (why.cause, why.amount, len(why.events)) == (Cause.SUMMED, 0, 3)
    assert "3 笔学分之和" in why.zh
    assert str(DAYS[1]) in why.en


def test_credits_that_are_left_over_stay_lacking():
    found = compared([claim(2, 110)], holding(*THREE))
    assert sheet_row(found).tied == ("credit:a", "credit:b")
    assert [(row.credit, row.unattributed) for row in found.rows[1:]] == [("credit:c", 70)]


def test_where_several_sets_add_up_each_is_told_and_none_is_taken():
    own = holding(*THREE, training("d", 60, DAYS[3]))
    found = compared([claim(2, 180)], own)
    row = sheet_row(found)

    assert (row.standing, row.unattributed) == (Standing.ONLY_THERE, -180)
    assert row.alternatives == ((Cause.SUMMED,),) * 2
    assert row.tied == ("credit:a", "credit:b", "credit:c", "credit:d")
    assert len(row.portions[0].events) == 4
    assert sum(each.unattributed for each in found.rows) == 60


def test_a_row_just_beside_a_sum_stays_open():
    for amount in ("179.5", "180.5"):
        row = sheet_row(compared([claim(2, amount)], holding(*THREE)))
        assert row.unattributed == -Decimal(amount)
        assert row.alternatives == ()


def test_what_another_row_means_is_not_added_up_once_more():
    found = compared([item(2, "a", 60), claim(3, 180)], holding(*THREE))
    assert [row.standing for row in found.rows[:2]] == [Standing.EQUAL, Standing.ONLY_THERE]


def test_credits_of_an_earlier_cycle_are_not_added_up_with_those_of_this_one():
    old = replace(training("a", 60, date(2013, 3, 1)), credit="credit:a")
    row = sheet_row(compared([claim(2, 180)], holding(old, *THREE[1:])))
    assert row.paired_by is not PairedBy.SUM


def test_a_row_of_a_year_is_of_the_credits_of_that_year():
    late = training("d", 70, date(2023, 3, 1))
    own = holding(*THREE, late)
    assert sheet_row(compared([claim(2, 180, year=2022)], own)).tied == (
        "credit:a", "credit:b", "credit:c",
    )  # fmt: skip
    assert sheet_row(compared([claim(2, 180)], own)).alternatives


def test_a_period_of_the_sheet_bounds_what_is_added_up():
    on = terms(first=DAYS[1], last=DAYS[2])
    assert sheet_row(compared([claim(2, 120)], holding(*THREE), on=on)).paired_by is PairedBy.SUM
    assert sheet_row(compared([claim(2, 110)], holding(*THREE), on=on)).unattributed == -110


@pytest.mark.parametrize("title", ["2022年培训合计", "三项培训", "多项培训", ""])
def test_a_title_that_says_it_is_a_sum_is_as_good_as_none(title):
    row = sheet_row(compared([claim(2, 180, title=title)], holding(*THREE)))
    assert row.paired_by is PairedBy.SUM


def test_a_training_of_its_own_name_is_no_sum_however_well_the_amount_fits():
    row = sheet_row(compared([claim(2, 180, title="信息技术提升工程")], holding(*THREE)))
    assert row.standing is Standing.ONLY_THERE
    assert row.portions[0].cause is Cause.UNRECOGNISED


def test_the_titles_of_all_that_is_in_it_say_which_set_it_is():
    own = holding(*THREE, training("d", 60, DAYS[3]))
    titles = "、".join(each.title for each in THREE)
    row = sheet_row(compared([claim(2, 180, title=titles)], own))
    assert row.tied == ("credit:a", "credit:b", "credit:c")


def test_two_rows_that_may_be_of_the_same_credits_are_both_left_open():
    own = holding(*THREE)
    found = compared([claim(2, 110), claim(3, 120)], own)
    assert [row.unattributed for row in found.rows[:2]] == [-110, -120]


@given(st.lists(st.integers(1, 200), min_size=2, max_size=6), st.data())
def test_exactly_one_set_is_taken_and_any_other_number_is_not(halves, data):
    credits = [Decimal(each) / 2 for each in halves]
    size = data.draw(st.integers(2, len(credits)))
    wanted = sum(data.draw(st.permutations(credits))[:size])
    ways = [
        group
        for many in range(1, len(credits) + 1)
        for group in combinations(range(len(credits)), many)
        if sum(credits[at] for at in group) == wanted
    ]
    names = "abcdef"
    own = holding(*(training(names[at], each, DAYS[at % 4]) for at, each in enumerate(credits)))
    found = compared([claim(2, wanted)], own)
    row = sheet_row(found)

    alone = all(len(each) > 1 for each in ways)
    assert (row.paired_by is PairedBy.SUM) is (len(ways) == 1 and alone)
    [sums] = found.sums
    assert sums.attributed + sums.unattributed == sums.difference

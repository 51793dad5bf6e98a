"""Tally: rows of totals are held against the records of their own tab."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.heading import propose
from ledger.joining import joined, together
from ledger.mapping import Form
from ledger.reading import read
from ledger.sheet import Grid, Tab

HEADER = ("姓名", "平台编号", "学分")


def passed_over(*tabs):
    """The rows passed over: by how much each is off."""
    rows = Grid(
        format="xlsx",
        tabs=tuple(Tab(name=f"表{at}", rows=(HEADER, *some)) for at, some in enumerate(tabs)),
    )
    told = read(rows, joined(together(propose(rows, Form.TOTALS))))
    return [(each.why, each.off) for each in told.skipped]


def own(credits, name="王芳"):
    return (name, "t1", Decimal(credits))


def total(credits, label="合计"):
    return (label, None, credits if isinstance(credits, str) else Decimal(credits))


def test_a_total_that_is_what_its_records_come_to_says_nothing_more():
    assert passed_over((own(24), own(12), total(36))) == [("TOTALS", None)]
    assert passed_over((own(24), own(12), total("36学分"))) == [("TOTALS", None)]


def test_a_total_that_is_not_says_by_how_much_it_is_more():
    assert passed_over((own(24), own(12), total(40))) == [("TOTALS", Decimal(4))]


def test_a_subtotal_is_of_the_rows_since_an_earlier_one():
    rows = (own(24), total(24, "小计"), own(12), own(6), total(18, "小计"), total(42))
    assert passed_over(rows) == [("TOTALS", None)] * 3


def test_each_tab_has_its_own_totals_and_the_last_may_have_those_of_all():
    one, other = (own(24), total(24)), (own(12), total(12), total(36, "总计"))
    assert passed_over(one, other) == [("TOTALS", None)] * 3
    assert passed_over(one, (own(12), total(24))) == [("TOTALS", None), ("TOTALS", Decimal(12))]


@pytest.mark.parametrize("row", [total(18, "人均"), total("-"), ("合计", None, None)])
def test_averages_and_what_is_no_number_are_held_against_nothing(row):
    assert passed_over((own(24), own(12), row)) == [("TOTALS", None)]


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=8), st.integers(1, 9))
def test_any_total_is_right_as_it_is_and_wrong_by_what_is_added(halves, more):
    credits = [Decimal(each) / 2 for each in halves]
    rows = [own(each) for each in credits]
    assert passed_over((*rows, total(sum(credits)))) == [("TOTALS", None)]
    [(_, off)] = passed_over((*rows, total(sum(credits) + more)))
    assert off == more

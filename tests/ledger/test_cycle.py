"""Cycles: five years from the day of entry, half-open."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from ledger.cycle import Cycle, cycle_on

ENTERED = date(2019, 1, 1)


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(2018, 12, 31), 1),
        (date(2019, 1, 1), 1),
        pytest.param(date(2023, 12, 31), 1, id="W-082"),
        pytest.param(date(2024, 1, 1), 2, id="W-082-next"),
        (date(2029, 1, 1), 3),
    ],
)
def test_the_day_after_five_years_opens_the_next_cycle(day, number):
    assert number == cycle_on(ENTERED, day, 5).number


def test_w_085_who_enters_late_has_a_whole_cycle():
    cycle = cycle_on(date(2021, 9, 1), date(2024, 1, 1), 5)

    assert Cycle(number=1, start=date(2021, 9, 1), end=date(2026, 9, 1)) == cycle


def test_a_cycle_holds_its_first_day_and_not_its_end():
    cycle = cycle_on(ENTERED, ENTERED, 5)

    assert cycle.holds(cycle.start)
    assert cycle.holds(cycle.last_day)
    assert not cycle.holds(cycle.end)
    assert date(2023, 12, 31) == cycle.last_day


def test_who_entered_on_a_leap_day_starts_again_on_the_first_of_march():
    first = cycle_on(date(2020, 2, 29), date(2025, 2, 28), 5)
    second = cycle_on(date(2020, 2, 29), date(2025, 3, 1), 5)

    assert (1, date(2025, 3, 1)) == (first.number, first.end)
    assert (2, date(2025, 3, 1)) == (second.number, second.start)


def test_cycles_neither_overlap_nor_leave_a_hole():
    cycles = [cycle_on(ENTERED, date(year, 6, 1), 5) for year in (2019, 2024, 2029)]

    assert all(one.end == two.start for one, two in pairwise(cycles))

"""Cycles: five years from the day of entry, half-open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from msgspec.structs import replace as replace_struct

from ledger.command import OutsideScope, UnknownReference
from ledger.cycle import (
    CreditCycleOpened,
    Cycle,
    CycleCut,
    CycleTotal,
    OpenCycle,
    Starts,
    Unit,
    cycle_on,
)
from ledger.finding import Outcome
from ledger.register import AlreadyRegistered, WrongDay
from tests import cast
from tests.cast import DAY, HANGZHOU, LIN, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU
from tests.given import all_rules, asker_for, entries, given

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


OPEN = OpenCycle(teacher=LIN, start=date(2012, 4, 17), reason="十二五周期")
OPENED = CreditCycleOpened(
    teacher=LIN, school=SCHOOL, place=RUIAN, start=date(2012, 4, 17), reason="十二五周期"
)
TEACHER = cast.registered(entered=date(2010, 9, 1))


@pytest.mark.parametrize(
    ("day", "number", "start", "end"),
    [
        (date(2012, 4, 16), 1, date(2010, 9, 1), date(2012, 4, 17)),
        pytest.param(date(2012, 4, 17), 2, date(2012, 4, 17), date(2017, 4, 17), id="W-055"),
        (date(2017, 4, 16), 2, date(2012, 4, 17), date(2017, 4, 17)),
        (date(2017, 4, 17), 3, date(2017, 4, 17), date(2022, 4, 17)),
    ],
)
def test_a_cycle_that_the_bureau_opened_ends_the_one_before(day, number, start, end):
    found = cycle_on(date(2010, 9, 1), day, 5, (date(2012, 4, 17),))

    assert (found.number, found.start, found.end) == (number, start, end)
    assert found.whole is (number > 1)


def test_a_cycle_that_ends_with_its_years_is_whole():
    opened = date(2015, 9, 1)

    assert cycle_on(date(2010, 9, 1), date(2015, 8, 31), 5, (opened,)).whole
    assert not cycle_on(date(2010, 9, 2), date(2015, 8, 31), 5, (opened,)).whole


def test_a_bureau_opens_a_cycle_on_a_day():
    answer = given(TEACHER).when(OPEN, on=DAY)
    answer.found("WZ12-01", Outcome.DEVIATION, CycleCut).then(OPENED)


def test_a_cycle_starts_once_on_a_day_and_not_before_the_entry():
    given(TEACHER, OPENED).when(OPEN, on=DAY).refused(AlreadyRegistered, field="start")
    entry = replace(OPEN, start=date(2010, 9, 1))
    given(TEACHER).when(entry, on=DAY).refused(AlreadyRegistered, field="start")
    early = replace(OPEN, start=date(2010, 8, 31))
    given(TEACHER).when(early, on=DAY).refused(WrongDay, field="start")


def test_only_the_bureau_of_the_teacher_opens_a_cycle_and_only_for_one_it_knows():
    given(TEACHER).when(OPEN, on=DAY, by=asker_for(SCHOOL)).refused(OutsideScope)
    given().when(OPEN, on=DAY).refused(UnknownReference, field="teacher")


@pytest.mark.parametrize(
    ("day", "unit"), [(date(2016, 8, 31), Unit.HOURS), (date(2016, 9, 1), Unit.CREDITS)]
)
def test_wenzhou_counts_hours_until_credits_take_their_place(day, unit):
    rule = all_rules().find(CycleTotal, RUIAN, day)

    assert ("WZ12-01", unit) == (rule.id, rule.value.unit(day))
    assert rule.value.external == ("credits_from",)


def test_a_total_that_makes_no_sense_is_named():
    assert "years" in CycleTotal(years=0, credits_min=Decimal(360)).wrong()
    assert "credits_min" in CycleTotal(years=5).wrong()
    assert CycleTotal(years=5, credits_min=Decimal(360)).wrong() is None


def test_less_in_as_many_years_is_laxer():
    higher = CycleTotal(years=5, credits_min=Decimal(360))

    assert CycleTotal(years=5, credits_min=Decimal("359.5")).laxer(higher)
    assert not CycleTotal(years=5, credits_min=Decimal(360)).laxer(higher)
    assert CycleTotal(years=6, credits_min=Decimal(360)).laxer(higher)


def outside(completed, day, *, place=RUIAN, opened=()):
    starts = Starts()
    teacher = cast.registered(entered=date(2019, 1, 1))
    cycles = [replace_struct(OPENED, start=each) for each in opened]
    for entry in entries([teacher, *cycles], day):
        starts.learn(entry)
    return starts.outside(all_rules(), place, completed, day, cast.CREDIT)


@pytest.mark.parametrize(
    ("completed", "day", "rule"),
    [
        pytest.param(date(2023, 12, 20), date(2023, 12, 31), None, id="bound"),
        pytest.param(date(2023, 12, 20), date(2024, 1, 10), "RA19-06", id="W-084"),
        pytest.param(date(2024, 1, 1), date(2024, 1, 10), None, id="W-082-next"),
    ],
)
def test_training_and_recognition_lie_in_one_cycle(completed, day, rule):
    said = outside(completed, day)

    assert (said.rule.id if said else None) == rule
    assert outside(completed, day, place=WENZHOU) is None


def test_before_the_rule_of_ruian_recognition_is_not_bound_to_the_cycle():
    assert outside(date(2018, 12, 1), date(2018, 12, 31), opened=(date(2019, 1, 2),)) is None
    doubtful = outside(date(2019, 1, 1), date(2019, 6, 16), opened=(date(2019, 1, 2),))

    assert (doubtful.rule.id, doubtful.certain) == ("RA19-06", False)


def test_a_cycle_that_is_cut_short_is_noted_under_the_rule_on_its_years():
    past = cast.registered(entered=date(2010, 9, 1))
    whole = OpenCycle(teacher=LIN, start=date(2015, 9, 1), reason="新周期")

    given(past).when(OPEN, on=DAY).found("WZ12-01", Outcome.DEVIATION, CycleCut)
    given(past).when(whole, on=DAY).then(
        CreditCycleOpened(
            teacher=LIN, school=SCHOOL, place=RUIAN, start=date(2015, 9, 1), reason="新周期"
        )
    )


@pytest.mark.parametrize(
    ("since", "place", "school", "other"),
    [
        pytest.param(DAY, HANGZHOU, OTHER_SCHOOL, RUIAN, id="of-its-day"),
        pytest.param(date(2024, 3, 20), RUIAN, SCHOOL, HANGZHOU, id="after-it"),
    ],
)
def test_a_cycle_reported_after_a_move_is_opened_by_the_bureau_of_its_day(
    since, place, school, other
):
    story = given(TEACHER, cast.moved(since, HANGZHOU, OTHER_SCHOOL))
    told = story.when(OPEN, on=DAY, by=asker_for(place), reported=True).facts[0]

    assert (told.place, told.school) == (place, school)
    story.when(OPEN, on=DAY, by=asker_for(other), reported=True).refused(OutsideScope)

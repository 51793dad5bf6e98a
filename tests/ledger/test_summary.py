"""Summaries: what a year, or a cycle that ended in it, comes to, and how sums of them add up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.credit import CreditKind
from ledger.cycle import Unit
from ledger.event import Entry
from ledger.fault import Fault
from ledger.regulation import Rulebook
from ledger.requirement import Result
from ledger.summary import (
    PeriodKind,
    Summary,
    Totals,
    list_hash,
    over,
    period_of,
    summary_of,
    totals_of,
)
from ledger.teacher import TeacherTransferred
from tests import cast, lives
from tests.cast import HANGZHOU, OTHER_SCHOOL, RUIAN, SCHOOL
from tests.given import all_rules, on
from tests.judged import credit, recorded, revoked
from tests.lives import TEACHERS

YEAR = period_of(2023)
CYCLES = period_of(2024, PeriodKind.CYCLES)


def moved(since: date) -> TeacherTransferred:
    return TeacherTransferred(
        teacher=cast.LIN, school=OTHER_SCHOOL, school_left=SCHOOL, place=HANGZHOU, since=since
    )


def found(*things, period=YEAR, **more) -> Summary:
    summary = summary_of(recorded(*things, **more), all_rules(), period)
    assert summary is not None
    return summary


def test_a_year_holds_what_was_completed_from_its_first_day_to_its_last():
    summary = found(
        credit(10, date(2022, 12, 31)),
        credit(20, date(2023, 1, 1)),
        credit("4.5", date(2023, 12, 31), kind=CreditKind.DISTANCE),
        credit(40, date(2024, 1, 1)),
    )

    assert summary.credits == Decimal("24.5")
    assert [(e.kind, e.trainings, e.credits) for e in summary.kinds] == [
        (CreditKind.INTENSIVE, 1, 20),
        (CreditKind.DISTANCE, 1, Decimal("4.5")),
    ]
    # The cycle counts from the day of entry, up to the end of the year.
    assert (summary.counted, summary.unit) == (Decimal("34.5"), Unit.CREDITS)
    assert (summary.day, summary.result) == (date(2023, 12, 31), Result.NOT_MET)


def test_a_credit_that_was_taken_back_does_not_stand_in_its_year():
    summary = found(credit(20, date(2023, 3, 1), name="long"), revoked("long"))

    assert (summary.credits, summary.kinds) == (0, ())


@pytest.mark.parametrize(("amount", "result"), [(48, Result.MET), ("47.5", Result.NOT_MET)])
def test_the_yearly_norm_is_reached_at_its_bound_and_missed_just_below(amount, result):
    school_based = cast.recognised(24, completed=date(2023, 5, 1))
    summary = found(credit(Decimal(amount) - 24, date(2023, 6, 1)), school_based)

    assert summary.year_result is result


def test_of_the_year_of_entry_nobody_can_tell_what_the_norm_is():
    summary = found(credit(4, date(2023, 6, 1)), entered=date(2023, 2, 1))

    assert summary.year_result is Result.INDETERMINATE


def test_a_cycle_is_closed_with_the_year_in_which_its_last_day_lies():
    started = date(2019, 9, 1)
    things = (credit(90, date(2024, 8, 31)), credit(5, date(2024, 9, 1), name="next"))
    summary = found(*things, period=CYCLES, entered=started)

    assert (summary.day, summary.cycle) == (date(2024, 8, 31), 1)
    assert (summary.credits, summary.counted) == (90, 90)
    assert summary.year_result is None
    record = recorded(*things, entered=started)
    for year in (2023, 2025):
        assert summary_of(record, all_rules(), period_of(year, PeriodKind.CYCLES)) is None


def test_a_cycle_that_ends_on_the_last_day_of_the_year_is_closed_with_it():
    summary = found(period=CYCLES, entered=date(2020, 1, 1))

    assert summary.day == date(2024, 12, 31)


def test_one_who_entered_after_the_period_has_no_part_in_it():
    late = recorded(entered=date(2024, 1, 1))

    assert summary_of(late, all_rules(), YEAR) is None
    assert summary_of(recorded(entered=date(2023, 12, 31)), all_rules(), YEAR) is not None


def test_a_teacher_counts_where_the_last_day_finds_him_and_the_other_place_is_said():
    before = found(on(date(2023, 12, 31), moved(date(2024, 1, 1))))
    during = found(on(date(2023, 12, 31), moved(date(2023, 12, 31))))
    first = found(on(date(2023, 1, 1), moved(date(2023, 1, 1))))

    assert (before.place, before.moved_from) == (RUIAN, ())
    assert (during.place, during.school, during.moved_from) == (HANGZHOU, OTHER_SCHOOL, (RUIAN,))
    assert (first.place, first.moved_from) == (HANGZHOU, ())


def test_hours_and_credits_are_never_added_up():
    early = period_of(2013)
    old = found(period=early, entered=date(2012, 9, 1))
    new = found(credit(7, date(2023, 6, 1)))
    totals = totals_of([old, new])

    assert old.unit is Unit.HOURS
    assert (totals.counted_hours, totals.counted_credits) == (0, 7)


def test_the_hash_of_a_list_is_that_of_its_lines_by_teacher():
    lines = [found(credit(7, date(2023, 6, 1))).line]

    assert lines[0].startswith(b'{"counted":"7","credits":"7","cycle":1,"day":"2023-12-31",')
    assert list_hash([found(credit(7, date(2023, 6, 1)))]) == sha256(lines[0] + b"\n").hexdigest()


def test_a_period_is_over_on_the_day_after_its_last():
    over(YEAR, date(2024, 1, 1))
    with pytest.raises(Fault) as running:
        over(YEAR, date(2023, 12, 31))

    assert running.value.code == "PERIOD_RUNNING"


@pytest.mark.parametrize("year", [0, -1, 10_000])
def test_a_year_of_no_calendar_is_refused(year):
    with pytest.raises(Fault) as refused:
        period_of(year)

    assert (refused.value.code, refused.value.field) == ("BAD_COUNT", "year")


RULES = Rulebook(each.event for each in lives.RULES)
periods = st.builds(period_of, st.integers(2018, 2024), st.sampled_from(PeriodKind))


def summed(told: list[Entry], period) -> list[Summary]:
    made = (summary_of(lives.record(each, told), RULES, period) for each in TEACHERS)
    return [each for each in made if each is not None]


@settings(max_examples=50, deadline=None)
@given(lives.happenings(), periods, st.integers(0, 6))
def test_sums_of_parts_are_the_sum_of_all_and_taking_away_leaves_the_rest(told, period, cut):
    every = summed(lives.entered(told), period)
    left, right = totals_of(every[:cut]), totals_of(every[cut:])
    whole = totals_of(every)

    assert left.plus(right) == right.plus(left) == whole
    assert whole.minus(left) == right
    assert whole.minus(whole) == Totals()
    assert whole.met + whole.not_met + whole.undecided == whole.teachers == len(every)
    assert sum(each.credits for each in whole.kinds) == whole.credits
    assert list_hash(reversed(every)) == list_hash(every)

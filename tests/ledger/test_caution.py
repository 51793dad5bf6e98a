"""Cautions: how much more may be missed, and what a cycle still asks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.caution import Caution, Danger, of_absence, of_cycle, until_beyond
from ledger.completion import AbsenceLimit, CompletionDenied, Reason
from ledger.credit import CreditKind
from ledger.enrollment import EnrollmentWithdrawn
from ledger.footing import footing
from ledger.plan import Mode
from ledger.prospect import Attending, Prospects
from ledger.regulation import Rulebook
from ledger.requirement import MissingUnit
from ledger.school_based import SchoolBasedRecorded
from ledger.verdict import judge
from tests import cast
from tests.cast import HANGZHOU, LIN, OFFERING, RUIAN, SCHOOL, SCHOOL_BASED
from tests.given import Thing, all_rules, entries, on
from tests.judged import credit, recorded

DAY = date(2024, 6, 1)
LAST = date(2024, 8, 31)
LIMIT = AbsenceLimit(hours_min=Decimal(90), share_max=Fraction(1, 5))


def attending(hours: int, missed: str | int, *more: Thing, **plan: object) -> Attending:
    """A teacher in a class of so many hours who missed so many of them."""
    own = Attending(LIN)
    opened = cast.opened(cast.plan(hours, **plan))
    things = [opened, *cast.enrolled(), *cast.absences(missed, hours), *more]
    for entry in entries(things, date(2024, 3, 18)):
        own.learn(entry)
    return own


def warned(own: Attending, rules: Rulebook | None = None) -> list[Caution]:
    return of_absence(rules or all_rules(), [own])


@pytest.mark.parametrize(
    ("hours", "missed", "more"),
    [
        (90, "16.5", "2"),
        (90, "0.5", "18"),
        (90, "18", "0.5"),
        (96, "19", "0.5"),
        (96, "18.5", "1"),
        (91, "18", "0.5"),
        (120, "20", "4.5"),
    ],
)
def test_so_many_hours_more_and_the_training_is_not_completed(hours, missed, more):
    [caution] = warned(attending(hours, missed))

    assert (caution.danger, caution.amount) == (Danger.ABSENCE_NEAR, Decimal(more))
    assert (caution.rule, caution.unit, caution.offering) == (
        "ZJ14-09",
        MissingUnit.HOURS,
        OFFERING,
    )
    assert f"再缺 {more} 学时" in caution.zh
    assert f"{more} more" in caution.en
    assert caution.events and caution.clause_zh and caution.certain


def test_beyond_the_limit_the_warning_says_so():
    [caution] = warned(attending(90, "18.5"))

    assert (caution.danger, caution.amount) == (Danger.ABSENCE_BEYOND, 0)


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(attending(90, 0), id="nothing-missed"),
        pytest.param(attending(89, 40), id="below-ninety-hours"),
        pytest.param(attending(90, 10, mode=Mode.DISTANCE), id="distance"),
        pytest.param(attending(90, 10, off_job=False), id="on-the-job"),
        pytest.param(attending(90, 10, cast.completed(90, 10)), id="completed"),
        pytest.param(
            attending(
                90,
                10,
                CompletionDenied(
                    teacher=LIN,
                    offering=OFFERING,
                    school=SCHOOL,
                    provider=cast.COUNTY_SCHOOL,
                    reason=Reason.ASSESSMENT_FAILED,
                    hours_planned=Decimal(90),
                    hours_missed=Decimal(10),
                ),
            ),
            id="denied",
        ),
        pytest.param(
            attending(
                90,
                10,
                EnrollmentWithdrawn(
                    teacher=LIN,
                    offering=OFFERING,
                    school=SCHOOL,
                    term=cast.H1_2024,
                    admitted=True,
                    after_change=True,
                    reason="x",
                ),
            ),
            id="withdrawn",
        ),
    ],
)
def test_where_no_completion_is_at_stake_nobody_is_warned(own):
    assert warned(own) == []


def test_without_a_rule_nobody_is_warned():
    assert warned(attending(90, 10), Rulebook()) == []


@given(
    st.integers(180, 800).map(lambda halves: Decimal(halves) / 2),
    st.integers(0, 400).map(lambda halves: Decimal(halves) / 2),
    st.fractions(Fraction(1, 20), Fraction(1, 2), max_denominator=20),
)
def test_the_warning_is_the_first_half_hour_beyond_the_limit(planned, missed, share):
    limit = AbsenceLimit(hours_min=Decimal(90), share_max=share)
    more = until_beyond(limit, missed, planned)

    assert more >= 0 and more % Decimal("0.5") == 0
    assert Fraction(missed + more) > share * Fraction(planned)
    if more:
        assert Fraction(missed + more - Decimal("0.5")) <= share * Fraction(planned)


def told(*things: Thing, day: date = DAY, prospects: Prospects | None = None, place=RUIAN):
    record = recorded(*things, day=day, place=place)
    base, found = footing(record, all_rules(), day), judge(record, all_rules(), day)
    return list(of_cycle(all_rules(), place, base, found, prospects or Prospects()))


@pytest.mark.parametrize(
    ("day", "had", "pace"),
    [
        (date(2020, 1, 1), 0, "72"),
        (date(2023, 12, 31), 110, "125"),
        (date(2024, 1, 1), 110, "250"),
        (date(2022, 1, 1), "60.5", "100"),
    ],
)
def test_what_is_missing_is_spread_over_the_years_that_are_left(day, had, pace):
    [caution] = told(credit(had, date(2019, 10, 1)), day=day)

    assert (caution.danger, caution.amount, caution.by) == (Danger.CYCLE_PACE, Decimal(pace), LAST)
    assert (caution.rule, caution.unit) == ("RA19-01", MissingUnit.CREDITS)
    assert pace in caution.zh and pace in caution.en


ENOUGH = (credit(90, date(2020, 6, 1)), credit(270, date(2021, 6, 1), kind=CreditKind.DISTANCE))


def test_the_years_that_are_left_are_told_as_calendar_years():
    [first] = told(day=date(2019, 9, 1))
    last = told(credit(110, date(2019, 10, 1)), day=date(2024, 1, 1))[0]

    assert "跨 6 个公历年" in first.zh and "over 6 of them" in first.en
    assert "本年内" in last.zh and "which is this year" in last.en


def test_of_a_cycle_that_is_met_nobody_is_warned():
    assert told(*ENOUGH, day=LAST) == []


@pytest.mark.parametrize(
    ("day", "danger"),
    [(date(2024, 7, 18), Danger.CYCLE_PACE), (date(2024, 7, 19), Danger.CYCLE_OUT_OF_REACH)],
)
def test_what_no_number_of_days_can_bring_is_out_of_reach(day, danger):
    # 360 hours take 45 days of eight hours.
    assert told(day=day)[0].danger is danger


def test_what_is_under_way_may_still_bring_it():
    own = attending(90, 0)
    waiting = SchoolBasedRecorded(
        credit=SCHOOL_BASED,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        title="校本研修",
        hours=Decimal(10),
        credits=Decimal(10),
        completed=date(2024, 5, 1),
    )
    prospects = Prospects(attending=[own])
    [entry] = entries([waiting], DAY)
    prospects.learn(entry)
    day = date(2024, 8, 1)  # 31 days of 8 hours, 90 of the class and 10 of the school: 348
    lines = (credit(12, date(2020, 6, 1)), credit(11, date(2020, 6, 1), name="other"))

    assert prospects.worth(LAST) == 100
    assert told(lines[0], day=day, prospects=prospects)[0].danger is Danger.CYCLE_PACE
    assert told(lines[1], day=day, prospects=prospects)[0].danger is Danger.CYCLE_OUT_OF_REACH


def test_a_class_that_can_not_be_completed_any_more_brings_nothing():
    day = date(2024, 8, 1)  # 31 days of 8 hours, and what is left of the class: 248 and 72
    line = credit("40.5", date(2020, 6, 1))

    def danger(missed: str, **plan: object) -> Danger:
        under_way = Prospects(attending=[attending(90, missed, **plan)])
        return told(line, day=day, prospects=under_way)[0].danger

    assert [danger("18"), danger("18.5")] == [Danger.CYCLE_PACE, Danger.CYCLE_OUT_OF_REACH]
    # No limit speaks of a training that is not off the job.
    assert danger("18.5", off_job=False) is Danger.CYCLE_PACE


@pytest.mark.parametrize(
    ("day", "left"), [(date(2024, 8, 20), None), (date(2024, 8, 21), Decimal(1))]
)
def test_a_long_training_that_no_longer_fits_is_out_of_reach(day, left):
    # Ninety credits take twelve days of eight hours.
    distance = credit(360, date(2021, 6, 1), kind=CreditKind.DISTANCE)
    found = told(distance, day=day)

    assert [(each.danger, each.amount, each.unit) for each in found] == (
        [] if left is None else [(Danger.ONCE_OUT_OF_REACH, left, MissingUnit.DAYS)]
    )
    running = Prospects(attending=[attending(90, 0)])
    assert told(distance, day=day, prospects=running) == []


def test_where_nothing_is_known_of_the_hours_of_a_day_nothing_is_out_of_reach():
    assert {each.danger for each in told(day=LAST, place=HANGZHOU)} <= {Danger.CYCLE_PACE}


def test_a_recognised_training_of_the_school_waits_no_more():
    prospects = Prospects()
    for entry in entries([on(DAY, cast.recognised(10))], DAY):
        prospects.learn(entry)

    assert prospects.waiting == {}

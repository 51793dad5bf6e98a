"""Delivery: every training day lies in the window; a cross-term plan of 90 credits goes on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ledger.finding import Outcome
from ledger.plan import Mode
from ledger.schedule import Half, PublishTimetable, Session
from ledger.term import Calendar, WindowClosed, WindowUnknown
from tests import cast
from tests.cast import COUNTY_SCHOOL, H1_2024, H2_2019, H2_2020, OFFERING
from tests.given import given, on

AGES = {"opens": date(2019, 1, 1), "closes": date(2025, 12, 31)}


def on_days(*days, hours=4):
    return PublishTimetable(
        offering=OFFERING,
        sessions=tuple(
            Session(day=day, half=Half.MORNING, hours=Decimal(hours), course="阅读教学")
            for day in days
        ),
    )


def ask(*days, term=H1_2024, opened_on=None, hours=4, **plan):
    calendar = plan.pop("calendar", Calendar.REGULAR)
    room = cast.opened(cast.plan(hours * len(days), **plan), term=term, calendar=calendar, **AGES)
    told = min(days) - timedelta(days=9)
    return given(on(opened_on or told, room)).when(on_days(*days, hours=hours), on=told)


@pytest.mark.parametrize(
    ("term", "calendar", "first", "last", "rule"),
    [
        pytest.param(
            H2_2019, Calendar.REGULAR, date(2019, 9, 23), date(2019, 12, 31), "RA19-23", id="W-153"
        ),
        (H2_2020, Calendar.REGULAR, date(2020, 9, 21), date(2020, 12, 31), "ZJ20-19"),
        pytest.param(
            H1_2024, Calendar.REGULAR, date(2024, 4, 7), date(2024, 8, 31), "ZJ24-21", id="W-040"
        ),
        (H1_2024, Calendar.ORDER, date(2024, 4, 7), date(2024, 8, 31), "ZJ24-37"),
    ],
)
@pytest.mark.parametrize("cross_term", [False, True], ids=["plain", "W-039-cross"])
def test_training_days_lie_in_the_window_of_the_term(term, calendar, first, last, rule, cross_term):
    past, late = first - timedelta(days=1), last + timedelta(days=1)
    told = {"term": term, "calendar": calendar, "cross_term": cross_term}

    ask(first, last, **told).accepted()
    for days in ((past, first), (last, late), (first, late)):
        answer = ask(*days, **told).found(rule, Outcome.VIOLATION, WindowClosed)
        assert len(answer.findings) == 1


def test_every_day_is_checked_and_named():
    days = [date(2024, 8, 30) + timedelta(days=each) for each in range(5)]
    answer = ask(*days).found("ZJ24-21", Outcome.VIOLATION, WindowClosed)

    assert "3 training days" in answer.findings[0].en
    assert "2024-09-01、2024-09-02、2024-09-03" in answer.findings[0].zh


def test_ten_days_are_named_and_the_rest_counted():
    days = [date(2024, 8, 31) + timedelta(days=each) for each in range(12)]
    said = ask(*days).findings[0]

    assert "11 training days" in said.en
    assert said.zh.endswith("2024-09-10…")


CROSSING = {"cross_term": True, "hours": 9}
TEN_DAYS = [date(2024, 8, 27) + timedelta(days=each) for each in range(10)]


def test_c_05_a_cross_term_intensive_of_90_credits_goes_on_after_the_window():
    ask(*TEN_DAYS, **CROSSING).accepted()


@pytest.mark.parametrize(
    "otherwise",
    [
        {"credits": "89.5"},
        {"cross_term": False},
        {"mode": Mode.DISTANCE},
        {"opened_on": date(2024, 3, 5)},
    ],
    ids=["fewer-credits", "not-marked", "not-intensive", "before-the-rule"],
)
def test_c_05_no_other_class_goes_on_after_the_window(otherwise):
    ask(*TEN_DAYS, **CROSSING | otherwise).found("ZJ24-21", Outcome.VIOLATION, WindowClosed)


def test_c_05_the_rule_is_in_force_from_the_sixth_of_march():
    ask(*TEN_DAYS, **CROSSING, opened_on=date(2024, 3, 6)).accepted()


@pytest.mark.parametrize("first", [date(2024, 4, 6), date(2024, 9, 1)])
def test_c_05_a_cross_term_class_begins_in_the_window(first):
    days = [first + timedelta(days=each) for each in range(10)]
    ask(*days, **CROSSING).found("ZJ24-21", Outcome.VIOLATION, WindowClosed)


def test_days_that_were_noted_before_are_not_noted_again():
    old, new = date(2024, 9, 2), date(2024, 9, 3)
    room = cast.opened(cast.plan(8), **AGES)
    earlier = on(date(2024, 8, 1), room, cast.timetable(8, old))
    same = PublishTimetable(offering=OFFERING, sessions=cast.sessions(8, old))

    given(earlier).when(same, on=date(2024, 8, 2)).accepted()
    given(earlier).when(on_days(old, new), on=date(2024, 8, 2)).found(
        "ZJ24-21", Outcome.VIOLATION, WindowClosed
    )


def test_a_window_that_nobody_knows_is_noted_once():
    answer = ask(date(2020, 10, 1), date(2020, 10, 2), term=H2_2020, calendar=Calendar.ORDER)

    answer.found(None, Outcome.INDETERMINATE, WindowUnknown)
    assert len(answer.findings) == 1


def test_the_provider_of_the_class_is_a_subject_of_the_finding():
    assert ask(date(2024, 9, 2)).findings[0].subjects == (OFFERING, COUNTY_SCHOOL)

"""Schedules: the timetable five days ahead, its days, and the daily log."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.schedule import (
    AlreadyLogged,
    DayLogged,
    Half,
    LogDay,
    NoSession,
    PublishTimetable,
    Session,
    SessionHeld,
    TimetableLate,
    TimetableUneven,
)
from ledger.term import Calendar, WindowClosed
from tests import cast
from tests.cast import COUNTY_SCHOOL, H1_2024, H2_2019, OFFERING, OPENS, UNIVERSITY
from tests.given import asker_for, given

IN_TIME = OPENS - timedelta(days=5)


def publish(hours=24, opens=OPENS):
    return PublishTimetable(offering=OFFERING, sessions=cast.sessions(hours, opens))


def test_a_timetable_is_published():
    given(cast.opened()).when(publish(), on=IN_TIME).then(cast.timetable())


@pytest.mark.parametrize(
    ("term", "opening", "published", "rule"),
    [
        pytest.param(H1_2024, date(2024, 5, 1), date(2024, 4, 26), None, id="W-201"),
        pytest.param(H1_2024, date(2024, 5, 1), date(2024, 4, 27), "ZJ24-63", id="W-201-late"),
        pytest.param(H2_2019, date(2019, 9, 23), date(2019, 9, 18), None, id="W-202"),
        pytest.param(H2_2019, date(2019, 9, 23), date(2019, 9, 19), "ZJ14-24", id="W-202-late"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_the_timetable_stands_five_days_before_the_class(term, opening, published, rule, reported):
    answer = given(cast.opened(term=term)).when(
        publish(opens=opening), on=published, reported=reported
    )
    if rule:
        answer.found(rule, Outcome.VIOLATION, TimetableLate).then(cast.timetable(24, opening))
    else:
        answer.accepted()


def test_before_2014_no_document_asks_for_a_timetable_ahead():
    opening = date(2013, 10, 10)
    answer = given(cast.opened(term=H1_2024)).when(publish(opens=opening), on=opening)

    assert "TIMETABLE_LATE" not in [each.code for each in answer.findings]


def test_in_2014_nobody_can_tell_whether_the_timetable_was_late():
    opening = date(2014, 10, 10)
    given(cast.opened(term=H1_2024)).when(publish(opens=opening), on=opening).found(
        "ZJ14-24", Outcome.INDETERMINATE, TimetableLate
    )


def test_a_later_timetable_is_not_late_again():
    given(cast.opened(), cast.timetable()).when(publish(), on=OPENS).then(cast.timetable())


def test_the_sessions_add_up_to_the_plan():
    given(cast.opened()).when(publish(23), on=IN_TIME).refused(TimetableUneven, field="sessions")
    given(cast.opened()).when(publish(25), on=IN_TIME, reported=True).refused(TimetableUneven)
    given(cast.opened()).when(PublishTimetable(offering=OFFERING, sessions=()), on=IN_TIME).refused(
        TimetableUneven
    )


def test_a_half_day_stands_once():
    first, *rest = cast.sessions(24)
    twice = (first, replace_session(rest[0], first), *rest[1:])
    given(cast.opened()).when(
        PublishTimetable(offering=OFFERING, sessions=twice), on=IN_TIME
    ).refused(TimetableUneven)


def replace_session(session, like):
    return type(session)(day=like.day, half=like.half, hours=session.hours, course=session.course)


def test_hours_come_in_halves():
    sessions = cast.sessions("24.3")
    given(cast.opened()).when(
        PublishTimetable(offering=OFFERING, sessions=sessions), on=IN_TIME
    ).faulted("BAD_AMOUNT")


@pytest.mark.parametrize(
    ("term", "opening", "hours", "outcome", "rule"),
    [
        pytest.param(H2_2019, date(2019, 9, 22), 8, Outcome.VIOLATION, "RA19-23", id="W-153"),
        pytest.param(H2_2019, date(2019, 9, 23), 8, None, None, id="W-153-first"),
        pytest.param(H2_2019, date(2019, 12, 31), 8, None, None, id="W-153-last"),
        pytest.param(H2_2019, date(2020, 1, 1), 8, Outcome.VIOLATION, "RA19-23", id="W-153-late"),
        pytest.param(H1_2024, date(2024, 8, 31), 16, Outcome.VIOLATION, "ZJ24-21", id="2024"),
    ],
)
def test_training_days_lie_in_the_delivery_window(term, opening, hours, outcome, rule):
    room = cast.opened(cast.plan(hours), term=term)
    answer = given(room).when(publish(hours, opening), on=opening - timedelta(days=9))
    if outcome:
        answer.found(rule, outcome, WindowClosed).then(cast.timetable(hours, opening))
    else:
        answer.accepted()


def test_order_based_days_lie_in_their_own_window():
    room = cast.opened(cast.plan(8), calendar=Calendar.ORDER)
    given(room).when(publish(8, date(2024, 9, 1)), on=date(2024, 8, 1)).found(
        "ZJ24-37", Outcome.VIOLATION
    )


def test_a_cross_term_plan_goes_on_after_the_window():
    room = cast.opened(cast.plan(16, cross_term=True))
    given(room).when(publish(16, date(2024, 8, 31)), on=date(2024, 8, 1)).accepted()


def test_an_unknown_class_has_no_timetable():
    given().when(publish(), on=IN_TIME).refused(UnknownReference, field="offering")


def test_another_provider_publishes_no_timetable():
    given(cast.opened()).when(publish(), on=IN_TIME, by=asker_for(UNIVERSITY)).refused(OutsideScope)


LOG = LogDay(offering=OFFERING, day=OPENS, note="全员到课")
LOGGED = DayLogged(offering=OFFERING, provider=COUNTY_SCHOOL, day=OPENS, note="全员到课")


def test_the_adviser_logs_a_training_day():
    given(cast.opened(), cast.timetable()).when(LOG, on=OPENS).then(LOGGED)


def test_a_day_is_logged_once():
    given(cast.opened(), cast.timetable(), LOGGED).when(LOG, on=OPENS).refused(
        AlreadyLogged, field="day"
    )


@pytest.mark.parametrize("reported", [False, True])
def test_a_day_without_a_session_is_not_logged(reported):
    day_off = replace(LOG, day=OPENS - timedelta(days=1))
    given(cast.opened(), cast.timetable()).when(day_off, on=OPENS, reported=reported).refused(
        NoSession, field="day"
    )


def test_the_timetable_in_force_is_the_latest():
    moved = cast.timetable(24, OPENS + timedelta(days=7))
    given(cast.opened(), cast.timetable(), moved).when(LOG, on=OPENS).refused(NoSession)


def test_a_half_day_that_was_held_stays_in_the_timetable():
    moved = tuple(
        Session(
            day=each.day + timedelta(days=7), half=each.half, hours=each.hours, course=each.course
        )
        for each in cast.timetable().sessions
    )
    again = PublishTimetable(offering=OFFERING, sessions=moved)
    held = cast.attended(cast.OPENS)
    given(cast.opened(), cast.timetable(), held).when(again, on=date(2024, 4, 9)).refused(
        SessionHeld, field="sessions"
    )
    given(cast.opened(), cast.timetable()).when(again, on=date(2024, 4, 9)).accepted()


@pytest.mark.parametrize("hours", ["0", "12.5", "30"])
def test_a_half_day_has_a_half_days_hours(hours):
    one = Session(day=cast.OPENS, half=Half.MORNING, hours=Decimal(hours), course="x")
    given(cast.opened()).when(
        PublishTimetable(offering=OFFERING, sessions=(one,)), on=date(2024, 4, 1)
    ).faulted("BAD_AMOUNT", "sessions.hours")

"""Schedules: the timetable five days ahead, its days, and the daily log."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.log import DailyLog
from ledger.schedule import (
    Half,
    PublishTimetable,
    Session,
    SessionHeld,
    TimetableLate,
    TimetableNotice,
    TimetableUneven,
)
from tests import cast
from tests.cast import H1_2024, H2_2019, OFFERING, OPENS, UNIVERSITY
from tests.given import asker_for, given, on

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
    room = cast.opened(term=term, opens=opening, closes=opening + timedelta(days=9))
    answer = given(room).when(publish(opens=opening), on=published, reported=reported)
    if rule:
        answer.found(rule, Outcome.VIOLATION, TimetableLate).then(cast.timetable(24, opening))
    else:
        answer.accepted()


@pytest.mark.parametrize(
    ("opened_on", "rules"),
    [
        (date(2013, 12, 31), set()),
        (date(2014, 1, 1), {("ZJ14-24", Outcome.INDETERMINATE)}),
        (date(2014, 12, 31), {("ZJ14-24", Outcome.INDETERMINATE)}),
        (date(2015, 1, 1), {("ZJ14-24", Outcome.VIOLATION)}),
        (date(2024, 3, 5), {("ZJ14-24", Outcome.VIOLATION)}),
        (date(2024, 3, 6), {("ZJ24-63", Outcome.VIOLATION)}),
    ],
)
def test_c_33_the_day_of_opening_chooses_how_far_ahead_a_timetable_comes(opened_on, rules):
    answer = given(on(opened_on, cast.opened())).when(publish(), on=OPENS - timedelta(days=4))

    assert rules == {(each.rule, each.outcome) for each in answer.findings}


def test_a_later_timetable_is_not_late_again():
    given(cast.opened(), cast.timetable()).when(publish(), on=OPENS).then(cast.timetable())


def test_the_sessions_add_up_to_the_plan():
    given(cast.opened()).when(publish(23), on=IN_TIME).refused(
        TimetableUneven, "ZJ24-60", field="sessions"
    )
    given(cast.opened()).when(publish(25), on=IN_TIME, reported=True).refused(TimetableUneven)
    given(cast.opened()).when(PublishTimetable(offering=OFFERING, sessions=()), on=IN_TIME).refused(
        TimetableUneven
    )


@pytest.mark.parametrize(
    ("opened_on", "rule"),
    [
        (date(2013, 12, 31), None),
        (date(2014, 12, 31), "ZJ14-12"),
        (date(2024, 3, 5), "ZJ14-12"),
        (date(2024, 3, 6), "ZJ24-60"),
    ],
)
def test_fewer_hours_than_published_are_refused_under_the_rule_on_plans(opened_on, rule):
    past = given(on(opened_on, cast.opened()))
    past.when(publish(23), on=IN_TIME).refused(TimetableUneven, rule, field="sessions")


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


@pytest.mark.parametrize("course", ["", "  "])
def test_a_session_names_its_course(course):
    blank = [structs.replace(each, course=course) for each in cast.sessions(24)]
    given(cast.opened()).when(
        PublishTimetable(offering=OFFERING, sessions=tuple(blank)), on=IN_TIME
    ).faulted("EMPTY_TEXT", "sessions.course")


def test_spaces_around_a_course_make_no_other_course_of_it():
    spaced = [structs.replace(each, course=f" {each.course} ") for each in cast.sessions(24)]
    given(cast.opened()).when(
        PublishTimetable(offering=OFFERING, sessions=tuple(spaced)), on=IN_TIME
    ).then(cast.timetable())


def test_an_unknown_class_has_no_timetable():
    given().when(publish(), on=IN_TIME).refused(UnknownReference, field="offering")


def test_another_provider_publishes_no_timetable():
    given(cast.opened()).when(publish(), on=IN_TIME, by=asker_for(UNIVERSITY)).refused(OutsideScope)


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


def test_another_opening_is_notice_anew_and_a_class_that_began_has_had_its_notice():
    tomorrow = publish(opens=OPENS + timedelta(days=1))
    longer = PublishTimetable(
        offering=OFFERING,
        sessions=(*cast.sessions(20), *cast.sessions(4, OPENS + timedelta(days=9))),
    )
    past = [cast.opened(), cast.timetable()]

    given(past).when(tomorrow, on=OPENS - timedelta(days=3)).found(
        "ZJ24-63", Outcome.VIOLATION, TimetableLate
    )
    given(past).when(longer, on=OPENS - timedelta(days=1)).found(
        "ZJ24-63", Outcome.VIOLATION, TimetableLate
    )
    given(past).when(longer, on=OPENS).accepted()


def test_the_parameters_of_the_schedule_have_a_direction_and_bounds():
    assert TimetableNotice(days_min=4).laxer(TimetableNotice(days_min=5))
    assert not TimetableNotice(days_min=5).laxer(TimetableNotice(days_min=5))
    assert TimetableNotice(days_min=-1).wrong() is not None
    assert TimetableNotice(days_min=0).wrong() is None
    assert DailyLog(logs_per_day=2).wrong() is not None
    assert DailyLog().wrong() is None


@pytest.mark.parametrize("hours", ["0", "12.5", "30"])
def test_a_half_day_has_a_half_days_hours(hours):
    one = Session(day=cast.OPENS, half=Half.MORNING, hours=Decimal(hours), course="x")
    given(cast.opened()).when(
        PublishTimetable(offering=OFFERING, sessions=(one,)), on=date(2024, 4, 1)
    ).faulted("BAD_AMOUNT", "sessions.hours")

"""Recognition: eight hours of a day in Wenzhou, and what was assigned counts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.attendance import AbsenceKind
from ledger.correction import CorrectAttendance
from ledger.credit import AwardCredit, CreditCorrected
from ledger.plan import Choice
from ledger.recognition import HoursPerDay
from ledger.schedule import Half, Session, TimetablePublished
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    CREDIT,
    HANGZHOU,
    LIN,
    OFFERING,
    OPENS,
    PROVINCE,
    RUIAN,
    WENZHOU,
)
from tests.given import given, on

DAY = date(2024, 7, 10)
AWARD = AwardCredit(credit=CREDIT, teacher=LIN, offering=OFFERING)
LONG_DAY = (5, 5)


def timetable(*days):
    sessions = tuple(
        Session(
            day=OPENS + timedelta(days=count),
            half=half,
            hours=Decimal(hours),
            course="阅读教学",
        )
        for count, halves in enumerate(days)
        for half, hours in zip(Half, halves, strict=False)
    )
    total = sum(each.hours for each in sessions)
    return TimetablePublished(
        offering=OFFERING, provider=COUNTY_SCHOOL, sessions=sessions, hours=total
    )


def past(table, *outcome, plan=None, place=RUIAN, day=cast.DAY):
    given_plan = plan or cast.plan(table.hours)
    opened = on(day, cast.opened(given_plan, place=place))
    return [cast.registered(place=place), opened, table, *cast.enrolled(), *outcome]


def worth(table, *, missed=(), place=RUIAN, day=cast.DAY, rules=None):
    """Credits, hours beyond and rules of an award after these half-days were missed."""
    hours = sum((Decimal(each) for _, _, each in missed), Decimal(0))
    absent = [
        cast.attended(OPENS + timedelta(days=at), half, 5, (LIN, Decimal(h), AbsenceKind.LEAVE))
        for at, half, h in missed
    ]
    done = cast.completed(str(table.hours), str(hours))
    story = past(table, *absent, done, place=place, day=day)
    answer = given(story, rules=rules).when(AWARD, on=DAY).accepted()
    event = answer.facts[0]
    return event.credits, event.hours_beyond, event.rules


@pytest.mark.parametrize("place", [RUIAN, WENZHOU])
def test_w_030_twelve_days_of_eight_hours_are_ninety_six(place):
    assert worth(timetable(*[(4, 4)] * 12), place=place) == (96, 0, ("ZJ14-08",))


@pytest.mark.parametrize(
    ("days", "credits", "beyond"),
    [
        pytest.param([(5, 5)], 8, 2, id="W-031"),
        pytest.param([(4, "4.5")], 8, "0.5", id="just-past"),
        pytest.param([(4, 4), (2, 2)], 12, 0, id="days-apart"),
        pytest.param([(4, 4, 2), (5, 5)], 16, 4, id="with-an-evening"),
    ],
)
def test_w_031_of_a_longer_day_eight_hours_are_recognised_in_wenzhou(days, credits, beyond):
    told = worth(timetable(*days))

    assert (Decimal(credits), Decimal(beyond)) == told[:2]
    assert ("WZ12-05" in told[2]) == (Decimal(beyond) > 0)


@pytest.mark.parametrize("place", [PROVINCE, HANGZHOU])
def test_elsewhere_the_hours_of_the_plan_count(place):
    assert worth(timetable(LONG_DAY), place=place) == (10, 0, ("ZJ14-08",))


@pytest.mark.parametrize(
    ("opened_on", "credits"), [(date(2012, 4, 16), 10), (date(2012, 4, 17), 8)]
)
def test_the_version_of_the_day_on_which_the_class_opened_is_pinned(opened_on, credits):
    assert worth(timetable(LONG_DAY), day=opened_on)[0] == credits


@pytest.mark.parametrize(("missed", "credits", "beyond"), [(1, 8, 1), (2, 8, 0), (3, 7, 0)])
def test_what_was_missed_of_a_long_day_is_not_taken_off_twice(missed, credits, beyond):
    told = worth(timetable(LONG_DAY), missed=[(0, Half.MORNING, missed)])

    assert (credits, beyond) == told[:2]


def test_corrected_attendance_keeps_to_the_recognised_day():
    table = timetable(LONG_DAY)
    absent = cast.attended(OPENS, Half.MORNING, 5, (LIN, Decimal(4), AbsenceKind.LEAVE))
    award = cast.awarded(6, base=10, missed=4)
    story = [*past(table, absent, cast.completed(10, 4)), award]
    command = CorrectAttendance(
        offering=OFFERING,
        teacher=LIN,
        day=OPENS,
        half=Half.MORNING,
        hours=Decimal(0),
        reason="误记",
    )
    answer = given(story).when(command, on=DAY)

    assert [each.credits for each in answer.facts if isinstance(each, CreditCorrected)] == [8]


@pytest.mark.parametrize(
    ("place", "choice", "cites"),
    [
        (RUIAN, Choice.MANDATED, True),
        (RUIAN, Choice.SELF_SELECTED, False),
        (HANGZHOU, Choice.MANDATED, False),
    ],
)
def test_assigned_training_counts_like_any_other_and_cites_the_clause(place, choice, cites):
    plan = replace(cast.plan(8), choice=choice)
    story = past(timetable((4, 4)), cast.completed(8), plan=plan, place=place)
    event = given(story).when(AWARD, on=DAY).accepted().facts[0]

    assert event.credits == 8
    assert ("WZ12-16" in event.rules) == cites


def test_a_day_of_no_hours_makes_no_sense_and_a_longer_day_is_laxer():
    eight = HoursPerDay(hours_max=Decimal(8))

    assert "hours_max" in HoursPerDay(hours_max=Decimal(0)).wrong()
    assert eight.wrong() is None
    assert HoursPerDay(hours_max=Decimal("8.5")).laxer(eight)
    assert not eight.laxer(eight)

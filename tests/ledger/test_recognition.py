"""Recognition: eight hours of a day in Wenzhou, and what was assigned counts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.adjustment import CorrectCredit
from ledger.attendance import AbsenceKind
from ledger.correction import CorrectAttendance
from ledger.credit import AwardCredit, CreditCorrected
from ledger.plan import Choice
from ledger.recognition import HoursPerDay
from ledger.record import Record
from ledger.register import Category
from ledger.requirement import Result
from ledger.schedule import Half, Session, TimetablePublished
from ledger.verdict import judge
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
from tests.given import all_rules, background, entries, given, on
from tests.judged import belongs

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


def put_right(story, hours, days):
    """What follows from putting the missed hours of the first mornings right, and the story."""
    made = []
    for count in range(days):
        command = CorrectAttendance(
            offering=OFFERING,
            teacher=LIN,
            day=OPENS + timedelta(days=count),
            half=Half.MORNING,
            hours=Decimal(hours),
            reason="误记",
        )
        facts = given(background(story)).when(command, on=DAY).accepted().facts
        made += [each for each in facts if isinstance(each, CreditCorrected)]
        story = [*story, *facts]
    return made, story


def credited(table, missed, days, credits=None):
    """A class in which so many hours of the first mornings were missed, with its credit."""
    sessions = [
        cast.attended(
            OPENS + timedelta(days=count),
            Half.MORNING,
            5,
            *([(LIN, Decimal(missed), AbsenceKind.LEAVE)] if missed else []),
        )
        for count in range(days)
    ]
    done = cast.completed(str(table.hours), str(missed * days))
    story = past(table, *sessions, done, plan=cast.plan(table.hours, credits=credits))
    return [*story, *given(background(story)).when(AWARD, on=DAY).accepted().facts]


def backbone(story):
    """The credit of a backbone teacher with that story, and what is said of the 120 hours."""
    record = Record(teacher=LIN)
    post = belongs(Category.BACKBONE_TEACHER, date(2020, 1, 1))
    for entry in entries([*story, post], DAY):
        record.learn(entry)
    [line] = record.lines
    told = judge(record, all_rules(), DAY)
    [said] = [each for each in told.requirements if each.code == "BACKBONE_TEACHER_HOURS"]
    return (line.credits, line.hours, line.hours_missed, line.hours_beyond), said.result


@pytest.mark.parametrize(
    ("days", "credits", "first", "then", "hours", "result"),
    [
        pytest.param(14, 150, 4, 0, 112, Result.NOT_MET, id="fewer-missed"),
        pytest.param(15, 140, 4, 0, 120, Result.MET, id="bound"),
        pytest.param(16, 140, 0, 3, 123, Result.MET, id="more-missed"),
        pytest.param(15, 140, 0, "2.5", "117.5", Result.NOT_MET, id="just-below"),
    ],
)
def test_wz12_09_hours_put_right_are_those_of_the_same_attendance_from_the_start(
    days, credits, first, then, hours, result
):
    table = timetable(*[LONG_DAY] * days)
    _, corrected = put_right(credited(table, first, 5, credits), then, 5)
    at_once = credited(table, Decimal(then), 5, credits)

    assert backbone(corrected) == backbone(at_once)
    assert (backbone(corrected)[0][1], backbone(corrected)[1]) == (Decimal(hours), result)


@pytest.mark.parametrize(
    ("missed", "left"),
    [("2", (8, 2, 0)), ("2.5", ("7.5", "2.5", 0)), ("0.5", (8, "0.5", "1.5"))],
)
def test_wz12_05_what_was_missed_of_a_long_day_is_told_though_the_amount_stays(missed, left):
    [event], story = put_right(credited(timetable(LONG_DAY), 0, 1), missed, 1)
    credits, hours_missed, beyond = (Decimal(each) for each in left)

    assert (event.credits_before, event.credits) == (8, credits)
    assert (event.hours_missed, event.hours_beyond) == (hours_missed, beyond)
    assert backbone(story)[0] == (credits, credits, hours_missed, beyond)


def test_c_16_a_correction_of_before_leaves_the_hours_beyond_a_day_as_they_were():
    story = credited(timetable(LONG_DAY), 0, 1, 12)
    [event], _ = put_right(story, "2", 1)
    old = replace(event, hours_beyond=None)

    assert backbone([*story, event])[0] == (10, 8, 2, 0)
    assert backbone([*story, old])[0] == (10, 6, 2, 2)


@pytest.mark.parametrize(("credits", "told"), [(None, 0), (12, 1)], ids=["one-to-one", "apart"])
def test_c_01_hours_of_a_credit_that_the_bureau_decided_follow_where_they_are_apart(credits, told):
    story = credited(timetable(LONG_DAY), 0, 1, credits)
    bureau = CorrectCredit(credit=CREDIT, teacher=LIN, credits=Decimal(5), reason="审计决定")
    story = [*story, *given(background(story)).when(bureau, on=DAY).accepted().facts]
    made, _ = put_right(story, "2.5", 1)

    assert [(each.credits, each.hours_missed) for each in made] == [(5, Decimal("2.5"))] * told


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

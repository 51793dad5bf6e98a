"""Attendance: absences by the half-day, within the session and within the plan."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.attendance import (
    Absence,
    AbsenceKind,
    AlreadyRecorded,
    LeaveGranted,
    LeaveWithoutCause,
    Missed,
    MoreThanPlanned,
    NotEnrolled,
    RecordAttendance,
    Roll,
)
from ledger.command import OutsideScope, UnknownReference
from ledger.enrollment import EnrollmentWithdrawn
from ledger.finding import Outcome
from ledger.schedule import Half, NoSession
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, H1_2024, LIN, OFFERING, OPENS, SCHOOL, STRANGER
from tests.given import asker_for, entries, given, on

CLASS = [cast.opened(), cast.timetable(), cast.confirmed(), cast.confirmed(CHEN)]


def record(*absences, day=OPENS, half=Half.MORNING):
    return RecordAttendance(offering=OFFERING, day=day, half=half, absences=absences)


def absent(hours, teacher=LIN, kind=AbsenceKind.UNEXCUSED):
    return Absence(teacher=teacher, hours=Decimal(hours), kind=kind)


def test_who_is_not_listed_was_there():
    given(CLASS).when(record(), on=OPENS).then(cast.attended(OPENS))


@pytest.mark.parametrize("kind", AbsenceKind)
@pytest.mark.parametrize("hours", ["0.5", "4"])
def test_absences_are_recorded_with_their_kind(kind, hours):
    given(CLASS, GRANTED).when(record(absent(hours, kind=kind)), on=OPENS).then(
        cast.attended(OPENS, Half.MORNING, 4, (LIN, Decimal(hours), kind))
    )


@pytest.mark.parametrize("reported", [False, True])
def test_nobody_misses_more_than_the_session_has(reported):
    given(CLASS).when(record(absent("4.5")), on=OPENS, reported=reported).refused(
        MoreThanPlanned, field="hours"
    )


def test_nobody_misses_more_than_the_plan_has():
    shorter = cast.opened(cast.plan(4))
    past = [shorter, cast.timetable(8), cast.confirmed(), *cast.absences(4, 8)]
    given(past).when(record(absent("0.5"), half=Half.AFTERNOON), on=OPENS).refused(MoreThanPlanned)


@pytest.mark.parametrize("hours", ["0.3", "-1", "0.25", "NaN", "Infinity"])
def test_hours_come_in_halves(hours):
    given(CLASS).when(record(absent(hours)), on=OPENS).faulted("BAD_AMOUNT", "absences.hours")


@pytest.mark.parametrize("reported", [False, True])
def test_a_stranger_misses_nothing(reported):
    given(CLASS).when(record(absent(1, STRANGER)), on=OPENS, reported=reported).refused(
        NotEnrolled, field="teacher"
    )


def test_who_withdrew_misses_nothing():
    left = EnrollmentWithdrawn(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=True,
        after_change=True,
        reason="",
    )
    given(CLASS, left).when(record(absent(1)), on=OPENS).refused(NotEnrolled)


def test_a_trainee_stands_once_in_a_record():
    given(CLASS).when(record(absent(1), absent(2)), on=OPENS).faulted("TWICE_ABSENT", "absences")


@pytest.mark.parametrize("reported", [False, True])
def test_a_half_day_is_recorded_once(reported):
    given(CLASS, cast.attended(OPENS)).when(record(), on=OPENS, reported=reported).refused(
        AlreadyRecorded, field="half"
    )
    given(CLASS, cast.attended(OPENS)).when(record(half=Half.AFTERNOON), on=OPENS).accepted()


@pytest.mark.parametrize(
    ("day", "half"), [(OPENS, Half.EVENING), (OPENS - timedelta(days=1), Half.MORNING)]
)
def test_a_half_day_without_a_session_has_no_attendance(day, half):
    given(CLASS).when(record(day=day, half=half), on=OPENS).refused(NoSession, field="day")


def test_a_class_without_a_timetable_has_no_attendance():
    given(cast.opened()).when(record(), on=OPENS).refused(NoSession)


def test_an_unknown_class_has_no_attendance():
    given().when(record(), on=OPENS).refused(UnknownReference, field="offering")


def test_another_provider_takes_no_attendance():
    given(CLASS).when(record(), on=OPENS, by=asker_for(cast.UNIVERSITY)).refused(OutsideScope)


GRANTED = LeaveGranted(
    teacher=LIN, offering=OFFERING, provider=COUNTY_SCHOOL, day=OPENS, reason="婚假"
)
ROLL = [cast.opened(), cast.confirmed()]


@pytest.mark.parametrize("reported", [False, True])
def test_leave_that_nobody_granted_departs_from_the_rule(reported):
    missed = absent(4, kind=AbsenceKind.LEAVE)
    other_day = replace(GRANTED, day=OPENS + timedelta(days=1))
    other_trainee = replace(GRANTED, teacher=CHEN)
    past = [*CLASS, other_day, other_trainee]
    given(past).when(record(missed), on=OPENS, reported=reported).found(
        "ZJ14-07", Outcome.DEVIATION, LeaveWithoutCause
    ).then(cast.attended(OPENS, Half.MORNING, 4, (LIN, Decimal(4), AbsenceKind.LEAVE)))


@pytest.mark.parametrize(
    ("opened_on", "outcomes"),
    [
        (date(2013, 12, 31), []),
        (date(2014, 12, 31), [Outcome.INDETERMINATE]),
        (date(2015, 1, 1), [Outcome.DEVIATION]),
    ],
)
def test_c_33_the_day_of_opening_chooses_the_rule_on_leave(opened_on, outcomes):
    past = [on(opened_on, cast.opened()), cast.timetable(), cast.confirmed()]
    missed = record(absent(4, kind=AbsenceKind.LEAVE))

    assert outcomes == [each.outcome for each in given(past).when(missed, on=OPENS).findings]


def test_an_unexcused_absence_needs_no_grant():
    given(CLASS).when(record(absent(4)), on=OPENS).accepted()


def test_missed_hours_add_up_by_half_day_and_keep_their_evidence():
    missed = Missed(LIN)
    for entry in entries(cast.absences("6.5", 24), OPENS):
        missed.learn(entry)

    assert Decimal("6.5") == missed.total
    assert missed.evidence == ("0193-0001", "0193-0002")


def test_the_hours_of_others_are_not_one_s_own():
    missed = Missed(CHEN)
    for entry in entries(cast.absences(8, 24), OPENS):
        missed.learn(entry)

    assert Decimal(0) == missed.total
    assert missed.evidence == ()


def test_the_roll_holds_who_was_admitted():
    roll = Roll()
    with pytest.raises(NotEnrolled):
        roll.holds(LIN, OFFERING)
    for entry in entries([cast.confirmed()], OPENS):
        roll.learn(entry)
    roll.holds(LIN, OFFERING)

"""Offerings: opened from published projects, as many as were declared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledger.assessment import RecordAssessment, Result
from ledger.attendance import RecordAttendance
from ledger.change import ChangeKind, RequestChange
from ledger.charge import ChargeFees
from ledger.command import OutsideScope, UnknownReference
from ledger.evaluation import ReturnResults, Side
from ledger.finding import Outcome
from ledger.judgement import SettleCompletion
from ledger.leave import GrantLeave
from ledger.log import LogDay
from ledger.offering import (
    SEATS_MAX,
    AdviserMissing,
    ClassRoom,
    DatesChanged,
    NotPublished,
    OfferingCancelled,
    OfferingGone,
    OpenOffering,
    TooManyOfferings,
)
from ledger.plan import Fee
from ledger.register import AlreadyRegistered
from ledger.safeguard import RecordSafeguard, SafeguardKind
from ledger.schedule import Half, PublishTimetable
from ledger.term import WindowClosed
from tests import cast
from tests.cast import (
    ADVISER,
    COUNTY_SCHOOL,
    OFFERING,
    OPENS,
    OTHER_OFFERING,
    PROJECT,
    RUIAN,
)
from tests.given import asker_for, background, entries, given, rules_without

OPEN = OpenOffering(
    offering=OFFERING,
    project=PROJECT,
    seats=50,
    opens=OPENS,
    closes=date(2024, 6, 28),
    adviser=ADVISER,
)
PUBLISHED = [cast.declared(), cast.reviewed(), cast.published()]
DAY = date(2024, 3, 18)


def test_a_provider_opens_a_class_of_a_published_project():
    given(PUBLISHED).when(OPEN, on=DAY).then(cast.opened())


@pytest.mark.parametrize("past", [PUBLISHED[:1], PUBLISHED[:2]])
@pytest.mark.parametrize("reported", [False, True])
def test_a_project_that_is_not_published_opens_no_class(past, reported):
    given(past).when(OPEN, on=DAY, reported=reported).refused(NotPublished, field="project")


def test_a_project_opens_as_many_classes_as_it_declared():
    two = cast.declared(offerings=2)
    other = cast.opened(offering=OTHER_OFFERING)
    given(two, PUBLISHED[1:], other).when(OPEN, on=DAY).accepted()
    given(PUBLISHED, other).when(OPEN, on=DAY).refused(TooManyOfferings, field="offering")


def test_a_class_too_many_that_another_system_reports_is_kept_and_found():
    other = cast.opened(offering=OTHER_OFFERING)
    answer = given(PUBLISHED, other).when(OPEN, on=DAY, reported=True)

    found = [each for each in answer.findings if each.code == "TOO_MANY_OFFERINGS"]
    assert [each.outcome for each in found] == [Outcome.VIOLATION]


def test_a_class_is_opened_once():
    given(cast.declared(offerings=2), PUBLISHED[1:], cast.opened()).when(OPEN, on=DAY).refused(
        AlreadyRegistered, field="offering"
    )


def test_an_unknown_project_opens_no_class():
    given().when(OPEN, on=DAY).refused(UnknownReference, field="project")


def test_another_provider_opens_no_class_of_the_project():
    given(PUBLISHED).when(OPEN, on=DAY, by=asker_for(cast.UNIVERSITY)).refused(OutsideScope)


@pytest.mark.parametrize("reported", [False, True])
def test_a_class_without_an_adviser_is_noted(reported):
    given(PUBLISHED).when(replace(OPEN, adviser=None), on=DAY, reported=reported).found(
        "ZJ14-03", Outcome.VIOLATION, AdviserMissing
    ).kept()


def test_where_no_rule_asks_for_an_adviser_none_is_missed():
    given(PUBLISHED, rules=rules_without("ZJ14-03")).when(
        replace(OPEN, adviser=None), on=DAY
    ).accepted()


@pytest.mark.parametrize(
    ("opens", "closes", "outcome"),
    [
        pytest.param(date(2024, 4, 6), date(2024, 5, 6), Outcome.VIOLATION, id="W-040-early"),
        pytest.param(date(2024, 4, 7), date(2024, 5, 6), None, id="W-040-first"),
        pytest.param(date(2024, 5, 1), date(2024, 8, 31), None, id="W-040-last"),
        pytest.param(date(2024, 5, 1), date(2024, 9, 1), Outcome.VIOLATION, id="W-040-late"),
        pytest.param(date(2024, 5, 1), date(2024, 9, 2), Outcome.VIOLATION, id="W-039"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_training_days_outside_the_delivery_window_are_noted(opens, closes, outcome, reported):
    answer = given(PUBLISHED).when(
        replace(OPEN, opens=opens, closes=closes), on=DAY, reported=reported
    )
    if outcome:
        answer.found("ZJ24-21", outcome, WindowClosed)
    else:
        answer.accepted()


def test_a_cross_term_project_may_end_after_the_window_once_it_began_in_it():
    crossing = cast.declared(plan=cast.plan(90, cross_term=True, assessment=True))
    given(crossing, PUBLISHED[1:]).when(replace(OPEN, closes=date(2024, 11, 30)), on=DAY).accepted()
    given(crossing, PUBLISHED[1:]).when(
        replace(OPEN, opens=date(2024, 9, 1), closes=date(2024, 11, 30)), on=DAY
    ).found("ZJ24-21", Outcome.VIOLATION)


@pytest.mark.parametrize("reported", [False, True])
def test_w_039_a_project_of_40_credits_does_not_cross_terms_whatever_its_plan_says(reported):
    crossing = cast.declared(plan=cast.plan(40, cross_term=True))
    given(crossing, PUBLISHED[1:]).when(
        replace(OPEN, closes=date(2024, 9, 2)), on=DAY, reported=reported
    ).found("ZJ24-21", Outcome.VIOLATION, WindowClosed)


def test_new_days_of_a_change_are_those_of_the_class_and_the_other_day_stays():
    room = ClassRoom()
    moved = DatesChanged(
        change=cast.CHANGE,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        opens=date(2024, 4, 15),
    )
    for entry in entries([moved, cast.opened(), moved], DAY):
        room.learn(entry)

    opened = room.known(OFFERING)
    assert (date(2024, 4, 15), date(2024, 6, 28)) == (opened.opens, opened.closes)


@pytest.mark.parametrize("seats", [0, -1, SEATS_MAX + 1])
def test_seats_have_bounds(seats):
    given(PUBLISHED).when(replace(OPEN, seats=seats), on=DAY).faulted("BAD_SEATS", "seats")


def test_a_class_does_not_end_before_it_opens():
    given(PUBLISHED).when(replace(OPEN, closes=date(2024, 4, 7)), on=DAY).faulted(
        "DAYS_REVERSED", "closes"
    )


CLASS_STEPS = [
    PublishTimetable(offering=OFFERING, sessions=cast.sessions(24)),
    LogDay(offering=OFFERING, day=OPENS, note="全员到课"),
    RecordAttendance(offering=OFFERING, day=OPENS, half=Half.MORNING),
    GrantLeave(offering=OFFERING, teacher=cast.LIN, day=OPENS, reason="病假", special=True),
    RecordAssessment(offering=OFFERING, results=(Result(teacher=cast.LIN, passed=True),)),
    RecordSafeguard(offering=OFFERING, kind=SafeguardKind.SAFETY_EDUCATION, day=OPENS, note="防火"),
    ReturnResults(offering=OFFERING, recipients=(Side.TEACHER,), manner="通报"),
    RequestChange(
        offering=OFFERING,
        change=cast.CHANGE,
        kinds=(ChangeKind.TRAINER_REPLACED,),
        description="因病",
    ),
    SettleCompletion(offering=OFFERING, teacher=cast.LIN),
    ChargeFees(offering=OFFERING, teacher=cast.LIN, items=(Fee(item="餐费", yuan=Decimal(1)),)),
]


@pytest.mark.parametrize("command", CLASS_STEPS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("reported", [False, True])
def test_a_class_that_was_cancelled_is_not_held_any_more(command, reported):
    gone = OfferingCancelled(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, place=RUIAN, reason="x"
    )
    past = [cast.opened(), background(cast.enrolled()), background(cast.timetable()), gone]
    given(past).when(command, on=date(2024, 6, 28), reported=reported).refused(
        OfferingGone, field="offering"
    )

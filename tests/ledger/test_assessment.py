"""Assessments: results come in for trainees of the class."""

from __future__ import annotations

import pytest

from ledger.assessment import AssessmentRecorded, RecordAssessment, Result
from ledger.attendance import NotEnrolled
from ledger.command import OutsideScope, UnknownReference
from ledger.completion import CompletionDenied, CompletionGranted, Reason
from ledger.correction import CorrectAttendance
from ledger.credit import AwardCredit
from ledger.finding import Outcome
from ledger.judgement import AssessmentMissing, SettleCompletion
from ledger.schedule import Half
from ledger.settlement import OutcomeStands
from ledger.worth import NotCompleted
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, CREDIT, LIN, OFFERING, OPENS, STRANGER
from tests.given import asker_for, background, given, on

DAY = cast.date(2024, 6, 28)
RESULTS = (Result(teacher=LIN, passed=True), Result(teacher=CHEN, passed=False))
RECORD = RecordAssessment(offering=OFFERING, results=RESULTS)
CLASS = [cast.opened(), *cast.enrolled(), *cast.enrolled(CHEN)]


def test_results_are_recorded_for_the_whole_class_at_once():
    given(CLASS).when(RECORD, on=DAY).then(
        AssessmentRecorded(offering=OFFERING, provider=COUNTY_SCHOOL, results=RESULTS)
    )


@pytest.mark.parametrize("reported", [False, True])
def test_a_stranger_has_no_result(reported):
    strange = RecordAssessment(offering=OFFERING, results=(Result(teacher=STRANGER, passed=True),))
    given(CLASS).when(strange, on=DAY, reported=reported).refused(NotEnrolled, field="teacher")


def test_an_unknown_class_has_no_results():
    given().when(RECORD, on=DAY).refused(UnknownReference, field="offering")


def test_another_provider_records_no_results():
    given(CLASS).when(RECORD, on=DAY, by=asker_for(cast.UNIVERSITY)).refused(OutsideScope)


def passed(yes=True):
    return RecordAssessment(offering=OFFERING, results=(Result(teacher=LIN, passed=yes),))


def less(hours):
    """The first half-day of four missed hours is put right."""
    return CorrectAttendance(
        teacher=LIN,
        offering=OFFERING,
        day=OPENS,
        half=Half.MORNING,
        hours=cast.Decimal(hours),
        reason="误记",
    )


def denied_for_absence(assessment=True):
    """A class of 90 hours with a final assessment, in which LIN missed 18.5 and had no result."""
    plan = cast.plan(90, assessment=assessment)
    room = [cast.registered(), cast.opened(plan), cast.timetable(90), *cast.enrolled()]
    story = [*room, *cast.absences("18.5", 90)]
    settled = given(background(story)).when(
        SettleCompletion(teacher=LIN, offering=OFFERING), on=DAY
    )
    [event] = settled.accepted().facts
    assert event.reason is Reason.ABSENCE
    return [*story, on(DAY, event)]


LATER = cast.date(2024, 7, 5)


def told(story, command):
    """The story with what followed."""
    return [
        *story,
        *[on(LATER, each) for each in given(background(story)).when(command, on=LATER).facts],
    ]


def test_zj14_15_better_hours_alone_grant_no_completion_without_a_result():
    story = denied_for_absence()
    given(background(story)).when(less("3.5"), on=LATER).refused(
        AssessmentMissing, "ZJ14-15", "teacher"
    )

    reported = given(background(story)).when(less("3.5"), on=LATER, reported=True)
    reported.found("ZJ14-15", Outcome.VIOLATION, AssessmentMissing)


def test_zj14_15_is_not_asked_of_who_is_denied_all_the_same_or_by_a_plan_without_it():
    other = CorrectAttendance(
        teacher=LIN,
        offering=OFFERING,
        day=cast.date(2024, 4, 10),
        half=Half.MORNING,
        hours=cast.Decimal("3"),
        reason="漏记",
    )
    given(background(denied_for_absence())).when(other, on=LATER).accepted()
    given(background(denied_for_absence(False))).when(less("3.5"), on=LATER).accepted()


@pytest.mark.parametrize(("yes", "outcome"), [(True, CompletionGranted), (False, CompletionDenied)])
def test_c_38_a_result_that_absence_left_out_comes_later_and_then_decides(yes, outcome):
    story = told(denied_for_absence(), passed(yes))
    answer = given(background(story)).when(less("3.5"), on=LATER).accepted()
    [event] = [each for each in answer.facts if isinstance(each, outcome)]
    award = given(background(story, answer.facts)).when(
        AwardCredit(credit=CREDIT, teacher=LIN, offering=OFFERING), on=cast.date(2024, 7, 6)
    )

    if yes:
        assert event.hours == 72
        award.accepted()
    else:
        assert event.reason is Reason.ASSESSMENT_FAILED
        award.refused(NotCompleted, "ZJ14-15")


def test_a_result_that_there_is_and_an_outcome_by_it_stay_as_they_are():
    story = told(denied_for_absence(), passed(False))
    given(background(story)).when(passed(), on=LATER).refused(OutcomeStands)
    story = told(story, less("3.5"))
    given(background(story)).when(passed(), on=LATER).refused(OutcomeStands)
    granted = told(told(denied_for_absence(), passed()), less("3.5"))
    given(background(granted)).when(passed(False), on=LATER).refused(OutcomeStands)

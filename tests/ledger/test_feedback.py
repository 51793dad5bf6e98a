"""Feedback: a trainee who does not do the work is reported to school and bureau, to both."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.attendance import NotEnrolled
from ledger.command import OutsideScope, UnknownReference
from ledger.completion import Recipient
from ledger.feedback import ReportIncomplete, ReportTrainee, TraineeFeedback, TraineeReported
from ledger.finding import Outcome
from ledger.word import in_english
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, HANGZHOU, LIN, OFFERING, SCHOOL
from tests.given import asker_for, background, given, on

DAY = date(2024, 5, 6)
BUREAU, SCHOOL_TOO = Recipient.BUREAU, Recipient.SCHOOL
PAST = [cast.opened(), *cast.enrolled()]


def report(*recipients, description="不交作业"):
    return ReportTrainee(
        teacher=LIN, offering=OFFERING, recipients=recipients, description=description
    )


def told(*recipients, teacher=LIN):
    return TraineeReported(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        recipients=recipients,
        description="不交作业",
    )


@pytest.mark.parametrize("reported", [False, True])
def test_school_and_bureau_hear_of_a_trainee(reported):
    given(PAST).when(report(SCHOOL_TOO, BUREAU), on=DAY, reported=reported).then(
        told(SCHOOL_TOO, BUREAU)
    )


@pytest.mark.parametrize(
    ("recipient", "missing"),
    [
        pytest.param(SCHOOL_TOO, "BUREAU", id="W-229"),
        pytest.param(BUREAU, "SCHOOL", id="school-missing"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_a_report_to_one_of_them_is_a_violation(recipient, missing, reported):
    answer = given(PAST).when(report(recipient), on=DAY, reported=reported)

    [finding] = answer.found("ZJ24-90", Outcome.VIOLATION, ReportIncomplete).findings
    answer.kept(told(recipient))
    assert finding.en.endswith(f"to {in_english(missing)}")


def test_the_second_report_completes_the_first():
    given(PAST, told(SCHOOL_TOO)).when(report(BUREAU), on=DAY).then(told(BUREAU))


def test_the_same_report_again_completes_nothing():
    answer = given(PAST, told(SCHOOL_TOO)).when(report(SCHOOL_TOO), on=DAY)

    [finding] = answer.found("ZJ24-90", Outcome.VIOLATION).findings
    assert finding.evidence == ("0193-0005",)


def test_a_report_of_another_trainee_completes_nothing():
    others = background(told(BUREAU, teacher=CHEN))
    given(PAST, others).when(report(SCHOOL_TOO), on=DAY).found("ZJ24-90", Outcome.VIOLATION)


@pytest.mark.parametrize(
    ("opened_on", "asked"), [(date(2024, 3, 5), False), (date(2024, 3, 6), True)]
)
def test_classes_opened_before_the_notice_of_2024_are_not_asked(opened_on, asked):
    answer = given(on(opened_on, cast.opened()), cast.enrolled()).when(report(BUREAU), on=DAY)
    if asked:
        answer.found("ZJ24-90", Outcome.VIOLATION)
    else:
        answer.then(told(BUREAU))


def test_the_notice_covers_the_whole_province():
    story = [cast.opened(place=HANGZHOU), *cast.enrolled()]
    given(story).when(report(BUREAU), on=DAY).found("ZJ24-90", Outcome.VIOLATION)


def test_a_report_says_to_whom_and_what_of_whom():
    given(PAST).when(report(), on=DAY).faulted("EMPTY_ROWS", "recipients")
    given(PAST).when(report(BUREAU, description=" "), on=DAY).faulted("EMPTY_TEXT", "description")
    given(cast.opened()).when(report(BUREAU), on=DAY).refused(NotEnrolled, field="teacher")
    given().when(report(BUREAU), on=DAY).refused(UnknownReference, field="offering")


def test_another_party_reports_nobody():
    given(PAST).when(report(BUREAU), on=DAY, by=asker_for(SCHOOL)).refused(OutsideScope)


def test_a_rule_names_a_recipient_and_one_with_fewer_is_laxer():
    both = TraineeFeedback(recipients=(BUREAU, SCHOOL_TOO))
    one = TraineeFeedback(recipients=(BUREAU,))

    assert both.wrong() is None
    assert "recipients" in (TraineeFeedback(recipients=()).wrong() or "")
    assert one.laxer(both)
    assert not both.laxer(one)

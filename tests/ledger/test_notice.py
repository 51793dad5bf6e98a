"""Notices: a denial is told to the bureau and to the school."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.completion import (
    CompletionDenied,
    CompletionRevoked,
    DenialNotified,
    Reason,
    Recipient,
    TrainingTerminated,
)
from ledger.finding import Outcome
from ledger.notice import DenialNotice, NoDenial, NoticeIncomplete, NotifyDenial
from ledger.word import in_english
from tests import cast
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, OPENS, SCHOOL
from tests.given import given, on, rules_without

DAY = date(2024, 7, 1)
BUREAU, SCHOOL_TOO = Recipient.BUREAU, Recipient.SCHOOL
DENIED = CompletionDenied(
    teacher=LIN,
    offering=OFFERING,
    school=SCHOOL,
    provider=COUNTY_SCHOOL,
    reason=Reason.ABSENCE,
    hours_planned=Decimal(90),
    hours_missed=Decimal("18.5"),
)
TERMINATED = TrainingTerminated(
    teacher=LIN, offering=OFFERING, school=SCHOOL, provider=COUNTY_SCHOOL, day=OPENS
)
REVOKED = CompletionRevoked(
    teacher=LIN,
    offering=OFFERING,
    school=SCHOOL,
    provider=COUNTY_SCHOOL,
    reason=Reason.MISCONDUCT,
    corrects="0193-0005",
)
PAST = [cast.opened(cast.plan(90)), *cast.enrolled()]


def tell(*recipients):
    return NotifyDenial(teacher=LIN, offering=OFFERING, recipients=recipients)


def told(*recipients):
    return DenialNotified(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        recipients=recipients,
    )


@pytest.mark.parametrize("denial", [DENIED, TERMINATED], ids=["denied", "terminated"])
def test_bureau_and_school_are_told(denial):
    given(PAST, denial).when(tell(BUREAU, SCHOOL_TOO), on=DAY).then(told(BUREAU, SCHOOL_TOO))


@pytest.mark.parametrize(
    ("recipients", "missing"),
    [
        pytest.param((SCHOOL_TOO,), "BUREAU", id="W-022"),
        pytest.param((BUREAU,), "SCHOOL", id="school-missing"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_a_missing_recipient_is_noted(recipients, missing, reported):
    answer = given(PAST, DENIED).when(tell(*recipients), on=DAY, reported=reported)

    [finding] = answer.found("ZJ14-11", Outcome.VIOLATION, NoticeIncomplete).findings
    answer.kept(told(*recipients))
    assert in_english(missing) in finding.en


def test_the_second_notice_completes_the_first():
    given(PAST, DENIED, told(SCHOOL_TOO)).when(tell(BUREAU), on=DAY).then(told(BUREAU))


def test_where_no_rule_asks_for_recipients_none_is_missing():
    given(PAST, DENIED, rules=rules_without("ZJ14-11")).when(tell(BUREAU), on=DAY).then(
        told(BUREAU)
    )


@pytest.mark.parametrize("recipients", [(BUREAU,), (SCHOOL_TOO,)])
def test_a_completion_that_was_taken_back_is_reported_like_a_denial(recipients):
    story = [PAST, cast.completed(90), REVOKED]
    given(story).when(tell(*recipients), on=DAY).found("ZJ14-11", Outcome.VIOLATION).kept(
        told(*recipients)
    )
    given(story, told(*recipients)).when(tell(BUREAU, SCHOOL_TOO), on=DAY).accepted()


def test_the_notice_of_a_denial_is_none_of_a_later_termination():
    given(PAST, DENIED, told(BUREAU, SCHOOL_TOO), TERMINATED).when(tell(BUREAU), on=DAY).found(
        "ZJ14-11", Outcome.VIOLATION
    )


def test_the_notice_of_a_denial_holds_when_hours_are_put_right_and_it_stays_denied():
    given(PAST, DENIED, told(BUREAU), DENIED).when(tell(SCHOOL_TOO), on=DAY).then(told(SCHOOL_TOO))


@pytest.mark.parametrize(
    ("opened_on", "outcome"),
    [
        (date(2013, 12, 31), None),
        (date(2014, 1, 1), Outcome.INDETERMINATE),
        (date(2014, 12, 31), Outcome.INDETERMINATE),
        (date(2015, 1, 1), Outcome.VIOLATION),
    ],
)
def test_the_rule_is_that_of_the_day_when_the_class_was_opened(opened_on, outcome):
    story = [on(opened_on, cast.opened(cast.plan(90))), *cast.enrolled(), DENIED]
    answer = given(story).when(tell(BUREAU), on=DAY)
    if outcome is None:
        answer.then(told(BUREAU))
    else:
        answer.found("ZJ14-11", outcome).then(told(BUREAU))


def test_a_rule_names_a_recipient_and_one_with_fewer_is_laxer():
    both = DenialNotice(recipients=(BUREAU, SCHOOL_TOO))
    one = DenialNotice(recipients=(BUREAU,))

    assert both.wrong() is None
    assert "recipients" in (DenialNotice(recipients=()).wrong() or "")
    assert one.laxer(both)
    assert not both.laxer(one)


def test_a_notice_tells_somebody():
    given(PAST, DENIED).when(tell(), on=DAY).faulted("EMPTY_ROWS", "recipients")


@pytest.mark.parametrize("outcome", [[], [cast.completed(90)]], ids=["open", "completed"])
def test_without_a_denial_there_is_nothing_to_tell(outcome):
    given(PAST, outcome).when(tell(BUREAU), on=DAY).refused(NoDenial, field="teacher")

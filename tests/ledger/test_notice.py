"""Notices: a denial is told to the bureau and to the school."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.completion import (
    CompletionDenied,
    DenialNotified,
    Reason,
    Recipient,
    TrainingTerminated,
)
from ledger.finding import Outcome
from ledger.notice import NoDenial, NoticeIncomplete, NotifyDenial
from tests import cast
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, OPENS, SCHOOL
from tests.given import given, rules_without

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
    assert "、".join(missing.split(", ")) in finding.en


def test_the_second_notice_completes_the_first():
    given(PAST, DENIED, told(SCHOOL_TOO)).when(tell(BUREAU), on=DAY).then(told(BUREAU))


def test_where_no_rule_asks_for_recipients_none_is_missing():
    given(PAST, DENIED, rules=rules_without("ZJ14-11")).when(tell(BUREAU), on=DAY).then(
        told(BUREAU)
    )


def test_a_notice_tells_somebody():
    given(PAST, DENIED).when(tell(), on=DAY).faulted("EMPTY_ROWS", "recipients")


@pytest.mark.parametrize("outcome", [[], [cast.completed(90)]], ids=["open", "completed"])
def test_without_a_denial_there_is_nothing_to_tell(outcome):
    given(PAST, outcome).when(tell(BUREAU), on=DAY).refused(NoDenial, field="teacher")

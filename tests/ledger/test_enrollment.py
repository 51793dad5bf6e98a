"""Enrollments: the school reviews what the teacher chose, in its window and in order."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.command import Asker, OutsideScope, Role
from ledger.enrollment import NotSelected, ReviewSelection, SelectionSteps, StepOutOfOrder
from ledger.finding import Outcome
from ledger.names import LedgerId
from ledger.offering import OfferingCancelled, OfferingGone
from ledger.review import ReasonMissing
from ledger.term import WindowClosed, WindowUnknown
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    H1_2024,
    H2_2019,
    H2_2020,
    INSTITUTE,
    LIN,
    OFFERING,
    OTHER_SCHOOL,
    PROJECT,
    RUIAN,
    SCHOOL,
    WENZHOU,
)
from tests.given import asker_for, given, on

OPERATOR = Asker(actor="staff:tester", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
PASS = ReviewSelection(teacher=LIN, offering=OFFERING, passed=True)
SCHOOL_DAY = date(2024, 3, 26)
SELECTED = [cast.opened(), cast.selected()]
PASSED = [*SELECTED, cast.passed()]


def chosen(term, round=1):
    return [cast.opened(term=term), cast.selected(term=term, round=round)]


def test_the_school_passes_a_choice():
    given(SELECTED).when(PASS, on=SCHOOL_DAY).then(cast.passed())


def test_the_school_refuses_a_choice_with_a_reason():
    refusal = ReviewSelection(teacher=LIN, offering=OFFERING, passed=False, reason="分层不符")
    given(SELECTED).when(refusal, on=SCHOOL_DAY).then(cast.passed(passed=False, reason="分层不符"))


def test_a_refusal_by_the_school_needs_a_reason():
    given(SELECTED).when(
        ReviewSelection(teacher=LIN, offering=OFFERING, passed=False), on=SCHOOL_DAY
    ).refused(ReasonMissing)


@pytest.mark.parametrize(
    ("term", "round", "day", "rule"),
    [
        pytest.param(H2_2019, 1, date(2019, 8, 31), "RA19-16", id="W-133-early"),
        pytest.param(H2_2019, 1, date(2019, 9, 1), None, id="W-133-first"),
        pytest.param(H2_2019, 1, date(2019, 9, 9), None, id="W-133-last"),
        pytest.param(H2_2019, 1, date(2019, 9, 10), "RA19-16", id="W-133-late"),
        pytest.param(H2_2019, 2, date(2019, 9, 14), "RA19-21", id="2019-two-early"),
        pytest.param(H2_2019, 2, date(2019, 9, 18), None, id="2019-two-last"),
        pytest.param(H1_2024, 1, date(2024, 3, 25), "ZJ24-14", id="2024-early"),
        pytest.param(H1_2024, 1, date(2024, 3, 28), "ZJ24-14", id="2024-late"),
        pytest.param(H1_2024, 2, date(2024, 4, 2), None, id="2024-two-last"),
        pytest.param(H1_2024, 2, date(2024, 4, 3), "ZJ24-19", id="2024-two-late"),
    ],
)
def test_the_school_reviews_in_its_window(term, round, day, rule):
    answer = given(chosen(term, round)).when(PASS, on=day)
    if rule is None:
        answer.accepted()
        return
    answer.refused(WindowClosed, rule)
    given(chosen(term, round)).when(PASS, on=day, reported=True).found(
        rule, Outcome.VIOLATION
    ).then(cast.passed(term=term, round=round))


def test_w_109_the_window_of_2020_is_unknown_so_the_review_stands_undecided():
    given(chosen(H2_2020)).when(PASS, on=date(2020, 9, 8)).found(
        "ZJ20-24", Outcome.INDETERMINATE, WindowUnknown
    ).then(cast.passed(term=H2_2020))


def test_a_ruian_school_keeps_the_ruian_window_for_a_class_of_the_city():
    city = cast.opened(term=H2_2019, place=WENZHOU, provider=INSTITUTE)
    choice = cast.selected(term=H2_2019, provider=INSTITUTE)
    given(city, choice).when(PASS, on=date(2019, 9, 10)).refused(WindowClosed, "RA19-16")


def test_w_135_a_review_does_not_come_before_the_choice():
    for reported in (False, True):
        before = given(cast.opened())
        before.when(PASS, on=SCHOOL_DAY, by=OPERATOR, reported=reported).refused(NotSelected)
        # Whose a teacher is that chose nothing, the class does not know: a school is told no more.
        own = asker_for(SCHOOL)
        before.when(PASS, on=SCHOOL_DAY, by=own, reported=reported).refused(OutsideScope)


@pytest.mark.parametrize("reported", [False, True])
def test_a_choice_is_reviewed_once(reported):
    given(PASSED).when(PASS, on=SCHOOL_DAY, reported=reported).refused(StepOutOfOrder, "ZJ24-24")


@pytest.mark.parametrize(
    ("term", "rule"), [(H2_2019, "RA19-25"), (H2_2020, "ZJ20-23"), (H1_2024, "ZJ24-24")]
)
def test_the_three_steps_are_cited_by_the_rule_of_the_term(term, rule):
    given(chosen(term), cast.passed(term=term)).when(PASS, on=SCHOOL_DAY).refused(
        StepOutOfOrder, rule
    )


def test_only_the_school_of_the_teacher_reviews():
    given(SELECTED).when(PASS, on=SCHOOL_DAY, by=asker_for(OTHER_SCHOOL)).refused(OutsideScope)


def test_c_09_a_choice_and_its_review_may_share_a_day():
    given(cast.opened(), on(SCHOOL_DAY, cast.selected())).when(PASS, on=SCHOOL_DAY).then(
        cast.passed()
    )


def test_c_09_a_review_is_not_dated_before_the_choice():
    past = [cast.opened(), on(date(2024, 3, 27), cast.selected())]
    given(past).when(PASS, on=SCHOOL_DAY).refused(StepOutOfOrder, "ZJ24-24", field="teacher")
    given(past).when(PASS, on=SCHOOL_DAY, reported=True).found(
        "ZJ24-24", Outcome.VIOLATION, StepOutOfOrder
    ).then(cast.passed())


@pytest.mark.parametrize("reported", [False, True])
def test_no_choice_of_a_cancelled_class_is_reviewed(reported):
    gone = OfferingCancelled(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, place=RUIAN, reason="x"
    )
    given(SELECTED, gone).when(PASS, on=SCHOOL_DAY, reported=reported).refused(
        OfferingGone, field="offering"
    )


def test_a_choice_that_was_refused_and_made_again_is_reviewed_again():
    again = [*SELECTED, cast.passed(passed=False, reason="x"), cast.selected()]
    given(again).when(PASS, on=SCHOOL_DAY).then(cast.passed())


def test_the_steps_of_a_rule_are_those_of_the_program():
    assert SelectionSteps(steps=("SELECT", "SCHOOL_REVIEW", "PROVIDER_REVIEW")).wrong() is None
    assert SelectionSteps(steps=("SELECT", "PROVIDER_REVIEW")).wrong() is not None

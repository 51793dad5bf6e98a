"""Enrollments: the school reviews, then the provider, in this order and within the seats."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.enrollment import (
    ConfirmEnrollment,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    NoSeatLeft,
    NotSelected,
    ReviewSelection,
    StepOutOfOrder,
)
from ledger.finding import Outcome
from ledger.names import TeacherId
from ledger.offering import ExpansionDecided, ExpansionRequested
from ledger.review import ReasonMissing
from ledger.term import WindowClosed, WindowUnknown
from tests import cast
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    H1_2024,
    H2_2019,
    H2_2020,
    INSTITUTE,
    LIN,
    OFFERING,
    OTHER_SCHOOL,
    RUIAN,
    SCHOOL,
    WENZHOU,
)
from tests.given import asker_for, background, given

PASS = ReviewSelection(teacher=LIN, offering=OFFERING, passed=True)
ADMIT = ConfirmEnrollment(teacher=LIN, offering=OFFERING, admitted=True)
DECLINE = ConfirmEnrollment(teacher=LIN, offering=OFFERING, admitted=False, reason="名额已满")
SCHOOL_DAY = date(2024, 3, 26)
PROVIDER_DAY = date(2024, 3, 30)
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
    given(cast.opened()).when(PASS, on=SCHOOL_DAY, by=asker_for(SCHOOL)).refused(NotSelected)
    given(cast.opened()).when(PASS, on=SCHOOL_DAY, by=asker_for(SCHOOL), reported=True).refused(
        NotSelected
    )


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


def test_the_provider_admits_a_teacher():
    given(PASSED).when(ADMIT, on=PROVIDER_DAY).then(cast.confirmed())


def test_the_provider_declines_a_teacher_with_a_reason():
    given(PASSED).when(DECLINE, on=PROVIDER_DAY).then(
        EnrollmentDeclined(
            teacher=LIN,
            offering=OFFERING,
            school=SCHOOL,
            provider=COUNTY_SCHOOL,
            term=H1_2024,
            round=1,
            reason="名额已满",
        )
    )
    given(PASSED).when(
        ConfirmEnrollment(teacher=LIN, offering=OFFERING, admitted=False), on=PROVIDER_DAY
    ).refused(ReasonMissing)


@pytest.mark.parametrize(
    ("term", "rule"),
    [
        pytest.param(H1_2024, "ZJ24-24", id="W-136"),
        pytest.param(H2_2020, "ZJ20-23", id="W-156"),
        pytest.param(H2_2019, "RA19-25", id="2019"),
    ],
)
def test_the_provider_does_not_admit_before_the_school_reviewed(term, rule):
    day = {H1_2024: PROVIDER_DAY, H2_2020: date(2020, 9, 10), H2_2019: date(2019, 9, 13)}[term]
    given(chosen(term)).when(ADMIT, on=day).refused(StepOutOfOrder, rule, field="teacher")
    given(chosen(term)).when(ADMIT, on=day, reported=True).found(
        rule, Outcome.VIOLATION, StepOutOfOrder
    ).kept(cast.confirmed(term=term))


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(
    "end", [cast.passed(passed=False, reason="x"), cast.confirmed()], ids=["refused", "admitted"]
)
def test_the_provider_does_not_admit_whom_the_school_refused_or_twice(end, reported):
    given(SELECTED, end).when(ADMIT, on=PROVIDER_DAY, reported=reported).refused(
        StepOutOfOrder, "ZJ24-24"
    )


@pytest.mark.parametrize(
    ("term", "round", "day", "rule"),
    [
        pytest.param(H2_2019, 1, date(2019, 9, 12), "RA19-19", id="W-150-early"),
        pytest.param(H2_2019, 1, date(2019, 9, 13), None, id="W-150"),
        pytest.param(H2_2019, 1, date(2019, 9, 14), "RA19-19", id="W-150-late"),
        pytest.param(H2_2019, 2, date(2019, 9, 18), "RA19-22", id="W-147-early"),
        pytest.param(H2_2019, 2, date(2019, 9, 19), None, id="W-147-first"),
        pytest.param(H2_2019, 2, date(2019, 9, 22), None, id="W-147-last"),
        pytest.param(H2_2019, 2, date(2019, 9, 23), "RA19-22", id="W-147-late"),
        pytest.param(H1_2024, 1, date(2024, 3, 29), "ZJ24-17", id="2024-early"),
        pytest.param(H1_2024, 2, date(2024, 4, 3), None, id="2024-two"),
        pytest.param(H1_2024, 2, date(2024, 4, 4), "ZJ24-20", id="2024-two-late"),
    ],
)
def test_the_provider_reviews_in_its_window(term, round, day, rule):
    past = [*chosen(term, round), cast.passed(term=term, round=round)]
    answer = given(past).when(ADMIT, on=day)
    if rule is None:
        answer.accepted()
        return
    answer.refused(WindowClosed, rule)
    given(past).when(ADMIT, on=day, reported=True).found(rule, Outcome.VIOLATION).then(
        cast.confirmed(term=term, round=round)
    )


def crowd(count):
    return [cast.confirmed(TeacherId(f"teacher:t{number}")) for number in range(count)]


EXPANDED = [
    ExpansionRequested(offering=OFFERING, provider=COUNTY_SCHOOL, seats=60),
    ExpansionDecided(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        seats=60,
        approved=True,
        reason="",
    ),
]


@pytest.mark.parametrize(
    ("expansion", "admitted", "accepted"),
    [
        pytest.param([], 49, True, id="last-seat"),
        pytest.param([], 50, False, id="full"),
        pytest.param(EXPANDED, 55, True, id="W-144"),
        pytest.param(EXPANDED, 59, True, id="W-144-last-seat"),
        pytest.param(EXPANDED, 60, False, id="W-144-full"),
        pytest.param(EXPANDED[:1], 50, False, id="W-145"),
    ],
)
def test_no_more_are_admitted_than_there_are_seats(expansion, admitted, accepted):
    past = [*PASSED, *expansion, *crowd(admitted)]
    answer = given(past).when(ADMIT, on=PROVIDER_DAY)
    if accepted:
        answer.accepted()
        return
    answer.refused(NoSeatLeft, field="offering")
    given(past).when(ADMIT, on=PROVIDER_DAY, reported=True).found(
        None, Outcome.VIOLATION, NoSeatLeft
    ).then(cast.confirmed())


def test_a_withdrawal_frees_a_seat():
    left = EnrollmentWithdrawn(
        teacher=TeacherId("teacher:t0"),
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=True,
        after_change=True,
        reason="",
    )
    given(PASSED, crowd(50), left).when(ADMIT, on=PROVIDER_DAY).accepted()


def test_a_full_class_still_declines():
    given(PASSED, crowd(50)).when(DECLINE, on=PROVIDER_DAY).accepted()


def test_nobody_is_admitted_without_a_choice():
    given(cast.opened(), background(cast.selected(CHEN))).when(ADMIT, on=PROVIDER_DAY).refused(
        NotSelected, field="teacher"
    )


def test_an_unknown_class_admits_nobody():
    given().when(ADMIT, on=PROVIDER_DAY).refused(UnknownReference, field="offering")


def test_another_provider_admits_nobody():
    given(PASSED).when(ADMIT, on=PROVIDER_DAY, by=asker_for(INSTITUTE)).refused(OutsideScope)

"""Withdrawals: free before admission, after it only on a major change, and without penalty."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec import structs

from ledger.change import ChangeClass, ChangeDecided, ChangeKind, ChangeRequested
from ledger.command import OutsideScope
from ledger.completion import CompletionDenied, Reason, TrainingTerminated
from ledger.enrollment import EnrollmentWithdrawn, NotSelected, StepOutOfOrder
from ledger.finding import Outcome
from ledger.names import ChangeId
from ledger.withdrawal import OutcomeReached, WithdrawalClosed, WithdrawSelection
from tests import cast
from tests.cast import COUNTY_SCHOOL, H1_2024, H2_2019, LIN, OFFERING, RUIAN, SCHOOL
from tests.given import asker_for, background, given

WITHDRAW = WithdrawSelection(teacher=LIN, offering=OFFERING)
DAY = date(2024, 4, 20)
CHANGE = ChangeId("change:x1")
APPROVED_CHANGE = [
    ChangeRequested(
        change=CHANGE,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        kinds=(ChangeKind.DATES_CHANGED,),
        description="推迟两周",
    ),
    ChangeDecided(
        change=CHANGE,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        approved=True,
        change_class=ChangeClass.MAJOR,
        reason="",
    ),
]


def withdrawn(after_change=False, term=H1_2024, admitted=False):
    return EnrollmentWithdrawn(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        term=term,
        admitted=admitted or after_change,
        after_change=after_change,
        reason="",
    )


@pytest.mark.parametrize(
    "steps", [[cast.selected()], [cast.selected(), cast.passed()]], ids=["chosen", "passed"]
)
def test_before_admission_a_choice_is_withdrawn_freely(steps):
    given(cast.opened(), steps).when(WITHDRAW, on=date(2024, 3, 25)).then(withdrawn())


def test_after_admission_a_choice_is_not_withdrawn_without_a_major_change():
    past = [cast.opened(), *cast.enrolled()]
    given(past).when(WITHDRAW, on=DAY).refused(WithdrawalClosed, "ZJ24-62", field="offering")
    given(past).when(WITHDRAW, on=DAY, reported=True).found(
        "ZJ24-62", Outcome.VIOLATION, WithdrawalClosed
    ).then(withdrawn(admitted=True))


def test_before_2024_the_notice_of_2014_is_cited():
    steps = [
        cast.selected(term=H2_2019),
        cast.passed(term=H2_2019),
        cast.confirmed(term=H2_2019),
    ]
    given(cast.opened(term=H2_2019), steps).when(WITHDRAW, on=date(2019, 10, 8)).refused(
        WithdrawalClosed, "ZJ14-13"
    )


def test_w_208_a_major_change_gives_the_right_to_withdraw_without_penalty():
    given(cast.opened(), cast.enrolled(), APPROVED_CHANGE).when(WITHDRAW, on=DAY).then(
        withdrawn(after_change=True)
    )


def test_a_change_that_waits_for_its_decision_gives_no_right():
    given(cast.opened(), cast.enrolled(), APPROVED_CHANGE[:1]).when(WITHDRAW, on=DAY).refused(
        WithdrawalClosed, "ZJ24-62"
    )


def told(kind=ChangeKind.DATES_CHANGED):
    return [cast.requested(kind, change=CHANGE), cast.notified()]


def test_a_major_change_that_trainees_are_told_of_gives_the_right_before_it_is_decided():
    given(cast.opened(), cast.enrolled(), told()).when(WITHDRAW, on=DAY).then(
        withdrawn(after_change=True)
    )


@pytest.mark.parametrize(
    "steps",
    [
        told(ChangeKind.ROOM_CHANGED),
        [*told(), cast.decided(False, reason="不同意")],
        [*told(), cast.decided(change_class=ChangeClass.MINOR)],
    ],
    ids=["minor-by-kind", "refused", "minor-by-decision"],
)
def test_a_minor_or_refused_change_gives_no_right(steps):
    given(cast.opened(), cast.enrolled(), steps).when(WITHDRAW, on=DAY).refused(
        WithdrawalClosed, "ZJ24-62"
    )


def test_what_was_never_chosen_is_not_withdrawn():
    given(cast.opened()).when(WITHDRAW, on=DAY).refused(NotSelected)
    given(cast.opened(), cast.selected(), withdrawn()).when(WITHDRAW, on=DAY).refused(NotSelected)


def test_what_the_school_refused_is_not_withdrawn():
    given(cast.opened(), cast.selected(), cast.passed(passed=False, reason="x")).when(
        WITHDRAW, on=DAY
    ).refused(StepOutOfOrder, "ZJ24-24")


OUTCOMES_OF_LIN = [
    cast.completed(),
    CompletionDenied(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        reason=Reason.ABSENCE,
        hours_planned=Decimal(90),
        hours_missed=Decimal(19),
    ),
    TrainingTerminated(
        teacher=LIN, offering=OFFERING, school=SCHOOL, provider=COUNTY_SCHOOL, day=DAY
    ),
]


@pytest.mark.parametrize("outcome", OUTCOMES_OF_LIN, ids=lambda event: event.NAME)
@pytest.mark.parametrize("reported", [False, True])
def test_an_outcome_is_not_undone_by_withdrawing(outcome, reported):
    past = [cast.opened(), *cast.enrolled(), *APPROVED_CHANGE, outcome]
    given(past).when(WITHDRAW, on=DAY, reported=reported).refused(OutcomeReached, field="teacher")


def test_the_outcome_of_another_binds_nobody_else():
    other = structs.replace(cast.completed(), teacher=cast.CHEN)
    given(cast.opened(), cast.enrolled(), APPROVED_CHANGE, background(other)).when(
        WITHDRAW, on=DAY
    ).accepted()


@pytest.mark.parametrize(("day", "over"), [(date(2024, 6, 28), False), (date(2024, 6, 29), True)])
def test_after_its_last_day_no_admitted_teacher_withdraws_from_a_class(day, over):
    past = [cast.opened(), *cast.enrolled(), *APPROVED_CHANGE]
    if not over:
        given(past).when(WITHDRAW, on=day).accepted()
        return
    given(past).when(WITHDRAW, on=day).refused(WithdrawalClosed, "ZJ24-62", field="offering")
    given(past).when(WITHDRAW, on=day, reported=True).found(
        "ZJ24-62", Outcome.VIOLATION, WithdrawalClosed
    ).then(withdrawn(after_change=True))
    given(cast.opened(), cast.selected()).when(WITHDRAW, on=day).then(withdrawn())


def test_nobody_withdraws_for_another():
    given(cast.opened(), cast.selected()).when(WITHDRAW, on=DAY, by=asker_for(SCHOOL)).refused(
        OutsideScope
    )

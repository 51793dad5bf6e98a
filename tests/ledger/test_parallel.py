"""Parallel classes: one place in them for a teacher, and one credit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from ledger.adjustment import CorrectCredit
from ledger.admission import AdmitApplicants, AdmitToParallel, ConfirmEnrollment
from ledger.assignment import AssignTrainee
from ledger.completion import CompletionDenied, Reason
from ledger.correction import CorrectAttendance
from ledger.credit import AwardCredit, CreditedBeside, CreditRevoked
from ledger.enrollment import EnrollmentDeclined, EnrollmentWithdrawn
from ledger.finding import Outcome
from ledger.names import CreditId, OfferingId, ProjectId
from ledger.offering import DatesChanged, ExpansionDecided
from ledger.parallel import AlreadyPlaced
from ledger.plan import Choice
from ledger.schedule import Half
from ledger.screening import ApplicantPlaced
from ledger.selection import SelectOffering
from tests import cast
from tests.cast import (
    CHANGE,
    CHEN,
    COUNTY_SCHOOL,
    H1_2024,
    LIN,
    OFFERING,
    OTHER_OFFERING,
    RUIAN,
    SCHOOL,
)
from tests.given import background, given, on

BESIDE, THIRD = OTHER_OFFERING, OfferingId("offering:o3")
ROUND_TWO, ASSIGNED, AWARDED = date(2024, 3, 31), date(2024, 4, 8), date(2024, 7, 10)
REVIEW_TWO = date(2024, 4, 3)
CLOSES = date(2024, 6, 28)
SELECT = SelectOffering(teacher=LIN, offering=OFFERING)
CONFIRM = ConfirmEnrollment(teacher=LIN, offering=OFFERING, admitted=True)
ADMIT_ALL = AdmitApplicants(offering=OFFERING)
AWARD = AwardCredit(credit=CreditId("credit:again"), teacher=LIN, offering=OFFERING)
MANDATED = structs.replace(cast.plan(), choice=Choice.MANDATED)


def classes(beside=BESIDE, plan=cast.PLAN, opens=cast.OPENS, closes=CLOSES):
    """A class, and one beside it."""
    second = cast.opened(plan, offering=beside, opens=opens, closes=closes)
    return [cast.opened(plan), structs.replace(second, parallel=True)]


def moved(beside=BESIDE):
    """The teacher chose the one and was admitted to the other."""
    first = [cast.selected(), cast.passed()]
    return on(date(2024, 3, 20), *first, cast.confirmed(offering=beside))


WITHDREW = EnrollmentWithdrawn(
    teacher=LIN,
    offering=BESIDE,
    school=SCHOOL,
    term=H1_2024,
    admitted=True,
    after_change=True,
    reason="",
)


def refused_and_found(story, command, day, obstacle):
    refusal = story.when(command, on=day).refused(obstacle, field="offering").refusals[0]
    assert refusal.evidence != ()
    story.when(command, on=day, reported=True).found(None, Outcome.VIOLATION, obstacle)


def declined():
    """The provider declined the choice of the class, as it does when it moves a teacher."""
    told = EnrollmentDeclined(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        term=H1_2024,
        round=1,
        reason="转入平行班",
    )
    return on(date(2024, 3, 20), told)


def test_who_was_moved_to_a_parallel_class_does_not_choose_the_first_again():
    past = [cast.registered(), classes(), moved(), declined()]

    refused_and_found(given(past), SELECT, ROUND_TWO, AlreadyPlaced)
    given(past, on(ROUND_TWO, WITHDREW)).when(SELECT, on=ROUND_TWO).accepted()


@pytest.mark.parametrize(("opens", "free"), [(CLOSES, False), (CLOSES + timedelta(days=1), True)])
def test_a_class_of_the_project_at_another_time_is_another_training(opens, free):
    later = classes(opens=opens, closes=date(2024, 7, 31))
    past = given(cast.registered(), later, moved(), declined())
    if free:
        past.when(SELECT, on=ROUND_TWO).accepted()
    else:
        past.when(SELECT, on=ROUND_TWO).refused(AlreadyPlaced)


def test_a_class_that_was_moved_stays_beside_the_one_opened_with_it():
    days = DatesChanged(
        change=CHANGE,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        opens=date(2024, 9, 2),
        closes=date(2024, 9, 30),
    )
    past = given(cast.registered(), classes(), days, moved(), declined())
    past.when(SELECT, on=ROUND_TWO).refused(AlreadyPlaced)


def test_who_has_a_place_beside_it_is_not_admitted():
    chosen = [cast.selected(round=2), cast.passed(round=2)]
    past = [classes(), moved(), declined(), on(ROUND_TWO, *chosen)]

    refused_and_found(given(past), CONFIRM, REVIEW_TWO, AlreadyPlaced)
    given(past, WITHDREW).when(CONFIRM, on=REVIEW_TWO).accepted()


def test_who_has_a_place_in_one_parallel_class_is_not_admitted_to_a_further_one():
    granted = ExpansionDecided(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        seats=50,
        approved=True,
        reason="",
        parallel=THIRD,
    )
    third = structs.replace(cast.opened(offering=THIRD), parallel=True)
    chosen = [cast.selected(round=2), cast.passed(round=2)]
    past = given(classes(), granted, third, moved(), declined(), on(ROUND_TWO, *chosen))
    move = AdmitToParallel(teacher=LIN, offering=OFFERING, parallel=THIRD)

    refused_and_found(past, move, REVIEW_TWO, AlreadyPlaced)


def screened(*teachers):
    """Teachers whom their schools passed for round two, in the recorded order."""
    chosen = [each(who, round=2) for who in teachers for each in (cast.selected, cast.passed)]
    order = [
        ApplicantPlaced(
            teacher=each,
            offering=OFFERING,
            school=SCHOOL,
            provider=COUNTY_SCHOOL,
            round=2,
            rank=rank,
            arrived=rank,
            passed_by="0193-0001",
            prior=False,
            draw="0" * 64,
        )
        for rank, each in enumerate(teachers, start=1)
    ]
    return on(ROUND_TWO, *chosen, *order)


def test_who_has_a_place_beside_it_is_not_admitted_in_one_go_either():
    past = [classes(), moved(), declined(), screened(CHEN, LIN)]

    refused_and_found(given(past), ADMIT_ALL, REVIEW_TWO, AlreadyPlaced)
    given(past, WITHDREW).when(ADMIT_ALL, on=REVIEW_TWO).accepted()


def test_who_has_a_place_beside_it_is_declined_and_the_rest_admitted_in_one_go():
    past = [classes(), moved(), declined(), screened(LIN, CHEN)]
    decline = replace(CONFIRM, admitted=False, reason="已在平行班")

    given(past).when(decline, on=REVIEW_TWO).accepted()
    turned_down = structs.replace(declined().events[0], round=2)
    # Who is decided on waits no more, so nobody looks for a place of theirs.
    past = [classes(), background(moved()), declined(), screened(LIN, CHEN)]
    given(past, on(REVIEW_TWO, turned_down)).when(ADMIT_ALL, on=REVIEW_TWO).then(
        cast.confirmed(CHEN, round=2)
    )


def test_a_place_beside_it_is_nothing_to_those_whom_the_seats_do_not_reach():
    room = [structs.replace(each, seats=1) for each in classes()]
    past = [room, moved(), declined(), screened(CHEN, LIN)]

    given(past).when(ADMIT_ALL, on=REVIEW_TWO).accepted()


def test_who_was_assigned_beside_it_is_not_assigned():
    past = [
        cast.registered(),
        classes(plan=MANDATED),
        on(ASSIGNED, cast.confirmed(offering=BESIDE)),
    ]
    assign = AssignTrainee(teacher=LIN, offering=OFFERING)

    refused_and_found(given(past), assign, ASSIGNED, AlreadyPlaced)
    given(past, on(ASSIGNED, WITHDREW)).when(assign, on=ASSIGNED).accepted()


def test_one_training_is_credited_once():
    room = [cast.registered(), classes(), *cast.enrolled(), cast.completed()]
    credit = cast.awarded(24, offering=BESIDE)
    back = CreditRevoked(
        credit=credit.credit,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=credit.credits,
        corrects="0193-0001",
        reason="x",
    )

    refused_and_found(given(room, credit), AWARD, AWARDED, CreditedBeside)
    given(room, credit, back).when(AWARD, on=AWARDED).accepted()
    again = cast.taken_back_and_restored(credit.credit, 24)
    refused_and_found(given(room, credit, again), AWARD, AWARDED, CreditedBeside)
    elsewhere = structs.replace(credit, offering=THIRD)
    given(room, elsewhere).when(AWARD, on=AWARDED).accepted()
    given(room).when(replace(AWARD), on=AWARDED).accepted()


RESTORE = CorrectCredit(credit=cast.CREDIT, teacher=LIN, credits=Decimal(24), reason="恢复")
ANEW = cast.awarded(24, credit=CreditId("credit:again"), offering=BESIDE)


def test_a_credit_does_not_come_back_beside_one_for_a_class_of_the_same_training():
    gone, _ = cast.taken_back_and_restored(cast.CREDIT, 24)
    room = background(cast.registered(), classes(), *cast.enrolled(), cast.completed())
    past = [room, cast.awarded(24), gone]

    given(past).when(RESTORE, on=AWARDED).accepted()
    beside = given(past, ANEW)
    refused_and_found(beside, RESTORE, AWARDED, CreditedBeside)
    beside.when(replace(RESTORE, credits=Decimal(0)), on=AWARDED).accepted()
    ended = structs.replace(gone, credit=ANEW.credit)
    elsewhere = structs.replace(ANEW, offering=THIRD)
    third = structs.replace(cast.opened(offering=THIRD), project=ProjectId("project:other"))
    for free in ([ANEW, ended], [third, elsewhere]):
        given(past, free).when(RESTORE, on=AWARDED).accepted()
    # One that stands is put right whatever stands beside it.
    given(room, cast.awarded(24), ANEW).when(RESTORE, on=AWARDED).accepted()


def test_hours_put_right_bring_no_credit_back_beside_one_for_the_same_training():
    correct = CorrectAttendance(
        teacher=LIN,
        offering=OFFERING,
        day=cast.OPENS,
        half=Half.MORNING,
        hours=Decimal(0),
        reason="误记",
    )
    denied = CompletionDenied(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        reason=Reason.ABSENCE,
        hours_planned=Decimal(90),
        hours_missed=Decimal("18.5"),
        rules=("ZJ14-09",),
    )
    long = cast.plan(90)
    room = background(cast.registered(), classes(plan=long), cast.timetable(90), *cast.enrolled())
    gone, _ = cast.taken_back_and_restored(cast.CREDIT, 72)
    taken = [cast.awarded(72, base=90, missed=18), structs.replace(gone, decided=False)]
    past = [room, *cast.absences("18.5", 90), denied, *taken]

    given(past).when(correct, on=AWARDED).accepted()
    refused_and_found(given(past, ANEW), correct, AWARDED, CreditedBeside)
    ended = structs.replace(gone, credit=ANEW.credit)
    given(past, ANEW, ended).when(correct, on=AWARDED).accepted()

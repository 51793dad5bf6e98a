"""Assignments: a bureau enrols teachers in a mandated class, without the rounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec.structs import replace as replace_in

from ledger.assignment import AlreadyEnrolled, AssignTrainee, BeyondReach, ClassOver, NotMandated
from ledger.closing import OfferingClosed
from ledger.command import OutsideScope, Role, UnknownReference
from ledger.enrollment import EnrollmentConfirmed, EnrollmentWithdrawn, NoSeatLeft
from ledger.finding import Outcome
from ledger.names import LedgerId, TeacherId
from ledger.offering import OfferingCancelled, OfferingGone
from ledger.plan import Choice
from ledger.teacher import TeacherTransferred
from tests import cast
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    H1_2024,
    HANGZHOU,
    LIN,
    OFFERING,
    OTHER_SCHOOL,
    PROJECT,
    PROVINCE,
    RUIAN,
    SCHOOL,
    WENZHOU,
)
from tests.given import asker_for, given, on

DAY = date(2024, 5, 6)
ASSIGN = AssignTrainee(teacher=LIN, offering=OFFERING)
MANDATED = replace_in(cast.plan(), choice=Choice.MANDATED)


def assigned(by=RUIAN, teacher=LIN, place=RUIAN):
    return EnrollmentConfirmed(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        term=H1_2024,
        round=0,
        place=place,
        assigned_by=by,
    )


def ordered_by(bureau):
    return replace_in(MANDATED, assigned_by=bureau)


def test_a_bureau_assigns_a_teacher_on_any_day_without_the_rounds():
    given(cast.registered(), cast.opened(MANDATED)).when(ASSIGN, on=DAY).then(assigned())


@pytest.mark.parametrize("bureau", [PROVINCE, WENZHOU, RUIAN])
def test_the_bureau_that_ordered_the_training_assigns(bureau):
    past = [cast.registered(), cast.opened(ordered_by(bureau))]
    given(past).when(ASSIGN, on=DAY, by=asker_for(bureau)).then(assigned(bureau))


def test_another_bureau_or_the_provider_does_not_assign():
    past = [cast.registered(), cast.opened(ordered_by(PROVINCE))]
    for other in (RUIAN, COUNTY_SCHOOL, SCHOOL):
        given(past).when(ASSIGN, on=DAY, by=asker_for(other)).refused(OutsideScope)


def test_nobody_is_assigned_to_a_class_that_teachers_choose():
    past = [cast.registered(), cast.opened()]
    given(past).when(ASSIGN, on=DAY).refused(NotMandated, field="offering")
    given(past).when(ASSIGN, on=DAY, reported=True).found(
        None, Outcome.VIOLATION, NotMandated
    ).then(assigned())


def test_a_bureau_assigns_teachers_of_its_own_place():
    past = [cast.registered(place=HANGZHOU), cast.opened(ordered_by(WENZHOU))]
    operator = replace(asker_for(WENZHOU), role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
    given(past).when(ASSIGN, on=DAY, by=operator).refused(BeyondReach, field="teacher")
    given(past).when(ASSIGN, on=DAY, by=operator, reported=True).found(
        None, Outcome.VIOLATION, BeyondReach
    ).then(assigned(WENZHOU, place=HANGZHOU))
    given(cast.registered(place=HANGZHOU), cast.opened(ordered_by(PROVINCE))).when(
        ASSIGN, on=DAY
    ).accepted()


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(
    "plan", [ordered_by(WENZHOU), replace_in(cast.plan(), assigned_by=WENZHOU)]
)
def test_of_a_teacher_elsewhere_a_bureau_hears_what_it_hears_of_nobody(plan, reported):
    trainee = assigned(WENZHOU, place=HANGZHOU)
    nobody = given(cast.opened(plan)).when(ASSIGN, on=DAY, reported=reported)
    for more in ([], [trainee]):
        past = [cast.registered(place=HANGZHOU), cast.opened(plan), *more]
        answer = given(past).when(ASSIGN, on=DAY, reported=reported)
        answer.refused(UnknownReference, field="teacher")
        assert [str(each) for each in answer.refusals] == [str(each) for each in nobody.refusals]
        assert [each.zh for each in answer.refusals] == [each.zh for each in nobody.refusals]


@pytest.mark.parametrize(("taken", "full"), [(1, False), (2, True)])
def test_the_seats_hold_for_the_assigned_too(taken, full):
    crowd = [assigned(teacher=TeacherId(f"teacher:t{number}")) for number in range(taken)]
    past = [cast.registered(), cast.opened(MANDATED, seats=2), *crowd]
    answer = given(past).when(ASSIGN, on=DAY)
    if full:
        answer.refused(NoSeatLeft, field="offering")
        given(past).when(ASSIGN, on=DAY, reported=True).found(
            None, Outcome.VIOLATION, NoSeatLeft
        ).then(assigned())
    else:
        answer.then(assigned())


@pytest.mark.parametrize("reported", [False, True])
def test_a_trainee_is_assigned_once(reported):
    given(cast.registered(), cast.opened(MANDATED), assigned()).when(
        ASSIGN, on=DAY, reported=reported
    ).refused(AlreadyEnrolled, field="teacher")


def test_who_withdrew_may_be_assigned_again():
    left = EnrollmentWithdrawn(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=True,
        after_change=True,
        reason="",
    )
    given(cast.registered(), cast.opened(MANDATED, seats=1), assigned(), left).when(
        ASSIGN, on=DAY
    ).then(assigned())


@pytest.mark.parametrize("reported", [False, True])
def test_unknown_teachers_and_classes_and_cancelled_ones_are_refused(reported):
    gone = OfferingCancelled(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, place=RUIAN, reason="x"
    )
    given(cast.registered()).when(ASSIGN, on=DAY, reported=reported).refused(
        UnknownReference, field="offering"
    )
    given(cast.opened(MANDATED)).when(
        replace(ASSIGN, teacher=CHEN), on=DAY, reported=reported
    ).refused(UnknownReference, field="teacher")
    given(cast.registered(), cast.opened(MANDATED), gone).when(
        ASSIGN, on=DAY, reported=reported
    ).refused(OfferingGone)


@pytest.mark.parametrize(
    ("opens", "day", "accepted"),
    [
        (cast.OPENS, date(2024, 6, 27), True),
        (cast.OPENS, date(2024, 6, 28), False),
        (cast.OPENS, date(2024, 7, 1), False),
        (date(2024, 6, 28), date(2024, 6, 28), True),
        (date(2024, 6, 28), date(2024, 6, 29), False),
    ],
)
def test_nobody_is_assigned_to_a_class_on_its_last_day_or_after(opens, day, accepted):
    past = given(cast.registered(), cast.opened(MANDATED, opens=opens))
    if accepted:
        past.when(ASSIGN, on=day).then(assigned())
    else:
        past.when(ASSIGN, on=day).refused(ClassOver, field="on")
        past.when(ASSIGN, on=day, reported=True).found(None, Outcome.VIOLATION, ClassOver).then(
            assigned()
        )


def test_nobody_is_assigned_to_a_class_that_was_closed():
    closed = OfferingClosed(
        offering=OFFERING,
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        trainees=0,
        unsettled=0,
    )
    past = given(cast.registered(), cast.opened(MANDATED), on(date(2024, 7, 1), closed))
    answer = past.when(ASSIGN, on=DAY)

    answer.refused(ClassOver, field="on")
    assert answer.refusals[0].evidence != ()


@pytest.mark.parametrize(("since", "theirs"), [(DAY, False), (date(2024, 5, 7), True)])
def test_an_assignment_reported_after_a_move_is_of_where_the_teacher_then_worked(since, theirs):
    moved = TeacherTransferred(
        teacher=LIN, school_left=SCHOOL, school=OTHER_SCHOOL, place=HANGZHOU, since=since
    )
    story = [cast.registered(), cast.opened(MANDATED), moved]
    answer = given(story).when(ASSIGN, on=DAY, reported=True)

    if theirs:
        [told] = answer.facts
        assert (told.school, told.place) == (SCHOOL, RUIAN)
        assert list(answer.findings) == []
    else:
        answer.refused(UnknownReference, field="teacher")

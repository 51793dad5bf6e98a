"""Teachers: who entered, where they work over time, and what is known about them."""

from __future__ import annotations

from datetime import date

from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.register import AlreadyRegistered, Stage, WrongDay
from ledger.teacher import (
    RegisterTeacher,
    TeacherTransferred,
    TransferTeacher,
    TransferUnconfirmed,
)
from tests import cast
from tests.cast import DAY, LIN, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU, WENZHOU_SCHOOL
from tests.given import asker_for, given, on

REGISTER_TEACHER = RegisterTeacher(
    teacher=LIN, school=SCHOOL, stage=Stage.PRIMARY, subject="CHINESE", entered=date(2019, 9, 1)
)


def test_a_teacher_is_registered_with_the_place_of_the_school():
    given(cast.school()).when(REGISTER_TEACHER, on=DAY).then(cast.registered())


def test_a_teacher_carries_only_the_digests_of_what_the_vault_holds():
    command = RegisterTeacher(
        teacher=LIN,
        school=SCHOOL,
        stage=Stage.PRIMARY,
        subject="CHINESE",
        entered=date(2019, 9, 1),
        sealed=("n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg",),
    )

    answer = given(cast.school()).when(command, on=DAY).accepted()

    assert command.sealed == answer.facts[0].sealed


def test_a_teacher_of_an_unknown_school_is_not_registered():
    given().when(REGISTER_TEACHER, on=DAY).refused(UnknownReference, field="school")


def test_a_teacher_is_registered_once():
    given(cast.school(), cast.registered()).when(REGISTER_TEACHER, on=DAY).refused(
        AlreadyRegistered, field="teacher"
    )


def test_the_bureau_that_receives_a_teacher_moves_them():
    new_place = cast.school(WENZHOU_SCHOOL, WENZHOU)
    given(cast.registered(), new_place).when(
        TransferTeacher(teacher=LIN, school=WENZHOU_SCHOOL, since=date(2024, 2, 1)), on=DAY
    ).then(
        TeacherTransferred(
            teacher=LIN,
            school_left=SCHOOL,
            school=WENZHOU_SCHOOL,
            place=WENZHOU,
            since=date(2024, 2, 1),
            place_left=RUIAN,
        )
    )


def test_the_bureau_that_is_left_may_not_move_a_teacher():
    given(cast.registered(), cast.school(WENZHOU_SCHOOL, WENZHOU)).when(
        TransferTeacher(teacher=LIN, school=WENZHOU_SCHOOL, since=DAY),
        on=DAY,
        by=asker_for(RUIAN),
    ).refused(OutsideScope)


def test_a_teacher_is_not_moved_to_where_they_work():
    given(cast.registered(), cast.school()).when(
        TransferTeacher(teacher=LIN, school=SCHOOL, since=DAY), on=DAY
    ).refused(AlreadyRegistered, field="school")


def test_an_unknown_teacher_is_not_moved():
    given(cast.school()).when(
        TransferTeacher(teacher=LIN, school=SCHOOL, since=DAY), on=DAY
    ).refused(UnknownReference, field="teacher")


def test_nobody_is_moved_to_an_unknown_school():
    given(cast.registered()).when(
        TransferTeacher(teacher=LIN, school=OTHER_SCHOOL, since=DAY), on=DAY
    ).refused(UnknownReference, field="school")


MOVED = TeacherTransferred(
    teacher=LIN,
    school_left=SCHOOL,
    school=WENZHOU_SCHOOL,
    place=WENZHOU,
    since=date(2024, 2, 1),
    place_left=RUIAN,
)
EARLIER = TransferTeacher(teacher=LIN, school=OTHER_SCHOOL, since=date(2022, 1, 1))
SCHOOLS = (cast.school(OTHER_SCHOOL, RUIAN), cast.school(WENZHOU_SCHOOL, WENZHOU))


def test_a_move_before_the_last_one_is_reported_and_not_asked_for():
    past = (cast.registered(), SCHOOLS[0], MOVED)

    given(*past).when(EARLIER, on=DAY).refused(WrongDay, field="since")
    given(*past).when(EARLIER, on=DAY, reported=True).then(
        TeacherTransferred(
            teacher=LIN,
            school_left=SCHOOL,
            school=OTHER_SCHOOL,
            place=RUIAN,
            since=date(2022, 1, 1),
            place_left=RUIAN,
        )
    )


def test_the_bureau_that_is_left_is_told_where_it_did_not_move_the_teacher_itself():
    past = (cast.registered(), SCHOOLS[1])
    move = TransferTeacher(teacher=LIN, school=WENZHOU_SCHOOL, since=date(2024, 2, 1))

    given(on(date(2019, 9, 1), past[0]), past[1]).when(move, on=DAY, by=asker_for(WENZHOU)).then(
        MOVED
    )
    back = TransferTeacher(teacher=LIN, school=OTHER_SCHOOL, since=date(2024, 3, 1))
    given(cast.registered(), MOVED, SCHOOLS[0]).when(back, on=DAY, by=asker_for(RUIAN)).found(
        None, Outcome.ADVISORY, TransferUnconfirmed
    )

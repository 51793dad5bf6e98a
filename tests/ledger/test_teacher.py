"""Teachers: who entered, and what is known about them."""

from __future__ import annotations

from datetime import date

from ledger.command import UnknownReference
from ledger.register import AlreadyRegistered, Stage
from ledger.teacher import RegisterTeacher
from tests import cast
from tests.cast import DAY, LIN, SCHOOL
from tests.given import given

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

"""The register: places, schools, teachers, and who may enter them."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.names import JurisdictionId, SchoolId, TeacherId
from ledger.register import (
    AlreadyRegistered,
    RegisterJurisdiction,
    RegisterSchool,
    Stage,
    WrongPlace,
)
from ledger.teacher import (
    RegisterTeacher,
    TeacherProfileUpdated,
    TeacherTransferred,
    TransferTeacher,
    UpdateTeacherProfile,
)
from tests import cast
from tests.cast import DAY, LIN, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU, WENZHOU_SCHOOL
from tests.given import asker_for, given, on

REGISTER_SCHOOL = RegisterSchool(
    school=SCHOOL, place=RUIAN, title="安阳实验小学", stage=Stage.PRIMARY
)
REGISTER_TEACHER = RegisterTeacher(
    teacher=LIN, school=SCHOOL, stage=Stage.PRIMARY, subject="CHINESE", entered=date(2019, 9, 1)
)


def test_a_county_lies_within_its_city():
    given().when(RegisterJurisdiction(jurisdiction=RUIAN, title="瑞安市"), on=DAY).then(
        cast.jurisdiction(RUIAN, "瑞安市")
    )


def test_a_city_lies_within_its_province():
    given().when(RegisterJurisdiction(jurisdiction=WENZHOU, title="温州市"), on=DAY).then(
        cast.jurisdiction(WENZHOU, "温州市")
    )


def test_a_province_lies_within_nothing():
    given().when(RegisterJurisdiction(jurisdiction=cast.PROVINCE, title="浙江省"), on=DAY).then(
        cast.jurisdiction(cast.PROVINCE, "浙江省")
    )


def test_a_place_is_registered_once():
    given(cast.jurisdiction()).when(
        RegisterJurisdiction(jurisdiction=RUIAN, title="瑞安市"), on=DAY
    ).refused(AlreadyRegistered, field="jurisdiction")


def test_only_the_operator_registers_a_place():
    given().when(
        RegisterJurisdiction(jurisdiction=RUIAN, title="瑞安市"), on=DAY, by=asker_for(RUIAN)
    ).refused(OutsideScope)


def test_a_bureau_registers_a_school_of_its_place():
    given(cast.jurisdiction()).when(REGISTER_SCHOOL, on=DAY).then(cast.school())


def test_a_school_of_an_unknown_place_is_not_registered():
    given().when(REGISTER_SCHOOL, on=DAY).refused(UnknownReference, field="place")


def test_a_school_is_registered_once():
    given(cast.jurisdiction(), cast.school()).when(REGISTER_SCHOOL, on=DAY).refused(
        AlreadyRegistered, field="school"
    )


def test_another_bureau_may_not_register_the_school():
    given(cast.jurisdiction()).when(REGISTER_SCHOOL, on=DAY, by=asker_for(WENZHOU)).refused(
        OutsideScope
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


def test_the_school_where_a_teacher_works_now_updates_the_profile():
    moved = TeacherTransferred(
        teacher=LIN, school_left=SCHOOL, school=OTHER_SCHOOL, place=RUIAN, since=DAY
    )
    given(on(date(2019, 9, 1), cast.registered()), moved).when(
        UpdateTeacherProfile(teacher=LIN, stage=Stage.JUNIOR_SECONDARY, subject="SCIENCE"), on=DAY
    ).then(
        TeacherProfileUpdated(
            teacher=LIN,
            school=OTHER_SCHOOL,
            place=RUIAN,
            stage=Stage.JUNIOR_SECONDARY,
            subject="SCIENCE",
        )
    )


def test_the_profile_of_an_unknown_teacher_is_not_updated():
    given().when(
        UpdateTeacherProfile(teacher=LIN, stage=Stage.PRIMARY, subject="CHINESE"), on=DAY
    ).refused(UnknownReference, field="teacher")


def test_names_of_different_kinds_do_not_meet():
    assert TeacherId("teacher:a") != SchoolId("school:a")
    assert JurisdictionId("jurisdiction:330381").covers(JurisdictionId("jurisdiction:330381"))


@pytest.mark.parametrize("code", ["33038", "3303811", "ruian", "033038", "33038a"])
@pytest.mark.parametrize("reported", [False, True])
def test_a_place_has_a_code_of_six_digits(code, reported):
    odd = JurisdictionId(f"jurisdiction:{code}")
    given().when(
        RegisterJurisdiction(jurisdiction=odd, title="某地"), on=DAY, reported=reported
    ).refused(WrongPlace, field="jurisdiction")

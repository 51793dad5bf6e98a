"""The register: places and schools, and who may enter them."""

from __future__ import annotations

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
from tests import cast
from tests.cast import DAY, RUIAN, SCHOOL, WENZHOU
from tests.given import asker_for, given

REGISTER_SCHOOL = RegisterSchool(
    school=SCHOOL, place=RUIAN, title="安阳实验小学", stage=Stage.PRIMARY
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

"""Hosts: who accredited them, whom they are meant to train, and who declares for a university."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.accreditation import ProviderKind
from ledger.finding import Outcome
from ledger.host import (
    DeclaredByCollege,
    DivisionOfWork,
    NotAccreditedHere,
    OutsideDivision,
    UniversityLed,
)
from ledger.register import Category
from tests import cast
from tests.cast import HANGZHOU, NORMAL_UNIVERSITY, PROVINCE, RUIAN, WENZHOU
from tests.declaring import declaring


@pytest.mark.parametrize(
    ("place", "host", "outcome"),
    [
        (RUIAN, cast.accredited(place=RUIAN), None),
        (RUIAN, cast.accredited(place=WENZHOU), None),
        (RUIAN, cast.university(), None),
        (RUIAN, cast.accredited(place=PROVINCE), None),
        (RUIAN, cast.accredited(place=HANGZHOU), Outcome.VIOLATION),
        (WENZHOU, cast.accredited(place=RUIAN), Outcome.VIOLATION),
        (HANGZHOU, cast.accredited(place=RUIAN), None),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_in_wenzhou_only_those_train_whom_the_city_or_county_accredited(
    place, host, outcome, reported
):
    answer = declaring(place=place, host=host, reported=reported)
    if outcome:
        answer.found("WZ12-20", outcome, NotAccreditedHere)
    else:
        answer.accepted()


@pytest.mark.parametrize(
    ("day", "outcome"),
    [(date(2012, 4, 16), None), (date(2012, 4, 17), Outcome.VIOLATION)],
)
def test_the_city_asks_for_accreditation_from_17_april_2012(day, outcome):
    host = cast.accredited(place=HANGZHOU, since=date(2010, 1, 1))
    answer = declaring(host=host, day=day, reported=True)

    found = [each.outcome for each in answer.findings if each.rule == "WZ12-20"]
    assert found == [outcome] * bool(outcome)


@pytest.mark.parametrize(
    ("kind", "group", "advised"),
    [
        (ProviderKind.CITY_INSTITUTE, Category.EDUCATION_OFFICIAL, False),
        (ProviderKind.COUNTY_TRAINING_SCHOOL, Category.EDUCATION_OFFICIAL, True),
        (ProviderKind.UNIVERSITY, Category.NEW_PRINCIPAL, False),
        (ProviderKind.UNIVERSITY, Category.HOMEROOM_TEACHER, True),
        (ProviderKind.COUNTY_TRAINING_SCHOOL, Category.NEW_TEACHER, False),
        (ProviderKind.VOCATIONAL_COLLEGE, Category.NEW_TEACHER, True),
        (ProviderKind.VOCATIONAL_COLLEGE, Category.BACKBONE_TEACHER, False),
        (ProviderKind.RESEARCH_INSTITUTION, Category.SUBJECT_TEACHER, False),
        (ProviderKind.RESEARCH_INSTITUTION, Category.PRINCIPAL, True),
        (ProviderKind.MASTER_TEACHER_OFFICE, Category.MIDDLE_LEADER, False),
        (ProviderKind.BASE_SCHOOL, Category.MENTAL_HEALTH_TEACHER, True),
        (ProviderKind.OTHER, Category.EDUCATION_OFFICIAL, False),
        (ProviderKind.BASE_SCHOOL, Category.LEADING_TEACHER, False),
    ],
)
def test_in_wenzhou_who_trains_a_group_of_others_is_advised(kind, group, advised):
    answer = declaring(cast.plan(target_categories=(group,)), host=cast.accredited(kind=kind))
    if advised:
        answer.found("WZ12-30", Outcome.ADVISORY, OutsideDivision)
    else:
        answer.accepted()


def test_the_division_of_work_holds_in_wenzhou_only_and_for_stated_groups():
    officials = cast.plan(target_categories=(Category.EDUCATION_OFFICIAL,))
    host = cast.accredited(kind=ProviderKind.BASE_SCHOOL, place=HANGZHOU)
    declaring(officials, host=host, place=HANGZHOU).accepted()
    answer = declaring(
        cast.plan(target_categories=()), host=cast.accredited(kind=ProviderKind.BASE_SCHOOL)
    )
    assert "WZ12-30" not in [each.rule for each in answer.findings]


@pytest.mark.parametrize("reported", [False, True])
def test_a_college_does_not_declare_in_place_of_its_university(reported):
    college = cast.accredited(kind=ProviderKind.SUB_COLLEGE, within=NORMAL_UNIVERSITY)
    answer = declaring(host=college, reported=reported)

    [finding] = answer.found("ZJ14-16", Outcome.VIOLATION, DeclaredByCollege).findings
    assert NORMAL_UNIVERSITY in finding.en


def test_a_university_declares_and_in_2014_nobody_can_tell():
    declaring(host=cast.accredited(kind=ProviderKind.UNIVERSITY)).accepted()
    college = cast.accredited(kind=ProviderKind.SUB_COLLEGE)
    answer = declaring(host=college, day=date(2014, 12, 31), reported=True)
    answer.found("ZJ14-16", Outcome.INDETERMINATE, DeclaredByCollege)


def test_parameters_that_nobody_knows_are_named():
    assert "pairs" in str(DivisionOfWork(pairs=("NEW_TEACHER:MOON",)).wrong())
    assert "pairs" in str(DivisionOfWork(pairs=("CITY_INSTITUTE",)).wrong())
    assert "barred" in str(UniversityLed(barred=("MOON",)).wrong())
    assert DivisionOfWork(pairs=("NEW_TEACHER:CITY_INSTITUTE",)).wrong() is None

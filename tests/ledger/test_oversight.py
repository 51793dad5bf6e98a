"""Inspections: who may look into what, what must be written down, and the yearly share."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given as drawn
from hypothesis import strategies
from msgspec import structs

from ledger.command import Asker, OutsideScope, Role, TooEarly, UnknownReference
from ledger.finding import Outcome
from ledger.names import JurisdictionId, LedgerId, SampleId
from ledger.oversight import (
    AccountMissing,
    Body,
    CheckKind,
    InspectionAccount,
    InspectionShare,
    InspectProject,
    NotInSample,
    NotOfThisPlace,
    ProjectInspected,
    inspection_share,
)
from ledger.population import Training
from ledger.register import WrongPlace
from ledger.requirement import Result
from ledger.sample import SampleDrawn, list_hash
from ledger.school_based import SchoolBasedRecorded
from tests import cast
from tests.cast import HANGZHOU, OFFERING, PROJECT, PROVINCE, RUIAN, SCHOOL, SCHOOL_BASED, WENZHOU
from tests.given import all_rules, asker_for, given, on

DAY = date(2024, 5, 6)
SAMPLE = SampleId("sample:s1")
CHECK = InspectProject(place=RUIAN, project=PROJECT, day=DAY, account="按计划实施")


def inspected(place=RUIAN, **values):
    told = {
        "place": place,
        "owner": RUIAN,
        "body": Body.BUREAU,
        "kind": CheckKind.SPOT_CHECK,
        "day": DAY,
        "title": cast.PLAN.title,
        "account": "按计划实施",
        "project": PROJECT,
        "provider": cast.COUNTY_SCHOOL,
    }
    return ProjectInspected(**told | values)


def share(projects, had, day=date(2024, 12, 31), place=RUIAN):
    return inspection_share(all_rules(), place, day, projects=projects, inspected=had)


def test_a_bureau_looks_into_a_project():
    given(cast.jurisdiction(), cast.declared()).when(CHECK, on=DAY).then(inspected())


def test_a_bureau_looks_into_a_class():
    check = InspectProject(place=RUIAN, offering=OFFERING, day=DAY, account="按计划实施")

    given(cast.jurisdiction(), cast.opened()).when(check, on=DAY).then(inspected(offering=OFFERING))


def test_a_bureau_looks_into_a_school_based_training():
    check = InspectProject(place=RUIAN, credit=SCHOOL_BASED, day=DAY, account="按计划实施")
    recorded = SchoolBasedRecorded(
        credit=SCHOOL_BASED,
        teacher=cast.LIN,
        school=SCHOOL,
        place=RUIAN,
        title="校本研修",
        hours=Decimal(24),
        credits=Decimal(24),
        completed=date(2024, 5, 1),
    )

    given(cast.jurisdiction(), recorded).when(check, on=DAY).then(
        inspected(title="校本研修", project=None, provider=None, credit=SCHOOL_BASED, school=SCHOOL)
    )


def test_the_province_and_the_city_look_into_a_project_of_a_county():
    for place in (PROVINCE, WENZHOU):
        check = InspectProject(place=place, project=PROJECT, day=DAY, account="按计划实施")
        given(cast.jurisdiction(place), cast.declared()).when(check, on=DAY).then(inspected(place))


def test_another_city_does_not_look_into_it_and_does_not_hear_that_it_is_there():
    check = InspectProject(place=HANGZHOU, project=PROJECT, day=DAY, account="x")
    told = given(cast.jurisdiction(HANGZHOU), cast.declared())

    told.when(check, on=DAY).refused(UnknownReference, field="project")
    operator = Asker(actor="staff:o", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
    told.when(check, on=DAY, by=operator).refused(NotOfThisPlace, field="place")


def test_a_provider_does_not_inspect_itself():
    given(cast.jurisdiction(), cast.declared()).when(
        CHECK, on=DAY, by=asker_for(cast.COUNTY_SCHOOL)
    ).refused(OutsideScope)


def test_one_subject_is_named_and_known_and_the_day_has_come():
    nothing = InspectProject(place=RUIAN, day=DAY, account="x")
    both = InspectProject(place=RUIAN, project=PROJECT, offering=OFFERING, day=DAY, account="x")
    given(cast.jurisdiction()).when(nothing, on=DAY).faulted("ONE_SUBJECT")
    given(cast.jurisdiction(), cast.opened()).when(both, on=DAY).faulted("ONE_SUBJECT")
    given(cast.jurisdiction()).when(CHECK, on=DAY).refused(UnknownReference)
    given(cast.declared()).when(CHECK, on=DAY).refused(UnknownReference, field="place")
    given(cast.jurisdiction(), cast.declared()).when(CHECK, on=date(2024, 5, 5)).faulted(
        "DAY_AHEAD"
    )


def test_a_centre_of_the_province_is_not_one_of_a_county():
    check = InspectProject(
        place=RUIAN, body=Body.MONITORING_CENTRE, project=PROJECT, day=DAY, account="x"
    )
    given(cast.jurisdiction(), cast.declared()).when(check, on=DAY).refused(
        WrongPlace, field="body"
    )


def monitoring(day, account="", body=Body.MONITORING_CENTRE):
    return InspectProject(
        place=PROVINCE,
        body=body,
        kind=CheckKind.MONITORING,
        project=PROJECT,
        day=day,
        account=account,
    )


def test_zj24_92_a_provincial_centre_writes_down_what_it_found():
    told = [cast.jurisdiction(PROVINCE), cast.declared()]
    first = date(2024, 3, 6)
    given(told).when(monitoring(first), on=DAY).refused(AccountMissing, "ZJ24-92", "account")
    given(told).when(monitoring(first), on=DAY, reported=True).found(
        "ZJ24-92", Outcome.VIOLATION, AccountMissing
    )
    given(told).when(monitoring(first, "良好"), on=DAY).accepted()


def test_zj24_92_says_nothing_before_its_day_nor_of_bureaus():
    told = [cast.jurisdiction(PROVINCE), cast.declared()]
    given(told).when(monitoring(date(2024, 3, 5)), on=DAY).accepted()
    given(told).when(monitoring(DAY, body=Body.BUREAU), on=DAY).accepted()


@pytest.mark.parametrize(
    ("projects", "had", "result"),
    [
        (37, 7, Result.NOT_MET),
        (37, 8, Result.MET),
        (35, 7, Result.MET),
        (1, 0, Result.NOT_MET),
        (0, 0, Result.NOT_APPLICABLE),
    ],
)
def test_w_214_a_fifth_of_the_projects_is_looked_into(projects, had, result):
    found = share(projects, had)

    assert (found.rule, found.result) == ("ZJ14-21", result)


def test_zj14_21_is_uncertain_in_2014_unknown_before_and_not_suspended_in_2020():
    assert share(37, 7, date(2013, 12, 31)) is None
    assert share(37, 7, date(2014, 12, 31)).result is Result.INDETERMINATE
    assert share(37, 7, date(2015, 1, 1)).result is Result.NOT_MET
    assert share(37, 7, date(2020, 10, 1)).result is Result.NOT_MET
    assert share(37, 7, place=HANGZHOU).result is Result.NOT_MET
    assert share(37, 7, place=JurisdictionId("jurisdiction:110000")) is None


@drawn(strategies.integers(1, 10_000), strategies.integers(0, 10_000))
def test_the_share_is_exact(projects, had):
    assert (share(projects, had).result is Result.MET) == (had * 5 >= projects)


def test_a_share_lies_between_nothing_and_all_and_a_smaller_one_is_laxer():
    fifth, sixth = (
        InspectionShare(share_min=Fraction(1, 5)),
        InspectionShare(share_min=Fraction(1, 6)),
    )
    assert InspectionShare(share_min=Fraction(6, 5)).wrong() is not None
    assert fifth.wrong() is None
    assert sixth.laxer(fifth)
    assert not fifth.laxer(fifth)


def test_an_account_is_written_by_known_bodies_on_the_platform():
    said = InspectionAccount(recorded_on="MONITORING_PLATFORM", recorders=("PROVINCIAL_CENTRE",))

    assert said.wrong() is None
    assert "PAPER" in str(structs.replace(said, recorded_on="PAPER").wrong())
    assert "VILLAGE" in str(structs.replace(said, recorders=("VILLAGE",)).wrong())


def sampled(**values):
    trainings = [Training(name=str(PROJECT), kind="", title="")]
    told = {
        "sample": SAMPLE,
        "place": RUIAN,
        "owner": RUIAN,
        "first": date(2024, 1, 1),
        "last": date(2024, 12, 31),
        "by_kind": False,
        "population": 3,
        "size": 1,
        "drawn": 1,
        "seed": "5eed",
        "sha256": list_hash(trainings),
        "earlier": 0,
        "share": "1",
    }
    return SampleDrawn(**told | values)


def test_an_inspection_names_the_sample_by_which_the_training_was_picked():
    past = (cast.jurisdiction(), cast.declared(), cast.opened(), sampled())

    given(*past).when(replace(CHECK, sample=SAMPLE), on=DAY).then(inspected(sample=SAMPLE))


def test_what_is_not_in_the_sample_is_not_checked_by_it():
    past = (cast.jurisdiction(), cast.declared(), cast.opened(), sampled(population=2))
    check = replace(CHECK, sample=SAMPLE)

    given(*past).when(check, on=DAY).refused(NotInSample, field="sample")
    told = given(*past).when(check, on=DAY, by=asker_for(RUIAN), reported=True)
    told.found(None, Outcome.VIOLATION, NotInSample).then(inspected(sample=SAMPLE))


@pytest.mark.parametrize("reported", [False, True])
def test_a_check_dated_before_the_draw_fulfils_no_sample(reported):
    past = (cast.jurisdiction(), cast.declared(), cast.opened(), on(DAY, sampled()))
    early = replace(CHECK, sample=SAMPLE, day=DAY - timedelta(days=1))
    told = given(*past).when(early, on=DAY, by=asker_for(RUIAN), reported=reported)

    if reported:
        told.found(None, Outcome.VIOLATION, TooEarly).then(inspected(sample=SAMPLE, day=early.day))
    else:
        told.refused(TooEarly)
    given(*past).when(replace(early, day=DAY), on=DAY).then(inspected(sample=SAMPLE, day=DAY))


def test_a_sample_that_nobody_drew_is_unknown():
    given(cast.jurisdiction(), cast.declared()).when(replace(CHECK, sample=SAMPLE), on=DAY).refused(
        UnknownReference
    )

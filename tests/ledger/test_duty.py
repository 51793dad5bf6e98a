"""Duties of a year: what must be there, and when its lack is a violation."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.command import UnknownReference
from ledger.duty import (
    Addressee,
    AppraiseTraining,
    CalendarMadeKnown,
    EducationOfficeSetUp,
    MakeCalendarKnown,
    MonitoringBodyNamed,
    NameMonitoringBody,
    NotShared,
    SetUpEducationOffice,
    TrainingAppraised,
    calendar_notice,
    place_duties,
)
from ledger.finding import Outcome
from ledger.register import WrongPlace
from ledger.requirement import Result
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    H1_2024,
    H2_2019,
    HANGZHOU,
    PROVINCE,
    RUIAN,
    SCHOOL,
    UNIVERSITY,
    WENZHOU,
    WENZHOU_SCHOOL,
)
from tests.given import all_rules, background, given

DAY = date(2024, 3, 19)
END = date(2024, 12, 31)
SET_UP = SetUpEducationOffice(place=RUIAN, since=DAY, provider=COUNTY_SCHOOL)


def duties(place=RUIAN, day=END, *, bodies=0, offices=0, appraised=None, over=True):
    found = place_duties(
        all_rules(),
        place,
        day,
        bodies=bodies,
        offices=offices,
        appraised={RUIAN: 0, WENZHOU_SCHOOL: 0} if appraised is None else appraised,
        over=over,
    )
    return {each.rule: each.result for each in found}


def test_a_locality_names_its_monitoring_body():
    name = NameMonitoringBody(place=RUIAN, title="教师培训质量监控中心", since=DAY)

    given(cast.jurisdiction()).when(name, on=DAY).then(
        MonitoringBodyNamed(place=RUIAN, title="教师培训质量监控中心", since=DAY)
    )
    given(cast.jurisdiction()).when(name, on=date(2024, 3, 18)).faulted("DAY_AHEAD", "since")
    given().when(name, on=DAY).refused(UnknownReference, field="place")


def test_a_county_sets_up_its_office_with_its_provider():
    given(cast.jurisdiction(), cast.accredited()).when(SET_UP, on=DAY).then(
        EducationOfficeSetUp(place=RUIAN, since=DAY, provider=COUNTY_SCHOOL)
    )
    given(cast.jurisdiction()).when(SET_UP, on=DAY).refused(UnknownReference, field="provider")


@pytest.mark.parametrize("reported", [False, True])
def test_wz12_31_an_office_shares_its_place_with_the_local_provider(reported):
    alone = SetUpEducationOffice(place=RUIAN, since=DAY)
    far = SetUpEducationOffice(place=RUIAN, since=DAY, provider=UNIVERSITY)
    given(cast.jurisdiction()).when(alone, on=DAY, reported=reported).found(
        "WZ12-31", Outcome.VIOLATION, NotShared
    ).then(EducationOfficeSetUp(place=RUIAN, since=DAY))
    given(cast.jurisdiction(), cast.university()).when(far, on=DAY).found(
        "WZ12-31", Outcome.VIOLATION, NotShared
    )


def test_wz12_31_asks_nothing_before_its_day_nor_elsewhere():
    early = SetUpEducationOffice(place=RUIAN, since=date(2012, 4, 16))
    first = SetUpEducationOffice(place=RUIAN, since=date(2012, 4, 17))
    given(cast.jurisdiction()).when(early, on=DAY).accepted()
    given(cast.jurisdiction()).when(first, on=DAY).found("WZ12-31", Outcome.VIOLATION)
    given(cast.jurisdiction(HANGZHOU)).when(
        SetUpEducationOffice(place=HANGZHOU, since=DAY), on=DAY
    ).accepted()


def test_a_city_appraises_a_county_and_a_school_of_its_own():
    county = AppraiseTraining(place=WENZHOU, year=2023, result="优秀", county=RUIAN)
    own = AppraiseTraining(place=WENZHOU, year=2023, result="良好", school=WENZHOU_SCHOOL)
    given(cast.jurisdiction(WENZHOU), cast.jurisdiction()).when(county, on=DAY).then(
        TrainingAppraised(place=WENZHOU, year=2023, result="优秀", county=RUIAN)
    )
    given(cast.jurisdiction(WENZHOU), cast.school(WENZHOU_SCHOOL, place=WENZHOU)).when(
        own, on=DAY
    ).then(TrainingAppraised(place=WENZHOU, year=2023, result="良好", school=WENZHOU_SCHOOL))


@pytest.mark.parametrize(
    "subjects",
    [
        {},
        {"county": HANGZHOU},
        {"county": WENZHOU},
        {"school": SCHOOL},
        {"county": RUIAN, "school": SCHOOL},
    ],
)
def test_a_city_appraises_nobody_else(subjects):
    appraise = AppraiseTraining(place=WENZHOU, year=2023, result="优秀", **subjects)
    schools = [cast.school()] if "school" in subjects else []

    given(background(cast.places()), schools).when(appraise, on=DAY).refused(WrongPlace)


def test_a_county_appraises_nobody_and_no_year_ahead():
    county = AppraiseTraining(place=RUIAN, year=2023, result="优秀", county=RUIAN)
    ahead = AppraiseTraining(place=WENZHOU, year=2025, result="优秀", county=RUIAN)
    stranger = AppraiseTraining(place=WENZHOU, year=2023, result="优秀", school=SCHOOL)
    given(cast.jurisdiction()).when(county, on=DAY).refused(WrongPlace)
    given(cast.jurisdiction(WENZHOU)).when(ahead, on=DAY).faulted("DAY_AHEAD", "year")
    given(cast.jurisdiction(WENZHOU)).when(stranger, on=DAY).refused(UnknownReference)


def test_a_bureau_makes_the_dates_of_a_term_known():
    told = (Addressee.SCHOOL, Addressee.TEACHER)
    tell = MakeCalendarKnown(place=RUIAN, term=H1_2024, told=(*told, Addressee.SCHOOL))
    nobody = MakeCalendarKnown(place=RUIAN, term=H1_2024, told=())
    given(cast.jurisdiction(), cast.term()).when(tell, on=DAY).then(
        CalendarMadeKnown(place=RUIAN, term=H1_2024, told=told)
    )
    given(cast.jurisdiction(), cast.term()).when(nobody, on=DAY).faulted("EMPTY_ROWS", "told")
    given(cast.jurisdiction()).when(tell, on=DAY).refused(UnknownReference, field="term")


def test_zj14_20_a_locality_without_a_monitoring_body_is_in_violation():
    assert duties()["ZJ14-20"] is Result.VIOLATION
    assert duties(bodies=1)["ZJ14-20"] is Result.COMPLIANT
    assert duties(over=False)["ZJ14-20"] is Result.NOT_ASSESSED
    assert "ZJ14-20" not in duties(PROVINCE)
    assert "ZJ14-20" not in duties(day=date(2013, 12, 31))
    assert duties(day=date(2014, 12, 31))["ZJ14-20"] is Result.INDETERMINATE
    assert duties(day=date(2015, 1, 1))["ZJ14-20"] is Result.VIOLATION


def test_wz12_31_a_county_of_wenzhou_without_an_office_is_in_violation():
    assert duties()["WZ12-31"] is Result.VIOLATION
    assert duties(offices=1)["WZ12-31"] is Result.COMPLIANT
    assert "WZ12-31" not in duties(WENZHOU)
    assert "WZ12-31" not in duties(HANGZHOU)
    assert "WZ12-31" not in duties(day=date(2012, 4, 16))
    assert duties(day=date(2012, 4, 17))["WZ12-31"] is Result.VIOLATION


def test_wz12_26_a_city_appraises_each_county_and_each_school_of_its_own_in_the_year():
    assert duties(WENZHOU)["WZ12-26"] is Result.VIOLATION
    one = {RUIAN: 2, WENZHOU_SCHOOL: 0}
    assert duties(WENZHOU, appraised=one)["WZ12-26"] is Result.VIOLATION
    both = {RUIAN: 1, WENZHOU_SCHOOL: 1}
    assert duties(WENZHOU, appraised=both)["WZ12-26"] is Result.COMPLIANT
    assert duties(WENZHOU, over=False)["WZ12-26"] is Result.NOT_ASSESSED
    assert "WZ12-26" not in duties(RUIAN)
    assert "WZ12-26" not in duties(HANGZHOU)
    assert "WZ12-26" not in duties(WENZHOU, date(2012, 4, 16))


@pytest.mark.parametrize(
    ("told", "result"),
    [
        ((), Result.VIOLATION),
        ((Addressee.SCHOOL,), Result.VIOLATION),
        ((Addressee.SCHOOL, Addressee.TEACHER), Result.COMPLIANT),
    ],
)
def test_zj24_93_schools_and_teachers_are_both_told(told, result):
    found = calendar_notice(all_rules(), RUIAN, END, H1_2024, told, over=True)

    assert (found.rule, found.result) == ("ZJ24-93", result)


def test_zj24_93_is_bound_to_its_term_and_to_bureaus_below_the_province():
    assert calendar_notice(all_rules(), RUIAN, END, H2_2019, (), over=True) is None
    assert calendar_notice(all_rules(), PROVINCE, END, H1_2024, (), over=True) is None
    found = calendar_notice(all_rules(), HANGZHOU, date(2024, 1, 1), H1_2024, (), over=False)
    assert found.result is Result.NOT_ASSESSED

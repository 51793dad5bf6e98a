"""School plans: one for five years and one for each of them."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.command import UnknownReference
from ledger.requirement import Result
from ledger.school_plan import (
    AdoptSchoolPlan,
    AlreadyAdopted,
    SchoolPlanAdopted,
    SchoolPlans,
    school_plans,
)
from tests import cast
from tests.cast import HANGZHOU, RUIAN, SCHOOL
from tests.given import all_rules, given

DAY = date(2024, 3, 19)
END = date(2024, 12, 31)
LACKING, DONE = Result.VIOLATION, Result.COMPLIANT


def judged(*plans, day=END, place=RUIAN, over=True):
    found = school_plans(all_rules(), place, day, plans, over=over)
    assert {each.rule for each in found} <= {"WZ12-19"}
    return [each.result for each in found]


def test_a_school_adopts_a_plan():
    adopt = AdoptSchoolPlan(school=SCHOOL, title="教师培训规划", first=2021, last=2025)

    given(cast.school()).when(adopt, on=DAY).then(
        SchoolPlanAdopted(school=SCHOOL, place=RUIAN, title="教师培训规划", first=2021, last=2025)
    )
    given().when(adopt, on=DAY).refused(UnknownReference, field="school")


@pytest.mark.parametrize(("first", "last"), [(2025, 2024), (2021, 2031)])
def test_a_plan_runs_forward_for_ten_years_at_most(first, last):
    adopt = AdoptSchoolPlan(school=SCHOOL, title="规划", first=first, last=last)

    given(cast.school()).when(adopt, on=DAY).faulted("YEARS_REVERSED", "last")


def test_a_plan_needs_a_title_and_real_years():
    blank = AdoptSchoolPlan(school=SCHOOL, title=" ", first=2024, last=2024)
    never = AdoptSchoolPlan(school=SCHOOL, title="规划", first=0, last=1)
    given(cast.school()).when(blank, on=DAY).faulted("EMPTY_TEXT", "title")
    given(cast.school()).when(never, on=DAY).faulted("BAD_COUNT", "first")


def test_wz12_19_a_school_has_a_plan_for_five_years_and_one_for_the_year():
    assert judged((2021, 2025), (2024, 2024)) == [DONE, DONE]
    assert judged((2021, 2025)) == [DONE, LACKING]
    assert judged((2024, 2024)) == [LACKING, DONE]
    assert judged() == [LACKING, LACKING]


def test_four_years_are_not_five_and_a_plan_of_other_years_does_not_count():
    assert judged((2021, 2024)) == [LACKING, LACKING]
    assert judged((2020, 2024), (2023, 2023)) == [DONE, LACKING]
    assert judged((2019, 2023), (2025, 2029)) == [LACKING, LACKING]


def test_a_running_year_is_not_judged():
    assert judged((2021, 2025), over=False) == [DONE, Result.NOT_ASSESSED]


def test_plans_are_asked_for_in_wenzhou_since_its_opinions():
    assert judged(day=date(2012, 4, 16)) == []
    assert judged(day=date(2012, 4, 17)) == [LACKING, LACKING]
    assert judged(place=HANGZHOU) == []


def test_a_long_plan_has_years():
    assert SchoolPlans(five_year_plans_min=1, annual_plans_min=1, years=0).wrong() is not None
    assert SchoolPlans(five_year_plans_min=1, annual_plans_min=1, years=5).wrong() is None


@pytest.mark.parametrize("reported", [False, True])
def test_a_plan_is_adopted_once(reported):
    told = {"school": SCHOOL, "title": "规划", "first": 2021, "last": 2025}
    past = given(cast.school(), SchoolPlanAdopted(place=RUIAN, **told))
    again = AdoptSchoolPlan(**(told | {"title": " 规划 "}))

    past.when(again, on=DAY, reported=reported).refused(AlreadyAdopted, field="title")
    for other in ({"title": "计划"}, {"first": 2022}, {"last": 2024}):
        adopt = AdoptSchoolPlan(**(told | other))
        past.when(adopt, on=DAY, reported=reported).accepted()

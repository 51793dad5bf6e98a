"""Contents: what a plan must tell about itself, its courses and its themes."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.content import (
    ContentsMissing,
    CourseElements,
    ElementsMissing,
    PlanContents,
    RequiredContent,
    RequiredContentMissing,
)
from ledger.finding import Outcome
from ledger.plan import Component, Course, PlannedTrainer
from ledger.word import in_english
from tests import cast
from tests.cast import H2_2019, HANGZHOU, TRAINER, WENZHOU
from tests.declaring import declaring


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ({"target_tiers": ()}, "TARGET_LEVEL"),
        ({"target_categories": ()}, "TARGET_TYPE"),
        ({"aims": "  "}, "AIMS"),
        ({"courses": ()}, "COURSES"),
        ({"methods": ""}, "METHODS"),
        ({"introduction": ""}, "COURSE_INTRODUCTION"),
        ({"trainers": ()}, "TRAINER_EXPERTISE"),
        ({"trainers": (PlannedTrainer(staff=TRAINER),)}, "TRAINER_EXPERTISE"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_what_a_plan_does_not_tell_is_named(missing, named, reported):
    answer = declaring(cast.plan(**missing), reported=reported)

    [finding] = answer.found("ZJ14-01", Outcome.VIOLATION, ContentsMissing).findings
    assert finding.en == f"the plan leaves out {in_english(named)}"


def test_all_that_is_missing_stands_in_one_finding():
    answer = declaring(cast.plan(aims="", methods="", courses=()))

    [finding] = answer.found("ZJ14-01", Outcome.VIOLATION, ContentsMissing).findings
    assert finding.en.endswith("aims, courses, methods")


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2013, 12, 31), None),
        (date(2014, 12, 31), Outcome.INDETERMINATE),
        (date(2015, 1, 1), Outcome.VIOLATION),
    ],
)
def test_the_contents_of_a_plan_bind_from_2015_for_certain(day, outcome):
    answer = declaring(cast.plan(aims=""), day=day, reported=True)

    assert [f.outcome for f in answer.findings if f.rule == "ZJ14-01"] == (
        [outcome] * bool(outcome)
    )


COMPLETE = {"aims": "会教", "requirements": "全勤", "homework": "教案"}


@pytest.mark.parametrize("lacking", ["aims", "requirements", "homework"])
def test_a_main_course_has_aims_requirements_and_homework(lacking):
    course = Course(title="听课", **COMPLETE | {lacking: " "})
    answer = declaring(cast.plan(courses=(cast.COURSE, course)))

    [finding] = answer.found("ZJ14-14", Outcome.VIOLATION, ElementsMissing).findings
    assert f"听课 ({lacking})" in finding.en
    assert cast.COURSE.title not in finding.en


def test_a_practical_part_has_them_too_and_a_minor_course_need_not():
    minor = Course(title="开班式", main=False)
    practice = Course(title="进校实践", main=False, component=Component.PRACTICE)
    declaring(cast.plan(courses=(cast.COURSE, minor))).accepted()
    declaring(cast.plan(courses=(cast.COURSE, practice))).found("ZJ14-14", Outcome.VIOLATION)


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2018, 12, 31), None),
        (date(2019, 6, 16), Outcome.INDETERMINATE),
        (date(2019, 6, 17), Outcome.VIOLATION),
        (date(2024, 3, 8), Outcome.VIOLATION),
    ],
)
def test_in_ruian_core_values_are_part_of_every_training_from_17_june_2019(day, outcome):
    answer = declaring(cast.plan(contents=("ETHICS",)), term=H2_2019, day=day, reported=True)

    found = [f for f in answer.findings if f.rule == "RA19-08"]
    assert [f.outcome for f in found] == [outcome] * bool(outcome)
    assert all(f.code == "REQUIRED_CONTENT_MISSING" for f in found)


def test_core_values_beside_other_contents_are_enough():
    declaring(cast.plan(contents=("ETHICS", "CORE_SOCIALIST_VALUES"))).accepted()
    declaring(cast.plan(contents=())).found("RA19-08", Outcome.VIOLATION, RequiredContentMissing)


@pytest.mark.parametrize("place", [WENZHOU, HANGZHOU])
def test_elsewhere_no_content_is_laid_down(place):
    declaring(cast.plan(contents=()), place=place, host=cast.accredited(place=place)).accepted()


def test_parameters_that_nobody_knows_are_named():
    assert "plan_fields" in str(PlanContents(plan_fields=("HEART",)).wrong())
    assert "elements" in str(CourseElements(elements=("HEART",)).wrong())
    assert PlanContents(plan_fields=("AIMS",)).wrong() is None


def test_to_ask_for_fewer_things_is_to_ask_for_less():
    assert PlanContents(plan_fields=()).laxer(PlanContents(plan_fields=("AIMS",)))
    assert CourseElements(elements=("AIMS",)).laxer(CourseElements(elements=("AIMS", "HOMEWORK")))
    assert RequiredContent(required_content=()).laxer(RequiredContent(required_content=("A",)))
    assert not RequiredContent(required_content=("A", "B")).laxer(
        RequiredContent(required_content=("A",))
    )

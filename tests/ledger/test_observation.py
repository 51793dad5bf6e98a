"""Observation: who sat in on which lesson, and how often in a year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.command import UnknownReference
from ledger.names import StaffId
from ledger.observation import (
    AlreadyObserved,
    LessonObserved,
    NameObservers,
    ObserveLesson,
    ObserverRole,
    ObserversNamed,
    lessons_observed,
)
from ledger.register import WrongDay
from ledger.requirement import Result
from tests import cast
from tests.cast import COUNTY_SCHOOL, OFFERING, RUIAN
from tests.given import all_rules, given

DEPUTY, MANAGER = ObserverRole.DEPUTY_DIRECTOR, ObserverRole.MANAGER
WHO = StaffId("staff:deputy-chen")
DAY = cast.OPENS
OBSERVE = ObserveLesson(place=RUIAN, observer=WHO, role=DEPUTY, offering=OFFERING, day=DAY)
LATER = date(2024, 12, 31)


def results(role, lessons, day=LATER, place=RUIAN):
    found = lessons_observed(all_rules(), place, day, role, lessons)
    return [(each.rule, each.result) for each in found]


def test_a_lesson_is_observed():
    given(cast.jurisdiction(), cast.opened()).when(OBSERVE, on=DAY).then(
        LessonObserved(
            place=RUIAN,
            observer=WHO,
            role=DEPUTY,
            offering=OFFERING,
            provider=COUNTY_SCHOOL,
            day=DAY,
            random=True,
        )
    )


def test_a_lesson_lies_within_its_class_and_in_the_past():
    told = [cast.jurisdiction(), cast.opened(opens=DAY, closes=DAY)]
    late = ObserveLesson(
        place=RUIAN, observer=WHO, role=DEPUTY, offering=OFFERING, day=date(2024, 6, 29)
    )
    given(told).when(late, on=LATER).refused(WrongDay, field="day")
    given(told).when(late, on=date(2024, 6, 28)).faulted("DAY_AHEAD")
    given(told).when(OBSERVE, on=LATER).accepted()
    given(cast.jurisdiction()).when(OBSERVE, on=DAY).refused(UnknownReference, field="offering")


def test_a_bureau_names_its_observers_each_once():
    name = NameObservers(place=RUIAN, year=2024, role=MANAGER, observers=(WHO, WHO))

    given(cast.jurisdiction()).when(name, on=DAY).then(
        ObserversNamed(place=RUIAN, year=2024, role=MANAGER, observers=(WHO,))
    )


@pytest.mark.parametrize(
    ("role", "had", "rule", "result"),
    [
        (DEPUTY, 1, "ZJ14-22", Result.NOT_MET),
        (DEPUTY, 2, "ZJ14-22", Result.MET),
        (MANAGER, 3, "ZJ14-23", Result.NOT_MET),
        (MANAGER, 4, "ZJ14-23", Result.MET),
    ],
)
def test_w_216_a_deputy_head_observes_two_lessons_and_a_manager_four(role, had, rule, result):
    assert results(role, {"staff:x": had}) == [(rule, result)]


def test_w_216_every_manager_is_judged_alone():
    found = results(MANAGER, {"staff:x": 4, "staff:y": 3})

    assert found == [("ZJ14-23", Result.MET), ("ZJ14-23", Result.NOT_MET)]


def test_a_deputy_head_there_always_is_and_managers_only_where_named():
    assert results(DEPUTY, {}) == [("ZJ14-22", Result.NOT_MET)]
    assert results(MANAGER, {}) == [("ZJ14-23", Result.NOT_APPLICABLE)]


def test_lessons_are_asked_for_from_2015_for_certain():
    lessons = {"staff:x": 1}
    assert results(DEPUTY, lessons, date(2013, 12, 31)) == []
    assert results(DEPUTY, lessons, date(2014, 12, 31)) == [("ZJ14-22", Result.INDETERMINATE)]
    assert results(DEPUTY, lessons, date(2015, 1, 1)) == [("ZJ14-22", Result.NOT_MET)]


@pytest.mark.parametrize("reported", [False, True])
def test_zj14_22_one_lesson_is_counted_once(reported):
    seen = LessonObserved(
        place=RUIAN,
        observer=WHO,
        role=DEPUTY,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        day=DAY,
        random=False,
    )
    past = given(cast.jurisdiction(), cast.opened(), seen)
    tomorrow = DAY + timedelta(days=1)

    answer = past.when(OBSERVE, on=tomorrow, reported=reported).refused(
        AlreadyObserved, field="day"
    )
    assert answer.refusals[0].evidence != ()
    past.when(replace(OBSERVE, day=tomorrow), on=tomorrow, reported=reported).accepted()

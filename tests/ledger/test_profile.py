"""Profiles: brought up to date in the window of a term, and never against the national system."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.profile import NationalDataPrevails, NotImported, UpdateTeacherProfile
from ledger.register import Stage, Tier, Title
from ledger.teacher import ProfileSource, TeacherProfileUpdated, TeacherTransferred
from ledger.term import WindowClosed, WindowUnknown
from tests import cast
from tests.cast import H1_2024, H2_2019, H2_2020, LIN, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU
from tests.given import asker_for, background, given, on

# No selection runs on it.
DAY = date(2024, 5, 6)
UPDATE = UpdateTeacherProfile(teacher=LIN, stage=Stage.PRIMARY, subject="SCIENCE")
TERMS = background(cast.term(each) for each in (H2_2019, H2_2020, H1_2024))
TEACHER = on(date(2019, 6, 1), cast.registered(entered=date(2019, 6, 1)))


def updated(**told):
    values = {"school": SCHOOL, "place": RUIAN, "stage": Stage.PRIMARY, "subject": "SCIENCE"}
    return TeacherProfileUpdated(teacher=LIN, **values | told)


NATIONAL = updated(title=Title.INTERMEDIATE, source=ProfileSource.NATIONAL_IMPORT)


def test_the_school_where_a_teacher_works_now_updates_the_profile():
    moved = TeacherTransferred(
        teacher=LIN, school_left=SCHOOL, school=OTHER_SCHOOL, place=RUIAN, since=DAY
    )
    command = replace(UPDATE, title=Title.JUNIOR, tier=Tier.ORDINARY)
    given(TEACHER, moved).when(command, on=DAY).then(
        updated(school=OTHER_SCHOOL, title=Title.JUNIOR, tier=Tier.ORDINARY)
    )


def test_the_profile_of_an_unknown_teacher_is_not_updated():
    given().when(UPDATE, on=DAY).refused(UnknownReference, field="teacher")


@pytest.mark.parametrize(
    ("term", "day", "rule"),
    [
        pytest.param(H2_2019, date(2019, 6, 17), None, id="first-day"),
        pytest.param(H2_2019, date(2019, 6, 16), "RA19-10", id="day-before"),
        pytest.param(H2_2019, date(2019, 9, 5), None, id="W-148"),
        pytest.param(H2_2019, date(2019, 9, 6), "RA19-10", id="W-148-outside"),
        pytest.param(H1_2024, date(2024, 3, 18), None, id="W-157"),
        pytest.param(H1_2024, date(2024, 3, 20), "ZJ24-22", id="W-157-late"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_an_update_outside_the_window_of_the_term_is_noted(term, day, rule, reported):
    command = replace(UPDATE, term=term)
    answer = given(TEACHER, TERMS).when(command, on=day, reported=reported)
    if rule is not None:
        answer = answer.found(rule, Outcome.VIOLATION, WindowClosed)
    answer.then(updated(term=term))


def test_in_2020_nobody_knows_the_window():
    command = replace(UPDATE, term=H2_2020)
    given(TEACHER, TERMS).when(command, on=date(2020, 8, 1)).found(
        "ZJ20-24", Outcome.INDETERMINATE, WindowUnknown
    ).then(updated(term=H2_2020))


def test_the_window_of_ruian_is_not_that_of_wenzhou():
    teacher = cast.registered(place=WENZHOU, entered=date(2019, 6, 1))
    command = replace(UPDATE, term=H2_2019)
    given(teacher, TERMS).when(command, on=date(2019, 9, 6)).found(
        None, Outcome.INDETERMINATE, WindowUnknown
    ).then(updated(place=WENZHOU, term=H2_2019))


@pytest.mark.parametrize(
    ("day", "term", "rule"),
    [
        pytest.param(date(2019, 6, 16), None, None, id="before-any-window"),
        pytest.param(date(2019, 9, 5), H2_2019, None, id="in-the-window"),
        pytest.param(date(2019, 9, 17), H2_2019, "RA19-10", id="while-the-last-round-runs"),
        pytest.param(date(2020, 9, 1), None, None, id="the-window-is-unknown"),
        pytest.param(date(2024, 3, 5), None, None, id="before-the-calendar"),
        pytest.param(date(2024, 3, 18), H1_2024, None, id="W-157"),
        pytest.param(date(2024, 3, 20), H1_2024, "ZJ24-22", id="W-157-late"),
        pytest.param(date(2024, 4, 1), H1_2024, "ZJ24-22", id="last-day-of-selection"),
        pytest.param(date(2024, 4, 2), None, None, id="selection-is-over"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_without_a_term_it_is_the_one_that_is_chosen_from(day, term, rule, reported):
    answer = given(TEACHER).when(UPDATE, on=day, reported=reported)
    if rule is not None:
        answer = answer.found(rule, Outcome.VIOLATION, WindowClosed)
    answer.then(updated(term=term))


def test_a_national_import_comes_as_a_report():
    command = replace(UPDATE, title=Title.INTERMEDIATE, source=ProfileSource.NATIONAL_IMPORT)
    given(TEACHER).when(command, on=DAY).refused(NotImported, field="reported")
    given(TEACHER).when(command, on=DAY, reported=True).then(NATIONAL)


@pytest.mark.parametrize(
    "told", [{"subject": "CHINESE"}, {"stage": Stage.SPECIAL}, {"title": Title.SENIOR}]
)
def test_a_platform_entry_does_not_change_national_data(told):
    given(TEACHER, NATIONAL).when(replace(UPDATE, **told), on=DAY).refused(
        NationalDataPrevails, field="source"
    )


def test_a_reported_entry_against_national_data_is_kept_with_a_violation():
    command = replace(UPDATE, subject="CHINESE")
    given(TEACHER, NATIONAL).when(command, on=DAY, reported=True).found(
        None, Outcome.VIOLATION, NationalDataPrevails
    ).then(updated(subject="CHINESE"))


def test_what_the_national_system_does_not_hold_is_entered_on_the_platform():
    command = replace(UPDATE, tier=Tier.BACKBONE)
    given(TEACHER, NATIONAL).when(command, on=DAY).then(updated(tier=Tier.BACKBONE))


UNTITLED = updated(source=ProfileSource.NATIONAL_IMPORT)


def test_a_title_of_which_the_national_system_says_nothing_is_entered_on_the_platform():
    command = replace(UPDATE, title=Title.SENIOR)
    given(TEACHER, UNTITLED).when(command, on=DAY).then(updated(title=Title.SENIOR))
    given(TEACHER, UNTITLED).when(replace(command, subject="CHINESE"), on=DAY).refused(
        NationalDataPrevails, field="source"
    )


def test_an_entry_without_a_title_and_an_import_without_one_leave_the_national_title():
    given(TEACHER, NATIONAL).when(UPDATE, on=DAY).then(updated())
    given(TEACHER, NATIONAL, UNTITLED).when(replace(UPDATE, title=Title.SENIOR), on=DAY).refused(
        NationalDataPrevails, field="source"
    )


def test_a_later_import_overwrites_an_earlier_one():
    command = replace(UPDATE, subject="CHINESE", source=ProfileSource.NATIONAL_IMPORT)
    given(TEACHER, NATIONAL).when(command, on=DAY, reported=True).then(
        updated(subject="CHINESE", source=ProfileSource.NATIONAL_IMPORT)
    )


@pytest.mark.parametrize(
    ("since", "rule", "of"),
    [
        pytest.param(date(2019, 9, 6), None, (WENZHOU, OTHER_SCHOOL), id="of-its-day"),
        pytest.param(date(2019, 9, 7), "RA19-10", (RUIAN, SCHOOL), id="after-it"),
    ],
)
def test_an_update_reported_after_a_move_is_judged_where_the_teacher_then_worked(since, rule, of):
    story = given(TEACHER, TERMS, on(DAY, cast.moved(since, WENZHOU, OTHER_SCHOOL)))
    command, late = replace(UPDATE, term=H2_2019), date(2019, 9, 6)
    answer = story.when(command, on=late, by=asker_for(of[1]), reported=True)
    [told] = answer.facts

    assert (told.place, told.school) == of
    assert [each.rule for each in answer.findings] == [rule]
    [other] = {SCHOOL, OTHER_SCHOOL} - {of[1]}
    story.when(command, on=late, by=asker_for(other), reported=True).refused(OutsideScope)

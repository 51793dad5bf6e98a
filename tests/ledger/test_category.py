"""Categories: who names them, from when and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.category import (
    AlreadyBelongs,
    AssignCategory,
    Belonging,
    CategoryAssigned,
    CategoryEnded,
    EndCategory,
    NotOfCategory,
    ProbationOpen,
    Rank,
    RankUnsaid,
    belongings_after,
)
from ledger.command import Asker, OutsideScope, Role, UnknownReference
from ledger.register import Category, WrongDay
from tests import cast
from tests.cast import DAY, HANGZHOU, LIN, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU
from tests.given import asker_for, entries, given
from tests.judged import belongs

SINCE = date(2022, 9, 1)
HOMEROOM = AssignCategory(teacher=LIN, category=Category.HOMEROOM_TEACHER, since=SINCE)
PROBATION = AssignCategory(
    teacher=LIN, category=Category.NEW_TEACHER, since=SINCE, until=date(2023, 8, 31)
)


def test_a_school_names_its_homeroom_teachers():
    given(cast.registered()).when(HOMEROOM, on=DAY, by=asker_for(SCHOOL)).then(
        belongs(Category.HOMEROOM_TEACHER, SINCE)
    )


def test_a_bureau_names_who_is_in_probation():
    given(cast.registered()).when(PROBATION, on=DAY, by=asker_for(RUIAN)).then(
        belongs(Category.NEW_TEACHER, SINCE, date(2023, 8, 31))
    )


@pytest.mark.parametrize(
    ("rank", "party"), [(Rank.CITY, WENZHOU), (Rank.COUNTY, RUIAN), (None, RUIAN)]
)
def test_the_city_names_its_own_backbone_teachers_and_the_county_its_own(rank, party):
    command = AssignCategory(
        teacher=LIN, category=Category.BACKBONE_TEACHER, since=SINCE, rank=rank
    )
    given(cast.registered()).when(command, on=DAY, by=asker_for(party)).then(
        belongs(Category.BACKBONE_TEACHER, SINCE, rank=rank)
    )


@pytest.mark.parametrize(("command", "other"), [(HOMEROOM, RUIAN), (PROBATION, SCHOOL)])
def test_nobody_else_names_them(command, other):
    given(cast.registered()).when(command, on=DAY, by=asker_for(other)).refused(OutsideScope)


def test_a_probation_has_a_last_day():
    given(cast.registered()).when(replace(PROBATION, until=None), on=DAY).refused(
        ProbationOpen, field="until"
    )


def test_the_last_day_does_not_lie_before_the_first():
    wrong = replace(PROBATION, until=date(2022, 8, 31))
    given(cast.registered()).when(wrong, on=DAY).refused(WrongDay, field="until")
    given(cast.registered()).when(replace(PROBATION, until=SINCE), on=DAY).accepted()


def test_nobody_belongs_to_a_category_ahead_of_time():
    given(cast.registered()).when(replace(HOMEROOM, since=date(2024, 3, 20)), on=DAY).faulted(
        "DAY_AHEAD", "since"
    )


def test_a_teacher_belongs_to_a_category_once_at_a_time():
    before = belongs(Category.HOMEROOM_TEACHER, date(2021, 9, 1), date(2022, 9, 1))
    given(cast.registered(), before).when(HOMEROOM, on=DAY).refused(
        AlreadyBelongs, field="category"
    )
    earlier = belongs(Category.HOMEROOM_TEACHER, date(2021, 9, 1), date(2022, 8, 31))
    given(cast.registered(), earlier).when(HOMEROOM, on=DAY).accepted()


def test_an_unknown_teacher_belongs_to_nothing():
    given().when(HOMEROOM, on=DAY).refused(UnknownReference, field="teacher")


END = EndCategory(teacher=LIN, category=Category.HOMEROOM_TEACHER, until=date(2023, 8, 31))


def test_a_category_ends_on_a_day():
    assigned = belongs(Category.HOMEROOM_TEACHER, SINCE)
    ended = CategoryEnded(
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        category=Category.HOMEROOM_TEACHER,
        until=date(2023, 8, 31),
        since=SINCE,
    )
    given(cast.registered(), assigned).when(END, on=DAY).then(ended)
    given(cast.registered(), assigned, ended).when(
        replace(END, until=date(2023, 9, 1)), on=DAY
    ).refused(NotOfCategory, field="category")


def test_what_a_teacher_does_not_belong_to_does_not_end():
    given(cast.registered()).when(END, on=DAY).refused(NotOfCategory, field="category")


def test_the_city_ends_what_the_city_named():
    end = EndCategory(teacher=LIN, category=Category.BACKBONE_TEACHER, until=DAY)
    past = [cast.registered(), belongs(Category.BACKBONE_TEACHER, SINCE, rank=Rank.CITY)]
    given(past).when(end, on=DAY, by=asker_for(WENZHOU)).accepted()
    given(past).when(end, on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)


TWICE = [
    cast.registered(),
    belongs(Category.BACKBONE_TEACHER, SINCE, rank=Rank.COUNTY),
    belongs(Category.BACKBONE_TEACHER, SINCE, rank=Rank.CITY),
]
END_RANK = EndCategory(teacher=LIN, category=Category.BACKBONE_TEACHER, until=DAY)


@pytest.mark.parametrize(
    ("rank", "party", "other"), [(Rank.CITY, WENZHOU, RUIAN), (Rank.COUNTY, RUIAN, WENZHOU)]
)
def test_of_two_ranks_whoever_named_it_ends_the_one_that_is_said(rank, party, other):
    end = replace(END_RANK, rank=rank)
    ended = CategoryEnded(
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        category=Category.BACKBONE_TEACHER,
        until=DAY,
        since=SINCE,
        rank=rank,
    )
    given(TWICE).when(end, on=DAY, by=asker_for(party)).then(ended)
    given(TWICE).when(end, on=DAY, by=asker_for(other)).refused(OutsideScope)
    spans: list[Belonging] = []
    for entry in entries([*TWICE, ended], DAY):
        spans = belongings_after(spans, entry)
    assert {each.rank: each.until for each in spans} == {
        each: DAY if each is rank else None for each in Rank
    }


def test_of_two_ranks_one_must_be_said_and_it_must_be_held():
    given(TWICE).when(END_RANK, on=DAY).refused(RankUnsaid, field="rank")
    county = [cast.registered(), belongs(Category.BACKBONE_TEACHER, SINCE, rank=Rank.COUNTY)]
    given(county).when(replace(END_RANK, rank=Rank.CITY), on=DAY).refused(NotOfCategory)
    given(county).when(END_RANK, on=DAY, by=asker_for(RUIAN)).accepted()


def test_the_spans_are_folded_with_what_they_stand_on():
    spans: list[Belonging] = []
    past = [
        CategoryAssigned(
            teacher=LIN, school=SCHOOL, place=RUIAN, category=Category.PRINCIPAL, since=SINCE
        ),
        CategoryEnded(
            teacher=LIN, school=SCHOOL, place=RUIAN, category=Category.PRINCIPAL, until=DAY
        ),
    ]
    for entry in entries(past, DAY):
        spans = belongings_after(spans, entry)

    assert [(span.since, span.until, span.positions) for span in spans] == [(SINCE, DAY, [1, 2])]
    assert spans[0].holds(DAY)
    assert not spans[0].holds(DAY + date.resolution)


def test_an_end_of_old_ends_every_span_of_the_category():
    old = CategoryEnded(
        teacher=LIN, school=SCHOOL, place=RUIAN, category=Category.BACKBONE_TEACHER, until=DAY
    )
    spans: list[Belonging] = []
    for entry in entries([*TWICE, old], DAY):
        spans = belongings_after(spans, entry)

    assert [each.until for each in spans] == [DAY, DAY]


@pytest.mark.parametrize(
    ("since", "place", "school", "other"),
    [
        pytest.param(DAY, HANGZHOU, OTHER_SCHOOL, SCHOOL, id="of-its-day"),
        pytest.param(date(2024, 3, 20), RUIAN, SCHOOL, OTHER_SCHOOL, id="after-it"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [HOMEROOM, EndCategory(teacher=LIN, category=Category.MIDDLE_LEADER, until=DAY)],
    ids=["named", "ended"],
)
def test_what_is_reported_after_a_move_is_said_by_the_school_of_its_day(
    command, since, place, school, other
):
    leads = belongs(Category.MIDDLE_LEADER, SINCE)
    story = given(cast.registered(), leads, cast.moved(since, HANGZHOU, OTHER_SCHOOL))
    answer = story.when(command, on=DAY, by=asker_for(school), reported=True).accepted()
    [told] = answer.facts

    assert (told.place, told.school) == (place, school)
    story.when(command, on=DAY, by=asker_for(other), reported=True).refused(OutsideScope)
    machine = Asker(actor="system:other", role=Role.INTEGRATOR, scope=place)
    story.when(command, on=DAY, by=machine, reported=True).accepted()

"""Screenings: announced before the first choice, made once a round, recorded with the inputs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec.structs import replace as replace_in

from ledger.category import CategoryAssigned
from ledger.command import OutsideScope, UnknownReference
from ledger.draw import Applicant, ScreeningOrder, ranked, seed_of
from ledger.enrollment import EnrollmentDeclined, EnrollmentWithdrawn, StepOutOfOrder
from ledger.finding import Outcome
from ledger.register import Category, Stage, Tier
from ledger.screening import (
    AnnounceScreening,
    ApplicantsScreened,
    NobodyToScreen,
    ScreenApplicants,
    ScreeningAnnounced,
    ScreeningLate,
    ScreeningStands,
)
from ledger.teacher import TeacherProfileUpdated
from ledger.term import WindowClosed, WindowUnknown
from tests import cast
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    H1_2024,
    H2_2019,
    H2_2020,
    INSTITUTE,
    LIN,
    OFFERING,
    RUIAN,
    SCHOOL,
    ZHOU,
)
from tests.given import asker_for, background, given, on

DAY = date(2024, 3, 18)
SCREENED_ON = date(2024, 3, 30)
ANNOUNCE = AnnounceScreening(
    offering=OFFERING,
    by=ScreeningOrder.PRIORITY_THEN_DRAW,
    tiers=(Tier.BACKBONE,),
    categories=(Category.HOMEROOM_TEACHER,),
)
ANNOUNCED = ScreeningAnnounced(
    offering=OFFERING,
    provider=COUNTY_SCHOOL,
    by=ScreeningOrder.PRIORITY_THEN_DRAW,
    tiers=(Tier.BACKBONE,),
    categories=(Category.HOMEROOM_TEACHER,),
)
FIRST_COME = ScreeningAnnounced(
    offering=OFFERING, provider=COUNTY_SCHOOL, by=ScreeningOrder.FIRST_COME
)
SCREEN = ScreenApplicants(offering=OFFERING)


def chosen(*teachers, term=H1_2024, round=1):
    return [cast.selected(each, term=term, round=round) for each in teachers]


def passed(*teachers, term=H1_2024, round=1):
    return [cast.passed(each, term=term, round=round) for each in teachers]


def left_by(teacher, admitted=False):
    return EnrollmentWithdrawn(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=admitted,
        after_change=admitted,
        reason="",
    )


def declined(teacher):
    return EnrollmentDeclined(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        term=H1_2024,
        round=1,
        reason="名额已满",
    )


def screened(answer):
    head, *rows = answer.accepted().facts
    assert [each.rank for each in rows] == list(range(1, len(rows) + 1))
    return head, rows


def made_again(head, rows):
    """The order that anybody gets who runs the function over what is recorded."""
    inputs = [
        Applicant(
            teacher=each.teacher,
            arrived=each.arrived,
            passed_by=each.passed_by,
            tier=each.tier,
            categories=each.categories,
        )
        for each in sorted(rows, key=lambda each: str(each.teacher))
    ]
    passes = [*head.also_passed, *(each.passed_by for each in inputs)]
    assert head.seed == seed_of(head.offering, head.round, passes)
    return [
        each.teacher for each in ranked(inputs, head.by, head.seed, head.tiers, head.categories)
    ]


def test_a_provider_announces_how_it_will_screen():
    given(cast.opened()).when(ANNOUNCE, on=DAY).then(ANNOUNCED)


def test_the_order_is_announced_before_the_first_choice():
    given(cast.opened(), cast.selected(CHEN)).when(ANNOUNCE, on=DAY).refused(
        ScreeningLate, field="offering"
    )
    given(cast.opened(), cast.selected(CHEN)).when(ANNOUNCE, on=DAY, reported=True).found(
        None, Outcome.VIOLATION, ScreeningLate
    ).then(ANNOUNCED)


@pytest.mark.parametrize("reported", [False, True])
def test_the_order_is_announced_once(reported):
    given(cast.opened(), FIRST_COME).when(ANNOUNCE, on=DAY, reported=reported).refused(
        ScreeningStands
    )


def test_only_the_provider_announces_and_screens():
    for command in (ANNOUNCE, SCREEN):
        given(cast.opened()).when(command, on=DAY, by=asker_for(INSTITUTE)).refused(OutsideScope)
        given().when(command, on=DAY).refused(UnknownReference, field="offering")


def test_what_was_not_announced_is_drawn_and_can_be_made_again():
    past = [cast.opened(seats=2), chosen(LIN, CHEN, ZHOU), passed(LIN, CHEN, ZHOU)]
    head, rows = screened(given(past).when(SCREEN, on=SCREENED_ON))

    assert head == ApplicantsScreened(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        term=H1_2024,
        round=1,
        by=ScreeningOrder.DRAW,
        tiers=(),
        categories=(),
        seed=head.seed,
        applicants=3,
        seats_left=2,
    )
    assert [each.teacher for each in rows] == made_again(head, rows)
    assert {each.passed_by for each in rows} == {"0193-0005", "0193-0006", "0193-0007"}
    assert [each.draw for each in rows] == sorted(each.draw for each in rows)


def test_asking_again_before_it_is_written_gives_the_same_order():
    past = [cast.opened(seats=2), chosen(LIN, CHEN, ZHOU), passed(LIN, CHEN, ZHOU)]

    first, again = (given(past).when(SCREEN, on=SCREENED_ON) for _ in range(2))
    assert first.facts == again.facts


@pytest.mark.parametrize(
    "end",
    [left_by(ZHOU), cast.confirmed(ZHOU), declined(ZHOU)],
    ids=["withdrawn", "admitted", "declined"],
)
def test_whatever_becomes_of_one_who_was_passed_the_seed_is_the_same(end):
    past = [cast.opened(seats=2), chosen(LIN, CHEN, ZHOU), passed(LIN, CHEN, ZHOU)]
    whole, _ = screened(given(past).when(SCREEN, on=SCREENED_ON))
    head, rows = screened(given(past, end).when(SCREEN, on=SCREENED_ON))

    assert (head.seed, head.also_passed) == (whole.seed, ("0193-0007",))
    assert [each.teacher for each in rows] == made_again(head, rows)


def test_who_is_passed_again_draws_no_other_seed():
    past = [cast.opened(seats=2), chosen(LIN, CHEN), passed(LIN, CHEN)]
    once, rows_once = screened(given(past).when(SCREEN, on=SCREENED_ON))
    again = [left_by(LIN), chosen(LIN), passed(LIN)]
    head, rows = screened(given(past, again, again).when(SCREEN, on=SCREENED_ON))

    assert (head.seed, head.also_passed) == (once.seed, ())
    assert [each.draw for each in rows] == [each.draw for each in rows_once]


def test_a_pass_of_another_round_is_no_part_of_the_seed():
    late = [left_by(LIN), chosen(CHEN, round=2), passed(CHEN, round=2)]
    past = [cast.opened(), chosen(LIN), passed(LIN), late]
    head, rows = screened(given(past).when(SCREEN, on=date(2024, 4, 3)))

    assert head.also_passed == ()
    assert made_again(head, rows) == [CHEN]


def test_first_come_follows_the_choices_and_not_the_reviews():
    past = [cast.opened(), FIRST_COME, chosen(LIN, CHEN, ZHOU), passed(ZHOU, CHEN, LIN)]
    head, rows = screened(given(past).when(SCREEN, on=SCREENED_ON))

    assert [(each.teacher, each.arrived) for each in rows] == [(LIN, 1), (CHEN, 2), (ZHOU, 3)]
    assert made_again(head, rows) == [LIN, CHEN, ZHOU]


def test_who_withdrew_and_chose_again_arrives_last():
    past = [
        cast.opened(),
        FIRST_COME,
        chosen(LIN, CHEN),
        left_by(LIN),
        chosen(LIN),
        passed(LIN, CHEN),
    ]
    _, rows = screened(given(past).when(SCREEN, on=SCREENED_ON))

    assert [each.teacher for each in rows] == [CHEN, LIN]


def assigned(teacher, since=date(2019, 9, 1)):
    return CategoryAssigned(
        teacher=teacher,
        school=SCHOOL,
        place=RUIAN,
        category=Category.HOMEROOM_TEACHER,
        since=since,
    )


def graded(teacher, tier=Tier.BACKBONE):
    return TeacherProfileUpdated(
        teacher=teacher,
        school=SCHOOL,
        place=RUIAN,
        stage=Stage.PRIMARY,
        subject="CHINESE",
        tier=tier,
    )


@pytest.mark.parametrize(
    "late",
    [
        lambda known, said, applied: [said, known, applied],
        lambda known, said, applied: [said, applied, known],
        # An announcement that was reported late makes nothing known in time.
        lambda known, said, applied: [applied, known, said],
    ],
    ids=["announced-before", "chosen-before", "announced-last"],
)
def test_what_is_entered_when_the_priority_is_known_gives_none_however_far_back_it_reaches(late):
    backbone = replace_in(cast.selected(ZHOU), tier=Tier.BACKBONE)
    homeroom = replace_in(cast.selected(CHEN), categories=(Category.HOMEROOM_TEACHER,))
    applied = [chosen(LIN), backbone, homeroom, passed(LIN, CHEN, ZHOU)]
    past = [cast.opened(), late([assigned(CHEN), graded(ZHOU)], ANNOUNCED, applied)]
    head, rows = screened(given(past).when(SCREEN, on=SCREENED_ON))

    assert [(each.prior, each.tier, each.categories) for each in rows] == [(False, None, ())] * 3
    assert [each.teacher for each in rows] == made_again(head, rows)


def test_a_draw_looks_at_no_category_and_asks_for_none():
    homeroom = replace_in(cast.selected(CHEN), categories=(Category.HOMEROOM_TEACHER,))
    past = given(cast.opened(), background(assigned(CHEN)), homeroom, passed(CHEN))
    _, rows = screened(past.when(SCREEN, on=SCREENED_ON))

    assert [each.prior for each in rows] == [False]


def test_the_announced_priority_comes_first_and_is_recorded():
    backbone = replace_in(cast.selected(ZHOU), tier=Tier.BACKBONE)
    homeroom = replace_in(cast.selected(CHEN), categories=(Category.HOMEROOM_TEACHER,))
    known = [assigned(CHEN), graded(ZHOU)]
    applied = [chosen(LIN), backbone, homeroom, passed(LIN, CHEN, ZHOU)]
    past = [cast.opened(), known, ANNOUNCED, applied]
    head, rows = screened(given(past).when(SCREEN, on=SCREENED_ON))

    assert (head.tiers, head.categories) == (ANNOUNCED.tiers, ANNOUNCED.categories)
    assert [each.prior for each in rows] == [True, True, False]
    assert rows[2].teacher == LIN
    assert {each.teacher: each.tier for each in rows}[ZHOU] is Tier.BACKBONE
    assert [each.teacher for each in rows] == made_again(head, rows)


@pytest.mark.parametrize(
    "end",
    [
        [],
        [cast.passed(CHEN, passed=False, reason="x")],
        [cast.passed(CHEN), left_by(CHEN)],
        [cast.passed(CHEN), cast.confirmed(CHEN)],
    ],
    ids=["not reviewed", "refused", "withdrawn", "admitted"],
)
def test_only_those_who_wait_for_the_provider_are_put_in_order(end):
    past = [cast.opened(), chosen(LIN, CHEN), passed(LIN), end]
    _, rows = screened(given(past).when(SCREEN, on=SCREENED_ON))

    assert [each.teacher for each in rows] == [LIN]


def test_the_seats_that_are_left_are_recorded():
    past = [cast.opened(seats=2), chosen(LIN, CHEN), passed(LIN, CHEN), cast.confirmed(CHEN)]
    head, _ = screened(given(past).when(SCREEN, on=SCREENED_ON))

    assert (head.seats_left, head.applicants) == (1, 1)


def first_screened(number=1):
    return ApplicantsScreened(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        term=H1_2024,
        round=number,
        by=ScreeningOrder.DRAW,
        tiers=(),
        categories=(),
        seed="s",
        applicants=1,
        seats_left=1,
    )


@pytest.mark.parametrize("reported", [False, True])
def test_a_round_is_screened_once(reported):
    past = [cast.opened(), chosen(LIN), passed(LIN), first_screened()]
    given(past).when(SCREEN, on=SCREENED_ON, reported=reported).refused(ScreeningStands)


def test_round_two_is_screened_on_its_own():
    late = [chosen(CHEN, round=2), passed(CHEN, round=2)]
    past = [cast.opened(), chosen(LIN), passed(LIN), first_screened(), late]
    head, rows = screened(given(past).when(SCREEN, on=date(2024, 4, 3)))

    assert (head.round, [each.teacher for each in rows]) == (2, [CHEN])
    given(past).when(SCREEN, on=SCREENED_ON).refused(WindowClosed, "ZJ24-20")


@pytest.mark.parametrize("reported", [False, True])
def test_without_an_applicant_nothing_is_screened(reported):
    given(cast.opened(), chosen(LIN)).when(SCREEN, on=SCREENED_ON, reported=reported).refused(
        NobodyToScreen, field="offering"
    )


@pytest.mark.parametrize(
    ("term", "day", "rule"),
    [
        (H1_2024, date(2024, 3, 29), "ZJ24-17"),
        (H1_2024, date(2024, 3, 31), "ZJ24-17"),
        (H2_2019, date(2019, 9, 12), "RA19-19"),
        (H2_2019, date(2019, 9, 13), None),
    ],
)
def test_screening_is_part_of_the_re_review_and_has_its_window(term, day, rule):
    past = [cast.opened(term=term), chosen(LIN, term=term), passed(LIN, term=term)]
    answer = given(past).when(SCREEN, on=day)
    if rule is None:
        screened(answer)
        return
    answer.refused(WindowClosed, rule)
    assert given(past).when(SCREEN, on=day, reported=True).found(rule, Outcome.VIOLATION).facts


def test_c_09_nobody_is_screened_before_the_schools_are_done():
    past = [cast.opened(), chosen(LIN, CHEN), passed(LIN), on(date(2024, 3, 31), *passed(CHEN))]
    given(past).when(SCREEN, on=SCREENED_ON).refused(StepOutOfOrder, "ZJ24-24", field="offering")
    answer = given(past).when(SCREEN, on=SCREENED_ON, reported=True)
    answer.found("ZJ24-24", Outcome.VIOLATION, StepOutOfOrder)
    assert len(answer.facts) == 3


def test_in_2020_the_window_is_unknown_and_the_screening_stands():
    past = [cast.opened(term=H2_2020), chosen(LIN, term=H2_2020), passed(LIN, term=H2_2020)]
    answer = given(past).when(SCREEN, on=date(2020, 9, 10))

    answer.found("ZJ20-24", Outcome.INDETERMINATE, WindowUnknown)
    assert len(answer.facts) == 2


def test_a_command_screens_anew_each_time_it_is_asked():
    command = replace(SCREEN)
    past = [cast.opened(), chosen(LIN), passed(LIN)]
    given(past).when(command, on=SCREENED_ON).accepted()

    assert command.waiting.choices == {}

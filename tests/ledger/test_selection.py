"""Selections: two rounds, and who may use the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec.structs import replace as replace_in

from ledger.command import OutsideScope, UnknownReference
from ledger.enrollment import EnrollmentDeclined, EnrollmentWithdrawn, Match, Via
from ledger.finding import Outcome
from ledger.plan import Choice
from ledger.register import Category, Stage, Tier
from ledger.round import BarredFromRoundTwo
from ledger.selection import (
    AlreadySelected,
    AssignedOnly,
    BetweenRounds,
    ChannelNotNamed,
    OnlyBrowsing,
    SelectionChannels,
    SelectOffering,
    matched,
)
from ledger.teacher import TeacherProfileUpdated, TeacherTransferred, Whereabouts
from ledger.term import Calendar, WindowClosed, WindowUnknown
from tests import cast
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    H1_2024,
    H2_2019,
    H2_2020,
    HANGZHOU,
    LIN,
    OFFERING,
    OTHER_OFFERING,
    OTHER_SCHOOL,
    RUIAN,
    SCHOOL,
)
from tests.given import asker_for, background, given, on

SELECT = SelectOffering(teacher=LIN, offering=OFFERING)
ROUND_TWO = {
    H2_2019: date(2019, 9, 15),
    H2_2020: date(2020, 9, 15),
    H1_2024: date(2024, 3, 31),
}


def declined(offering=OTHER_OFFERING, term=H1_2024):
    return EnrollmentDeclined(
        teacher=LIN,
        offering=offering,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        term=term,
        round=1,
        reason="名额已满",
    )


def withdrawn(offering=OTHER_OFFERING, term=H1_2024, after_change=False):
    return EnrollmentWithdrawn(
        teacher=LIN,
        offering=offering,
        school=SCHOOL,
        term=term,
        admitted=after_change,
        after_change=after_change,
        reason="",
    )


def first(term, offering=OTHER_OFFERING):
    """A choice of another class in round one."""
    return cast.selected(offering=offering, term=term)


def refused_by_school(term, offering=OTHER_OFFERING):
    return cast.passed(offering=offering, term=term, passed=False, reason="不符合分层要求")


def chose(plan=cast.PLAN, **said):
    """A choice with how well its plan suits a teacher of Chinese at a primary school."""
    fits = Match(subject=plan.subject == "CHINESE", stage=True)
    return replace_in(cast.selected(**said), base_credits=plan.base_credits, match=fits)


def past(term, *events):
    return [cast.registered(), cast.opened(term=term), *events]


def test_a_teacher_selects_a_class_in_round_one():
    given(past(H1_2024)).when(SELECT, on=date(2024, 3, 19)).then(chose(rules=("ZJ24-13",)))


@pytest.mark.parametrize(
    ("term", "day", "rule"),
    [
        pytest.param(H1_2024, date(2024, 3, 18), "ZJ24-13", id="W-120-early"),
        pytest.param(H1_2024, date(2024, 3, 19), None, id="W-120-first"),
        pytest.param(H1_2024, date(2024, 3, 26), None, id="W-120-last"),
        pytest.param(H1_2024, date(2024, 3, 27), "ZJ24-13", id="W-120-late"),
        pytest.param(H2_2020, date(2020, 8, 25), "ZJ20-20", id="W-108-early"),
        pytest.param(H2_2020, date(2020, 8, 26), None, id="W-108-first"),
        pytest.param(H2_2020, date(2020, 9, 5), None, id="W-108-last"),
        pytest.param(H2_2020, date(2020, 9, 6), "ZJ20-20", id="W-108-late"),
        pytest.param(H2_2020, date(2020, 9, 12), "ZJ20-20", id="W-108-before-round-two"),
        pytest.param(H2_2019, date(2019, 8, 20), "RA19-15", id="W-132"),
        pytest.param(H2_2019, date(2019, 8, 26), None, id="2019-first"),
        pytest.param(H2_2019, date(2019, 9, 6), "RA19-15", id="2019-late"),
    ],
)
def test_round_one_has_its_window(term, day, rule):
    answer = given(past(term)).when(SELECT, on=day)
    if rule is None:
        answer.accepted()
        return
    answer.refused(WindowClosed, rule, field="on")
    given(past(term)).when(SELECT, on=day, reported=True).found(
        rule, Outcome.VIOLATION, WindowClosed
    ).kept()


@pytest.mark.parametrize(
    ("term", "day", "rule"),
    [
        pytest.param(H1_2024, date(2024, 3, 30), "ZJ24-18", id="W-121-early"),
        pytest.param(H1_2024, date(2024, 3, 31), None, id="W-121-first"),
        pytest.param(H1_2024, date(2024, 4, 1), None, id="W-121-last"),
        pytest.param(H1_2024, date(2024, 4, 2), "ZJ24-18", id="W-121-late"),
        pytest.param(H2_2020, date(2020, 9, 13), None, id="W-108-round-two-first"),
        pytest.param(H2_2020, date(2020, 9, 17), None, id="W-108-round-two-last"),
        pytest.param(H2_2020, date(2020, 9, 18), "ZJ20-21", id="W-108-round-two-late"),
        pytest.param(H2_2020, date(2020, 9, 12), "ZJ20-21", id="W-108-round-two-early"),
        pytest.param(H2_2019, date(2019, 9, 13), "RA19-20", id="W-151-early"),
        pytest.param(H2_2019, date(2019, 9, 14), None, id="W-151-first"),
        pytest.param(H2_2019, date(2019, 9, 17), None, id="W-151-last"),
        pytest.param(H2_2019, date(2019, 9, 18), "RA19-20", id="W-151-late"),
    ],
)
def test_round_two_has_its_window(term, day, rule):
    answer = given(past(term, first(term))).when(SELECT, on=day)
    if rule is None:
        assert answer.accepted().facts[0].round == 2
    else:
        answer.refused(WindowClosed, rule)


@pytest.mark.parametrize(
    ("day", "browsing"),
    [
        pytest.param(date(2019, 7, 14), False, id="before"),
        pytest.param(date(2019, 7, 15), True, id="first"),
        pytest.param(date(2019, 8, 20), True, id="W-132"),
        pytest.param(date(2019, 8, 25), True, id="last"),
    ],
)
def test_w_132_while_the_catalogue_is_for_browsing_nobody_chooses(day, browsing):
    answer = given(past(H2_2019)).when(SELECT, on=day).refused(WindowClosed, "RA19-15")
    cited = {each.rule.id for each in answer.refusals}
    assert cited == ({"RA19-14", "RA19-15"} if browsing else {"RA19-15"})
    reported = given(past(H2_2019)).when(SELECT, on=day, reported=True)
    reported.found("RA19-15", Outcome.VIOLATION)
    if browsing:
        answer.refused(OnlyBrowsing, "RA19-14", field="on")
        reported.found("RA19-14", Outcome.VIOLATION, OnlyBrowsing)


def test_w_132_the_browsing_period_is_ruian_s_alone():
    in_hangzhou = cast.registered(place=HANGZHOU)
    given(in_hangzhou, cast.opened(term=H2_2019)).when(SELECT, on=date(2019, 8, 20)).found(
        None, Outcome.INDETERMINATE, WindowUnknown
    ).then(chose(term=H2_2019, place=HANGZHOU))


def test_round_two_cites_its_window_and_who_is_admitted():
    given(past(H1_2024, first(H1_2024))).when(SELECT, on=ROUND_TWO[H1_2024]).then(
        chose(round=2, rules=("ZJ24-18", "ZJ24-23"))
    )


@pytest.mark.parametrize(
    ("term", "rule"), [(H2_2019, "RA19-24"), (H2_2020, "ZJ20-22"), (H1_2024, "ZJ24-23")]
)
def test_w_126_without_a_choice_in_round_one_there_is_no_round_two(term, rule):
    given(past(term)).when(SELECT, on=ROUND_TWO[term]).refused(
        BarredFromRoundTwo, rule, field="teacher"
    )
    given(past(term)).when(SELECT, on=ROUND_TWO[term], reported=True).found(
        rule, Outcome.VIOLATION, BarredFromRoundTwo
    ).kept()


def test_a_choice_of_another_term_opens_no_round_two():
    given(past(H1_2024), background(first(H2_2020))).when(SELECT, on=ROUND_TWO[H1_2024]).refused(
        BarredFromRoundTwo, "ZJ24-23"
    )


@pytest.mark.parametrize(
    ("term", "rule"),
    [
        pytest.param(H1_2024, None, id="W-123"),
        pytest.param(H2_2020, None, id="W-124"),
        pytest.param(H2_2019, "RA19-24", id="2019-ruian"),
    ],
)
def test_only_ruian_in_2019_bars_those_whose_school_refused_every_choice(term, rule):
    events = past(term, first(term), refused_by_school(term))
    answer = given(events).when(SELECT, on=ROUND_TWO[term])
    if rule is None:
        answer.accepted()
        return
    answer.refused(BarredFromRoundTwo, rule)
    given(events).when(SELECT, on=ROUND_TWO[term], reported=True).found(rule, Outcome.VIOLATION)


def test_one_choice_that_was_passed_is_enough_in_ruian():
    third = cast.OfferingId("offering:o3")
    given(
        past(
            H2_2019,
            first(H2_2019),
            refused_by_school(H2_2019),
            first(H2_2019, third),
            cast.passed(offering=third, term=H2_2019),
        )
    ).when(SELECT, on=ROUND_TWO[H2_2019]).accepted()


def test_a_choice_that_the_school_has_not_reviewed_bars_nobody_in_ruian():
    given(past(H2_2019, first(H2_2019))).when(SELECT, on=ROUND_TWO[H2_2019]).accepted()


def test_w_127_who_was_passed_and_declined_by_the_provider_may_choose_again():
    given(
        past(
            H2_2019,
            on(date(2019, 8, 30), first(H2_2019)),
            on(date(2019, 9, 5), cast.passed(offering=OTHER_OFFERING, term=H2_2019)),
            on(date(2019, 9, 13), declined(term=H2_2019)),
        )
    ).when(SELECT, on=ROUND_TWO[H2_2019]).accepted()


def test_w_129_after_a_refusal_a_new_choice_in_round_one_opens_round_two():
    refused = [
        on(date(2019, 8, 28), first(H2_2019)),
        on(date(2019, 9, 2), refused_by_school(H2_2019)),
    ]
    again = SelectOffering(teacher=LIN, offering=OTHER_OFFERING)
    new = [cast.registered(), cast.opened(term=H2_2019, offering=OTHER_OFFERING), *refused]
    given(new).when(again, on=date(2019, 9, 4)).then(
        chose(offering=OTHER_OFFERING, term=H2_2019, rules=("RA19-15",))
    )

    given(
        past(
            H2_2019,
            *refused,
            on(date(2019, 9, 4), first(H2_2019)),
            on(date(2019, 9, 8), cast.passed(offering=OTHER_OFFERING, term=H2_2019)),
        )
    ).when(SELECT, on=ROUND_TWO[H2_2019]).accepted()


@pytest.mark.parametrize(
    "day", [pytest.param(date(2024, 3, 25), id="W-130"), pytest.param(date(2024, 3, 26), id="last")]
)
def test_a_choice_withdrawn_in_round_one_counts_as_none(day):
    given(
        past(
            H1_2024,
            on(date(2024, 3, 20), first(H1_2024)),
            on(day, withdrawn()),
        )
    ).when(SELECT, on=ROUND_TWO[H1_2024]).refused(BarredFromRoundTwo, "ZJ24-23")


def test_a_choice_withdrawn_after_the_close_of_round_one_stood_at_its_close():
    given(
        past(
            H1_2024,
            on(date(2024, 3, 20), first(H1_2024)),
            on(date(2024, 3, 30), withdrawn(after_change=True)),
        )
    ).when(SELECT, on=ROUND_TWO[H1_2024]).accepted()


def test_w_190_an_order_based_class_is_not_chosen_between_the_rounds():
    order_based = cast.opened(calendar=Calendar.ORDER)
    for day in (date(2024, 3, 27), date(2024, 3, 28), date(2024, 3, 30)):
        answer = given(cast.registered(), order_based).when(SELECT, on=day)
        answer.refused(WindowClosed, "ZJ24-13")
        answer.refused(WindowClosed, "ZJ24-18")
        answer.refused(BetweenRounds, "ZJ24-36", field="on")
    given(cast.registered(), order_based).when(SELECT, on=date(2024, 3, 28), reported=True).found(
        "ZJ24-36", Outcome.VIOLATION, BetweenRounds
    ).found("ZJ24-13", Outcome.VIOLATION).found("ZJ24-18", Outcome.VIOLATION).then(
        chose(rules=("ZJ24-13", "ZJ24-36"))
    )


@pytest.mark.parametrize(
    ("day", "refused"),
    [
        (date(2024, 3, 18), True),
        (date(2024, 3, 19), False),
        (date(2024, 3, 26), False),
    ],
)
def test_c_23_an_order_based_class_is_chosen_in_the_rounds_of_all_others(day, refused):
    answer = given(cast.registered(), cast.opened(calendar=Calendar.ORDER)).when(SELECT, on=day)
    if refused:
        answer.refused(BetweenRounds, "ZJ24-36")
    else:
        answer.then(chose(rules=("ZJ24-13", "ZJ24-36")))


def test_the_calendar_of_orders_says_nothing_about_regular_classes():
    answer = given(past(H1_2024)).when(SELECT, on=date(2024, 3, 28))
    assert {each.rule.id for each in answer.refusals} == {"ZJ24-13", "ZJ24-18"}


@pytest.mark.parametrize(
    "calendar", [pytest.param(Calendar.REGULAR, id="W-190b"), pytest.param(Calendar.ORDER)]
)
def test_a_choice_of_either_calendar_in_round_one_opens_round_two_for_both(calendar):
    """A choice does not say of which calendar its class is; C-23 makes no difference."""
    own = cast.opened(calendar=calendar)
    given(cast.registered(), own, first(H1_2024)).when(SELECT, on=ROUND_TWO[H1_2024]).accepted()


@pytest.mark.parametrize(
    "steps",
    [
        [cast.selected()],
        [cast.selected(), cast.passed()],
        [cast.selected(), cast.passed(), cast.confirmed()],
    ],
)
def test_a_choice_that_stands_is_not_made_again(steps):
    given(past(H1_2024, *steps)).when(SELECT, on=date(2024, 3, 20)).refused(
        AlreadySelected, field="offering"
    )


@pytest.mark.parametrize(
    "end",
    [cast.passed(passed=False, reason="x"), declined(OFFERING), withdrawn(OFFERING)],
)
def test_a_choice_that_fell_may_be_made_again(end):
    given(past(H1_2024, cast.selected(), end)).when(SELECT, on=date(2024, 3, 20)).accepted()


def test_no_document_limits_how_many_classes_a_teacher_chooses():
    many = [first(H1_2024, cast.OfferingId(f"offering:x{number}")) for number in range(9)]
    given(past(H1_2024, *many)).when(SELECT, on=date(2024, 3, 20)).accepted()


def test_the_windows_are_those_of_the_teacher_s_place():
    in_hangzhou = cast.registered(place=HANGZHOU)
    given(in_hangzhou, cast.opened(term=H2_2019)).when(SELECT, on=date(2019, 8, 1)).found(
        None, Outcome.INDETERMINATE, WindowUnknown
    ).then(chose(term=H2_2019, place=HANGZHOU))


@pytest.mark.parametrize(
    ("term", "place", "day", "via", "rule"),
    [
        (H2_2019, RUIAN, date(2019, 8, 26), Via.WEB, None),
        (H2_2019, RUIAN, date(2019, 8, 26), Via.WECHAT, None),
        (H2_2019, RUIAN, date(2019, 8, 26), Via.ZHELIBAN, "RA19-26"),
        (H1_2024, RUIAN, date(2024, 3, 19), Via.ZHELIBAN, None),
        (H1_2024, HANGZHOU, date(2024, 3, 19), Via.WECHAT, "ZJ24-95"),
        (H2_2020, RUIAN, date(2020, 8, 26), Via.ZHELIBAN, None),
        (H1_2024, RUIAN, date(2024, 3, 19), None, None),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_a_channel_that_the_term_does_not_name_is_noted(term, place, day, via, rule, reported):
    answer = given(cast.registered(place=place), cast.opened(term=term)).when(
        replace(SELECT, via=via), on=day, reported=reported
    )
    assert answer.facts[0].via is via
    if rule:
        answer.found(rule, Outcome.ADVISORY, ChannelNotNamed).kept()
    assert len(answer.findings) == (1 if rule else 0)


def test_the_channels_of_a_rule_are_known_to_the_program():
    assert SelectionChannels(channels=("WEB", "WECHAT", "ZHELIBAN")).wrong() is None
    assert "FAX" in str(SelectionChannels(channels=("WEB", "FAX")).wrong())


def test_nobody_chooses_a_training_that_a_bureau_assigns():
    mandated = cast.opened(replace_in(cast.plan(), choice=Choice.MANDATED))
    events = [cast.registered(), mandated]
    given(events).when(SELECT, on=date(2024, 3, 20)).refused(AssignedOnly, field="offering")
    given(events).when(SELECT, on=date(2024, 3, 20), reported=True).found(
        None, Outcome.VIOLATION, AssignedOnly
    ).then(chose(rules=("ZJ24-13",)))


def test_an_assigned_training_opens_no_round_two():
    assigned = cast.confirmed(offering=OTHER_OFFERING, round=0)
    given(past(H1_2024, assigned)).when(SELECT, on=ROUND_TWO[H1_2024]).refused(
        BarredFromRoundTwo, "ZJ24-23"
    )


LONG = replace_in(
    cast.plan(90),
    target_tiers=(Tier.BACKBONE, Tier.LEADING),
    target_categories=(Category.HOMEROOM_TEACHER,),
)


def teacher_who_is(**said):
    return Whereabouts(school=SCHOOL, stage=Stage.PRIMARY, subject="CHINESE", **said)


@pytest.mark.parametrize(
    ("plan", "now", "expected", "suits"),
    [
        pytest.param(
            LONG,
            teacher_who_is(tier=Tier.BACKBONE, categories=(Category.HOMEROOM_TEACHER,)),
            Match(tier=True, category=True, subject=True, stage=True),
            True,
            id="all four",
        ),
        pytest.param(
            LONG,
            teacher_who_is(tier=Tier.NEW, categories=(Category.HOMEROOM_TEACHER,)),
            Match(tier=False, category=True, subject=True, stage=True),
            False,
            id="three of four",
        ),
        pytest.param(
            LONG,
            teacher_who_is(tier=Tier.LEADING, categories=(Category.PRINCIPAL,)),
            Match(tier=True, category=False, subject=True, stage=True),
            False,
            id="another category",
        ),
        pytest.param(
            LONG, teacher_who_is(), Match(subject=True, stage=True), None, id="nothing known"
        ),
        pytest.param(
            LONG,
            teacher_who_is(tier=Tier.NEW),
            Match(tier=False, subject=True, stage=True),
            False,
            id="one wrong is enough",
        ),
        pytest.param(
            cast.plan(90, subject="SCIENCE", target_tiers=(), target_categories=()),
            teacher_who_is(tier=Tier.NEW, categories=(Category.PRINCIPAL,)),
            Match(subject=False, stage=True),
            None,
            id="the plan names no targets",
        ),
        pytest.param(LONG, Whereabouts(), Match(), None, id="no profile"),
    ],
)
def test_c_28_what_suits_is_recorded_and_what_is_unknown_is_not_guessed(plan, now, expected, suits):
    found = matched(plan, now)

    assert (found, found.suits) == (expected, suits)


def test_c_28_a_choice_keeps_the_credits_and_what_the_profile_said_on_the_day():
    update = TeacherProfileUpdated(
        teacher=LIN, school=SCHOOL, place=RUIAN, stage=Stage.JUNIOR_SECONDARY, subject="SCIENCE"
    )
    answer = given(cast.registered(), update, cast.opened(LONG)).when(SELECT, on=date(2024, 3, 20))

    (choice,) = answer.accepted().facts
    assert choice.base_credits == 90
    assert choice.match == Match(subject=False, stage=False)


def test_an_unknown_teacher_or_class_is_refused_even_when_reported():
    given(cast.opened()).when(SELECT, on=date(2024, 3, 20), reported=True).refused(
        UnknownReference, field="teacher"
    )
    given(cast.registered()).when(SELECT, on=date(2024, 3, 20), reported=True).refused(
        UnknownReference, field="offering"
    )


def test_a_teacher_chooses_for_nobody_else():
    given(past(H1_2024)).when(SELECT, on=date(2024, 3, 20), by=asker_for(CHEN)).refused(
        OutsideScope
    )


def test_a_boundary_that_would_not_select_an_event_fails_the_story():
    with pytest.raises(AssertionError, match="the boundary would not have selected"):
        given(past(H1_2024), cast.selected(CHEN)).when(SELECT, on=date(2024, 3, 20))


def test_asking_twice_learns_nothing_twice():
    command = replace(SELECT)
    given(past(H1_2024)).when(command, on=date(2024, 3, 20)).accepted()
    given(past(H1_2024)).when(command, on=date(2024, 3, 20)).accepted()
    assert command.mine.choices == {}


def test_a_teacher_barred_from_round_two_is_shown_what_became_of_round_one():
    chosen = cast.selected(term=cast.H2_2019, offering=cast.OTHER_OFFERING)
    refused = cast.passed(term=cast.H2_2019, offering=cast.OTHER_OFFERING, passed=False)
    past = given(
        cast.registered(), cast.opened(term=cast.H2_2019), on(date(2019, 9, 1), chosen, refused)
    )
    again = SelectOffering(teacher=LIN, offering=OFFERING)
    answer = past.when(again, on=date(2019, 9, 15)).refused(BarredFromRoundTwo, "RA19-24")
    [barred] = [each for each in answer.refusals if isinstance(each, BarredFromRoundTwo)]

    assert barred.evidence == ("0193-0004",)
    assert (barred.chosen_for, barred.chosen_on) == (cast.RUIAN, None)
    assert barred.chosen_term == cast.H2_2019


@pytest.mark.parametrize(
    ("since", "found"),
    [
        pytest.param(
            date(2019, 9, 15), ((Outcome.VIOLATION, "RA19-24"), RUIAN, SCHOOL), id="of-it"
        ),
        pytest.param(
            date(2019, 9, 16), ((Outcome.INDETERMINATE, None), HANGZHOU, OTHER_SCHOOL), id="after"
        ),
    ],
)
def test_a_reported_choice_is_of_the_place_and_school_of_its_day_although_a_move_is_told(
    since, found
):
    elsewhere = cast.registered(school=OTHER_SCHOOL, place=HANGZHOU, entered=date(2018, 9, 1))
    moved = TeacherTransferred(
        teacher=LIN, school_left=OTHER_SCHOOL, school=SCHOOL, place=RUIAN, since=since
    )
    story = background(elsewhere, cast.opened(term=H2_2019), moved)
    answer = given(story).when(SELECT, on=ROUND_TWO[H2_2019], reported=True)
    [chosen], [said] = answer.facts, answer.findings

    assert ((said.outcome, said.rule), chosen.place, chosen.school) == found

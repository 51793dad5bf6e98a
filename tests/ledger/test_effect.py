"""Changes that take effect: what a major one needs, and what is noted when it lacks it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger.change import ChangeClass, ChangeKind, DecideChange, NothingToChange
from ledger.command import UnknownReference
from ledger.effect import (
    AlreadyCarriedOut,
    CarryOutChange,
    ChangeConditionMissing,
    ChangeDisallowed,
)
from ledger.finding import Outcome
from ledger.mandate import Disguised
from ledger.offering import ClassRoom, DatesChanged, OfferingCancelled, OfferingGone
from ledger.plan import Choice
from tests import cast
from tests import given as told
from tests.cast import (
    CHANGE,
    COUNTY_SCHOOL,
    OFFERING,
    RUIAN,
    carried_out,
    decided,
    notified,
    requested,
)
from tests.given import entries, on, rules_without


def given(*things, rules=None):
    """The class was opened, and these things happened."""
    return told.given(cast.opened(), *things, rules=rules)


DAY = date(2024, 5, 6)
BEFORE = DAY - timedelta(days=1)
CARRY_OUT = CarryOutChange(change=CHANGE)
TOLD = [requested(), decided(), notified()]


@pytest.mark.parametrize("reported", [False, True])
def test_w_204_an_approved_and_explained_change_complies(reported):
    given(on(BEFORE, *TOLD)).when(CARRY_OUT, on=DAY, reported=reported).then(carried_out())


@pytest.mark.parametrize("reported", [False, True])
def test_w_205_a_major_change_without_approval_stands_and_violates_both_documents(reported):
    answer = given(on(BEFORE, requested(), notified())).when(CARRY_OUT, on=DAY, reported=reported)

    answer.found("ZJ14-13", Outcome.VIOLATION, ChangeConditionMissing).found(
        "ZJ24-62", Outcome.VIOLATION, ChangeConditionMissing
    ).then(carried_out())
    assert [each.en.partition("lacks ")[2] for each in answer.findings] == [
        "the authority's approval"
    ] * 2


def test_a_refused_change_takes_no_effect():
    past = on(BEFORE, requested(), decided(False, reason="x"), notified())
    given(past).when(CARRY_OUT, on=DAY).refused(ChangeDisallowed, "ZJ24-62", "change")


def test_a_refused_change_that_took_effect_lacks_approval_and_the_right_to_withdraw():
    past = on(BEFORE, requested(), decided(False, reason="x"), notified())
    answer = given(past).when(CARRY_OUT, on=DAY, reported=True).kept(carried_out())

    assert {"ZJ14-13", "ZJ24-62"} == {each.rule for each in answer.findings}
    assert len(answer.findings) == 4


def test_a_refused_minor_change_takes_no_effect_either():
    minor = decided(False, ChangeClass.MINOR, "x")
    given(requested(), minor).when(CARRY_OUT, on=DAY).refused(ChangeDisallowed, "ZJ24-62")
    answer = given(requested(), minor).when(CARRY_OUT, on=DAY, reported=True)
    answer.found("ZJ24-62", Outcome.VIOLATION, ChangeDisallowed).then(
        carried_out(ChangeClass.MINOR)
    )


@pytest.mark.parametrize("reported", [False, True])
def test_no_change_of_a_class_that_is_over_or_cancelled_takes_effect(reported):
    last = date(2024, 6, 28)
    given(on(BEFORE, *TOLD)).when(CARRY_OUT, on=last, reported=reported).accepted()
    given(on(BEFORE, *TOLD)).when(
        CARRY_OUT, on=last + timedelta(days=1), reported=reported
    ).refused(NothingToChange, field="change")
    gone = OfferingCancelled(
        offering=OFFERING, project=cast.PROJECT, provider=COUNTY_SCHOOL, place=RUIAN, reason="x"
    )
    given(on(BEFORE, *TOLD), gone).when(CARRY_OUT, on=DAY, reported=reported).refused(OfferingGone)


def test_a_class_that_the_change_makes_longer_is_not_over_before():
    given(on(BEFORE, MOVED, decided(), notified())).when(CARRY_OUT, on=CLOSES).then(
        carried_out(), NEW_DAYS
    )


def test_w_207_trainees_told_afterwards_were_not_told_in_advance():
    given(on(BEFORE, requested(), decided())).when(CARRY_OUT, on=DAY).found(
        "ZJ14-13", Outcome.VIOLATION, ChangeConditionMissing
    ).found("ZJ24-62", Outcome.VIOLATION).then(carried_out())


def test_in_advance_is_on_a_day_before():
    past = [on(BEFORE, requested(), decided()), on(DAY, notified())]
    answer = given(past).when(CARRY_OUT, on=DAY)

    assert [each.rule for each in answer.findings] == ["ZJ14-13"]
    assert "notice to the trainees on a day before" in answer.findings[0].en


def test_approved_and_told_on_the_day_itself_nobody_could_withdraw_before():
    answer = given(on(DAY, *TOLD)).when(CARRY_OUT, on=DAY)
    lacking = [(each.rule, each.en.partition("lacks ")[2]) for each in answer.findings]

    assert ("ZJ24-62", "the right to withdraw on a day before") in lacking
    assert ("ZJ14-13", "the right to withdraw on a day before") in lacking
    assert len(lacking) == 3


def test_the_earliest_notice_counts():
    past = [on(BEFORE, *TOLD), on(DAY, notified())]
    given(past).when(CARRY_OUT, on=DAY).then(carried_out())


def test_c_19_since_2024_trainees_must_have_understood():
    past = on(BEFORE, requested(), decided(), notified(understood=False))
    given(past).when(CARRY_OUT, on=DAY).found(
        "ZJ24-62", Outcome.VIOLATION, ChangeConditionMissing
    ).then(carried_out())


@pytest.mark.parametrize("understood", [True, None])
def test_what_an_old_notice_did_not_say_is_not_held_against_it(understood):
    past = on(BEFORE, requested(), decided(), notified(understood=understood))
    given(past).when(CARRY_OUT, on=DAY).then(carried_out())


def test_understood_at_last_is_understood():
    past = on(BEFORE, requested(), decided(), notified(understood=False), notified())
    given(past).when(CARRY_OUT, on=DAY).then(carried_out())


@pytest.mark.parametrize(
    ("pinned", "rules"),
    [
        (date(2013, 12, 31), set()),
        (date(2014, 1, 1), {("ZJ14-13", Outcome.INDETERMINATE)}),
        (date(2014, 12, 31), {("ZJ14-13", Outcome.INDETERMINATE)}),
        (date(2015, 1, 1), {("ZJ14-13", Outcome.VIOLATION)}),
        (date(2024, 3, 5), {("ZJ14-13", Outcome.VIOLATION)}),
        (date(2024, 3, 6), {("ZJ14-13", Outcome.VIOLATION), ("ZJ24-62", Outcome.VIOLATION)}),
    ],
)
@pytest.mark.parametrize("day", [None, DAY])
def test_c_33_the_day_of_opening_chooses_the_rules(pinned, rules, day):
    """``day``: when it took effect; an old request that names no day is judged by that."""
    asked = requested(pinned=pinned) if day else requested()
    answer = given(asked).when(CARRY_OUT, on=day or pinned)

    assert rules == {(each.rule, each.outcome) for each in answer.findings}


@pytest.mark.parametrize("kind", [ChangeKind.ROOM_CHANGED, ChangeKind.LESSONS_REORDERED])
def test_w_232_a_minor_change_needs_nothing(kind):
    given(requested(kind)).when(CARRY_OUT, on=DAY).then(carried_out(ChangeClass.MINOR))


def test_one_major_kind_makes_a_change_major():
    given(requested(ChangeKind.ROOM_CHANGED, ChangeKind.FEE_RAISED)).when(CARRY_OUT, on=DAY).found(
        "ZJ24-62", Outcome.VIOLATION
    )


def test_the_bureau_sets_the_class_whatever_the_kind():
    given(requested(), decided(change_class=ChangeClass.MINOR)).when(CARRY_OUT, on=DAY).then(
        carried_out(ChangeClass.MINOR)
    )
    given(requested(ChangeKind.ROOM_CHANGED), decided()).when(CARRY_OUT, on=DAY).found(
        "ZJ24-62", Outcome.VIOLATION, ChangeConditionMissing
    ).found("ZJ14-13", Outcome.VIOLATION).then(carried_out())


def test_a_change_is_carried_out_once():
    given(requested(), carried_out()).when(CARRY_OUT, on=DAY).refused(AlreadyCarriedOut)


def test_an_unknown_change_is_not_carried_out():
    told.given().when(CARRY_OUT, on=DAY).refused(UnknownReference, field="change")


CLOSES = date(2024, 7, 12)
MOVED = requested(ChangeKind.DATES_CHANGED, closes=CLOSES)
NEW_DAYS = DatesChanged(
    change=CHANGE, offering=OFFERING, provider=COUNTY_SCHOOL, place=RUIAN, closes=CLOSES
)


def test_an_approved_change_of_dates_gives_the_class_its_new_days():
    given(on(BEFORE, MOVED, decided(), notified())).when(CARRY_OUT, on=DAY).then(
        carried_out(), NEW_DAYS
    )


def test_a_change_of_dates_without_approval_moves_nothing():
    answer = given(on(BEFORE, MOVED, notified())).when(CARRY_OUT, on=DAY)

    assert (carried_out(),) == answer.facts


def test_an_approval_that_comes_after_the_change_moves_the_days_then():
    approve = DecideChange(change=CHANGE, approved=True, change_class=ChangeClass.MAJOR)
    refuse = DecideChange(
        change=CHANGE, approved=False, change_class=ChangeClass.MAJOR, reason="不同意"
    )
    told.given(MOVED, carried_out()).when(approve, on=DAY).then(decided(), NEW_DAYS)
    told.given(MOVED, carried_out()).when(refuse, on=DAY).then(decided(False, reason="不同意"))


def test_later_commands_see_the_new_days():
    room = ClassRoom()
    for entry in entries([cast.opened(), NEW_DAYS], DAY):
        room.learn(entry)

    assert (room.known(OFFERING).opens, room.known(OFFERING).closes) == (cast.OPENS, CLOSES)


MANDATE = ChangeKind.MANDATE_TO_CHOICE


@pytest.mark.parametrize("approval", [[], [decided(change_class=ChangeClass.MINOR)]])
def test_mandated_training_may_not_be_held_as_a_free_choice_whoever_approves(approval):
    asked = requested(MANDATE, choice=Choice.MANDATED)
    given(asked, approval).when(CARRY_OUT, on=DAY).found(
        "ZJ14-27", Outcome.VIOLATION, Disguised
    ).then(carried_out(ChangeClass.MINOR))


def test_what_was_a_free_choice_already_is_no_disguise():
    given(requested(MANDATE)).when(CARRY_OUT, on=DAY).then(carried_out(ChangeClass.MINOR))
    given(requested(choice=Choice.MANDATED), decided(change_class=ChangeClass.MINOR)).when(
        CARRY_OUT, on=DAY
    ).then(carried_out(ChangeClass.MINOR))


@pytest.mark.parametrize(
    ("pinned", "outcome"),
    [
        (date(2013, 12, 31), None),
        (date(2014, 12, 31), Outcome.INDETERMINATE),
        (date(2015, 1, 1), Outcome.VIOLATION),
    ],
)
def test_before_the_quality_notice_nobody_asked_about_disguise(pinned, outcome):
    asked = requested(MANDATE, choice=Choice.MANDATED, pinned=pinned)
    answer = given(asked).when(CARRY_OUT, on=DAY)

    assert ([outcome] if outcome else []) == [each.outcome for each in answer.findings]


def test_where_no_rule_asks_for_conditions_none_is_missing():
    rules = rules_without("ZJ14-13", "ZJ24-62")
    given(requested(), decided(), rules=rules).when(CARRY_OUT, on=DAY).then(carried_out())

"""Changes of a published plan: what a major one needs, and what is noted when it lacks it."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.change import (
    AlreadyCarriedOut,
    CarryOutChange,
    Change,
    ChangeCarriedOut,
    ChangeClass,
    ChangeConditionMissing,
    ChangeDecided,
    ChangeKind,
    ChangeRequested,
    DecideChange,
    NothingToChange,
    NotifyTrainees,
    RequestChange,
    TraineesNotified,
)
from ledger.command import OutsideScope, UnknownReference
from ledger.finding import Outcome
from ledger.names import ChangeId
from ledger.register import AlreadyRegistered
from ledger.review import AlreadyReviewed, ReasonMissing
from tests import cast
from tests.cast import COUNTY_SCHOOL, OFFERING, RUIAN
from tests.given import asker_for, entries, given

CHANGE = ChangeId("change:x1")
DAY = date(2024, 5, 6)
REQUEST = RequestChange(
    change=CHANGE,
    offering=OFFERING,
    kinds=(ChangeKind.TRAINER_REPLACED,),
    description="徐老师因病不能授课",
)


def requested(*kinds):
    return ChangeRequested(
        change=CHANGE,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        kinds=kinds or (ChangeKind.TRAINER_REPLACED,),
        description="徐老师因病不能授课",
    )


def decided(approved=True, change_class=ChangeClass.MAJOR, reason=""):
    return ChangeDecided(
        change=CHANGE,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        approved=approved,
        change_class=change_class,
        reason=reason,
    )


def notified():
    return TraineesNotified(
        change=CHANGE, offering=OFFERING, provider=COUNTY_SCHOOL, explanation="改由李老师授课"
    )


def carried_out(change_class=ChangeClass.MAJOR):
    return ChangeCarriedOut(
        change=CHANGE, offering=OFFERING, provider=COUNTY_SCHOOL, change_class=change_class
    )


CARRY_OUT = CarryOutChange(change=CHANGE)


def test_a_provider_asks_to_alter_a_plan():
    given(cast.opened()).when(REQUEST, on=DAY).then(requested())


def test_a_change_is_asked_for_once_and_with_a_description():
    given(cast.opened(), requested()).when(REQUEST, on=DAY).refused(
        AlreadyRegistered, field="change"
    )
    blank = RequestChange(change=CHANGE, offering=OFFERING, kinds=REQUEST.kinds, description=" ")
    given(cast.opened()).when(blank, on=DAY).refused(ReasonMissing, field="description")


def test_a_change_names_its_kinds_and_comes_while_the_class_runs():
    nothing = RequestChange(change=CHANGE, offering=OFFERING, kinds=(), description="x")
    given(cast.opened()).when(nothing, on=DAY).refused(NothingToChange, field="kinds")
    given(cast.opened()).when(REQUEST, on=date(2024, 6, 28)).accepted()
    given(cast.opened()).when(REQUEST, on=date(2024, 6, 29)).refused(NothingToChange)


def test_the_bureau_decides_a_change_once():
    decide = DecideChange(change=CHANGE, approved=True, change_class=ChangeClass.MAJOR)
    given(requested()).when(decide, on=DAY).then(decided())
    given(requested(), decided()).when(decide, on=DAY).refused(AlreadyReviewed, field="change")


def test_refusing_a_change_needs_a_reason():
    refuse = DecideChange(change=CHANGE, approved=False, change_class=ChangeClass.MAJOR)
    given(requested()).when(refuse, on=DAY).refused(ReasonMissing)


def test_the_provider_does_not_decide_its_own_change():
    decide = DecideChange(change=CHANGE, approved=True, change_class=ChangeClass.MINOR)
    given(requested()).when(decide, on=DAY, by=asker_for(COUNTY_SCHOOL)).refused(OutsideScope)


def test_trainees_are_told_with_an_explanation():
    tell = NotifyTrainees(change=CHANGE, explanation="改由李老师授课")
    given(requested()).when(tell, on=DAY).then(notified())
    given(requested()).when(NotifyTrainees(change=CHANGE, explanation=""), on=DAY).refused(
        ReasonMissing
    )


@pytest.mark.parametrize("reported", [False, True])
def test_w_204_an_approved_and_explained_change_complies(reported):
    given(requested(), decided(), notified()).when(CARRY_OUT, on=DAY, reported=reported).then(
        carried_out()
    )


@pytest.mark.parametrize("reported", [False, True])
def test_w_205_a_major_change_without_approval_stands_and_violates_both_documents(reported):
    given(requested(), notified()).when(CARRY_OUT, on=DAY, reported=reported).found(
        "ZJ14-13", Outcome.VIOLATION, ChangeConditionMissing
    ).found("ZJ24-62", Outcome.VIOLATION, ChangeConditionMissing).then(carried_out())


def test_a_refused_change_that_is_carried_out_lacks_approval():
    given(requested(), decided(False, reason="x"), notified()).when(CARRY_OUT, on=DAY).found(
        "ZJ24-62", Outcome.VIOLATION
    ).kept(carried_out())


def test_w_207_trainees_told_afterwards_were_not_told_in_advance():
    given(requested(), decided()).when(CARRY_OUT, on=DAY).found(
        "ZJ14-13", Outcome.VIOLATION, ChangeConditionMissing
    ).found("ZJ24-62", Outcome.VIOLATION).then(carried_out())


def test_before_2024_only_the_quality_notice_of_2014_asks_for_conditions():
    answer = given(requested()).when(CARRY_OUT, on=date(2024, 3, 5))

    assert {"ZJ14-13"} == {each.rule for each in answer.findings}


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


def test_a_change_is_carried_out_once():
    given(requested(), carried_out()).when(CARRY_OUT, on=DAY).refused(AlreadyCarriedOut)


@pytest.mark.parametrize(
    "command",
    [
        CARRY_OUT,
        NotifyTrainees(change=CHANGE, explanation="x"),
        DecideChange(change=CHANGE, approved=True, change_class=ChangeClass.MINOR),
    ],
)
def test_an_unknown_change_goes_no_further(command):
    given().when(command, on=DAY).refused(UnknownReference, field="change")


@pytest.mark.parametrize(
    ("events", "opens"),
    [
        ([], False),
        ([requested()], False),
        ([requested(), decided()], True),
        ([requested(), decided(False, reason="x")], False),
        ([requested(), carried_out()], True),
        ([requested(ChangeKind.ROOM_CHANGED), carried_out(ChangeClass.MINOR)], False),
        ([requested(), decided(change_class=ChangeClass.MINOR)], False),
    ],
)
def test_a_major_change_opens_withdrawal_once_approved_or_carried_out(events, opens):
    change = Change()
    for entry in entries(events, DAY):
        change.learn(entry)

    assert opens == change.opens_withdrawal

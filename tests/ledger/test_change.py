"""Changes of a published plan: what a major one needs, and what is noted when it lacks it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.change import (
    Change,
    ChangeClass,
    ChangeKind,
    DecideChange,
    MajorChange,
    NothingToChange,
    NotifyTrainees,
    RequestChange,
)
from ledger.command import OutsideScope, UnknownReference
from ledger.register import AlreadyRegistered
from ledger.review import AlreadyReviewed, ReasonMissing
from tests import cast
from tests.cast import CHANGE, COUNTY_SCHOOL, OFFERING
from tests.given import all_rules, asker_for, entries, given, on

DAY = date(2024, 5, 6)
REQUEST = RequestChange(
    change=CHANGE,
    offering=OFFERING,
    kinds=(ChangeKind.TRAINER_REPLACED,),
    description="徐老师因病不能授课",
)


def test_a_provider_asks_to_alter_a_plan():
    given(cast.opened()).when(REQUEST, on=DAY).then(cast.requested(pinned=DAY))


def test_a_change_is_asked_for_once_and_with_a_description():
    given(cast.opened(), cast.requested()).when(REQUEST, on=DAY).refused(
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
    given(cast.requested()).when(decide, on=DAY).then(cast.decided())
    given(cast.requested(), cast.decided()).when(decide, on=DAY).refused(
        AlreadyReviewed, field="change"
    )


def test_refusing_a_change_needs_a_reason():
    refuse = DecideChange(change=CHANGE, approved=False, change_class=ChangeClass.MAJOR)
    given(cast.requested()).when(refuse, on=DAY).refused(ReasonMissing)


def test_the_provider_does_not_decide_its_own_change():
    decide = DecideChange(change=CHANGE, approved=True, change_class=ChangeClass.MINOR)
    given(cast.requested()).when(decide, on=DAY, by=asker_for(COUNTY_SCHOOL)).refused(OutsideScope)


def test_trainees_are_told_with_an_explanation():
    tell = NotifyTrainees(change=CHANGE, explanation="改由李老师授课", understood=True)
    given(cast.requested()).when(tell, on=DAY).then(cast.notified())
    given(cast.requested()).when(
        NotifyTrainees(change=CHANGE, explanation="", understood=True), on=DAY
    ).refused(ReasonMissing)


@pytest.mark.parametrize("understood", [True, False])
def test_a_notice_says_whether_the_trainees_understood(understood):
    tell = NotifyTrainees(change=CHANGE, explanation="改由李老师授课", understood=understood)
    given(cast.requested()).when(tell, on=DAY).then(cast.notified(understood=understood))


MOVED = replace(REQUEST, kinds=(ChangeKind.DATES_CHANGED,), closes=date(2024, 7, 12))


def test_a_change_of_dates_may_name_the_new_days():
    given(cast.opened()).when(MOVED, on=DAY).then(
        cast.requested(ChangeKind.DATES_CHANGED, closes=date(2024, 7, 12), pinned=DAY)
    )


@pytest.mark.parametrize("given_day", ["opens", "closes"])
def test_new_days_belong_to_a_change_of_dates(given_day):
    stray = replace(REQUEST, **{given_day: date(2024, 5, 20)})
    given(cast.opened()).when(stray, on=DAY).faulted("DATES_NOT_NAMED", "kinds")


@pytest.mark.parametrize(
    ("opens", "closes", "sane"),
    [
        (None, cast.OPENS, True),
        (None, cast.OPENS - timedelta(days=1), False),
        (date(2024, 6, 28), None, True),
        (date(2024, 6, 29), None, False),
        (date(2024, 5, 20), date(2024, 5, 20), True),
        (date(2024, 5, 21), date(2024, 5, 20), False),
    ],
)
def test_the_new_last_day_does_not_lie_before_the_first(opens, closes, sane):
    answer = given(cast.opened()).when(replace(MOVED, opens=opens, closes=closes), on=DAY)
    if sane:
        answer.accepted()
    else:
        answer.faulted("DAYS_REVERSED", "closes")


def test_the_request_keeps_the_day_that_chooses_the_rules():
    opened_on = date(2024, 3, 20)
    given(on(opened_on, cast.opened())).when(REQUEST, on=DAY).then(cast.requested(pinned=opened_on))


@pytest.mark.parametrize(
    "command",
    [
        NotifyTrainees(change=CHANGE, explanation="x", understood=True),
        DecideChange(change=CHANGE, approved=True, change_class=ChangeClass.MINOR),
    ],
)
def test_an_unknown_change_goes_no_further(command):
    given().when(command, on=DAY).refused(UnknownReference, field="change")


@pytest.mark.parametrize(
    ("events", "opens"),
    [
        ([], False),
        ([cast.requested()], False),
        ([cast.requested(), cast.notified()], True),
        ([cast.requested(ChangeKind.ROOM_CHANGED), cast.notified()], False),
        ([cast.requested(), cast.decided()], True),
        ([cast.requested(), cast.decided(False, reason="x")], False),
        ([cast.requested(), cast.decided(False, reason="x"), cast.notified()], False),
        ([cast.requested(), cast.carried_out()], True),
        ([cast.requested(ChangeKind.ROOM_CHANGED), cast.carried_out(ChangeClass.MINOR)], False),
        ([cast.requested(), cast.decided(change_class=ChangeClass.MINOR)], False),
    ],
)
def test_a_major_change_opens_withdrawal_once_approved_or_told_or_carried_out(events, opens):
    change = Change()
    for entry in entries(events, DAY):
        change.learn(entry)

    assert opens == change.opens_withdrawal(all_rules(), DAY)


MAJOR = {
    ChangeKind.OFFLINE_TO_ONLINE,
    ChangeKind.TRAINER_REPLACED,
    ChangeKind.COURSE_REMOVED,
    ChangeKind.HOURS_REDUCED,
    ChangeKind.DATES_CHANGED,
    ChangeKind.SEGMENTS_CHANGED,
    ChangeKind.FEE_RAISED,
}


@pytest.mark.parametrize("kind", list(ChangeKind))
@pytest.mark.parametrize("day", [date(2019, 10, 8), DAY])
def test_c_19_until_the_bureau_says_so_the_rules_list_what_is_major(kind, day):
    change = Change(requested=cast.requested(kind, pinned=day))
    expected = ChangeClass.MAJOR if kind in MAJOR else ChangeClass.MINOR

    assert expected is change.change_class(all_rules(), DAY)


def test_before_2014_no_rule_makes_a_change_major():
    change = Change(requested=cast.requested(pinned=date(2013, 12, 31)))

    assert ChangeClass.MINOR is change.change_class(all_rules(), DAY)


@pytest.mark.parametrize(
    ("conditions", "major", "wrong"),
    [
        (("APPROVED",), ("FEE_RAISED",), None),
        (("ASKED",), (), "conditions"),
        (("APPROVED",), ("LUNCH",), "major"),
        ((), ("FEE_RAISED",), "conditions"),
    ],
)
def test_a_rule_on_major_changes_names_what_the_ledger_knows(conditions, major, wrong):
    said = MajorChange(conditions=conditions, major=major).wrong()

    assert (said is None) == (wrong is None)
    assert wrong is None or wrong == said.name

"""Petitions: who may ask that a credit be put right, and what follows from the decision."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from ledger.command import OutsideScope, TooEarly, UnknownReference
from ledger.credit import CreditCorrected, CreditRevoked
from ledger.finding import Outcome
from ledger.line import LineOfAnother, LineShown, NoSuchLine
from ledger.names import CreditId, PetitionId, SchoolId, TeacherId
from ledger.petition import (
    AmountMissing,
    CorrectionDecided,
    CorrectionRequested,
    DecideCorrection,
    MoreThanAsked,
    NothingAsked,
    PetitionDecided,
    PetitionPending,
    RequestCorrection,
    SameActor,
)
from ledger.register import AlreadyRegistered
from ledger.review import ReasonMissing
from ledger.worth import MoreThanWorth
from tests import cast
from tests.cast import CREDIT, HANGZHOU, LIN, OTHER_SCHOOL, RUIAN, SCHOOL
from tests.given import asker_for, background, given, on
from tests.ledger.test_reconciliation import COMPARED, DONE, RECEIVED

DAY = cast.date(2024, 7, 10)
ID = PetitionId("petition:1")
REQUEST = RequestCorrection(
    petition=ID, credit=CREDIT, teacher=LIN, credits=Decimal("20"), reason=" 缺课有误 "
)
GRANT = DecideCorrection(
    petition=ID, credit=CREDIT, teacher=LIN, granted=True, credits=Decimal(20), reason="属实"
)
BUREAU = replace(asker_for(RUIAN), actor="staff:colleague")
LINE = LineShown(digest=COMPARED.digest, number=3, teacher=LIN, credit=CREDIT)
ABOUT = replace(REQUEST, reconciliation=RECEIVED.reconciliation, line=3, shown=LINE)
DECLINE = replace(GRANT, granted=False, credits=None, reason="不属实")


def credited(hours=24):
    room = [cast.registered(), cast.opened(cast.plan(hours)), *cast.enrolled()]
    return [*room, cast.completed(hours, 0), cast.awarded(str(hours), base=hours)]


def asked(credits="20", party=RUIAN, petition=ID):
    return CorrectionRequested(
        petition=petition,
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        authority=RUIAN,
        party=party,
        credits_before=Decimal(24),
        credits=Decimal(credits),
        reason="缺课有误",
        evidence="0193-0001",
    )


def past(*events):
    return given(background(credited()), *events)


@pytest.mark.parametrize("party", [LIN, SCHOOL, RUIAN], ids=str)
def test_the_teacher_the_school_and_the_bureau_may_ask(party):
    made = past().when(REQUEST, on=DAY, by=asker_for(party)).accepted().events[0]
    assert (made.party, made.credits_before, made.credits) == (party, 24, 20)
    assert made.reason == "缺课有误"
    assert made.evidence


@pytest.mark.parametrize(
    "party", [HANGZHOU, SchoolId("school:other"), TeacherId("teacher:other")], ids=str
)
def test_nobody_else_may_ask(party):
    past().when(REQUEST, on=DAY, by=asker_for(party)).refused(OutsideScope)


def test_a_petition_says_which_line_of_a_reconciliation_it_is_about():
    made = past(*DONE).when(ABOUT, on=DAY).accepted().events[0]
    assert (made.reconciliation, made.line) == (RECEIVED.reconciliation, 3)
    past().when(ABOUT, on=DAY).refused(UnknownReference, field="reconciliation")
    totals = replace(ABOUT, shown=structs.replace(LINE, credit=None))
    past(*DONE).when(totals, on=DAY).accepted()


def said(answer):
    return [(type(each), each.zh, each.en, each.evidence) for each in answer.refusals]


@pytest.mark.parametrize("party", [LIN, SCHOOL])
def test_whoever_reads_no_reconciliation_hears_of_none_by_a_line(party):
    by = asker_for(party)
    unheard = past().when(ABOUT, on=DAY, by=by)
    others = structs.replace(LINE, teacher=cast.CHEN)
    for each in (
        replace(ABOUT, line=1),
        replace(ABOUT, line=99, shown=None),
        replace(ABOUT, shown=others),
        replace(ABOUT, line=None, shown=None),
    ):
        told = past(*DONE).when(each, on=DAY, by=by)
        told.refused(UnknownReference, field="reconciliation")
        assert said(told) == said(unheard)
    assert past(*DONE).when(ABOUT, on=DAY, by=by).accepted().events[0].line == 3


def test_its_bureau_hears_which_line_of_a_reconciliation_is_wrong():
    others = replace(ABOUT, shown=structs.replace(LINE, teacher=cast.CHEN))
    past(*DONE).when(others, on=DAY, by=BUREAU).refused(LineOfAnother, field="line")
    past(*DONE).when(replace(ABOUT, line=1), on=DAY, by=BUREAU).refused(NoSuchLine, field="line")


def test_what_stands_already_is_not_asked_for():
    past().when(replace(REQUEST, credits=Decimal(24)), on=DAY).refused(
        NothingAsked, field="credits"
    )


def test_one_petition_about_a_credit_at_a_time():
    other = replace(REQUEST, petition=PetitionId("petition:2"))
    past(asked()).when(REQUEST, on=DAY).refused(AlreadyRegistered, field="petition")
    past(asked()).when(other, on=DAY).refused(PetitionPending, field="credit")
    decided = past(asked()).when(DECLINE, on=DAY, by=BUREAU).accepted().events
    past(asked(), *decided).when(other, on=DAY).accepted()


def test_a_credit_that_nobody_knows_is_not_asked_about():
    unknown = replace(REQUEST, credit=CreditId("credit:none"))
    past().when(unknown, on=DAY).refused(UnknownReference, field="credit")


def test_a_petition_is_not_dated_before_the_credit():
    story = given(background(on(DAY, *credited())))
    story.when(REQUEST, on=cast.date(2024, 7, 9)).refused(TooEarly, field="on")


@pytest.mark.parametrize("command", [REQUEST, GRANT, DECLINE])
def test_a_reason_is_needed(command):
    events = () if command is REQUEST else (asked(),)
    past(*events).when(replace(command, reason=" "), on=DAY, by=BUREAU).refused(
        ReasonMissing, field="reason"
    )


def test_granting_corrects_the_credit_in_the_same_append():
    events = past(asked()).when(GRANT, on=DAY, by=BUREAU).accepted().events
    assert [type(each) for each in events] == [CorrectionDecided, CreditCorrected]
    assert (events[0].granted, events[0].credits) == (True, 20)
    assert (events[1].credits_before, events[1].credits) == (24, 20)


def test_less_may_be_granted_than_was_asked_for():
    less = replace(GRANT, credits=Decimal("22.5"))
    events = past(asked()).when(less, on=DAY, by=BUREAU).accepted().events
    assert events[1].credits == Decimal("22.5")


def test_granting_nothing_of_a_credit_takes_it_back():
    nothing = replace(GRANT, credits=Decimal(0))
    events = past(asked("0")).when(nothing, on=DAY, by=BUREAU).accepted().events
    assert [type(each) for each in events] == [CorrectionDecided, CreditRevoked]
    assert (events[0].credits, events[1].credits_before) == (0, 24)


def test_declining_leaves_the_credit_as_it_is():
    events = past(asked()).when(DECLINE, on=DAY, by=BUREAU).accepted().events
    assert [type(each) for each in events] == [CorrectionDecided]
    assert events[0].credits is None


def test_a_petition_gives_no_more_than_any_correction():
    past(asked("30")).when(replace(GRANT, credits=Decimal(30)), on=DAY, by=BUREAU).refused(
        MoreThanWorth
    )


def test_the_bureau_that_awarded_the_credit_decides_once():
    past(asked()).when(GRANT, on=DAY, by=asker_for(HANGZHOU)).refused(OutsideScope)
    past(asked()).when(GRANT, on=DAY, by=asker_for(SCHOOL)).refused(OutsideScope)
    decided = past(asked()).when(DECLINE, on=DAY, by=BUREAU).accepted().events
    past(asked(), *decided).when(GRANT, on=DAY, by=BUREAU).refused(
        PetitionDecided, field="petition"
    )


@pytest.mark.parametrize(("granted", "credits"), [(True, None), (False, Decimal(20))])
def test_credits_are_named_where_they_are_granted_and_only_there(granted, credits):
    wrong = replace(GRANT, granted=granted, credits=credits)
    past(asked()).when(wrong, on=DAY, by=BUREAU).refused(AmountMissing, field="credits")


def test_a_petition_is_decided_about_the_credit_that_it_names():
    past().when(GRANT, on=DAY, by=BUREAU).refused(UnknownReference, field="petition")
    other = structs.replace(asked(), credit=CreditId("credit:other"))
    past(other).when(GRANT, on=DAY, by=BUREAU).refused(UnknownReference, field="petition")


@pytest.mark.parametrize("command", [GRANT, DECLINE])
def test_who_asked_does_not_decide(command):
    past(asked()).when(command, on=DAY).refused(SameActor, field="petition")
    told = past(asked()).when(command, on=DAY, reported=True)
    told.found(None, Outcome.VIOLATION, SameActor)


@pytest.mark.parametrize("credits", ["19.5", "24.5", "0"])
def test_no_more_is_granted_than_was_asked_for(credits):
    more = replace(GRANT, credits=Decimal(credits))
    past(asked()).when(more, on=DAY, by=BUREAU).refused(MoreThanAsked, field="credits")


@pytest.mark.parametrize(("credits", "may"), [("24.5", False), ("600", False), ("23", True)])
def test_more_than_the_training_is_worth_is_not_even_asked_for(credits, may):
    wish = past().when(replace(REQUEST, credits=Decimal(credits)), on=DAY)
    if may:
        wish.accepted()
        return
    [said] = wish.refused(MoreThanWorth, "ZJ14-08", field="credits").refusals
    assert "24" in said.zh


def test_what_is_said_of_less_than_was_asked_for_names_both_bounds():
    less = replace(GRANT, credits=Decimal("19.5"))
    [said] = past(asked()).when(less, on=DAY, by=BUREAU).refused(MoreThanAsked).refusals
    assert "不在 20 与 24 之间" in said.zh


@pytest.mark.parametrize(
    ("since", "place", "school"),
    [
        pytest.param(DAY, HANGZHOU, OTHER_SCHOOL, id="of-its-day"),
        pytest.param(cast.date(2024, 7, 11), RUIAN, SCHOOL, id="after-it"),
    ],
)
def test_a_petition_reported_after_a_move_is_of_the_school_of_its_day(since, place, school):
    moved = cast.moved(since, HANGZHOU, OTHER_SCHOOL)
    told = past(moved).when(REQUEST, on=DAY, by=asker_for(school), reported=True).facts
    for command in (GRANT, DECLINE):
        story = past(asked(), moved)
        told += story.when(command, on=DAY, by=BUREAU, reported=True).accepted().facts

    assert [(each.place, each.school) for each in told] == [(place, school)] * 4
    [other] = {SCHOOL, OTHER_SCHOOL} - {school}
    past(moved).when(REQUEST, on=DAY, by=asker_for(other), reported=True).refused(OutsideScope)

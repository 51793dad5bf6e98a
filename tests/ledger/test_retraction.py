"""Retractions: who asked that a credit be put right takes it back, until it is decided."""

from __future__ import annotations

from dataclasses import replace

from ledger.command import OutsideScope, TooEarly, UnknownReference
from ledger.names import PetitionId
from ledger.petition import CorrectionWithdrawn, PetitionDecided
from ledger.retraction import WithdrawCorrection
from ledger.review import ReasonMissing
from tests import cast
from tests.cast import CREDIT, LIN, SCHOOL
from tests.given import asker_for, background, given, on
from tests.ledger.test_petition import (
    BUREAU,
    DAY,
    DECLINE,
    GRANT,
    ID,
    REQUEST,
    asked,
    credited,
    past,
)

WITHDRAW = WithdrawCorrection(petition=ID, credit=CREDIT, teacher=LIN, reason="已核对无误")


def test_who_asked_takes_it_back_and_another_may_be_asked_for():
    other = replace(REQUEST, petition=PetitionId("petition:2"))
    events = past(asked(party=LIN)).when(WITHDRAW, on=DAY, by=asker_for(LIN)).accepted().events
    assert [type(each) for each in events] == [CorrectionWithdrawn]
    past(asked(party=LIN), *events).when(other, on=DAY).accepted()
    past(asked(party=LIN), *events).when(GRANT, on=DAY, by=BUREAU).refused(PetitionDecided)
    past(asked(party=LIN), *events).when(WITHDRAW, on=DAY, by=asker_for(LIN)).refused(
        PetitionDecided, field="petition"
    )


def test_nobody_else_takes_it_back_and_nobody_after_the_decision():
    past(asked(party=LIN)).when(WITHDRAW, on=DAY, by=asker_for(SCHOOL)).refused(OutsideScope)
    decided = past(asked()).when(DECLINE, on=DAY, by=BUREAU).accepted().events
    past(asked(), *decided).when(WITHDRAW, on=DAY).refused(PetitionDecided, field="petition")
    past().when(WITHDRAW, on=DAY).refused(UnknownReference, field="petition")
    past(asked()).when(replace(WITHDRAW, reason=" "), on=DAY).refused(ReasonMissing)


def test_it_is_not_taken_back_before_it_was_asked():
    story = given(background(credited()), on(DAY, asked()))
    story.when(WITHDRAW, on=cast.date(2024, 7, 9)).refused(TooEarly, field="on")

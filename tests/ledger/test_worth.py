"""Worth: what a training told completed against the hours that were missed is worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.completion import CompletionGranted
from ledger.finding import Outcome
from ledger.worth import NotCompleted, credited
from tests import cast
from tests.given import given
from tests.ledger.test_credit import AWARD, DENIED

DAY = date(2024, 7, 10)


def told(missed):
    """A completion that another system told, whatever was missed."""
    room = [cast.registered(), cast.opened(cast.plan(90)), *cast.enrolled()]
    return given(room, cast.absences(missed, 90), cast.completed(90, missed))


def test_zj14_09_a_completion_told_past_a_fifth_is_not_credited():
    answer = told("18.5").when(AWARD, on=DAY)

    answer.refused(NotCompleted, "ZJ14-09", field="teacher")
    assert len(answer.refusals[0].evidence) > 1
    assert (answer.refusals[0].chosen_for, answer.refusals[0].chosen_on) == (cast.RUIAN, DAY)
    told("18.5").when(AWARD, on=DAY, reported=True).found(
        "ZJ14-09", Outcome.VIOLATION, NotCompleted
    )
    told("18").when(AWARD, on=DAY).accepted()


@pytest.mark.parametrize("reported", [False, True])
def test_a_denial_that_was_put_right_bars_nothing(reported):
    room = [cast.registered(), cast.opened(cast.plan(90)), *cast.enrolled()]
    answer = given(room, DENIED, cast.completed(90, 0)).when(AWARD, on=DAY, reported=reported)

    assert type(cast.completed()) is CompletionGranted
    answer.accepted()


def test_no_training_is_worth_less_than_nothing():
    assert credited(Decimal(24), Decimal(20), Decimal(8)) == 0

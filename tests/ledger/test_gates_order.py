"""Steps dated before the act that they follow: refused when asked, a ``VIOLATION`` when reported.

On the day of that act itself nothing stands against the step.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from ledger.adjustment import CorrectCredit, RevokeCredit
from ledger.change import ChangeClass, DecideChange
from ledger.command import TooEarly
from ledger.completion import Recipient
from ledger.effect import CarryOutChange, ChangeConditionMissing
from ledger.finding import Outcome
from ledger.notice import NotifyDenial
from ledger.offering import OpenOffering
from ledger.response import AwardOrder, RespondToOrder
from ledger.review import PublishProject, ReviewProject
from tests import cast
from tests.cast import CHANGE, CREDIT, LIN, OFFERING, ORDER, PROJECT, UNIVERSITY
from tests.given import given, on
from tests.ledger import test_credit, test_notice, test_school_based
from tests.ledger.test_gates_beyond import Story

REVIEW, PUBLISHED, ENDED = date(2024, 3, 13), date(2024, 3, 18), date(2024, 6, 28)
LATER = date(2024, 7, 10)
SUBMITTED, ANSWERED = date(2024, 3, 12), date(2024, 3, 15)
BOTH = tuple(Recipient)


def opens() -> Story:
    command = OpenOffering(
        offering=OFFERING,
        project=PROJECT,
        seats=50,
        opens=cast.OPENS,
        closes=ENDED,
        adviser=cast.ADVISER,
    )
    past = [cast.accredited(), cast.declared(), cast.reviewed(), on(PUBLISHED, cast.published())]
    return given(past), command, PUBLISHED


def awards(completed: date, closes: date) -> Story:
    room = [cast.registered(), cast.opened(closes=closes), *cast.enrolled()]
    return given(room, on(completed, cast.completed())), test_credit.AWARD, max(completed, closes)


def credit(command: object) -> Story:
    return given(cast.registered(), on(LATER, cast.awarded(24))), command, LATER


STORIES: dict[str, Callable[[], Story]] = {
    "respond": lambda: (
        given(on(SUBMITTED, cast.ordered()), cast.university()),
        RespondToOrder(order=ORDER, provider=UNIVERSITY, proposal="方案"),
        SUBMITTED,
    ),
    "award-order": lambda: (
        given(cast.ordered(), cast.university(), on(ANSWERED, cast.responded())),
        AwardOrder(order=ORDER, provider=UNIVERSITY, reason="方案最契合"),
        ANSWERED,
    ),
    "review": lambda: (
        given(on(REVIEW, cast.declared())),
        ReviewProject(project=PROJECT, approved=True),
        REVIEW,
    ),
    "publish": lambda: (
        given(cast.declared(), on(REVIEW, cast.reviewed())),
        PublishProject(project=PROJECT),
        REVIEW,
    ),
    "open": opens,
    "decide-change": lambda: (
        given(on(PUBLISHED, cast.requested())),
        DecideChange(change=CHANGE, approved=True, change_class=ChangeClass.MINOR),
        PUBLISHED,
    ),
    "carry-out": lambda: (
        given(cast.opened(), on(PUBLISHED, cast.requested(cast.ChangeKind.ROOM_CHANGED))),
        CarryOutChange(change=CHANGE),
        PUBLISHED,
    ),
    "notify-denial": lambda: (
        given(test_notice.PAST, on(LATER, test_notice.DENIED)),
        NotifyDenial(teacher=LIN, offering=OFFERING, recipients=BOTH),
        LATER,
    ),
    "award-completed": lambda: awards(LATER, ENDED),
    "award-over": lambda: awards(ENDED, LATER),
    "recognise": lambda: (
        given(on(test_school_based.DAY, test_school_based.RECORDED)),
        test_school_based.RECOGNISE,
        test_school_based.DAY,
    ),
    "correct-credit": lambda: credit(
        CorrectCredit(credit=CREDIT, teacher=LIN, credits=cast.Decimal(23), reason="核对")
    ),
    "revoke-credit": lambda: credit(RevokeCredit(credit=CREDIT, teacher=LIN, reason="核对")),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_step_is_not_taken_before_the_act_that_it_follows(name):
    past, command, day = STORIES[name]()
    before = day - timedelta(days=1)

    assert "TOO_EARLY" not in [each.code for each in past.when(command, on=day).findings]
    past.when(command, on=day).kept()
    past.when(command, on=before).refused(TooEarly, field="on")
    past.when(command, on=before, reported=True).found(None, Outcome.VIOLATION, TooEarly)


@pytest.mark.parametrize("decided", [date(2024, 5, 5), date(2024, 5, 6)])
def test_zj14_13_an_approval_that_came_after_the_change_is_none(decided):
    told = [cast.requested(), cast.notified()]
    past = given(cast.opened(), on(date(2024, 4, 20), *told), on(decided, cast.decided()))
    answer = past.when(CarryOutChange(change=CHANGE), on=date(2024, 5, 5), reported=True)
    lacks = [each.en.partition("lacks ")[2] for each in answer.findings]
    late = decided > date(2024, 5, 5)

    for rule in ("ZJ14-13", "ZJ24-62"):
        answer.found(rule, Outcome.VIOLATION, ChangeConditionMissing)
    assert ("the authority's approval" in lacks) == late

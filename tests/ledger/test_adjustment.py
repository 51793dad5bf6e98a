"""Adjustments: a credit is never corrected above what its training is worth."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from ledger.adjustment import CorrectCredit
from ledger.attendance import AbsenceKind, AttendanceCorrected
from ledger.completion import CompletionRevoked, Reason, TrainingTerminated
from ledger.credit import CreditRevoked
from ledger.finding import Outcome
from ledger.schedule import Half, TimetablePublished
from ledger.worth import MoreThanWorth, NotCompleted
from tests import cast
from tests.cast import COUNTY_SCHOOL, CREDIT, LIN, OFFERING, OPENS, RUIAN, SCHOOL, SCHOOL_BASED
from tests.given import given
from tests.ledger.test_credit import DENIED

DAY = cast.date(2024, 7, 10)
WHO = {"teacher": LIN, "offering": OFFERING, "school": SCHOOL, "provider": COUNTY_SCHOOL}
REVOKED = CompletionRevoked(
    **WHO, reason=Reason.MISCONDUCT, corrects="0193-0001", rules=("ZJ14-10",)
)
ENDED = TrainingTerminated(**WHO, day=OPENS, rules=("ZJ14-10",))
TAKEN_BACK = CreditRevoked(
    credit=CREDIT,
    teacher=LIN,
    school=SCHOOL,
    place=RUIAN,
    credits_before=Decimal(24),
    corrects="0193-0001",
    reason="MISCONDUCT",
)


def correct(credits, credit=CREDIT):
    return CorrectCredit(credit=credit, teacher=LIN, credits=Decimal(credits), reason="核对")


def past(hours=24, missed=0, *more):
    """A class that was completed and credited, and what came after."""
    room = [cast.registered(), cast.opened(cast.plan(hours)), *cast.enrolled()]
    worth = Decimal(hours) - Decimal(missed)
    credit = cast.awarded(str(worth), base=hours, missed=missed)
    return [*room, *cast.absences(missed, hours), cast.completed(hours, missed), credit, *more]


def refused_and_found(story, credits, obstacle, rule, credit=CREDIT):
    story.when(correct(credits, credit), on=DAY).refused(obstacle, rule)
    story.when(correct(credits, credit), on=DAY, reported=True).found(
        rule, Outcome.VIOLATION, obstacle
    )


@pytest.mark.parametrize(
    ("after", "rule"),
    [((REVOKED, TAKEN_BACK), "ZJ14-10"), ((ENDED,), "ZJ14-10"), ((DENIED, TAKEN_BACK), "ZJ14-09")],
)
def test_c_35_what_a_denial_or_a_breach_took_back_is_not_corrected_into_being(after, rule):
    story = given(past(24, 0, *after))

    refused_and_found(story, 24, NotCompleted, rule)
    refused_and_found(story, "0.5", NotCompleted, rule)
    refusal = story.when(correct(24), on=DAY).refusals[0]
    assert refusal.chosen_for == RUIAN
    assert refusal.chosen_on is not None
    story.when(correct(0), on=DAY).accepted()


@pytest.mark.parametrize(("missed", "most", "rule"), [("0", "24", None), ("2", "22", "ZJ14-08")])
def test_a_correction_gives_no_more_than_the_base_less_what_was_missed(missed, most, rule):
    story = given(past(24, missed))
    more = Decimal(most) + Decimal("0.5")

    story.when(correct(most), on=DAY).accepted()
    story.when(correct("1"), on=DAY).accepted()
    refused_and_found(story, more, MoreThanWorth, rule)
    refused_and_found(story, 10000, MoreThanWorth, rule)


def test_hours_beyond_what_is_recognised_of_a_day_are_not_corrected_back():
    long = tuple(structs.replace(each, hours=Decimal(6)) for each in cast.sessions(16))
    table = TimetablePublished(
        offering=OFFERING, provider=COUNTY_SCHOOL, sessions=long, hours=Decimal(24)
    )
    story = given(past(24), table)

    story.when(correct(16), on=DAY).accepted()
    refused_and_found(story, "16.5", MoreThanWorth, "WZ12-05")


def test_hours_that_are_put_right_first_are_worth_more():
    away = (LIN, Decimal(2), AbsenceKind.UNEXCUSED)
    there = AttendanceCorrected(
        teacher=LIN,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        day=OPENS,
        half=Half.MORNING,
        hours_before=away[1],
        hours=Decimal(0),
        corrects="0193-0001",
        reason="误记",
    )
    anew = structs.replace(cast.completed(24, 0), corrects="0193-0001")

    given(past(24, 2), there, anew).when(correct(24), on=DAY).accepted()


@pytest.mark.parametrize(
    ("hours", "missed", "most", "rule"), [(12, 0, 12, None), (12, 2, 10, "ZJ14-08")]
)
def test_a_training_of_the_school_is_worth_its_hours_less_what_was_missed(
    hours, missed, most, rule
):
    told = structs.replace(cast.recognised(6), hours=Decimal(hours), hours_missed=Decimal(missed))
    story = given(cast.registered(), told)

    story.when(correct(most, SCHOOL_BASED), on=DAY).accepted()
    refused_and_found(story, most + Decimal("0.5"), MoreThanWorth, rule, SCHOOL_BASED)

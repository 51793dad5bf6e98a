"""Adjustments: a credit is never corrected above what its training is worth."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from ledger.adjustment import CorrectCredit, RevokeCredit
from ledger.attendance import AbsenceKind, AttendanceCorrected
from ledger.completion import CompletionRevoked, Reason, TrainingTerminated
from ledger.credit import AwardCredit, CreditCorrected, CreditKind, CreditRevoked
from ledger.cycle import revocation
from ledger.finding import Outcome
from ledger.remedy import left
from ledger.requirement import Result
from ledger.schedule import Half, TimetablePublished
from ledger.worth import MoreThanWorth, NotCompleted
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    CREDIT,
    HANGZHOU,
    LIN,
    OFFERING,
    OPENS,
    OTHER_SCHOOL,
    RUIAN,
    SCHOOL,
    SCHOOL_BASED,
)
from tests.given import background, entries, given
from tests.judged import credit, requirement, verdict
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


def denied_and_credited(amount):
    """W-060: a credit that another system gave for a training that was not completed."""
    room = [cast.registered(), cast.opened(cast.plan(90)), *cast.enrolled()]
    away = structs.replace(DENIED, hours_planned=Decimal(90), hours_missed=Decimal("18.5"))
    story = [*room, *cast.absences("18.5", 90), away]
    award = AwardCredit(credit=CREDIT, teacher=LIN, offering=OFFERING)
    credited = given(story).when(award, on=DAY, reported=True)
    credited.found("ZJ14-09", Outcome.VIOLATION, NotCompleted)
    if amount is None:
        return [*credited.facts], credited.findings
    put = given(story, credited.facts).when(correct(amount), on=DAY, reported=True)
    return [*credited.facts, *put.facts], credited.findings


@pytest.mark.parametrize(
    ("amount", "result"), [(None, Result.MET), ("0.5", Result.MET), (0, Result.NOT_MET)]
)
def test_ra19_03_a_credit_put_to_nothing_is_no_long_training_any_more(amount, result):
    events, _ = denied_and_credited(amount)
    judged = verdict(*events, credit(360, kind=CreditKind.DISTANCE), day=DAY)

    assert requirement(judged, "CYCLE_TOTAL").result is Result.MET
    assert requirement(judged, "ONCE_INTENSIVE").result is result
    assert judged.result is result


def test_zj14_09_nothing_of_a_credit_takes_it_back_and_makes_good_what_was_found():
    events, [finding] = denied_and_credited(0)
    told = entries(events, DAY)[-1]

    assert (type(told.event), told.event.decided) == (CreditRevoked, True)
    assert finding.lacking == revocation(CREDIT, "completion.granted", LIN, OFFERING)
    assert left(finding.lacking, told) == ()


def test_a_credit_put_to_half_an_hour_is_corrected_and_not_taken_back():
    put = given(past(24)).when(correct("0.5"), on=DAY).accepted()

    assert [type(each) for each in put.facts] == [CreditCorrected]


@pytest.mark.parametrize(
    ("since", "of"),
    [
        pytest.param(DAY, (HANGZHOU, OTHER_SCHOOL), id="of-its-day"),
        pytest.param(cast.date(2024, 7, 11), (RUIAN, SCHOOL), id="after-it"),
    ],
)
@pytest.mark.parametrize(
    "command", [correct(20), correct(0), RevokeCredit(credit=CREDIT, teacher=LIN, reason="误发")]
)
def test_what_is_reported_after_a_move_is_of_the_school_of_its_day(command, since, of):
    moved = cast.moved(since, HANGZHOU, OTHER_SCHOOL)
    story = given(background(past(24, 0, moved)))
    [told] = story.when(command, on=DAY, reported=True).facts

    assert (told.place, told.school) == of

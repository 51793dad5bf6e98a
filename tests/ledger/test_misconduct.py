"""Misconduct: a serious breach ends a training at once, or takes back what was given."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.attendance import NotEnrolled
from ledger.command import OutsideScope, UnknownReference
from ledger.completion import CompletionDenied, CompletionRevoked, Reason, TrainingTerminated
from ledger.credit import CreditRevoked
from ledger.finding import Outcome
from ledger.misconduct import (
    AlreadyTerminated,
    BreachUncertain,
    MisconductRecorded,
    OutsideTraining,
    RecordMisconduct,
)
from ledger.review import ReasonMissing
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    CREDIT,
    HANGZHOU,
    LIN,
    OFFERING,
    OTHER_SCHOOL,
    RUIAN,
    SCHOOL,
)
from tests.given import asker_for, given, on, rules_without

DAY_TWO = date(2024, 4, 9)
CITATION = "浙教办师〔2014〕14号 §三"


def record(day=DAY_TWO, *, serious=True, description="冒名顶替"):
    return RecordMisconduct(
        teacher=LIN, offering=OFFERING, day=day, serious=serious, description=description
    )


def recorded(day=DAY_TWO, *, serious=True):
    return MisconductRecorded(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        day=day,
        serious=serious,
        description="冒名顶替",
    )


def terminated(day=DAY_TWO):
    return TrainingTerminated(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        day=day,
        rules=("ZJ14-10",),
        citation=CITATION,
    )


def past(hours=24, *more):
    return [cast.registered(), cast.opened(cast.plan(hours)), *cast.enrolled(), *more]


@pytest.mark.parametrize("hours", [pytest.param(24, id="W-021"), pytest.param(90, id="long")])
@pytest.mark.parametrize("reported", [False, True])
def test_a_serious_breach_ends_a_training_of_any_length(hours, reported):
    given(past(hours)).when(record(), on=DAY_TWO, reported=reported).then(recorded(), terminated())


def test_a_lesser_breach_is_recorded_and_ends_nothing():
    given(past()).when(record(serious=False), on=DAY_TWO).then(recorded(serious=False))


def test_w_028_a_breach_found_after_the_award_revokes_completion_and_credit():
    day = date(2024, 5, 10)
    story = past(90, cast.completed(90), cast.awarded(90))
    evidence = len(story)
    given(story).when(record(day), on=date(2024, 9, 1)).then(
        recorded(day),
        CompletionRevoked(
            teacher=LIN,
            offering=OFFERING,
            school=SCHOOL,
            provider=COUNTY_SCHOOL,
            reason=Reason.MISCONDUCT,
            corrects=f"0193-{evidence - 1:04}",
            rules=("ZJ14-10",),
            citation=CITATION,
            since=date(2024, 9, 1),
        ),
        CreditRevoked(
            credit=CREDIT,
            teacher=LIN,
            school=SCHOOL,
            place=RUIAN,
            credits_before=Decimal(90),
            corrects=f"0193-{evidence:04}",
            reason="MISCONDUCT 2024-05-10: 冒名顶替",
            since=day,
            rules=("ZJ14-10",),
        ),
    )


def test_a_completion_without_a_credit_is_revoked_alone():
    answer = given(past(90, cast.completed(90))).when(record(), on=date(2024, 9, 1))

    assert [MisconductRecorded, CompletionRevoked] == [type(each) for each in answer.facts]


def test_a_breach_after_a_denial_for_absence_ends_the_training_as_well():
    denial = CompletionDenied(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        reason=Reason.ABSENCE,
        hours_planned=Decimal(90),
        hours_missed=Decimal(20),
    )
    given(past(90, denial)).when(record(), on=date(2024, 9, 1)).then(recorded(), terminated())


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize("outcome", [[], [cast.completed()]], ids=["running", "completed"])
@pytest.mark.parametrize(
    ("opened_on", "certain"),
    [
        (date(2013, 12, 31), None),
        (date(2014, 1, 1), False),
        (date(2014, 12, 31), False),
        (date(2015, 1, 1), True),
    ],
)
def test_c_11_what_a_breach_of_2014_leads_to_is_undecided(opened_on, certain, outcome, reported):
    story = [cast.registered(), on(opened_on, cast.opened()), *cast.enrolled(), *outcome]
    answer = given(story).when(record(), on=date(2024, 9, 1), reported=reported)
    if certain is None:
        answer.then(recorded())
    elif certain:
        assert [type(each) for each in answer.facts] == [
            MisconductRecorded,
            CompletionRevoked if outcome else TrainingTerminated,
        ]
    else:
        answer.found("ZJ14-10", Outcome.INDETERMINATE, BreachUncertain).then(recorded())


def test_before_2014_no_document_speaks_of_misconduct():
    given(past(), rules=rules_without("ZJ14-10")).when(record(), on=DAY_TWO).then(recorded())


@pytest.mark.parametrize(
    ("day", "asked_on", "inside"),
    [
        (date(2024, 4, 7), date(2024, 9, 1), False),
        (date(2024, 4, 8), date(2024, 9, 1), True),
        (date(2024, 6, 28), date(2024, 9, 1), True),
        (date(2024, 6, 29), date(2024, 9, 1), False),
    ],
)
def test_a_breach_lies_in_the_training(day, asked_on, inside):
    answer = given(past()).when(record(day), on=asked_on)
    if inside:
        answer.accepted()
    else:
        answer.refused(OutsideTraining, field="day")


def test_a_breach_is_not_recorded_ahead():
    given(past()).when(record(date(2024, 5, 2)), on=date(2024, 5, 1)).faulted("DAY_AHEAD", "day")


def test_a_training_is_ended_once():
    given(past(24, terminated())).when(record(), on=DAY_TWO).refused(
        AlreadyTerminated, field="teacher"
    )


def test_a_breach_needs_a_description_and_a_trainee():
    given(past()).when(record(description=" "), on=DAY_TWO).refused(ReasonMissing)
    given(cast.opened()).when(record(), on=DAY_TWO).refused(NotEnrolled)


def test_an_unknown_class_has_no_breaches():
    given().when(record(), on=DAY_TWO).refused(UnknownReference, field="offering")


def test_the_provider_decides_whether_a_breach_is_serious():
    given(past()).when(record(), on=DAY_TWO, by=asker_for(SCHOOL)).refused(OutsideScope)


@pytest.mark.parametrize(
    ("since", "of"),
    [
        pytest.param(date(2024, 9, 1), (HANGZHOU, OTHER_SCHOOL), id="of-its-day"),
        pytest.param(date(2024, 9, 2), (RUIAN, SCHOOL), id="after-it"),
    ],
)
def test_a_credit_taken_back_by_a_late_report_is_of_the_school_of_its_day(since, of):
    moved = cast.moved(since, HANGZHOU, OTHER_SCHOOL)
    story = past(90, cast.completed(90), cast.awarded(90), moved)
    told = given(story).when(record(), on=date(2024, 9, 1), reported=True).facts[-1]

    assert isinstance(told, CreditRevoked)
    assert (told.place, told.school) == of

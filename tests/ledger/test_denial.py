"""Denials: the outcome with its clause, the absences that make it, and what is still missing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ledger.assessment import AssessmentRecorded, Result
from ledger.completion import (
    CompletionDenied,
    CompletionRevoked,
    Reason,
    TrainingTerminated,
)
from ledger.denial import completion_selectors, why_not_completed
from ledger.explanation import Upshot
from ledger.judgement import SettleCompletion
from ledger.misconduct import MisconductRecorded
from ledger.offering import OfferingCancelled
from tests import cast
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, PROJECT, RUIAN, SCHOOL
from tests.given import all_rules, entries, given, on

OPENED_ON = date(2024, 3, 18)
CLOSES = date(2024, 6, 28)
LATE = date(2024, 7, 1)


def room(planned=90, *, assessment=False):
    plan = cast.plan(hours=planned, assessment=assessment)
    return on(OPENED_ON, cast.opened(plan))


def past(missed=0, planned=90, *, assessment=False):
    held = [cast.timetable(planned), *cast.absences(missed, planned)]
    return [room(planned, assessment=assessment), cast.enrolled(), held]


def why(*things, day=LATE):
    return why_not_completed(LIN, OFFERING, entries(things, day), all_rules(), day)


def denied(why_denied, missed, *rules, planned=90):
    return CompletionDenied(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        reason=why_denied,
        hours_planned=Decimal(planned),
        hours_missed=Decimal(missed),
        rules=rules,
    )


def assessed(passed):
    result = Result(teacher=LIN, passed=passed)
    return AssessmentRecorded(offering=OFFERING, provider=COUNTY_SCHOOL, results=(result,))


def breach(serious=True):
    return MisconductRecorded(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        day=cast.OPENS,
        serious=serious,
        description="冒名顶替",
    )


def terminated(*rules):
    return TrainingTerminated(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        day=cast.OPENS,
        rules=rules,
    )


def codes(explanation):
    return [each.code for each in explanation.reasons]


def missing(explanation):
    return [each.code for reason in explanation.reasons for each in reason.missing]


def settled(*things):
    """What the command would settle, after the same past."""
    answer = given(*things).when(SettleCompletion(teacher=LIN, offering=OFFERING), on=LATE)
    return answer.facts


def test_missing_more_than_a_fifth_is_told_with_the_exact_share_and_its_events():
    before = past("18.5")
    [outcome] = settled(before)
    told = why(before, outcome)
    [reason] = told.reasons

    assert (told.answer, reason.code, reason.rule) == (Upshot.DENIED, "ABSENCE", outcome.rules[0])
    assert reason.facts == {
        "missed": "18.5",
        "planned": "90",
        "share": "37/180",
        "limit": "1/5",
        "most": "18",
        "decided": "true",
    }
    assert len(reason.opposing) == 5
    assert (reason.clause, reason.chosen_on) == (reason.clause, OPENED_ON)
    assert "37/180" in reason.zh


def test_missing_exactly_a_fifth_is_completed_and_the_share_told():
    before = past(18)
    told = why(before, settled(before))

    assert (told.answer, codes(told)) == (Upshot.DONE, ["COMPLETED", "ABSENCE_WITHIN"])
    assert told.reasons[1].facts["share"] == "1/5"
    assert told.reasons[1].opposing == ()


def test_a_short_training_has_no_limit():
    told = why(past(12, 24))

    assert "limit" not in told.reasons[0].facts
    assert codes(told) == ["ABSENCE_WITHIN", "NOT_SETTLED"]


def test_a_failed_assessment_is_told_with_its_event():
    before = [past(4, assessment=True), assessed(False)]
    told = why(before, settled(before))

    assert (told.answer, codes(told)) == (Upshot.DENIED, ["ASSESSMENT_FAILED"])
    assert told.reasons[0].opposing


def test_beside_the_deciding_reason_stands_whatever_else_is_against_it():
    before = [past("18.5", assessment=True), assessed(False)]
    told = why(before, settled(before))

    assert codes(told) == ["ABSENCE", "ASSESSMENT_FAILED"]
    assert [each.facts.get("decided") for each in told.reasons] == ["true", None]


def test_a_breach_that_ended_the_training_is_told_with_its_event():
    told = why(past(), breach(serious=False), breach(), terminated("ZJ14-08"))
    [reason] = told.reasons

    assert (told.answer, reason.code) == (Upshot.DENIED, "MISCONDUCT")
    assert len(reason.opposing) == 1
    assert len(reason.evidence) == 2


def test_a_completion_that_was_taken_back_names_what_it_took_back():
    taken_back = CompletionRevoked(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        reason=Reason.MISCONDUCT,
        corrects="e1",
    )
    told = why(past(), cast.completed(90), breach(), taken_back)

    assert codes(told) == ["MISCONDUCT"]
    assert "e1" in told.reasons[0].evidence


def test_a_denial_that_no_recorded_hour_explains_is_still_told():
    told = why(past(), denied(Reason.ABSENCE, 0))

    assert (told.answer, codes(told)) == (Upshot.DENIED, ["ABSENCE"])


@pytest.mark.parametrize(
    ("day", "things", "wanted"),
    [
        (CLOSES - timedelta(days=1), [], ["NOT_ENDED", "ASSESSMENT_MISSING", "NOT_SETTLED"]),
        (CLOSES, [], ["ASSESSMENT_MISSING", "NOT_SETTLED"]),
        (CLOSES, [assessed(True)], ["NOT_SETTLED"]),
    ],
)
def test_what_is_still_missing_is_named(day, things, wanted):
    told = why(past(assessment=True), things, day=day)

    assert (told.answer, missing(told)) == (Upshot.OPEN, wanted)


def test_an_assessment_is_not_waited_for_where_the_absences_deny_it():
    told = why(past("18.5", assessment=True))

    assert (codes(told), missing(told)) == (["ABSENCE", "NOT_SETTLED"], ["NOT_SETTLED"])


@pytest.mark.parametrize(
    ("things", "code", "answer"),
    [
        ([], "NOT_CHOSEN", Upshot.NOT_ENROLLED),
        ([cast.selected()], "SCHOOL_REVIEW", Upshot.OPEN),
        ([cast.selected(), cast.passed()], "PROVIDER_REVIEW", Upshot.OPEN),
        ([cast.selected(), cast.passed(passed=False)], "SCHOOL_PASS", Upshot.NOT_ENROLLED),
    ],
)
def test_who_is_no_trainee_lacks_the_next_step(things, code, answer):
    told = why(room(), things)

    assert (told.answer, codes(told), missing(told)) == (answer, ["NOT_ENROLLED"], [code])
    assert bool(told.reasons[0].opposing) is (code == "SCHOOL_PASS")


def test_a_class_that_was_cancelled_is_the_reason():
    gone = OfferingCancelled(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, place=RUIAN, reason="整改"
    )

    assert codes(why(past(), gone)) == ["OFFERING_GONE"]


def test_what_was_recorded_decides_and_not_the_rules_of_today():
    told = why(past("18.5"), denied(Reason.ABSENCE, "18.5", "ZJ24-13"))
    [reason] = told.reasons

    assert (reason.code, reason.rule, reason.facts["share"]) == ("ABSENCE", "ZJ24-13", "37/180")


def test_a_class_that_nobody_opened_is_unknown():
    assert codes(why()) == ["UNKNOWN_REFERENCE"]


def test_a_limit_that_is_uncertain_denies_nothing():
    # 2014-12: the documents do not tell whether the notice holds for a class opened then.
    opened = on(date(2014, 12, 1), cast.opened(cast.plan(hours=90)))
    told = why(opened, cast.enrolled(), cast.timetable(90), cast.absences(30, 90))

    assert (told.reasons[0].code, told.reasons[0].certain) == ("LIMIT_UNCERTAIN", False)


def test_all_that_is_needed_is_selected():
    things = entries([past("18.5"), breach(), terminated()], LATE)
    chosen = completion_selectors(LIN, OFFERING)
    for each in things:
        assert any(one.selects(each.event.NAME, each.tags) for one in chosen)

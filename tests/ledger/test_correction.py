"""Corrections: wrong hours are put right, and outcome and credit follow in the same append."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.attendance import AttendanceCorrected, MoreThanPlanned, NotEnrolled
from ledger.command import OutsideScope, UnknownReference
from ledger.completion import (
    CompletionDenied,
    CompletionGranted,
    CompletionRevoked,
    LimitUncertain,
    Reason,
    Standing,
)
from ledger.correction import CorrectAttendance, NothingToCorrect, OutcomeOverturned
from ledger.credit import CreditCorrected, CreditRevoked
from ledger.finding import Outcome
from ledger.review import ReasonMissing
from ledger.schedule import Half
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
)
from tests.given import asker_for, background, entries, given, on

DAY = date(2024, 7, 5)
FIFTH = "浙教办师〔2014〕14号 §三"
MOST = cast.absences("18", 90)


def correct(hours, *, day=OPENS, half=Half.MORNING, reason="误记"):
    return CorrectAttendance(
        teacher=LIN, offering=OFFERING, day=day, half=half, hours=Decimal(hours), reason=reason
    )


def corrected(before, after, corrects, half=Half.MORNING, reason="误记"):
    return AttendanceCorrected(
        teacher=LIN,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        day=OPENS,
        half=half,
        hours_before=Decimal(before),
        hours=Decimal(after),
        corrects=corrects,
        reason=reason,
    )


def granted(missed, corrects=None, planned=90, since=None):
    return CompletionGranted(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        hours_planned=Decimal(planned),
        hours_missed=Decimal(missed),
        hours=planned - Decimal(missed),
        rules=("ZJ14-09", "ZJ14-08"),
        corrects=corrects,
        since=since,
    )


def denied(missed, corrects=None, since=None):
    return CompletionDenied(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        reason=Reason.ABSENCE,
        hours_planned=Decimal(90),
        hours_missed=Decimal(missed),
        rules=("ZJ14-09",),
        citation=FIFTH,
        corrects=corrects,
        since=since,
    )


def past(missed, *more):
    """Positions 1 to 5 are teacher, class, timetable; 4 to 6 the admission; then attendance."""
    return [
        cast.registered(),
        cast.opened(cast.plan(90)),
        cast.timetable(90),
        *cast.enrolled(),
        *cast.absences(missed, 90),
        *more,
    ]


FIRST_RECORD = "0193-0007"


def test_before_the_outcome_only_the_hours_change():
    given(past("4")).when(correct("2.5"), on=DAY).then(corrected("4", "2.5", FIRST_RECORD))


def test_w_027_hours_put_right_turn_a_denial_into_a_completion():
    story = past("18.5", denied("18.5"))
    settled = f"0193-{len(story):04}"
    given(story).when(correct("3.5"), on=DAY).then(
        corrected("4", "3.5", FIRST_RECORD), granted("18", settled, since=DAY)
    )


@pytest.mark.parametrize(
    ("known", "completed", "hours"),
    [(0, False, None), (1, True, Decimal(72))],
    ids=["before-the-correction", "after-it"],
)
def test_w_027_what_was_known_before_the_correction_stays_readable(known, completed, hours):
    story = past("18.5", denied("18.5"))
    answer = given(story).when(correct("3.5"), on=DAY)
    log = [*story, *(answer.events if known else ())]
    standing = Standing(LIN)
    for entry in entries(log, DAY):
        standing.learn(entry)
    outcomes = [each for each in log if isinstance(each, CompletionGranted | CompletionDenied)]

    assert (standing.outcome == "COMPLETED") is completed
    assert len(outcomes) == 1 + known
    assert getattr(outcomes[-1], "hours", None) == hours
    assert isinstance(outcomes[0], CompletionDenied)


@pytest.mark.parametrize("reported", [False, True])
def test_c_11_hours_put_right_in_a_class_of_2014_deny_nobody(reported):
    story = past("18", granted("18"))
    story[1] = on(date(2014, 6, 1), story[1])
    command = correct("2.5", day=date(2024, 4, 10))
    answer = given(story).when(command, on=DAY, reported=reported)

    answer.found("ZJ14-09", Outcome.INDETERMINATE, LimitUncertain)
    assert isinstance(answer.facts[-1], CompletionGranted)


def test_hours_put_right_turn_a_completion_into_a_denial_and_revoke_the_credit():
    story = past("18", granted("18"), cast.awarded(72, base=90, missed=18))
    evidence = len(story)
    # The fifth half-day lists two missed hours of four.
    command = CorrectAttendance(
        teacher=LIN,
        offering=OFFERING,
        day=cast.date(2024, 4, 10),
        half=Half.MORNING,
        hours=Decimal("2.5"),
        reason="漏记",
    )
    given(story).when(command, on=DAY).then(
        AttendanceCorrected(
            teacher=LIN,
            offering=OFFERING,
            provider=COUNTY_SCHOOL,
            day=cast.date(2024, 4, 10),
            half=Half.MORNING,
            hours_before=Decimal(2),
            hours=Decimal("2.5"),
            corrects="0193-0011",
            reason="漏记",
        ),
        denied("18.5", f"0193-{evidence - 1:04}", since=DAY),
        CreditRevoked(
            credit=CREDIT,
            teacher=LIN,
            school=SCHOOL,
            place=RUIAN,
            credits_before=Decimal(72),
            corrects=f"0193-{evidence:04}",
            reason="ABSENCE: 漏记",
            since=date(2024, 4, 10),
            rules=("ZJ14-09",),
        ),
    )


def test_a_correction_within_the_limit_changes_the_credit():
    story = past("18", granted("18"), cast.awarded(72, base=90, missed=18))
    evidence = len(story)
    given(story).when(correct("0"), on=DAY).then(
        corrected("4", "0", FIRST_RECORD),
        granted("14", f"0193-{evidence - 1:04}", since=DAY),
        CreditCorrected(
            credit=CREDIT,
            teacher=LIN,
            school=SCHOOL,
            place=RUIAN,
            credits_before=Decimal(72),
            credits=Decimal(76),
            corrects=f"0193-{evidence:04}",
            reason="误记",
            hours_missed=Decimal(14),
            since=OPENS,
            hours_beyond=Decimal(0),
        ),
    )


@pytest.mark.parametrize(
    "command", [correct("0"), correct("2.5", day=date(2024, 4, 10))], ids=["fewer", "too-many"]
)
def test_hours_outcome_and_credit_are_of_one_truth_on_every_day(command):
    settled, awarded = date(2024, 6, 29), date(2024, 6, 30)
    story = [
        *past("18"),
        on(settled, granted("18")),
        on(awarded, cast.awarded(72, base=90, missed=18, completed=awarded)),
    ]
    facts = given(story).when(command, on=DAY).accepted().facts
    later = entries([*story, *facts], DAY)[len(entries(story, DAY)) :]

    assert [each.effective_on for each in later] == [command.day, settled, awarded]


def revocation(before):
    return CreditRevoked(
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(before),
        corrects="0193-0001",
        reason="x",
    )


def test_a_credit_revoked_by_a_denial_comes_back_with_the_completion():
    story = past(
        "18.5",
        granted("18"),
        cast.awarded(72, base=90, missed=18),
        denied("18.5"),
        revocation(72),
    )
    answer = given(story).when(correct("3.5"), on=DAY)

    assert CreditCorrected is type(answer.facts[-1])
    assert Decimal(72) == answer.facts[-1].credits


def test_a_credit_that_came_back_is_revoked_again_by_the_next_denial():
    back = CreditCorrected(
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(0),
        credits=Decimal(72),
        corrects="0193-0001",
        reason="x",
    )
    story = past(
        "18",
        cast.awarded(72, base=90, missed=18),
        revocation(72),
        back,
        granted("18"),
    )
    command = CorrectAttendance(
        teacher=LIN,
        offering=OFFERING,
        day=cast.date(2024, 4, 10),
        half=Half.MORNING,
        hours=Decimal(4),
        reason="漏记",
    )
    answer = given(story).when(command, on=DAY)

    assert CreditRevoked is type(answer.facts[-1])


def test_what_was_revoked_for_a_breach_does_not_come_back():
    breach = CompletionRevoked(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        reason=Reason.MISCONDUCT,
        corrects="0193-0001",
    )
    given(past("18", granted("18"), breach)).when(correct("0"), on=DAY).then(
        corrected("4", "0", FIRST_RECORD)
    )


def test_somebody_who_was_there_may_have_been_away():
    present = [*past("0"), cast.attended(OPENS)]
    given(present).when(correct("4"), on=DAY).then(corrected("0", "4", FIRST_RECORD))


def test_a_correction_may_be_corrected():
    story = past("4", corrected("4", "3", FIRST_RECORD))
    given(story).when(correct("2"), on=DAY).then(corrected("3", "2", f"0193-{len(story):04}"))


@pytest.mark.parametrize(
    "command", [correct("4"), correct("1", half=Half.AFTERNOON)], ids=["same", "no-record"]
)
def test_without_a_record_or_a_difference_there_is_nothing_to_correct(command):
    given(past("4")).when(command, on=DAY).refused(NothingToCorrect, field="hours")


@pytest.mark.parametrize("reported", [False, True])
def test_nobody_missed_more_than_the_session_has(reported):
    given(past("4")).when(correct("4.5"), on=DAY, reported=reported).refused(MoreThanPlanned)


def test_a_correction_needs_a_reason_a_trainee_and_half_hours():
    given(past("4")).when(correct("2", reason=""), on=DAY).refused(ReasonMissing)
    given(past("4")).when(correct("2.2"), on=DAY).faulted("BAD_AMOUNT")
    given(cast.opened(), cast.timetable(), background(cast.registered())).when(
        correct("2"), on=DAY
    ).refused(NotEnrolled)


def test_an_unknown_class_has_nothing_to_correct():
    given().when(correct("2"), on=DAY).refused(UnknownReference, field="offering")


def test_another_party_corrects_nothing():
    given(past("4")).when(correct("2"), on=DAY, by=asker_for(SCHOOL)).refused(OutsideScope)


@pytest.mark.parametrize("decision", ["revoked", "corrected"])
def test_what_the_bureau_decided_about_a_credit_no_correction_of_the_provider_undoes(decision):
    details = {
        "credit": CREDIT,
        "teacher": LIN,
        "school": SCHOOL,
        "place": RUIAN,
        "credits_before": Decimal(72),
        "corrects": "0193-0001",
        "reason": "审计决定",
        "decided": True,
    }
    decided = (
        CreditRevoked(**details)
        if decision == "revoked"
        else CreditCorrected(**details, credits=Decimal(10))
    )
    story = past("18", granted("18"), cast.awarded(72, base=90, missed=18), decided)
    answer = given(story).when(correct("0"), on=DAY).accepted()

    assert not [each for each in answer.facts if isinstance(each, CreditCorrected | CreditRevoked)]


def away(*halves, hours="4"):
    """Corrections of half-days of a class of 90 hours that all were attended."""
    return [correct(hours, day=each.day, half=each.half) for each in halves]


def after(story, commands):
    """The story with what followed from each, and the credits that it ended with."""
    for command in commands:
        story = [*story, *given(story).when(command, on=DAY).accepted().facts]
    return story, [each.credits for each in story if isinstance(each, CreditCorrected)]


def decided(amount):
    return CreditCorrected(
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(90),
        credits=Decimal(amount),
        corrects="0193-0001",
        reason="漏扣半学时",
        decided=True,
    )


@pytest.mark.parametrize(
    ("left", "credits"),
    [("86", []), ("86.5", ["86"]), ("89.5", ["86"])],
    ids=["bound", "just-past", "above"],
)
def test_zj14_08_hours_missed_come_off_also_where_the_bureau_decided_more(left, credits):
    first = cast.sessions(90)[0]
    there = [cast.attended(each.day, each.half, each.hours) for each in cast.sessions(90)]
    story = [*past("0"), *there, granted("0"), cast.awarded(90), decided(left)]

    assert after(story, away(first))[1][1:] == [Decimal(each) for each in credits]


def test_zj14_08_a_credit_that_was_decided_follows_the_hours_and_never_rises_above_that():
    halves = cast.sessions(90)[:4]
    there = [cast.attended(each.day, each.half, each.hours) for each in cast.sessions(90)]
    story = [*past("0"), *there, granted("0"), cast.awarded(90), decided("89.5")]
    story, credits = after(story, away(*halves))
    assert credits[1:] == [86, 82, 78, 74]

    _, credits = after(story, away(*halves, hours="0"))
    assert credits[-1] == Decimal("89.5")


def test_a_denial_between_does_not_lift_what_the_bureau_decided():
    story = past("18", granted("18"), cast.awarded(72, base=90, missed=18), decided("60"))
    fifth = date(2024, 4, 10)
    story, _ = after(story, [correct("2.5", day=fifth)])
    assert isinstance(story[-1], CreditRevoked)

    _, credits = after(story, [correct("2", day=fifth)])
    assert credits == [60, 60]


@pytest.mark.parametrize(
    ("missed", "outcome", "rule"),
    [("19.5", granted("19.5"), "ZJ14-09"), ("10", denied("10"), None)],
)
def test_an_outcome_told_against_the_hours_is_not_overturned_silently(missed, outcome, rule):
    answer = given(past(missed, outcome)).when(correct("3.5"), on=DAY)

    assert type(answer.facts[-1]) is not type(outcome)
    answer.found(rule, Outcome.ADVISORY, OutcomeOverturned)
    given(past("18", granted("18"))).when(correct("3.5"), on=DAY).accepted()


@pytest.mark.parametrize(
    ("since", "of"),
    [
        pytest.param(DAY, (HANGZHOU, OTHER_SCHOOL), id="of-its-day"),
        pytest.param(date(2024, 7, 6), (RUIAN, SCHOOL), id="after-it"),
    ],
)
@pytest.mark.parametrize(
    "command", [correct("0"), correct("2.5", day=date(2024, 4, 10))], ids=["fewer", "too-many"]
)
def test_a_credit_put_right_by_a_late_report_is_of_the_school_of_its_day(command, since, of):
    moved = cast.moved(since, HANGZHOU, OTHER_SCHOOL)
    story = past("18", granted("18"), cast.awarded(72, base=90, missed=18), moved)
    told = given(story).when(command, on=DAY, reported=True).facts[-1]

    assert (told.place, told.school) == of

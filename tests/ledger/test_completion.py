"""Completion: what missing hours cost, at one fifth and just past it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given as generated
from hypothesis import strategies

from ledger.assessment import AssessmentRecorded, Result
from ledger.attendance import AbsenceKind, LeaveGranted, NotEnrolled
from ledger.change import ChangeClass, ChangeDecided, ChangeKind, ChangeRequested
from ledger.command import OutsideScope, UnknownReference
from ledger.completion import (
    AbsenceLimit,
    CompletionDenied,
    CompletionGranted,
    LimitUncertain,
    NotEnded,
    Reason,
    beyond_limit,
)
from ledger.finding import Outcome
from ledger.judgement import (
    AlreadySettled,
    AssessmentMissing,
    OutcomeContrary,
    SettleCompletion,
)
from ledger.names import ChangeId
from ledger.plan import Mode
from ledger.schedule import Half
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, HANGZHOU, LIN, OFFERING, OPENS, RUIAN, SCHOOL, STRANGER
from tests.given import all_rules, asker_for, background, given, on

SETTLE = SettleCompletion(teacher=LIN, offering=OFFERING)
END = date(2024, 6, 28)
FIFTH = "浙教办师〔2014〕14号 §三"


@dataclass
class Case:
    """One row of the table: the plan, the hours missed, and what follows."""

    planned: str
    missed: str
    hours: str | None
    rules: tuple[str, ...] = ("ZJ14-09", "ZJ14-08")
    mode: Mode = Mode.INTENSIVE
    credits: str | None = None


def granted(planned, missed, hours, rules=("ZJ14-09", "ZJ14-08")):
    return CompletionGranted(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        hours_planned=Decimal(planned),
        hours_missed=Decimal(missed),
        hours=Decimal(hours),
        rules=rules,
    )


def denied(planned, missed, reason=Reason.ABSENCE, rules=("ZJ14-09",), citation=FIFTH):
    return CompletionDenied(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        reason=reason,
        hours_planned=Decimal(planned),
        hours_missed=Decimal(missed),
        rules=rules,
        citation=citation,
    )


def past(planned, missed, **details):
    plan = cast.plan(planned, **details)
    return [cast.opened(plan), *cast.enrolled(), *held(planned), *cast.absences(missed, planned)]


def held(planned, *, day=OPENS):
    """The class had a timetable, and somebody looked who was there."""
    return [cast.timetable(planned), cast.attended(day, Half.EVENING)]


SHORT = ("ZJ14-08",)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case("90", "18", "72"), id="W-001"),
        pytest.param(Case("90", "18.5", None), id="W-002"),
        pytest.param(Case("90", "0", "90"), id="W-003"),
        pytest.param(Case("90", "0.5", "89.5"), id="W-004"),
        pytest.param(Case("89", "45", "44", SHORT), id="W-006"),
        pytest.param(Case("90", "90", None), id="W-007"),
        pytest.param(Case("96", "19.5", None), id="W-009"),
        pytest.param(Case("96", "19", "77"), id="W-009-less"),
        pytest.param(Case("120", "24", "96"), id="W-010"),
        pytest.param(Case("91", "18", "73"), id="W-012"),
        pytest.param(Case("91", "18.5", None), id="W-012-more"),
        pytest.param(Case("90", "20", "70", SHORT, Mode.DISTANCE), id="W-018"),
        pytest.param(Case("90", "18.5", None, mode=Mode.BLENDED), id="blended"),
        pytest.param(Case("80", "16.5", None, credits="90"), id="C-14-base-credit"),
        pytest.param(Case("89.5", "89.5", "0", SHORT), id="just-below-ninety"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_more_than_a_fifth_of_ninety_hours_denies_completion(case, reported):
    answer = given(past(case.planned, case.missed, mode=case.mode, credits=case.credits)).when(
        SETTLE, on=END, reported=reported
    )
    if case.hours is None:
        answer.then(denied(case.planned, case.missed))
    else:
        answer.then(granted(case.planned, case.missed, case.hours, case.rules))


def test_w_013_leave_counts_as_absence_like_any_other():
    leave = LeaveGranted(
        teacher=LIN, offering=OFFERING, provider=COUNTY_SCHOOL, day=OPENS, reason="病假"
    )
    room = [cast.opened(cast.plan(90)), *cast.enrolled(), cast.timetable(90)]
    on_leave = cast.attended(OPENS, Half.MORNING, 10, (LIN, Decimal(10), AbsenceKind.LEAVE))
    away = cast.attended(OPENS, Half.AFTERNOON, 8, (LIN, Decimal(8), AbsenceKind.UNEXCUSED))
    given(room, background(leave), on_leave, away).when(SETTLE, on=END).then(
        granted("90", "18", "72")
    )


@pytest.mark.parametrize(
    ("first", "second", "hours"),
    [
        pytest.param("0", "18", "72", id="W-015"),
        pytest.param("10", "8.5", None, id="W-016"),
    ],
)
def test_the_whole_project_is_the_base_whatever_its_segments(first, second, hours):
    room = [cast.opened(cast.plan(90, segments=2)), *cast.enrolled(), cast.timetable(90)]
    autumn = date(2024, 6, 20)
    away = [
        cast.attended(day, Half.MORNING, 54, (LIN, Decimal(missed), AbsenceKind.UNEXCUSED))
        for day, missed in ((OPENS, first), (autumn, second))
        if missed != "0"
    ]
    answer = given(room, away).when(SETTLE, on=END)
    if hours:
        answer.then(granted("90", "18", hours))
    else:
        answer.then(denied("90", "18.5"))


def test_the_absences_of_others_cost_nobody_else_anything():
    others = cast.attended(
        OPENS,
        Half.MORNING,
        40,
        (LIN, Decimal(1), AbsenceKind.LEAVE),
        (CHEN, Decimal(40), AbsenceKind.UNEXCUSED),
    )
    room = [cast.opened(cast.plan(90)), *cast.enrolled(), cast.timetable(90)]
    given(room, others).when(SETTLE, on=END).then(granted("90", "1", "89"))


def test_the_rule_in_force_when_the_class_opened_decides():
    old = [on(date(2013, 9, 1), cast.opened(cast.plan(90))), *past("90", "18.5")[1:]]
    given(old).when(SETTLE, on=END).then(granted("90", "18.5", "71.5", ()))


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(
    ("opened_on", "missed", "judged"),
    [
        (date(2013, 12, 31), "18.5", "no rule"),
        (date(2014, 1, 1), "18", "within"),
        (date(2014, 1, 1), "18.5", "undecided"),
        (date(2014, 12, 31), "18.5", "undecided"),
        (date(2015, 1, 1), "18", "granted"),
        (date(2015, 1, 1), "18.5", "denied"),
    ],
)
def test_c_11_a_rule_that_may_not_have_been_in_force_denies_nobody(
    opened_on, missed, judged, reported
):
    story = [on(opened_on, cast.opened(cast.plan(90))), *past("90", missed)[1:]]
    answer = given(story).when(SETTLE, on=END, reported=reported)
    hours = str(Decimal(90) - Decimal(missed))
    if judged == "denied":
        answer.then(denied("90", missed))
    elif judged == "granted":
        answer.then(granted("90", missed, hours))
    elif judged == "undecided":
        answer.found("ZJ14-09", Outcome.INDETERMINATE, LimitUncertain).then(
            granted("90", missed, hours, ())
        )
    else:
        answer.then(granted("90", missed, hours, ()))


def test_c_11_who_missed_too_much_in_2014_still_needs_a_result():
    plan = cast.plan(90, assessment=True)
    story = [on(date(2014, 6, 1), cast.opened(plan)), *past("90", "18.5")[1:]]
    given(story).when(SETTLE, on=END).refused(AssessmentMissing, "ZJ14-15")


def test_training_that_does_not_release_teachers_is_outside_the_rule():
    beside_work = msgspec.structs.replace(cast.plan(90), off_job=False)
    given(cast.opened(beside_work), *past("90", "18.5")[1:]).when(SETTLE, on=END).then(
        granted("90", "18.5", "71.5", SHORT)
    )


def test_c_14_the_online_part_of_a_blended_training_is_in_the_base():
    story = past("90", "18", mode=Mode.BLENDED, online=27)
    given(story).when(SETTLE, on=END).then(granted("90", "18", "72"))


def cut(left, *, approved=True):
    """A change to fewer hours, and the timetable that follows it."""
    change = ChangeId("change:x1")
    asked = ChangeRequested(
        change=change,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        kinds=(ChangeKind.HOURS_REDUCED,),
        description="场地只能使用四周",
    )
    decided = ChangeDecided(
        change=change,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        approved=approved,
        change_class=ChangeClass.MAJOR,
        reason="",
    )
    return [asked, decided, cast.timetable(left)]


@pytest.mark.parametrize(("missed", "hours"), [("20", "80"), ("20.5", None)])
def test_c_14_after_an_approved_change_its_hours_are_the_base(missed, hours):
    story = [*past("120", missed), *cut(100)]
    answer = given(story).when(SETTLE, on=END)
    if hours:
        answer.then(granted("100", missed, hours))
    else:
        answer.then(denied("100", missed))


def test_c_14_a_change_that_was_refused_leaves_the_base():
    story = [*past("120", "20.5"), *cut(100, approved=False)]
    given(story).when(SETTLE, on=END).then(granted("120", "20.5", "99.5"))


def test_c_14_a_training_that_was_cut_below_ninety_is_outside_the_rule():
    story = [*past("90", "18.5"), *cut(88)]
    given(story).when(SETTLE, on=END).then(granted("88", "18.5", "69.5", SHORT))


@pytest.mark.parametrize("place", [RUIAN, HANGZHOU])
def test_the_rule_is_that_of_the_whole_province(place):
    story = [cast.opened(cast.plan(90), place=place), *past("90", "18.5")[1:]]
    given(story).when(SETTLE, on=END).then(denied("90", "18.5"))


@generated(strategies.integers(0, 400), strategies.integers(180, 400))
def test_the_share_is_compared_exactly(missed_halves, planned_halves):
    missed, planned = Decimal(missed_halves) / 2, Decimal(planned_halves) / 2
    rule = all_rules().find(AbsenceLimit, RUIAN, END, mode="INTENSIVE")

    assert beyond_limit(rule, missed, planned) is (missed_halves * 5 > planned_halves)


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [
        (AbsenceLimit(hours_min=Decimal(0), share_max=Fraction(1, 5)), "hours_min"),
        (AbsenceLimit(hours_min=Decimal(90), share_max=Fraction(6, 5)), "share_max"),
    ],
)
def test_a_limit_out_of_range_is_wrong(wrong, parameter):
    assert parameter in (wrong.wrong() or "")


def test_a_larger_share_or_fewer_trainings_are_laxer():
    fifth = AbsenceLimit(hours_min=Decimal(90), share_max=Fraction(1, 5))

    assert fifth.wrong() is None
    assert AbsenceLimit(hours_min=Decimal(90), share_max=Fraction(1, 4)).laxer(fifth)
    assert AbsenceLimit(hours_min=Decimal(91), share_max=Fraction(1, 5)).laxer(fifth)
    assert not AbsenceLimit(hours_min=Decimal(60), share_max=Fraction(1, 6)).laxer(fifth)


def assessed(passed):
    return AssessmentRecorded(
        offering=OFFERING, provider=COUNTY_SCHOOL, results=(Result(teacher=LIN, passed=passed),)
    )


def test_who_passed_the_assessment_completes():
    given(past("90", "0", assessment=True), assessed(True)).when(SETTLE, on=END).then(
        granted("90", "0", "90")
    )


def test_who_failed_the_assessment_does_not_complete():
    given(past("90", "0", assessment=True), assessed(False)).when(SETTLE, on=END).then(
        denied("90", "0", Reason.ASSESSMENT_FAILED, ("ZJ14-15",))
    )


def test_the_latest_result_counts():
    given(past("90", "0", assessment=True), assessed(False), assessed(True)).when(
        SETTLE, on=END
    ).then(granted("90", "0", "90"))


@pytest.mark.parametrize("reported", [False, True])
def test_without_a_result_there_is_no_completion(reported):
    given(past("90", "18", assessment=True)).when(SETTLE, on=END, reported=reported).refused(
        AssessmentMissing, "ZJ14-15", field="teacher"
    )


def test_who_missed_too_much_needs_no_result():
    given(past("90", "18.5", assessment=True)).when(SETTLE, on=END).then(denied("90", "18.5"))


@pytest.mark.parametrize(
    ("day", "ended"), [(date(2024, 6, 27), False), (END, True), (date(2024, 9, 1), True)]
)
def test_completion_is_settled_from_the_last_day_on(day, ended):
    answer = given(past("90", "0")).when(SETTLE, on=day)
    if ended:
        answer.accepted()
    else:
        answer.refused(NotEnded, field="offering")


@pytest.mark.parametrize("outcome", [granted("90", "0", "90"), denied("90", "18.5")])
def test_completion_is_settled_once(outcome):
    given(past("90", "0"), outcome).when(SETTLE, on=END).refused(AlreadySettled, field="teacher")


@pytest.mark.parametrize("steps", [[], [cast.selected()], [cast.selected(), cast.passed()]])
def test_who_was_not_admitted_completes_nothing(steps):
    given(cast.opened(), steps).when(SETTLE, on=END).refused(NotEnrolled, field="teacher")


def test_an_unknown_class_is_not_settled():
    unknown = SettleCompletion(teacher=STRANGER, offering=OFFERING)
    given().when(unknown, on=END).refused(UnknownReference, field="offering")


def test_another_provider_settles_nothing():
    given(past("90", "0")).when(SETTLE, on=END, by=asker_for(SCHOOL)).refused(OutsideScope)


def told(completed):
    return replace(SETTLE, completed=completed)


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(
    ("missed", "completed"), [("18", True), ("18.5", False)], ids=["at-a-fifth", "past-a-fifth"]
)
def test_an_outcome_that_is_told_as_it_follows_is_that_outcome(missed, completed, reported):
    expected = granted("90", missed, "72") if completed else denied("90", missed)
    given(past("90", missed)).when(told(completed), on=END, reported=reported).then(expected)


def test_a_completion_past_a_fifth_is_refused_when_asked_and_noted_when_reported():
    story = given(past("90", "18.5"))
    story.when(told(True), on=END).refused(OutcomeContrary, "ZJ14-09", field="completed")
    answer = story.when(told(True), on=END, reported=True)
    answer.found("ZJ14-09", Outcome.VIOLATION, OutcomeContrary).then(
        granted("90", "18.5", "71.5", SHORT)
    )
    assert answer.findings[0].subjects == (LIN, OFFERING, COUNTY_SCHOOL)


def test_a_denial_at_a_fifth_is_refused_when_asked_and_noted_when_reported():
    story = given(past("90", "18"))
    story.when(told(False), on=END).refused(OutcomeContrary, "ZJ14-09", field="completed")
    story.when(told(False), on=END, reported=True).found(
        "ZJ14-09", Outcome.VIOLATION, OutcomeContrary
    ).then(denied("90", "18", rules=(), citation=None))


def test_a_denial_of_a_short_training_stands_on_no_rule():
    story = given(past("24", "8"))
    story.when(told(False), on=END).refused(OutcomeContrary, None, field="completed")
    story.when(told(False), on=END, reported=True).found(
        None, Outcome.VIOLATION, OutcomeContrary
    ).then(denied("24", "8", rules=(), citation=None))


def test_who_failed_the_assessment_does_not_complete_whatever_is_told():
    story = given(past("90", "0", assessment=True), assessed(False))
    story.when(told(True), on=END).refused(OutcomeContrary, "ZJ14-15")
    story.when(told(True), on=END, reported=True).found(
        "ZJ14-15", Outcome.VIOLATION, OutcomeContrary
    ).then(granted("90", "0", "90", SHORT))


@pytest.mark.parametrize(("missed", "undecided"), [("18", False), ("18.5", True)])
def test_c_11_a_denial_of_2014_past_a_fifth_cannot_be_judged(missed, undecided):
    story = given([on(date(2014, 6, 1), cast.opened(cast.plan(90))), *past("90", missed)[1:]])
    if undecided:
        story.when(told(False), on=END, reported=True).found(
            "ZJ14-09", Outcome.INDETERMINATE, OutcomeContrary
        ).then(denied("90", missed, rules=(), citation=None))
        story.when(told(True), on=END).found("ZJ14-09", Outcome.INDETERMINATE, LimitUncertain).then(
            granted("90", missed, "71.5", ())
        )
    else:
        story.when(told(False), on=END).refused(OutcomeContrary)
        story.when(told(True), on=END).then(granted("90", missed, "72", ()))

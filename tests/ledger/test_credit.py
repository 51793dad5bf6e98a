"""Credits: what a completed training is worth, once, and how it is put right."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.account import NotCredited
from ledger.adjustment import CorrectCredit, RevokeCredit
from ledger.command import OutsideScope, UnknownReference
from ledger.completion import CompletionDenied, CompletionGranted, Reason
from ledger.credit import (
    AwardCredit,
    CreditAwarded,
    CreditCorrected,
    CreditKind,
    CreditRevoked,
)
from ledger.cycle import RecognisedOutsideCycle
from ledger.finding import Outcome
from ledger.names import CreditId, DocumentId
from ledger.order import AlreadyAwarded
from ledger.plan import Choice, Mode
from ledger.register import AlreadyRegistered
from ledger.regulation import Rulebook
from ledger.review import ReasonMissing
from ledger.rule import RuleAmended
from ledger.school_based import SchoolBasedRecorded
from ledger.teacher import TeacherTransferred
from ledger.worth import NotCompleted, credited
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    CREDIT,
    LIN,
    OFFERING,
    OTHER_OFFERING,
    PROVINCE,
    RUIAN,
    SCHOOL,
    WENZHOU,
    WENZHOU_SCHOOL,
)
from tests.given import adoption, asker_for, background, given, on
from tests.ledger.test_completion import cut

DAY = date(2024, 7, 10)
AWARD = AwardCredit(credit=CREDIT, teacher=LIN, offering=OFFERING)
DENIED = CompletionDenied(
    teacher=LIN,
    offering=OFFERING,
    school=SCHOOL,
    provider=COUNTY_SCHOOL,
    reason=Reason.ABSENCE,
    hours_planned=Decimal(90),
    hours_missed=Decimal("18.5"),
    rules=("ZJ14-09",),
)


def past(plan, *outcome):
    return [cast.registered(), cast.opened(plan), *cast.enrolled(), *outcome]


def award(credits, *, base, missed="0", planned=None, **details):
    values = {"kind": CreditKind.INTENSIVE, "place": RUIAN, "school": SCHOOL} | details
    return CreditAwarded(
        credit=CREDIT,
        teacher=LIN,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        authority=RUIAN,
        choice=Choice.SELF_SELECTED,
        title="小学语文阅读教学",
        base_credits=Decimal(base),
        hours_planned=Decimal(planned or base),
        hours_missed=Decimal(missed),
        credits=Decimal(credits),
        completed=date(2024, 6, 28),
        rules=("ZJ14-08",),
        **values,
    )


@pytest.mark.parametrize(
    ("hours", "missed", "worth"),
    [
        pytest.param("90", "18", "72", id="W-001"),
        pytest.param("90", "0", "90", id="W-003"),
        pytest.param("90", "0.5", "89.5", id="W-004"),
        pytest.param("89", "45", "44", id="W-006"),
        pytest.param("120", "24", "96", id="W-010"),
        pytest.param("91", "18", "73", id="W-012"),
        pytest.param("24", "24", "0", id="all-missed"),
    ],
)
def test_missed_hours_come_off_the_credit(hours, missed, worth):
    given(past(cast.plan(hours), cast.completed(hours, missed))).when(AWARD, on=DAY).then(
        award(worth, base=hours, missed=missed)
    )


def test_a_plan_with_its_own_base_credit_is_worth_that():
    given(past(cast.plan(40, credits=50), cast.completed(40, 4))).when(AWARD, on=DAY).then(
        award("46", base="50", missed="4", planned="40")
    )


@pytest.mark.parametrize("mode", Mode)
def test_the_credit_is_of_the_kind_of_the_training(mode):
    given(past(cast.plan(24, mode=mode), cast.completed())).when(AWARD, on=DAY).then(
        award("24", base="24", kind=CreditKind(mode.value))
    )


def test_the_credit_belongs_to_where_the_teacher_works_now():
    moved = TeacherTransferred(
        teacher=LIN, school_left=SCHOOL, school=WENZHOU_SCHOOL, place=WENZHOU, since=DAY
    )
    given(past(cast.plan(), cast.completed()), moved).when(AWARD, on=DAY).then(
        award("24", base="24", place=WENZHOU, school=WENZHOU_SCHOOL)
    )


@pytest.mark.parametrize("reported", [False, True])
def test_what_is_not_settled_is_not_credited(reported):
    given(past(cast.plan(90))).when(AWARD, on=DAY, reported=reported).refused(
        NotCompleted, field="teacher"
    )


def test_a_denied_training_is_not_credited_when_asked_and_a_violation_when_reported():
    answer = given(past(cast.plan(90), DENIED))
    answer.when(AWARD, on=DAY).refused(NotCompleted, "ZJ14-09", field="teacher")
    breach = answer.when(AWARD, on=DAY, reported=True)

    breach.found("ZJ14-09", Outcome.VIOLATION, NotCompleted)
    assert [type(each) for each in breach.facts] == [CreditAwarded]


def test_c_33_a_refusal_cites_the_version_by_which_completion_was_denied():
    later = RuleAmended(
        document=DocumentId("document:zj14"),
        place=PROVINCE,
        rule="ZJ14-09",
        since=date(2024, 7, 11),
        parameters={"hours_min": "90", "share_max": "1/6"},
        citation="新文件",
        zh="六分之一。",
        en="A sixth.",
    )
    rules = Rulebook([*adoption(), later])
    [refused] = given(past(cast.plan(90), DENIED), rules=rules).when(AWARD, on=DAY).refusals

    assert rules.rules["ZJ14-09"].amended == "新文件"
    assert (refused.rule.id, refused.rule.amended) == ("ZJ14-09", None)


def test_c_14_what_an_approved_change_cut_is_not_credited():
    story = past(cast.plan(120), *cut(100), cast.completed(100, 4))
    given(story).when(AWARD, on=DAY).then(award("96", base="100", missed="4"))


def test_the_latest_outcome_counts():
    again = CompletionGranted(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        hours_planned=Decimal(90),
        hours_missed=Decimal(18),
        hours=Decimal(72),
        corrects="0193-0006",
    )
    given(past(cast.plan(90), DENIED, again)).when(AWARD, on=DAY).then(
        award("72", base="90", missed="18")
    )


def test_a_training_is_credited_once():
    first = cast.awarded(24, credit=CreditId("credit:earlier"))
    given(past(cast.plan(), cast.completed()), first).when(AWARD, on=DAY).refused(
        AlreadyAwarded, field="teacher"
    )


def test_a_credit_of_another_training_is_no_obstacle():
    other = cast.awarded(24, credit=CreditId("credit:earlier"), offering=OTHER_OFFERING)
    # Nor does the ledger look at it: a teacher's other credits may be many.
    given(past(cast.plan(), cast.completed()), background(other)).when(AWARD, on=DAY).accepted()


def test_the_name_of_a_credit_is_used_once():
    other = cast.awarded(24, offering=OTHER_OFFERING)
    given(past(cast.plan(), cast.completed()), other).when(AWARD, on=DAY).refused(
        AlreadyRegistered, field="credit"
    )


def test_an_unknown_teacher_or_class_is_credited_with_nothing():
    given(cast.registered()).when(AWARD, on=DAY).refused(UnknownReference, field="offering")
    given(cast.opened()).when(AWARD, on=DAY).refused(UnknownReference, field="teacher")


def test_the_bureau_of_the_class_awards_the_credit():
    given(past(cast.plan(), cast.completed())).when(AWARD, on=DAY, by=asker_for(WENZHOU)).refused(
        OutsideScope
    )


CORRECT = CorrectCredit(credit=CREDIT, teacher=LIN, reason="漏扣 2 学时", credits=Decimal(22))
REVOKE = RevokeCredit(credit=CREDIT, teacher=LIN, reason="重复认定")
AWARDED = [cast.registered(), cast.awarded(24)]


def corrected(before, after, corrects="0193-0002", reason="漏扣 2 学时"):
    return CreditCorrected(
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(before),
        credits=Decimal(after),
        corrects=corrects,
        reason=reason,
        decided=True,
    )


def revoked(before, corrects="0193-0002"):
    return CreditRevoked(
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(before),
        corrects=corrects,
        reason="重复认定",
        decided=True,
    )


def test_a_credit_is_put_right_by_an_event_that_names_the_old_one():
    given(AWARDED).when(CORRECT, on=DAY).then(corrected(24, 22))
    given(AWARDED, corrected(24, 20)).when(CORRECT, on=DAY).then(
        corrected(20, 22, corrects="0193-0003")
    )


def test_a_credit_is_taken_back_whole():
    given(AWARDED).when(REVOKE, on=DAY).then(revoked(24))


def test_a_revoked_credit_is_revoked_no_more_but_can_come_back():
    given(AWARDED, revoked(24)).when(REVOKE, on=DAY).refused(NotCredited, field="credit")
    given(AWARDED, revoked(24)).when(CORRECT, on=DAY).then(corrected(0, 22, corrects="0193-0003"))


@pytest.mark.parametrize("command", [CORRECT, REVOKE])
def test_an_unknown_credit_is_neither_corrected_nor_revoked(command):
    given(cast.registered()).when(command, on=DAY).refused(UnknownReference, field="credit")


@pytest.mark.parametrize(
    "command",
    [
        CorrectCredit(credit=CREDIT, teacher=LIN, reason="", credits=Decimal(1)),
        RevokeCredit(credit=CREDIT, teacher=LIN, reason=" "),
    ],
)
def test_a_correction_needs_a_reason(command):
    given(AWARDED).when(command, on=DAY).refused(ReasonMissing, field="reason")


@pytest.mark.parametrize("amount", ["-1", "22.3"])
def test_credits_come_in_halves_and_not_below_zero(amount):
    wrong = CorrectCredit(credit=CREDIT, teacher=LIN, reason="x", credits=Decimal(amount))
    given(AWARDED).when(wrong, on=DAY).faulted("BAD_AMOUNT", "credits")


def test_only_the_bureau_that_awarded_corrects():
    given(AWARDED).when(CORRECT, on=DAY, by=asker_for(WENZHOU)).refused(OutsideScope)


def test_a_credit_is_never_below_zero():
    assert Decimal(0) == credited(Decimal(20), Decimal(24))


def test_the_credit_of_somebody_else_is_not_looked_at():
    others = cast.awarded(24, credit=CreditId("credit:z"), teacher=cast.CHEN)
    given(past(cast.plan(), cast.completed()), background(on(DAY, others))).when(
        AWARD, on=DAY
    ).accepted()


def test_a_credit_takes_no_name_that_the_school_has_used():
    school_based = SchoolBasedRecorded(
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        title="校本研修",
        hours=Decimal(12),
        credits=Decimal(12),
        completed=date(2022, 6, 1),
    )
    done = CompletionGranted(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        hours_planned=Decimal(90),
        hours_missed=Decimal(0),
        hours=Decimal(90),
    )
    given(past(cast.plan("90"), done), school_based).when(AWARD, on=DAY).refused(AlreadyRegistered)


@pytest.mark.parametrize("reported", [False, True])
def test_w_084_a_credit_recognised_after_its_cycle_is_kept_with_a_violation(reported):
    teacher = cast.registered(entered=date(2019, 7, 1))
    story = [teacher, cast.opened(), *cast.enrolled(), cast.completed()]
    given(story).when(AWARD, on=DAY, reported=reported).found(
        "RA19-06", Outcome.VIOLATION, RecognisedOutsideCycle
    ).then(award("24", base="24"))


@pytest.mark.parametrize(
    ("day", "found"), [(date(2024, 6, 30), ()), (date(2024, 7, 1), ("RA19-06",))]
)
def test_the_last_day_of_a_cycle_is_still_in_time(day, found):
    teacher = cast.registered(entered=date(2019, 7, 1))
    story = [teacher, cast.opened(), *cast.enrolled(), cast.completed()]
    answer = given(story).when(AWARD, on=day)

    assert found == tuple(each.rule for each in answer.findings)


@pytest.mark.parametrize(
    ("since", "found", "of"),
    [
        pytest.param(date(2024, 7, 10), (), (WENZHOU, WENZHOU_SCHOOL), id="of-its-day"),
        pytest.param(date(2024, 7, 11), ("RA19-06",), (RUIAN, SCHOOL), id="after-it"),
    ],
)
def test_a_credit_reported_after_a_move_is_judged_where_the_teacher_then_worked(since, found, of):
    teacher = cast.registered(entered=date(2019, 7, 1))
    moved = TeacherTransferred(
        teacher=LIN, school_left=SCHOOL, school=WENZHOU_SCHOOL, place=WENZHOU, since=since
    )
    story = [teacher, cast.opened(), *cast.enrolled(), cast.completed(), moved]
    answer = given(story).when(AWARD, on=DAY, reported=True)
    [awarded] = answer.facts

    assert (awarded.place, awarded.school) == of
    assert found == tuple(each.rule for each in answer.findings)

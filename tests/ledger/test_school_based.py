"""School-based training: recorded by the school, credited by the bureau, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from msgspec import structs

from ledger.account import NotCredited
from ledger.adjustment import CorrectCredit, RevokeCredit
from ledger.amount import SCHOOL_BASED_HOURS_MAX
from ledger.command import OutsideScope, UnknownReference
from ledger.credit import CreditCorrected, CreditRevoked
from ledger.cycle import RecognisedOutsideCycle
from ledger.finding import Outcome
from ledger.names import CreditId
from ledger.register import AlreadyRegistered
from ledger.review import AlreadyReviewed, ReasonMissing
from ledger.school_based import (
    RecogniseSchoolBased,
    RecordedTwice,
    RecordSchoolBased,
    SchoolBasedRecognised,
    SchoolBasedRecorded,
)
from ledger.teacher import TeacherTransferred
from tests import cast
from tests.cast import LIN, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU
from tests.given import asker_for, given

CREDIT = CreditId("credit:school-based")
DAY = date(2022, 6, 30)
RECORD = RecordSchoolBased(
    credit=CREDIT,
    teacher=LIN,
    title="校本研修",
    hours=Decimal(12),
    credits=Decimal(12),
    completed=date(2022, 6, 1),
)
RECORDED = SchoolBasedRecorded(
    credit=CREDIT,
    teacher=LIN,
    school=SCHOOL,
    place=RUIAN,
    title="校本研修",
    hours=Decimal(12),
    credits=Decimal(12),
    completed=date(2022, 6, 1),
)
RECOGNISE = RecogniseSchoolBased(credit=CREDIT, teacher=LIN, approved=True)


def test_the_school_records_what_a_teacher_took_part_in():
    given(cast.registered()).when(RECORD, on=DAY).then(RECORDED)


@pytest.mark.parametrize(("completed", "accepted"), [(DAY, True), (date(2022, 7, 1), False)])
def test_a_training_is_not_recorded_ahead_of_its_last_day(completed, accepted):
    answer = given(cast.registered()).when(replace(RECORD, completed=completed), on=DAY)
    if accepted:
        answer.accepted()
    else:
        answer.faulted("DAY_AHEAD", "completed")


@pytest.mark.parametrize("field", ["hours", "credits"])
@pytest.mark.parametrize("amount", ["12.3", "-0.5", "10000.5"])
@pytest.mark.parametrize("reported", [False, True])
def test_amounts_come_in_halves_from_nothing_to_ten_thousand(field, amount, reported):
    wrong = replace(RECORD, **{field: Decimal(amount)})
    given(cast.registered()).when(wrong, on=DAY, reported=reported).faulted("BAD_AMOUNT", field)


def test_a_record_has_its_own_name():
    given(cast.registered(), RECORDED).when(RECORD, on=DAY).refused(
        AlreadyRegistered, field="credit"
    )


def test_an_unknown_teacher_took_part_in_nothing():
    given().when(RECORD, on=DAY).refused(UnknownReference, field="teacher")


def test_another_school_records_nothing_for_the_teacher():
    given(cast.registered()).when(RECORD, on=DAY, by=asker_for(OTHER_SCHOOL)).refused(OutsideScope)


def test_the_bureau_credits_it():
    given(RECORDED).when(RECOGNISE, on=DAY).then(cast.recognised(12))


def test_the_bureau_credits_it_not_with_a_reason():
    given(RECORDED).when(replace(RECOGNISE, approved=False), on=DAY).refused(ReasonMissing)
    answer = given(RECORDED).when(replace(RECOGNISE, approved=False, reason="材料不全"), on=DAY)
    assert not answer.accepted().facts[0].approved


def test_it_is_decided_once():
    given(RECORDED, cast.recognised(12)).when(RECOGNISE, on=DAY).refused(
        AlreadyReviewed, field="credit"
    )


def test_what_was_never_recorded_is_not_credited():
    given().when(RECOGNISE, on=DAY).refused(UnknownReference, field="credit")


def test_the_school_does_not_credit_itself():
    given(RECORDED).when(RECOGNISE, on=DAY, by=asker_for(SCHOOL)).refused(OutsideScope)
    given(RECORDED).when(RECOGNISE, on=DAY, by=asker_for(WENZHOU)).refused(OutsideScope)


RECOGNISED = SchoolBasedRecognised(
    credit=CREDIT,
    teacher=LIN,
    school=SCHOOL,
    place=RUIAN,
    title="校本研修",
    hours=Decimal(12),
    credits=Decimal(12),
    completed=date(2022, 6, 1),
    approved=True,
    reason="",
)
REVOKED = CreditRevoked(
    credit=CREDIT,
    teacher=LIN,
    school=SCHOOL,
    place=RUIAN,
    credits_before=Decimal(12),
    corrects="0193-0001",
    reason="重复登记",
    decided=True,
)


def test_the_name_of_a_credit_of_a_training_cannot_be_used_again():
    given(cast.awarded(72, credit=CREDIT), cast.registered()).when(RECORD, on=DAY).refused(
        AlreadyRegistered
    )


def test_a_recognised_credit_is_corrected_by_the_bureau_that_recognised_it():
    correct = CorrectCredit(credit=CREDIT, teacher=LIN, credits=Decimal(8), reason="误记")
    given(RECOGNISED, cast.registered()).when(correct, on=DAY).then(
        CreditCorrected(
            credit=CREDIT,
            teacher=LIN,
            school=SCHOOL,
            place=RUIAN,
            credits_before=Decimal(12),
            credits=Decimal(8),
            corrects="0193-0001",
            reason="误记",
            decided=True,
        )
    )


def test_a_recognised_credit_is_revoked_once():
    revoke = RevokeCredit(credit=CREDIT, teacher=LIN, reason="重复登记")
    given(RECOGNISED, cast.registered()).when(revoke, on=DAY).then(REVOKED)
    given(RECOGNISED, REVOKED, cast.registered()).when(revoke, on=DAY).refused(NotCredited)


def test_what_the_bureau_did_not_approve_is_no_credit_to_correct():
    turned_down = SchoolBasedRecognised(
        **{name: getattr(RECOGNISED, name) for name in RECOGNISED.__struct_fields__}
        | {"approved": False, "reason": "缺考勤"}
    )
    revoke = RevokeCredit(credit=CREDIT, teacher=LIN, reason="重复登记")
    given(turned_down, cast.registered()).when(revoke, on=DAY).refused(UnknownReference)


LONG = replace(RECORD, hours=Decimal(96), credits=Decimal(96))


@pytest.mark.parametrize(
    ("missed", "left"),
    [
        pytest.param("30", "66", id="W-019"),
        pytest.param("19.5", "76.5", id="over-a-fifth"),
        pytest.param("95.5", "0.5", id="nearly-all"),
    ],
)
def test_missed_hours_come_off_and_the_one_fifth_rule_is_not_for_schools(missed, left):
    command = replace(LONG, hours_missed=Decimal(missed))
    recorded = given(cast.registered()).when(command, on=DAY).accepted().facts[0]
    credited = given(recorded).when(RECOGNISE, on=DAY).accepted().facts[0]

    assert (Decimal(left), Decimal(96), ("ZJ14-08",)) == (
        recorded.credits,
        recorded.base_credits,
        recorded.rules,
    )
    assert (Decimal(left), Decimal(missed)) == (credited.credits, credited.hours_missed)


def test_who_missed_everything_has_nothing_to_record():
    command = replace(LONG, hours_missed=Decimal(96))
    given(cast.registered()).when(command, on=DAY).faulted("BAD_AMOUNT", "hours_missed")


@pytest.mark.parametrize(
    ("day", "outcome"),
    [(date(2023, 12, 31), None), (date(2024, 1, 1), Outcome.VIOLATION)],
    ids=["in-the-cycle", "W-084"],
)
def test_recognition_after_the_cycle_is_noted(day, outcome):
    teacher = cast.registered(entered=date(2019, 1, 1))
    answer = given(teacher, RECORDED).when(RECOGNISE, on=day)
    if outcome is not None:
        answer = answer.found("RA19-06", outcome, RecognisedOutsideCycle)
    answer.then(cast.recognised(12))


def test_what_is_not_recognised_is_not_late():
    teacher = cast.registered(entered=date(2019, 1, 1))
    refuse = replace(RECOGNISE, approved=False, reason="材料不全")
    given(teacher, RECORDED).when(refuse, on=date(2024, 1, 1)).accepted()


AGAIN = replace(RECORD, credit=CreditId("credit:again"))
TAKEN_BACK = CreditRevoked(
    credit=CREDIT,
    teacher=LIN,
    school=SCHOOL,
    place=RUIAN,
    credits_before=Decimal(12),
    corrects="0193-0001",
    reason="x",
)


@pytest.mark.parametrize("reported", [False, True])
def test_a_training_is_recorded_under_one_name(reported):
    for past in ([RECORDED], [RECORDED, cast.recognised(12)]):
        answer = given(cast.registered(), past).when(AGAIN, on=DAY, reported=reported)
        answer.refused(RecordedTwice, field="credit")
        assert answer.refusals[0].evidence != ()
    for change in ({"title": "课例研讨"}, {"completed": date(2022, 6, 2)}):
        given(cast.registered(), RECORDED).when(
            replace(AGAIN, **change), on=DAY, reported=reported
        ).accepted()


def test_what_the_bureau_did_not_recognise_or_took_back_is_recorded_anew():
    gone, again = cast.taken_back_and_restored(CREDIT, 12)
    # As a credit was put to nothing before that took it back.
    nothing = structs.replace(again, credits=Decimal(0))
    for past in (
        [cast.recognised(12, approved=False)],
        [cast.recognised(12), TAKEN_BACK],
        [cast.recognised(12), gone],
        [cast.recognised(12), nothing],
    ):
        given(cast.registered(), RECORDED, past).when(AGAIN, on=DAY).accepted()
    # What was put right after it was taken back stands.
    past = [cast.registered(), RECORDED, cast.recognised(12), gone, again]
    given(past).when(AGAIN, on=DAY).refused(RecordedTwice)


def test_a_training_of_a_school_does_not_come_back_beside_another_record_of_it():
    gone, _ = cast.taken_back_and_restored(CREDIT, 12)
    restore = CorrectCredit(credit=CREDIT, teacher=LIN, credits=Decimal(12), reason="恢复")
    past = [cast.registered(), RECORDED, cast.recognised(12, credit=CREDIT), gone]
    again = structs.replace(RECORDED, credit=AGAIN.credit)
    counted = cast.recognised(12, credit=AGAIN.credit)

    given(past).when(restore, on=DAY).accepted()
    for anew in ([again], [again, counted]):
        beside = given(past, anew)
        beside.when(restore, on=DAY).refused(RecordedTwice, field="credit")
        beside.when(restore, on=DAY, reported=True).found(None, Outcome.VIOLATION, RecordedTwice)
        beside.when(replace(restore, credits=Decimal(0)), on=DAY).accepted()
    # What was not recognised, or taken back again, does not count, nor does another training.
    ended = structs.replace(gone, credit=AGAIN.credit)
    unlike = structs.replace(again, completed=date(2022, 6, 2))
    declined = cast.recognised(12, credit=AGAIN.credit, approved=False)
    for free in ([again, counted, ended], [again, declined], [unlike]):
        given(past, free).when(restore, on=DAY).accepted()
    # One that stands is put right whatever stands beside it.
    given(past[:-1], again).when(restore, on=DAY).accepted()


@pytest.mark.parametrize("reported", [False, True])
def test_one_training_of_a_school_has_a_plausible_length(reported):
    for hours, accepted in ((SCHOOL_BASED_HOURS_MAX, True), (Decimal(10000), False)):
        record = replace(RECORD, hours=hours)
        told = structs.replace(RECORDED, hours=hours)
        recorded = given(cast.registered()).when(record, on=DAY, reported=reported)
        recognised = given(told).when(RECOGNISE, on=DAY, reported=reported)
        for answer in (recorded, recognised):
            answer.accepted() if accepted else answer.faulted("BAD_AMOUNT", "hours")
        # What stands recorded can still be declined.
        declined = replace(RECOGNISE, approved=False, reason="学时有误")
        given(told).when(declined, on=DAY, reported=reported).accepted()


@pytest.mark.parametrize(
    ("since", "place", "school", "other"),
    [
        pytest.param(date(2022, 6, 1), WENZHOU, OTHER_SCHOOL, SCHOOL, id="moved-on-its-last-day"),
        pytest.param(date(2022, 6, 2), RUIAN, SCHOOL, OTHER_SCHOOL, id="moved-the-day-after"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_a_training_is_of_the_school_at_which_it_ended_whenever_a_move_is_told(
    since, place, school, other, reported
):
    moved = TeacherTransferred(
        teacher=LIN, school_left=SCHOOL, school=OTHER_SCHOOL, place=WENZHOU, since=since
    )
    story = given(cast.registered(), moved)
    [told] = story.when(RECORD, on=DAY, reported=reported).facts

    assert (told.place, told.school) == (place, school)
    # The other school did not run it.
    story.when(RECORD, on=DAY, by=asker_for(other)).refused(OutsideScope)

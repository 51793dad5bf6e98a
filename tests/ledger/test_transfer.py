"""Transfers: who moves a teacher, and when a move from elsewhere takes effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from ledger.command import Asker, OutsideScope, Role, UnknownReference
from ledger.finding import Outcome
from ledger.names import LedgerId, Name, SchoolId
from ledger.register import AlreadyRegistered, WrongDay
from ledger.teacher import TeacherTransferred, Whereabouts
from ledger.transfer import (
    AlreadyAnnounced,
    ConfirmTransfer,
    NothingAnnounced,
    TransferAnnounced,
    TransferConfirmed,
    TransferTeacher,
    TransferUnconfirmed,
)
from tests import cast
from tests.cast import CHEN, DAY, LIN, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU, WENZHOU_SCHOOL
from tests.given import asker_for, entries, given

MOVE = TransferTeacher(teacher=LIN, school=WENZHOU_SCHOOL, since=date(2024, 2, 1))
MOVED = TeacherTransferred(
    teacher=LIN,
    school_left=SCHOOL,
    school=WENZHOU_SCHOOL,
    place=WENZHOU,
    since=date(2024, 2, 1),
    place_left=RUIAN,
)
FAR, FAR_SCHOOL = cast.HANGZHOU, SchoolId("school:far")
GO = TransferTeacher(teacher=LIN, school=FAR_SCHOOL, since=date(2024, 2, 1))
AGREE = ConfirmTransfer(teacher=LIN, school=FAR_SCHOOL, since=date(2024, 2, 1))
TOLD = TransferAnnounced(
    teacher=LIN,
    school_left=SCHOOL,
    place_left=RUIAN,
    school=FAR_SCHOOL,
    place=FAR,
    since=date(2024, 2, 1),
)
HERE = cast.registered()
PAST = (HERE, cast.school(FAR_SCHOOL, FAR))
OPERATOR = Asker(actor="staff:o", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
EARLIER = TransferTeacher(teacher=LIN, school=OTHER_SCHOOL, since=date(2022, 1, 1))
SCHOOLS = (cast.school(OTHER_SCHOOL, RUIAN), cast.school(WENZHOU_SCHOOL, WENZHOU))


def test_the_bureau_that_receives_a_teacher_moves_them_within_its_reach():
    new_place = cast.school(WENZHOU_SCHOOL, WENZHOU)
    given(cast.registered(), new_place).when(MOVE, on=DAY).then(MOVED)


def test_the_bureau_that_is_left_may_not_move_a_teacher():
    given(cast.registered(), cast.school(WENZHOU_SCHOOL, WENZHOU)).when(
        TransferTeacher(teacher=LIN, school=WENZHOU_SCHOOL, since=DAY),
        on=DAY,
        by=asker_for(RUIAN),
    ).refused(OutsideScope)


def test_a_teacher_is_not_moved_to_where_they_work():
    given(cast.registered(), cast.school()).when(
        TransferTeacher(teacher=LIN, school=SCHOOL, since=DAY), on=DAY
    ).refused(AlreadyRegistered, field="school")


def test_an_unknown_teacher_is_not_moved():
    given(cast.school()).when(
        TransferTeacher(teacher=LIN, school=SCHOOL, since=DAY), on=DAY
    ).refused(UnknownReference, field="teacher")


def test_nobody_is_moved_to_an_unknown_school():
    given(cast.registered()).when(
        TransferTeacher(teacher=LIN, school=OTHER_SCHOOL, since=DAY), on=DAY
    ).refused(UnknownReference, field="school")


def test_a_move_before_the_last_one_is_reported_and_not_asked_for():
    past = (cast.registered(), SCHOOLS[0], MOVED)

    given(*past).when(EARLIER, on=DAY).refused(WrongDay, field="since")
    given(*past).when(EARLIER, on=DAY, reported=True).then(
        structs.replace(MOVED, school=OTHER_SCHOOL, place=RUIAN, since=date(2022, 1, 1))
    )


def test_a_move_that_only_the_receiving_side_tells_is_announced_and_found():
    given(*PAST).when(GO, on=DAY).found(None, Outcome.ADVISORY, TransferUnconfirmed).then(TOLD)
    given(*PAST).when(GO, on=DAY, reported=True).found(
        None, Outcome.ADVISORY, TransferUnconfirmed
    ).then(TOLD)


def test_an_announced_move_leaves_the_teacher_where_they_are():
    told = Whereabouts()
    for entry in entries([*PAST, TOLD], DAY):
        told.learn(entry)

    assert (told.school, told.place) == (SCHOOL, RUIAN)


def test_the_operator_of_the_whole_ledger_moves_a_teacher_at_once():
    moved = structs.replace(MOVED, school=FAR_SCHOOL, place=FAR)
    answer = given(*PAST).when(GO, on=DAY, by=OPERATOR)

    answer.found(None, Outcome.ADVISORY, TransferUnconfirmed).then(moved)


@pytest.mark.parametrize("party", [RUIAN, WENZHOU, cast.PROVINCE, SCHOOL, LIN])
def test_the_side_that_is_left_confirms_a_move_and_it_holds_since_its_day(party: Name):
    answer = given(HERE, TOLD).when(AGREE, on=DAY, by=asker_for(party)).accepted()
    confirmed, moved = answer.facts

    assert isinstance(confirmed, TransferConfirmed)
    assert isinstance(moved, TeacherTransferred)
    assert (confirmed.party, confirmed.place_left) == (party, RUIAN)
    assert (moved.school, moved.since, moved.effective_on) == (FAR_SCHOOL, GO.since, GO.since)


@pytest.mark.parametrize("party", [FAR, FAR_SCHOOL, CHEN, OTHER_SCHOOL])
def test_nobody_else_confirms_a_move(party: Name):
    given(HERE, TOLD).when(AGREE, on=DAY, by=asker_for(party)).refused(OutsideScope)


def test_whoever_takes_a_teacher_twice_does_not_make_the_move_a_near_one():
    other = SchoolId("school:far-2")
    again = replace(GO, school=other, since=date(2024, 3, 1))

    given(HERE, TOLD, cast.school(other, FAR)).when(again, on=DAY).found(
        None, Outcome.ADVISORY, TransferUnconfirmed
    ).then(TransferAnnounced(**taken(TOLD) | {"school": other, "since": again.since}))


def test_the_same_move_is_announced_once():
    given(*PAST, TOLD).when(GO, on=DAY).refused(AlreadyAnnounced, field="teacher")


def test_a_move_that_nobody_announced_for_that_day_is_not_confirmed():
    party = asker_for(RUIAN)
    given(HERE).when(AGREE, on=DAY, by=party).refused(NothingAnnounced, field="school")
    other_day = replace(AGREE, since=date(2024, 2, 2))
    given(HERE, TOLD).when(other_day, on=DAY, by=party).refused(NothingAnnounced)


def test_a_move_is_confirmed_once():
    party = asker_for(RUIAN)
    told = entries([HERE, TOLD], DAY)
    done = TransferConfirmed(**taken(TOLD) | {"announced": told[-1].id, "party": RUIAN})

    given(HERE, TOLD, done).when(AGREE, on=DAY, by=party).refused(NothingAnnounced)


def test_where_a_day_does_not_fit_the_side_that_has_the_teacher_is_told_and_no_other():
    past = (cast.registered(), MOVED, cast.school(FAR_SCHOOL, FAR))
    early, told = replace(GO, since=date(2023, 5, 1)), replace(AGREE, since=date(2023, 5, 1))
    announced = TransferAnnounced(**taken(TOLD) | {"since": early.since})

    given(*past).when(early, on=DAY).found(None, Outcome.ADVISORY, TransferUnconfirmed).then(
        announced
    )
    given(*past[:2], announced).when(told, on=DAY, by=asker_for(RUIAN)).refused(
        WrongDay, field="since"
    )


def taken(event: TransferAnnounced) -> dict[str, Any]:
    """What an event says, by field."""
    return {name: getattr(event, name) for name in event.__struct_fields__}

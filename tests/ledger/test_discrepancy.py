"""Discrepancies: each is settled with a reason, and nothing is signed before all are."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from ledger.discrepancy import (
    AlreadySettled,
    NoDifference,
    NotRequested,
    NotSigned,
    ReopenReconciliation,
    SettleDifferences,
    SignReconciliation,
    Unsettled,
)
from ledger.line import LineCarried
from ledger.names import PetitionId
from ledger.petition import CorrectionDecided
from ledger.reconciliation import (
    LINES_MAX,
    DifferencesFound,
    DifferencesSettled,
    ReconciliationReopened,
    ReconciliationSigned,
    SheetCompared,
    Signed,
    Treatment,
)
from ledger.review import ReasonMissing
from tests.ledger.test_petition import asked
from tests.ledger.test_reconciliation import (
    COMPARED,
    DAY,
    DONE,
    LATER,
    OWN,
    REOPENED,
    SETTLED,
    SIGNED,
    past,
)

SETTLE = SettleDifferences(**OWN, how=Treatment.NOTED, reason=" 已核 ")
SIGN = SignReconciliation(**OWN, digest=COMPARED.digest)
REOPEN = ReopenReconciliation(**OWN, reason="又有更正")


def test_all_that_is_left_is_settled_at_once_or_line_by_line():
    past(*DONE).when(SETTLE, on=DAY).then(SETTLED)
    some = structs.replace(SETTLED, lines=(3,))
    past(*DONE).when(replace(SETTLE, lines=(3, 3)), on=DAY).then(some)
    rest = structs.replace(SETTLED, lines=(2, 4))
    past(*DONE, some).when(SETTLE, on=DAY).then(rest)


def test_a_settled_difference_may_be_settled_in_another_way():
    other = replace(SETTLE, lines=(3,), how=Treatment.LEDGER_ACCEPTED)
    past(*DONE, SETTLED).when(other, on=DAY).refused(AlreadySettled, field="lines")
    past(*DONE, SETTLED).when(replace(other, anew=True), on=DAY).then(
        structs.replace(SETTLED, lines=(3,), how=Treatment.LEDGER_ACCEPTED)
    )


def test_of_two_who_settle_a_line_the_second_is_told():
    some = structs.replace(SETTLED, lines=(3,))
    past(*DONE, some).when(replace(SETTLE, lines=(2, 3)), on=DAY).refused(
        AlreadySettled, field="lines"
    )


def petition(line):
    return structs.replace(asked(), reconciliation=OWN["reconciliation"], line=line)


def test_a_correction_is_requested_by_a_petition_about_the_line():
    request = replace(SETTLE, lines=(2, 3), how=Treatment.CORRECTION_REQUESTED)
    past(*DONE).when(request, on=DAY).refused(NotRequested, field="lines")
    past(*DONE, petition(2)).when(request, on=DAY).refused(NotRequested, field="lines")
    past(*DONE, petition(2), petition(3)).when(request, on=DAY).then(
        structs.replace(SETTLED, lines=(2, 3), how=Treatment.CORRECTION_REQUESTED)
    )


def test_a_petition_about_a_line_of_an_earlier_result_counts_no_more_by_its_number():
    request = replace(SETTLE, lines=(3,), how=Treatment.CORRECTION_REQUESTED)
    later = DifferencesFound(**OWN, digest=LATER.digest, lines=(3,))
    anew = (SheetCompared(**OWN, comparison=LATER, trial="0b" * 32), later)
    past(*DONE, petition(3), *anew).when(request, on=DAY).refused(NotRequested, field="lines")


def declined():
    told = asked()
    return CorrectionDecided(
        petition=told.petition,
        credit=told.credit,
        teacher=told.teacher,
        school=told.school,
        place=told.place,
        authority=told.authority,
        granted=False,
        reason="不属实",
    )


def carried(**more):
    told = {"petition": asked().petition, "digest": LATER.digest, "number": 7} | more
    return LineCarried(**told)


LATER_RESULT = (
    SheetCompared(**OWN, comparison=LATER, trial="0b" * 32),
    DifferencesFound(**OWN, digest=LATER.digest, lines=(3, 7)),
)


def test_a_petition_about_the_same_claim_counts_for_its_line_of_the_new_result():
    request = replace(SETTLE, lines=(7,), how=Treatment.CORRECTION_REQUESTED, carried=(carried(),))
    past(*DONE, petition(3), *LATER_RESULT).when(request, on=DAY).then(
        structs.replace(
            SETTLED, digest=LATER.digest, lines=(7,), how=Treatment.CORRECTION_REQUESTED
        )
    )
    other = replace(request, lines=(3,))
    past(*DONE, petition(3), *LATER_RESULT).when(other, on=DAY).refused(NotRequested)


@pytest.mark.parametrize(
    "line",
    [
        carried(digest=COMPARED.digest),
        carried(petition=PetitionId("petition:nobody")),
        carried(number=3),
    ],
)
def test_a_line_is_carried_into_the_present_result_by_a_petition_of_this_reconciliation(line):
    request = replace(SETTLE, lines=(7,), how=Treatment.CORRECTION_REQUESTED, carried=(line,))
    past(*DONE, petition(3), *LATER_RESULT).when(request, on=DAY).refused(NotRequested)


def test_a_petition_that_was_decided_is_carried_no_further():
    request = replace(SETTLE, lines=(7,), how=Treatment.CORRECTION_REQUESTED, carried=(carried(),))
    story = (*DONE, petition(3), declined(), *LATER_RESULT)
    past(*story).when(request, on=DAY).refused(NotRequested)


@pytest.mark.parametrize("lines", [(1,), (2, 99), ()])
def test_where_ledger_and_sheet_are_equal_nothing_is_settled(lines):
    story = past(*DONE).when(replace(SETTLE, lines=lines), on=DAY)
    story.refused(NoDifference, field="lines")


def test_nothing_is_left_to_settle_once_all_is_settled():
    past(*DONE, SETTLED).when(SETTLE, on=DAY).refused(NoDifference, field="lines")


def test_very_many_are_settled_in_as_many_events_as_they_need():
    many = tuple(range(1, LINES_MAX + 2))
    found = DifferencesFound(**OWN, digest=COMPARED.digest, lines=many)
    story = past(*DONE[:2], found).when(SETTLE, on=DAY).accepted()
    assert [len(each.lines) for each in story.events] == [LINES_MAX, 1]
    assert all(isinstance(each, DifferencesSettled) for each in story.events)


@pytest.mark.parametrize("command", [SETTLE, REOPEN])
def test_a_reason_is_needed(command):
    events = DONE if command is SETTLE else (*DONE, SETTLED, SIGNED)
    past(*events).when(replace(command, reason=" "), on=DAY).refused(ReasonMissing, field="reason")


def test_the_bureau_signs_once_all_is_settled():
    past(*DONE, SETTLED).when(SIGN, on=DAY).then(SIGNED)
    past(*DONE).when(SIGN, on=DAY).refused(Unsettled)
    two = structs.replace(SETTLED, lines=(2, 3))
    past(*DONE, two).when(SIGN, on=DAY).refused(Unsettled)


def test_a_sheet_without_a_difference_is_signed_right_away():
    signed = ReconciliationSigned(**OWN, digest=COMPARED.digest, settled=0, unattributed=Decimal(0))
    past(*DONE[:2]).when(SIGN, on=DAY).then(signed)


def test_only_the_result_that_was_seen_is_signed():
    past(*DONE, SETTLED).when(replace(SIGN, digest=LATER.digest), on=DAY).faulted(
        "NOT_THE_SHOWN", field="digest"
    )


def test_what_is_signed_stays_until_it_is_reopened():
    for command in (SIGN, SETTLE):
        past(*DONE, SETTLED, SIGNED).when(command, on=DAY).refused(Signed)
    past(*DONE, SETTLED).when(REOPEN, on=DAY).refused(NotSigned, field="reconciliation")
    reopened = past(*DONE, SETTLED, SIGNED).when(REOPEN, on=DAY).accepted()
    assert isinstance(reopened.events[0], ReconciliationReopened)
    past(*DONE, SETTLED, SIGNED, REOPENED).when(SIGN, on=DAY).then(SIGNED)

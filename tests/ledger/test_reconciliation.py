"""Reconciliations: a sheet goes on record once, exactly as its trial had shown it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from msgspec import structs

from ledger.command import OutsideScope, UnknownReference
from ledger.discrepancy import ReopenReconciliation, SettleDifferences, SignReconciliation
from ledger.intake import CompareAnew, OtherSheet, Reconcile, SameFile
from ledger.mapping import Form
from ledger.names import ReconciliationId
from ledger.reconciliation import (
    LINES_MAX,
    CauseTotal,
    Compared,
    DifferencesFound,
    DifferencesSettled,
    ReconciliationReopened,
    ReconciliationSigned,
    SheetCompared,
    SheetReceived,
    Signed,
    Treatment,
)
from ledger.register import AlreadyRegistered
from tests import cast
from tests.cast import HANGZHOU, RUIAN
from tests.given import asker_for, background, given

DAY = date(2024, 8, 31)
TRIAL, LATER_TRIAL = "0a" * 32, "0b" * 32
ID = ReconciliationId("reconciliation:2024-08")
OWN = {"reconciliation": ID, "place": RUIAN}
COMPARED = Compared(
    sha256="ab" * 32,
    bytes=4_000,
    mapping="cd" * 32,
    form=Form.CREDITS,
    position=812,
    day=DAY,
    digest="ef" * 32,
    rows=3,
    faults=0,
    equal=1,
    differing=1,
    only_ledger=1,
    only_sheet=1,
    credits_sheet=Decimal(60),
    credits_ledger=Decimal("47.5"),
    difference=Decimal("-12.5"),
    attributed=Decimal("-12.5"),
    unattributed=Decimal(0),
    causes=(CauseTotal(cause="DEDUCTION", lines=1, amount=Decimal("-12.5")),),
)
LATER = structs.replace(COMPARED, position=900, digest="12" * 32, equal=2, differing=0)
RECEIVED = SheetReceived(
    **OWN,
    form=Form.CREDITS,
    sha256=COMPARED.sha256,
    bytes=4_000,
    mapping=COMPARED.mapping,
    rows=3,
    faults=0,
)
FOUND = DifferencesFound(**OWN, digest=COMPARED.digest, lines=(2, 3, 4))
DONE = (RECEIVED, SheetCompared(**OWN, comparison=COMPARED, trial=TRIAL), FOUND)
SETTLED = DifferencesSettled(
    **OWN, digest=COMPARED.digest, lines=(2, 3, 4), how=Treatment.NOTED, reason="已核"
)
SIGNED = ReconciliationSigned(**OWN, digest=COMPARED.digest, settled=3, unattributed=Decimal(0))
REOPENED = ReconciliationReopened(**OWN, corrects="0193-0006", reason="又有更正")
RECONCILE = Reconcile(**OWN, compared=COMPARED, lines=(4, 2, 3, 2), trial=TRIAL)
ANEW = CompareAnew(**OWN, compared=LATER, lines=(3,), trial=LATER_TRIAL)


def past(*events):
    return given(cast.jurisdiction(), *events)


def test_a_sheet_goes_on_record_with_what_it_was_compared_with_and_where_it_differs():
    past().when(RECONCILE, on=DAY).then(*DONE)


def test_very_many_differences_take_as_many_events_as_they_need():
    lines = tuple(range(1, 2 * LINES_MAX + 2))
    story = past().when(replace(RECONCILE, lines=lines), on=DAY).accepted()

    found = [each.lines for each in story.events if isinstance(each, DifferencesFound)]
    assert [len(each) for each in found] == [LINES_MAX, LINES_MAX, 1]
    assert tuple(line for each in found for line in each) == lines


def test_a_reconciliation_goes_on_record_once():
    other = replace(RECONCILE, trial=LATER_TRIAL)
    past(*DONE).when(other, on=DAY).refused(AlreadyRegistered, field="reconciliation")


def test_the_very_same_file_is_taken_in_once_more_for_a_reason_only():
    other = replace(RECONCILE, reconciliation=ReconciliationId("reconciliation:other"))

    story = past(DONE[0])
    story.when(other, on=DAY).refused(SameFile, field="again")
    again = story.when(replace(other, again=" 人员名单有变 "), on=DAY).accepted()
    assert again.events[0].again == "人员名单有变"


def test_the_same_file_of_another_bureau_is_no_repetition():
    elsewhere = structs.replace(
        RECEIVED, place=HANGZHOU, reconciliation=ReconciliationId("reconciliation:hz")
    )
    past(*background(elsewhere)).when(RECONCILE, on=DAY).then(*DONE)


@pytest.mark.parametrize(
    "command",
    [
        RECONCILE,
        ANEW,
        SettleDifferences(**OWN, how=Treatment.NOTED, reason="已核"),
        SignReconciliation(**OWN, digest=COMPARED.digest),
        ReopenReconciliation(**OWN, reason="又有更正"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_another_bureau_has_no_say(command):
    past(*DONE).when(command, on=DAY, by=asker_for(HANGZHOU)).refused(OutsideScope)


def test_a_comparison_made_anew_replaces_what_was_settled_about_the_last_one():
    story = past(*DONE, SETTLED).when(ANEW, on=DAY)
    story.then(
        SheetCompared(**OWN, comparison=LATER, trial=LATER_TRIAL),
        DifferencesFound(**OWN, digest=LATER.digest, lines=(3,)),
    )
    anew = (*DONE, SETTLED, *story.events)
    settle = SettleDifferences(**OWN, how=Treatment.LEDGER_ACCEPTED, reason="以账本为准")
    past(*anew).when(settle, on=DAY).then(
        DifferencesSettled(
            **OWN,
            digest=LATER.digest,
            lines=(3,),
            how=Treatment.LEDGER_ACCEPTED,
            reason="以账本为准",
        )
    )


@pytest.mark.parametrize("field", ["sha256", "mapping"])
def test_another_file_or_another_reading_is_another_reconciliation(field):
    other = replace(ANEW, compared=structs.replace(LATER, **{field: "00" * 32}))
    past(*DONE).when(other, on=DAY).refused(OtherSheet, field="token")


def test_what_is_signed_is_compared_anew_after_it_was_reopened():
    past(*DONE, SETTLED, SIGNED).when(ANEW, on=DAY).refused(Signed, field="reconciliation")
    past(*DONE, SETTLED, SIGNED, REOPENED).when(ANEW, on=DAY).accepted()


def test_nothing_is_compared_anew_that_was_never_taken_in():
    past().when(ANEW, on=DAY).refused(UnknownReference, field="reconciliation")

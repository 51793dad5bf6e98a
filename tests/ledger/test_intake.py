"""Intake: a trial goes on record once, whatever it is called."""

from __future__ import annotations

from dataclasses import replace

from ledger.intake import TokenSpent
from ledger.names import ReconciliationId
from tests.given import background
from tests.ledger.test_reconciliation import ANEW, DAY, DONE, RECONCILE, past


def test_a_trial_that_is_on_record_is_not_put_there_under_another_name():
    other = replace(RECONCILE, reconciliation=ReconciliationId("reconciliation:other"))
    spent = past(background(*DONE))
    spent.when(replace(other, again="再对一次"), on=DAY).refused(TokenSpent, field="token")


def test_a_trial_that_was_put_on_record_is_none_to_compare_anew():
    spent = replace(ANEW, trial=RECONCILE.trial)
    past(*DONE).when(spent, on=DAY).refused(TokenSpent, field="token")
    past(*DONE).when(ANEW, on=DAY).accepted()

"""Statements: rules that are carried as data and computed by nobody."""

from __future__ import annotations

import pytest

from ledger.regulation import KINDS, read_parameters
from ledger.statement import CARRIED, Carried
from tests.given import all_rules


@pytest.mark.parametrize("kind", CARRIED)
def test_a_carried_kind_takes_any_parameters(kind):
    assert Carried is KINDS[kind]


def test_every_kind_in_the_documents_is_computed_or_carried():
    kinds = {rule.kind for rule in all_rules().rules.values()}

    assert kinds <= set(KINDS)


def test_no_kind_is_carried_in_vain():
    kinds = {rule.kind for rule in all_rules().rules.values()}

    assert set(CARRIED) <= kinds


def test_the_parameters_of_every_rule_can_be_read():
    for rule in all_rules().rules.values():
        assert isinstance(read_parameters(rule), KINDS[rule.kind])

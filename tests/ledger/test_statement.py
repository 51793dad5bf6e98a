"""Statements: rules that are carried as data and computed by nobody."""

from __future__ import annotations

from ledger.regulation import KINDS, read_parameters
from ledger.statement import Carried
from tests.given import all_rules


def test_a_statement_takes_any_parameters():
    stated = [each for each in all_rules().rules.values() if each.kind == "statement"]

    assert len(stated) == 18
    assert {type(read_parameters(each)) for each in stated} == {Carried}


def test_every_kind_in_the_documents_is_known():
    kinds = {rule.kind for rule in all_rules().rules.values()}

    assert kinds <= set(KINDS)


def test_the_parameters_of_every_rule_can_be_read():
    for rule in all_rules().rules.values():
        assert isinstance(read_parameters(rule), KINDS[rule.kind])

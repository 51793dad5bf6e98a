"""Requirements: what a rule asks for, with the rule, and undecided where the rule is."""

from __future__ import annotations

from datetime import date

from ledger.oversight import InspectionShare
from ledger.requirement import Result, cited, weighed
from tests.cast import RUIAN
from tests.given import all_rules


def weigh(day):
    rule = all_rules().find(InspectionShare, RUIAN, day)
    return rule, weighed("X", rule, Result.MET, needed=1, had=2, zh="足够。", en="Enough.")


def test_a_requirement_names_its_rule_and_how_it_was_chosen():
    rule, found = weigh(date(2015, 1, 1))

    assert (found.result, found.needed, found.had) == (Result.MET, "1", "2")
    assert (found.rule, found.citation) == ("ZJ14-21", rule.rule.citation)
    assert (found.chosen_for, found.chosen_on) == (RUIAN, date(2015, 1, 1))
    assert cited(rule)["clause_zh"] == found.clause_zh == rule.rule.zh


def test_under_a_rule_that_is_perhaps_in_force_nothing_is_decided():
    _, found = weigh(date(2014, 12, 31))

    assert (found.result, found.certain) == (Result.INDETERMINATE, False)

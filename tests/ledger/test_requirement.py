"""Requirements: one thing that a rule asks, and how a record stands to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.completion import AbsenceLimit
from ledger.finding import Outcome
from ledger.oversight import InspectionShare
from ledger.requirement import (
    MissingUnit,
    Requirement,
    Result,
    cited,
    lacking,
    weighed,
    while_running,
)
from ledger.term import Window
from tests.cast import RUIAN
from tests.given import all_rules

DAY = date(2024, 4, 1)


def test_a_requirement_names_rule_clause_parameters_and_what_chose_it():
    found = all_rules().find(AbsenceLimit, RUIAN, DAY, mode="INTENSIVE")
    stated = Requirement(
        code="ABSENCE",
        result=Result.MET,
        needed="1/5",
        had="0",
        zh="达到",
        en="met",
        **cited(found),
    )

    assert (stated.rule, stated.certain) == ("ZJ14-09", True)
    assert (stated.chosen_for, stated.chosen_on) == (RUIAN, DAY)
    assert stated.parameters == {"hours_min": "90", "share_max": "1/5"}
    assert stated.citation == found.rule.citation
    assert (stated.clause_zh, stated.clause_en) == (found.rule.zh, found.rule.en)


def test_a_rule_in_doubt_makes_an_uncertain_requirement():
    found = all_rules().find(AbsenceLimit, RUIAN, date(2014, 12, 31), mode="INTENSIVE")

    assert cited(found)["certain"] is False


def test_a_rule_bound_to_a_term_was_chosen_by_that_term_and_on_no_day():
    scope = {"term": "2024H1", "calendar": "REGULAR", "step": "DECLARE"}
    found = all_rules().find(Window, RUIAN, DAY, **scope)

    assert (cited(found)["chosen_on"], cited(found)["chosen_term"]) == (None, "term:2024H1")


def test_a_rule_that_a_day_chose_names_no_term():
    found = all_rules().find(AbsenceLimit, RUIAN, DAY, mode="INTENSIVE", term="2024H1")

    assert (cited(found)["chosen_on"], cited(found)["chosen_term"]) == (DAY, None)


def test_a_requirement_can_stand_as_a_finding_does():
    assert {each.name for each in Outcome} <= {each.name for each in Result}


def test_under_a_rule_that_is_perhaps_in_force_nothing_is_decided():
    rule = all_rules().find(InspectionShare, RUIAN, date(2014, 12, 31))
    found = weighed("X", rule, Result.MET, needed=1, had=2, zh="足够。", en="Enough.")

    assert (found.result, found.certain) == (Result.INDETERMINATE, False)
    assert (found.rule, found.needed, found.had) == ("ZJ14-21", "1", "2")


@pytest.mark.parametrize(
    ("amount", "said"),
    [("1", "1 training is missing"), ("2", "2 trainings are missing")],
)
def test_one_that_is_missing_is_said_as_one(amount, said):
    lack = lacking(Decimal(amount), MissingUnit.TRAININGS, date(2024, 8, 31), date(2024, 3, 31))

    assert lack.en == f"{said}, to be made up by 2024-08-31."


@pytest.mark.parametrize(
    ("result", "had", "firm", "running"),
    [
        (Result.NOT_MET, "3", False, Result.NOT_ASSESSED),
        (Result.NOT_MET, "3", True, Result.NOT_ASSESSED),
        (Result.MET, "5", False, Result.NOT_ASSESSED),
        (Result.MET, "5", True, Result.MET),
        (Result.INDETERMINATE, "?", False, Result.NOT_ASSESSED),
        (Result.INDETERMINATE, "3", False, Result.INDETERMINATE),
        (Result.NOT_APPLICABLE, "0", False, Result.NOT_APPLICABLE),
    ],
)
def test_what_may_still_turn_is_assessed_on_the_day_after_its_period(result, had, firm, running):
    rule = all_rules().find(InspectionShare, RUIAN, DAY)
    stated = weighed("X", rule, result, needed=5, had=had, zh="一。", en="One.")
    ends = date(2024, 12, 31)
    before = while_running(stated, ends, ends, 2, firm=firm)

    assert while_running(stated, ends, date(2025, 1, 1), 2, firm=firm) == stated
    assert before.result is running
    assert (before == stated) is (result is running)
    if result is not running:
        assert str(ends) in before.zh and str(ends) in before.en

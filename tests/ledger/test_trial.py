"""Trials: whose verdict a rule would turn, and whose it would leave as it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.credit import CreditKind
from ledger.regulation import RuleAdopted, Rulebook
from ledger.requirement import Result
from ledger.trial import Flip, Tally, flip
from tests.cast import HANGZHOU, LIN, RUIAN, SCHOOL
from tests.given import adoption, all_rules, rules_without
from tests.judged import credit, recorded

DAY = date(2024, 3, 31)


def with_parameters(rule: str, **parameters: Any) -> Rulebook:
    """The five documents with other numbers in one rule."""
    events = []
    for event in adoption():
        if isinstance(event, RuleAdopted) and event.rule.id == rule:
            changed = replace(event.rule, parameters=event.rule.parameters | parameters)
            event = replace(event, rule=changed)
        events.append(event)
    return Rulebook(events)


@pytest.mark.parametrize(
    ("least", "after"),
    [("100", Result.MET), ("114", Result.MET), ("114.5", None), ("360", None)],
)
def test_a_lower_total_lets_those_pass_who_have_it(least: str, after: Result | None) -> None:
    record = recorded(credit(90, name="long"), credit(24, kind=CreditKind.DISTANCE), day=DAY)
    found = flip(record, all_rules(), with_parameters("RA19-01", credits_min=least), DAY)

    if after is None:
        assert found is None or found.before is found.after is Result.NOT_MET
    else:
        assert found is not None
        assert (found.before, found.after) == (Result.NOT_MET, after)
        assert (found.teacher, found.school, found.place) == (LIN, SCHOOL, RUIAN)
        assert "CYCLE_TOTAL" in {turn.code for turn in found.turns}


def test_the_same_rules_turn_nobody() -> None:
    record = recorded(credit(90, name="long"), day=DAY)

    assert flip(record, all_rules(), all_rules(), DAY) is None


def test_a_rule_of_another_place_turns_nobody() -> None:
    record = recorded(credit(90, name="long"), day=DAY, place=HANGZHOU)

    assert flip(record, all_rules(), rules_without("RA19-01"), DAY) is None


def test_a_higher_cap_counts_more_without_turning_the_result() -> None:
    record = recorded(credit(60, kind=CreditKind.DISTANCE), day=DAY)
    lower = with_parameters("ZJ24-70", credits_max="10")
    school = recorded(credit(60, kind=CreditKind.SCHOOL_BASED), day=DAY)
    found = flip(school, lower, all_rules(), DAY)

    assert flip(record, lower, all_rules(), DAY) is None
    assert found is not None
    assert (found.counted_before, found.counted_after) == (Decimal(10), Decimal(60))
    assert found.before is found.after is Result.NOT_MET


def turned(before: Result, after: Result) -> Flip:
    return Flip(
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        before=before,
        after=after,
        counted_before=Decimal(0),
        counted_after=Decimal(1),
        turns=(),
    )


def test_a_tally_counts_each_teacher_once_under_what_became_of_them() -> None:
    tally = Tally()
    met, not_met, open_ = Result.MET, Result.NOT_MET, Result.INDETERMINATE
    for pair in (None, (met, not_met), (not_met, met), (open_, met), (not_met, not_met), None):
        tally.add(pair and turned(*pair))

    assert tally == Tally(teachers=6, lost=1, won=1, other=1, moved=1)

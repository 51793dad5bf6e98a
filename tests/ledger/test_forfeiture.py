"""A training that was not completed is the cause of what a sheet has of it."""

from __future__ import annotations

from datetime import date

from ledger.cause import Cause
from ledger.completion import Reason
from ledger.names import OfferingId
from tests.compared import (
    causes,
    claim,
    compared,
    denied,
    holding,
    item,
    of_class,
    only,
)

DAY = date(2022, 6, 1)


def test_a_denied_training_is_found_by_its_class_or_its_title():
    own = holding(denied("a"), trainings=of_class("a", DAY))
    by_class = claim(3, 90, offering=OfferingId("offering:a"))
    found = compared([item(2, "a", 90), by_class], own)

    assert [causes(row) for row in found.rows] == [{Cause.ABSENCE_DENIAL: -90}] * 2
    told = found.rows[0].portions[0]
    assert (told.rule, told.citation, told.events) == (
        "ZJ14-09",
        "浙教办师〔2014〕14号 §三",
        ("lin-2",),
    )


def test_a_failed_assessment_is_a_cause_of_its_own_with_its_clause():
    own = holding(denied("a", Reason.ASSESSMENT_FAILED), trainings=of_class("a", DAY))

    [portion] = only(compared([item(2, "a", 90)], own)).portions

    assert (portion.cause, portion.amount) == (Cause.ASSESSMENT_FAILED, -90)
    assert portion.clause_zh

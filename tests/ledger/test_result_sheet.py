"""Result sheets: assessments are entered, and sums of missed hours are held against the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ledger.assessment import RecordAssessment, Result
from ledger.intention import Intention
from ledger.load import Fate
from ledger.result_sheet import Attended, ResultSheet
from ledger.roll import OnRoll, Roll
from tests.cast import LIN, OFFERING
from tests.ledger.test_intention import desk, row


def plan(*rows: Any, missed: int = 0, passed: bool | None = None) -> list[Intention]:
    roll = Roll(teachers={LIN: OnRoll(teacher=LIN)}, fingerprints={}, schools={})
    held = {LIN: Attended(missed=Decimal(missed), passed=passed)}
    return list(ResultSheet(desk=desk(*rows), roll=roll, offering=OFFERING, held=held).plan())


def said(found: Intention) -> tuple[Fate, list[str]]:
    return found.fate, [each.code for each in found.said]


def test_a_result_is_entered_once():
    [found] = plan(row(number="lin", passed=True))
    results = (Result(teacher=LIN, passed=True),)
    assert found.commands == [RecordAssessment(offering=OFFERING, results=results)]
    [found] = plan(row(number="lin", passed=True), passed=True)
    assert said(found) == (Fate.UNCHANGED, [])
    [found] = plan(row(number="lin", passed=False), passed=True)
    assert said(found) == (Fate.REFUSED, ["ASSESSED_OTHERWISE"])
    first, second = plan(row(2, number="lin", passed=True), row(3, number="lin", passed=True))
    assert first.fate is Fate.NEW
    assert said(second) == (Fate.REFUSED, ["LISTED_TWICE"])


def test_no_half_day_is_read_out_of_a_sum_of_missed_hours():
    [found] = plan(row(number="lin", hours_missed=Decimal(4)), missed=4)
    assert said(found) == (Fate.UNCHANGED, [])
    [found] = plan(row(number="lin", hours_missed=Decimal(4)))
    assert said(found) == (Fate.REFUSED, ["MISSED_OTHERWISE"])
    [found] = plan(row(number="lin"))
    assert said(found) == (Fate.REFUSED, ["CELL_EMPTY"])


def test_who_is_no_trainee_is_nobody():
    [found] = plan(row(number="chen", passed=True))
    assert said(found) == (Fate.REFUSED, ["NOBODY"])

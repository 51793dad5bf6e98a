"""School sheets: a school records, its bureau recognises, and nothing is written over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledger.intention import Intention
from ledger.load import Fate
from ledger.names import CreditId
from ledger.roll import OnRoll, Roll
from ledger.school_based import RecogniseSchoolBased, RecordSchoolBased
from ledger.school_sheet import OnFile, SchoolSheet
from tests.cast import LIN
from tests.ledger.test_intention import desk, row

DAY = date(2024, 3, 1)
KEY = LIN, "教研", DAY
CREDIT = CreditId("credit:held")
WHOLE: dict[str, Any] = {
    "number": "lin", "title": "教研", "hours": Decimal(8), "completed": DAY,
}  # fmt: skip
HELD = OnFile(credit=CREDIT, hours=Decimal(8), base=Decimal(8), missed=Decimal(0))
APPROVED = OnFile(
    credit=CREDIT, hours=Decimal(8), base=Decimal(8), missed=Decimal(0), approved=True
)
DECLINED = OnFile(
    credit=CREDIT, hours=Decimal(8), base=Decimal(8), missed=Decimal(0), approved=False
)


def plan(*rows: Any, held: OnFile | None = None, school: bool = True, bureau: bool = False) -> Any:
    roll = Roll(teachers={LIN: OnRoll(teacher=LIN)}, fingerprints={}, schools={})
    on_file = {KEY: held} if held else {}
    return list(
        SchoolSheet(
            desk=desk(*rows), roll=roll, on_file=on_file, records=school, recognises=bureau
        ).plan()
    )


def said(found: Intention) -> tuple[Fate, list[str]]:
    return found.fate, [each.code for each in found.said]


def test_a_school_records_and_credits_are_hours_where_only_one_is_said():
    [found] = plan(row(**WHOLE, hours_missed=Decimal(2)))
    [command] = found.commands

    assert found.fate is Fate.NEW
    assert isinstance(command, RecordSchoolBased)
    assert (command.hours, command.credits, command.hours_missed) == (8, 8, 2)


def test_who_speaks_for_both_records_and_recognises():
    [found] = plan(row(**WHOLE), bureau=True)
    assert [type(each) for each in found.commands] == [RecordSchoolBased, RecogniseSchoolBased]


def test_a_bureau_decides_about_what_is_recorded_and_about_nothing_else():
    [found] = plan(row(**WHOLE, passed=False, note="不足"), held=HELD, school=False, bureau=True)
    assert found.fate is Fate.CHANGE
    assert found.commands == [
        RecogniseSchoolBased(credit=CREDIT, teacher=LIN, approved=False, reason="不足")
    ]
    [found] = plan(row(**WHOLE), school=False, bureau=True)
    assert said(found) == (Fate.REFUSED, ["NOT_RECORDED"])


def test_what_is_recorded_or_decided_otherwise_is_refused():
    other = row(**WHOLE | {"hours": Decimal(9)})
    [found] = plan(other, held=HELD)
    assert said(found) == (Fate.REFUSED, ["RECORDED_OTHERWISE"])
    [found] = plan(row(**WHOLE, passed=False), held=APPROVED, school=False, bureau=True)
    assert said(found) == (Fate.REFUSED, ["DECIDED_OTHERWISE"])
    [found] = plan(row(**WHOLE), held=APPROVED, school=False, bureau=True)
    assert said(found) == (Fate.UNCHANGED, [])
    [found] = plan(row(**WHOLE), held=HELD)
    assert said(found) == (Fate.UNCHANGED, [])


def test_what_was_not_recognised_may_be_recorded_anew():
    [found] = plan(row(**WHOLE), held=DECLINED)
    assert found.fate is Fate.NEW


def test_a_training_is_listed_once_and_needs_a_title_a_day_and_an_amount():
    first, second = plan(row(2, **WHOLE), row(3, **WHOLE))
    assert first.fate is Fate.NEW
    assert said(second) == (Fate.REFUSED, ["LISTED_TWICE"])
    [found] = plan(row(number="lin"))
    assert said(found) == (Fate.REFUSED, ["CELL_EMPTY"] * 3)


FIT: list[tuple[dict[str, int], tuple[int, int, int] | None]] = [
    ({"hours": 8, "hours_missed": 2, "credits": 6}, (8, 8, 2)),
    ({"hours": 8, "hours_missed": 2, "credits": 8}, (8, 8, 2)),
    ({"hours": 8, "hours_missed": 2, "credits": 7}, None),
    ({"hours_missed": 2, "credits": 6}, None),
    ({"hours": 8, "hours_missed": 2, "base": 8, "credits": 6}, (8, 8, 2)),
    ({"hours": 8, "hours_missed": 2, "base": 6, "credits": 4}, (8, 6, 2)),
    ({"hours": 8, "hours_missed": 2, "base": 8, "credits": 3}, None),
    ({"hours": 8, "hours_missed": 2, "base": 8, "credits": 8}, None),
    ({"hours": 8, "base": 8, "credits": 6}, None),
    ({"hours": 8, "base": 6}, (8, 6, 0)),
    ({"hours": 8, "credits": 6}, (8, 6, 0)),
    ({"credits": 6}, (6, 6, 0)),
]


@pytest.mark.parametrize(("given", "amounts"), FIT)
def test_missed_hours_are_taken_off_once_and_credits_that_fit_nothing_are_refused(given, amounts):
    told = {name: Decimal(much) for name, much in given.items()}
    [found] = plan(row(number="lin", title="教研", completed=DAY, **told))

    if amounts is None:
        assert said(found) == (Fate.REFUSED, ["TOTAL_DIFFERS"])
        assert found.said[0].column == 5
        assert f"学分 {given['credits']}" in found.said[0].zh
    else:
        [command] = found.commands
        assert isinstance(command, RecordSchoolBased)
        assert (command.hours, command.credits, command.hours_missed) == amounts


def test_what_is_not_recognised_may_come_to_no_credits():
    none = {"hours_missed": Decimal(2), "credits": Decimal(0), "passed": False, "note": "不足"}
    held = OnFile(credit=CREDIT, hours=Decimal(8), base=Decimal(8), missed=Decimal(2))
    [found] = plan(row(**WHOLE, **none), held=held, school=False, bureau=True)

    assert [type(each) for each in found.commands] == [RecogniseSchoolBased]
    assert said(plan(row(**WHOLE, **none | {"passed": True}))[0])[1] == ["TOTAL_DIFFERS"]

"""Balance sheets: an amount of each kind is a balance of its own, of a year or of the cycle."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ledger.adjustment import CorrectCredit
from ledger.balance import Certainty, OpenBalance
from ledger.balance_sheet import BalanceSheet, Held
from ledger.credit import CreditKind
from ledger.intention import Intention
from ledger.load import Fate
from ledger.roll import OnRoll, Roll
from tests.cast import CREDIT, LIN
from tests.ledger.test_intention import desk, row

DAY, ENTERED = date(2024, 1, 31), date(2020, 9, 1)


def plan(*rows: Any, held: dict[Any, Held] | None = None) -> list[Intention]:
    known = OnRoll(teacher=LIN, entered=ENTERED)
    roll = Roll(teachers={LIN: known}, fingerprints={}, schools={})
    sheet = BalanceSheet(desk=desk(*rows), roll=roll, held=held or {}, day=DAY, source="旧平台")
    return list(sheet.plan())


def opened(found: Intention) -> list[OpenBalance]:
    return [each for each in found.commands if isinstance(each, OpenBalance)]


def spans(found: Intention) -> list[tuple[Any, ...]]:
    return [(each.kind, each.credits, each.since, each.completed) for each in opened(found)]


def test_each_kind_is_a_balance_of_the_running_cycle():
    by_kind = {
        CreditKind.SCHOOL_BASED: Decimal(20), CreditKind.DISTANCE: Decimal(30),
        CreditKind.BLENDED: Decimal(0),
    }  # fmt: skip
    [found] = plan(row(number="lin", by_kind=by_kind, certain=False))

    assert found.fate is Fate.NEW
    assert spans(found) == [
        (CreditKind.DISTANCE, 30, None, DAY), (CreditKind.SCHOOL_BASED, 20, None, DAY),
    ]  # fmt: skip
    assert {each.certainty for each in opened(found)} == {Certainty.UNCERTAIN}


def test_a_year_begins_with_it_or_with_the_entry_and_ends_with_it_or_on_the_day():
    told: dict[str, Any] = {
        "number": "lin", "kind": CreditKind.DISTANCE, "credits": Decimal(8),
    }  # fmt: skip
    assert spans(plan(row(**told, year=2020))[0])[0][2:] == (ENTERED, date(2020, 12, 31))
    assert spans(plan(row(**told, year=2023))[0])[0][2:] == (
        date(2023, 1, 1), date(2023, 12, 31),
    )  # fmt: skip
    assert spans(plan(row(**told, year=2024))[0])[0][2:] == (date(2024, 1, 1), DAY)


def test_what_stands_is_unchanged_and_what_stands_otherwise_needs_a_reason():
    told: dict[str, Any] = {
        "number": "lin", "kind": CreditKind.DISTANCE, "credits": Decimal(8),
    }  # fmt: skip
    key = LIN, CreditKind.DISTANCE, DAY
    [same] = plan(row(**told), held={key: Held(CREDIT, Decimal(8))})
    assert (same.fate, same.commands) == (Fate.UNCHANGED, [])
    [other] = plan(row(**told), held={key: Held(CREDIT, Decimal(9))})
    assert [each.code for each in other.said] == ["OPENED_OTHERWISE"]
    assert ("9" in other.said[0].zh, "8" in other.said[0].zh) == (True, True)
    [mended] = plan(row(**told, note="原平台已更正"), held={key: Held(CREDIT, Decimal(9))})
    assert (mended.fate, [each.code for each in mended.said]) == (Fate.CHANGE, ["BALANCE_CHANGES"])
    assert mended.commands == [
        CorrectCredit(credit=CREDIT, teacher=LIN, credits=Decimal(8), reason="原平台已更正")
    ]


def test_a_row_without_an_amount_or_a_kind_is_refused():
    [none] = plan(row(number="lin"))
    assert [each.code for each in none.said] == ["CELL_EMPTY"]
    [kindless] = plan(row(number="lin", credits=Decimal(8)))
    assert [each.code for each in kindless.said] == ["CELL_EMPTY"]


def test_what_ended_or_began_after_the_day_of_the_balances_is_refused():
    told: dict[str, Any] = {"number": "lin", "kind": CreditKind.DISTANCE, "credits": Decimal(8)}
    [late] = plan(row(**told, completed=date(2024, 2, 1)))
    [year] = plan(row(**told, year=2025))

    assert [each.zh for each in late.said] == ["2024-02-01 晚于余额截至日 2024-01-31"]
    assert [each.code for each in year.said] == ["AFTER_BALANCE_DAY"]
    [on_the_day] = plan(row(**told, completed=DAY))
    assert on_the_day.fate is Fate.NEW

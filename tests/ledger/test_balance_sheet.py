"""Balance sheets: an amount of each kind is a balance of its own, of a year or of the cycle."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.adjustment import CorrectCredit
from ledger.balance import Certainty, OpenBalance
from ledger.balance_sheet import BalanceSheet, Footing, Held
from ledger.credit import CreditKind
from ledger.intention import Desk, Intention
from ledger.load import Fate
from ledger.mapping import Column
from ledger.roll import OnRoll, Roll
from tests.cast import CREDIT, LIN
from tests.ledger.test_intention import desk, row

DAY, ENTERED = date(2024, 1, 31), date(2020, 9, 1)


def plan(
    *rows: Any,
    held: dict[Any, Held] | None = None,
    kinds: bool = False,
    cycles: tuple[date, ...] = (),
) -> list[Intention]:
    known = OnRoll(teacher=LIN, entered=ENTERED)
    roll = Roll(teachers={LIN: known}, fingerprints={}, schools={})
    footing = Footing(held=held or {}, opened={LIN: cycles})
    at = desk(*rows)
    if kinds:
        of = {1: Column.NUMBER, 2: Column.CREDITS_DISTANCE, 3: Column.CREDITS_SCHOOL_BASED}
        mapping = replace(at.mapping, columns=of | {4: Column.CREDITS})
        at = Desk(load=at.load, place=at.place, reading=replace(at.reading, mapping=mapping))
    return list(BalanceSheet(desk=at, roll=roll, footing=footing, day=DAY, source="旧平台").plan())


def said(found: Intention) -> list[str]:
    return [each.code for each in found.said]


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


SPANS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({}, {}, True),
    ({"year": 2022}, {"year": 2023}, False),
    ({"year": 2023}, {"completed": date(2023, 6, 30), "started": date(2023, 1, 1)}, True),
    ({"completed": date(2023, 6, 30)}, {"year": 2023}, True),
    # Without a first day it is the cycle, which begins with the entry.
    ({"year": 2022}, {}, True),
    ({"completed": date(2022, 6, 30)}, {"completed": date(2023, 6, 30)}, True),
]


@pytest.mark.parametrize(("one", "other", "twice"), SPANS)
def test_a_kind_is_listed_once_for_each_day_whichever_row_comes_first(one, other, twice):
    told: dict[str, Any] = {
        "number": "lin", "kind": CreditKind.DISTANCE, "credits": Decimal(8),
    }  # fmt: skip
    for two in ((one, other), (other, one)):
        first, second = plan(*(row(at, **told, **span) for at, span in enumerate(two, 2)))
        assert first.fate is Fate.NEW
        assert said(second) == (["LISTED_TWICE"] if twice else [])
        assert not twice or "第 2 行" in second.said[0].zh
        assert second.fate is (Fate.REFUSED if twice else Fate.NEW)


def test_two_cycles_are_two_balances_and_so_are_two_kinds():
    told: dict[str, Any] = {"number": "lin", "credits": Decimal(8)}
    distance, home = CreditKind.DISTANCE, CreditKind.SCHOOL_BASED
    past = row(3, **told, kind=distance, completed=date(2021, 12, 31))
    kinds = plan(row(2, **told, kind=distance), row(3, **told, kind=home))
    cycles = plan(row(2, **told, kind=distance), past, cycles=(date(2022, 1, 1),))

    assert [each.fate for each in kinds] == [Fate.NEW, Fate.NEW]
    assert [each.fate for each in cycles] == [Fate.NEW, Fate.NEW]


def test_what_stands_is_not_listed_twice_either():
    told: dict[str, Any] = {"number": "lin", "kind": CreditKind.DISTANCE, "note": "更正"}
    held = {(LIN, CreditKind.DISTANCE, DAY): Held(CREDIT, Decimal(8))}
    rows = [row(at, **told, credits=Decimal(much)) for at, much in ((2, 9), (3, 10))]
    first, second = plan(*rows, held=held)

    assert (first.fate, second.fate) == (Fate.CHANGE, Fate.REFUSED)
    assert said(second) == ["LISTED_TWICE"]


def test_nothing_where_something_stands_is_another_amount():
    held = {(LIN, CreditKind.DISTANCE, DAY): Held(CREDIT, Decimal(40))}
    by_kind = {CreditKind.DISTANCE: Decimal(0), CreditKind.SCHOOL_BASED: Decimal(0)}
    for given in ({"by_kind": by_kind}, {"credits": Decimal(0)}):
        [found] = plan(row(number="lin", **given), held=held, kinds=True)
        assert (found.fate, said(found)) == (Fate.REFUSED, ["OPENED_OTHERWISE"])
        [nobody] = plan(row(number="lin", **given), kinds=True)
        assert (nobody.fate, said(nobody)) == (Fate.UNCHANGED, [])
    [gone] = plan(row(number="lin", by_kind=by_kind, note="误填"), held=held, kinds=True)
    assert [each.credits for each in gone.commands if isinstance(each, CorrectCredit)] == [0]


def test_a_total_without_its_kinds_or_that_is_not_their_sum_is_refused():
    by_kind = {CreditKind.DISTANCE: Decimal(40), CreditKind.SCHOOL_BASED: Decimal(20)}
    [alone] = plan(row(number="lin", credits=Decimal(60)), kinds=True)
    [other] = plan(row(number="lin", credits=Decimal(100), by_kind=by_kind), kinds=True)
    [sound] = plan(row(number="lin", credits=Decimal(60), by_kind=by_kind), kinds=True)
    [empty] = plan(row(number="lin"), kinds=True)

    assert (alone.fate, said(alone)) == (Fate.REFUSED, ["CELL_EMPTY"])
    assert (other.fate, said(other)) == (Fate.REFUSED, ["TOTAL_DIFFERS"])
    assert ("100" in other.said[0].zh, "60" in other.said[0].en) == (True, True)
    assert [each.credits for each in opened(sound)] == [40, 20]
    assert (empty.fate, said(empty)) == (Fate.UNCHANGED, [])

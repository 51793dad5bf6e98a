"""Cells: which credits belong to a period, and what may stand in the way of its total."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from ledger.breakdown import TrainingKind
from ledger.cause import Cause
from ledger.credit import CreditKind
from ledger.influence import Influences
from ledger.subtotal import Period, Subtotal, candidates, members, unlikely
from tests.compared import RULES, TOTALS, claim, holding, terms, training
from tests.given import on

OLD, NEW = date(2020, 12, 20), date(2022, 6, 1)
OWN = holding(
    on(date(2021, 1, 10), training("old", 24, OLD)),
    on(NEW, replace(training("home", 8, NEW), kind=CreditKind.SCHOOL_BASED)),
    on(NEW, training("new", 16, NEW)),
)


def person(**more: object) -> Influences:
    return Influences(OWN, RULES, terms(TOTALS, **more))


def names(period: Period, **more: object) -> list[str]:
    return [each.credit.value for each in members(person(**more), period)]


def test_a_year_a_cycle_a_kind_or_the_days_of_the_terms():
    assert names(Period(year=2022)) == ["home", "new"]
    assert names(Period(year=2022, kind=TrainingKind.SCHOOL_BASED.value)) == ["home"]
    assert names(Period(cycle=1)) == names(Period()) == ["old", "home", "new"]
    assert names(Period(cycle=2)) == []
    assert names(Period(), last=date(2021, 1, 1)) == ["old"]


def cell(year: int, amount: int) -> Subtotal:
    own = person()
    period = Period(year=year)
    lines = members(own, period)
    ledger = sum((each.credits for each in lines), Decimal(0))
    return Subtotal(claim(2, amount, year=year), period, own, lines, ledger)


def test_what_was_recognised_in_another_year_may_be_counted_there():
    assert [(each.cause, each.amount) for each in candidates(cell(2020, 0))] == [
        (Cause.OTHER_CYCLE, 24)
    ]
    assert [(each.cause, each.amount) for each in candidates(cell(2021, 24))] == [
        (Cause.OTHER_CYCLE, -24)
    ]


def test_where_the_sheet_tells_both_years_only_a_move_explains_the_one_by_the_other():
    this, other = cell(2020, 0), cell(2021, 24)
    this.others = other.others = [this, other]

    assert [*candidates(this), *candidates(other)] == []


def test_a_credit_of_another_year_is_unlikely_unless_the_sheet_tells_that_year_too():
    this, other = cell(2022, 48), cell(2020, 0)

    assert Cause.OTHER_CYCLE in [each.cause for each in unlikely(this)]
    this.others = [this, other]
    assert [*unlikely(this)] == []

"""Claimed: every row of a sheet is a claim or a fault, and none is dropped."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.breakdown import TrainingKind
from ledger.claimed import claims, people
from ledger.credit import CreditKind
from ledger.cycle import Cycle, Unit
from ledger.mapping import Column, Form, Mapping, Reading, SheetRow
from ledger.matching import Match, Matching
from ledger.names import TeacherId
from ledger.sheet import CellFault

MAPPING = Mapping(
    form=Form.CREDITS,
    tab="Sheet1",
    header_row=1,
    header_rows=1,
    header=("编号", "学分", "学时"),
    columns={1: Column.NUMBER, 2: Column.CREDITS, 3: Column.HOURS},
)
WHO = TeacherId("teacher:t1")


def row(at: int = 2, **told) -> SheetRow:
    return SheetRow(tab="Sheet1", row=at, **told)


def reading(*rows, faults=(), mapping=MAPPING):
    return Reading(mapping=mapping, rows=rows, faults=faults, skipped=(), hidden=())


def matching(*rows):
    return Matching(
        matches=tuple(Match(row=each.row, teacher=WHO) for each in rows), doubtful=(), alike={}
    )


def claimed(*rows, unit=Unit.CREDITS, faults=()):
    return claims(reading(*rows, faults=faults), matching(*rows), unit)


def test_a_row_claims_its_amount_for_the_teacher_who_was_found():
    [claim], faults = claimed(row(credits=Decimal(24), hours=Decimal(30), year=2024, title="阅读"))
    assert (claim.row, claim.amount, claim.teacher) == (2, 24, WHO)
    assert (claim.year, claim.title, faults) == (2024, "阅读", ())


def test_where_hours_are_compared_the_hours_are_claimed():
    [claim], _ = claimed(row(credits=Decimal(24), hours=Decimal(30)), unit=Unit.HOURS)
    assert (claim.amount, claim.unit) == (30, Unit.HOURS)


def test_a_row_without_an_amount_is_a_fault_in_its_column():
    found, [fault] = claimed(row(title="阅读"))
    assert (found, fault.row, fault.column, fault.code) == ((), 2, 2, "AMOUNT_MISSING")


def test_an_amount_that_could_not_be_read_is_one_fault_and_not_two():
    bad = CellFault(row=2, column=2, code="BAD_AMOUNT", zh="不是数", en="no number")
    assert claimed(row(title="阅读", sound=False), faults=(bad,)) == ((), ())


def test_columns_of_kinds_are_claims_of_their_own():
    kinds = {CreditKind.INTENSIVE: Decimal(90), CreditKind.SCHOOL_BASED: Decimal(10)}
    found, faults = claimed(row(by_kind=kinds, credits=Decimal(100)))
    assert {each.kind: each.amount for each in found} == {
        TrainingKind.INTENSIVE: 90,
        TrainingKind.SCHOOL_BASED: 10,
    }
    assert faults == ()


def test_a_total_that_is_not_the_sum_of_its_columns_is_a_fault():
    kinds = {CreditKind.INTENSIVE: Decimal(90), CreditKind.SCHOOL_BASED: Decimal(10)}
    found, [fault] = claimed(row(by_kind=kinds, credits=Decimal(101)))
    assert (len(found), fault.code) == (2, "TOTAL_DIFFERS")


@pytest.mark.parametrize(
    ("text", "name"),
    [("offering:a-1", "offering:a-1"), ("a-1", "offering:a-1"), ("阅读 1班", None), (None, None)],
)
def test_a_class_is_named_where_the_text_can_be_its_name(text, name):
    [claim], _ = claimed(row(credits=Decimal(1), offering=text))
    assert claim.offering == name


@pytest.mark.parametrize(("text", "number"), [("2", 2), ("2021/2025", None), (None, None)])
def test_a_numbered_cycle_is_that_cycle_and_a_span_is_that_of_the_day(text, number):
    [claim], _ = claimed(row(credits=Decimal(1), cycle=text))
    assert claim.cycle == number


FIRST = Cycle(number=1, start=date(2014, 9, 1), end=date(2019, 9, 1))
SECOND = Cycle(number=2, start=date(2019, 9, 1), end=date(2024, 9, 1))
TOTALS = Mapping(
    form=Form.TOTALS,
    tab="Sheet1",
    header_row=1,
    header_rows=1,
    header=("编号", "学分", "周期"),
    columns={1: Column.NUMBER, 2: Column.CREDITS, 3: Column.CYCLE},
)


def totalled(told, *faults):
    rows = (row(credits=Decimal(90), cycle=told, sound=not faults),)
    sheet = reading(*rows, mapping=TOTALS, faults=faults)
    return claims(sheet, matching(*rows), Unit.CREDITS, lambda _: (FIRST, SECOND))


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("1", 1), ("2019/2024", 2), ("2019-09/2024-08", 2), ("2019-09-01/2024-08-31", 2),
        ("2014-09-01/2019-09-01", 1), (None, None),
    ],
)  # fmt: skip
def test_a_total_of_a_span_is_that_of_the_cycle_that_begins_and_ends_so(told, number):
    [claim], faults = totalled(told)
    assert (claim.cycle, faults) == (number, ())


@pytest.mark.parametrize("told", ["2018/2023", "2019/2023", "2019-09-02/2024-08-31"])
def test_a_total_of_a_span_that_is_no_cycle_of_the_teacher_is_a_fault(told):
    found, [fault] = totalled(told)
    assert (found, fault.code, fault.column) == ((), "BAD_CYCLE", 3)


def test_a_total_of_a_cycle_that_cannot_be_read_is_not_held_against_that_of_today():
    bad = CellFault(row=2, column=3, code="BAD_CYCLE", zh="不明", en="unknown")
    assert totalled(None, bad) == ((), ())


def test_a_misread_id_number_gives_suggestions_and_no_match():
    told = row(id_misread="110105194912310021", number="teacher:t1", name="王芳")
    [person] = people(reading(told), lambda number: f"print {number}", lambda number: (number[-1],))
    assert (person.fingerprint, person.near, person.number) == ("", ("1",), "t1")


AMOUNTS = st.none() | st.decimals(0, 200, places=1)


@given(st.lists(AMOUNTS, max_size=20))
def test_every_row_is_a_claim_or_a_fault(amounts):
    rows = [row(number, credits=each) for number, each in enumerate(amounts, start=2)]
    found, faults = claimed(*rows)
    lost = [each.row for each in faults]
    assert sorted([e.row for e in found] + lost) == [e.row for e in rows]

"""Intentions: rows with faulty cells lead to nothing, and names come out the same each time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ledger.intention import Desk, Intention
from ledger.load import Fate
from ledger.mapping import Column, Form, Mapping, Reading, SheetRow
from ledger.names import LoadId
from ledger.sheet import CellFault
from tests.cast import RUIAN

COLUMNS = {
    1: Column.NAME, 2: Column.ID_NUMBER, 3: Column.SCHOOL, 4: Column.TITLE, 5: Column.CREDITS,
}  # fmt: skip


def desk(*rows: SheetRow, faults: tuple[CellFault, ...] = (), form: Form = Form.TEACHERS) -> Desk:
    """A sheet of these rows on a desk of the county."""
    mapping = Mapping(
        form=form, tab="a", header_row=1, header_rows=1, header=("",) * 5, columns=COLUMNS
    )
    reading = Reading(mapping=mapping, rows=rows, faults=faults, skipped=(), hidden=())
    return Desk(load=LoadId("load:l1"), place=RUIAN, reading=reading)


def row(at: int = 2, **other: Any) -> SheetRow:
    """A row of a sheet."""
    return SheetRow(tab="a", row=at, **other)


def test_a_row_with_a_faulty_cell_is_refused_for_it():
    fault = CellFault(row=2, column=2, code="BAD_ID_NUMBER", zh="错", en="wrong")
    first, second = desk(row(2, sound=False), row(3), faults=(fault,)).rows()

    assert isinstance(first, Intention)
    assert first.fate is Fate.REFUSED
    assert [(each.code, each.column) for each in first.said] == [("BAD_ID_NUMBER", 2)]
    assert second == row(3)


def test_an_empty_cell_is_named_with_its_column():
    found = desk().wants(row(name="林"), Column.NAME, Column.SCHOOL, Column.CREDITS)
    assert [(each.code, each.column) for each in found] == [("CELL_EMPTY", 3), ("CELL_EMPTY", 5)]
    assert desk().wants(row(credits=Decimal(0)), Column.CREDITS) == []


def test_the_names_that_a_load_gives_are_the_same_in_each_run():
    assert desk().new_value(2) == desk().new_value(2)
    assert len({desk().new_value(2), desk().new_value(3), desk().new_value(2, "x")}) == 3

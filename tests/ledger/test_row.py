"""Rows: the standing follows from both sides, and the portions add up."""

from __future__ import annotations

from decimal import Decimal

from ledger.attribution import Attribution
from ledger.cause import Cause, portion, unknown_portion
from ledger.cycle import Unit
from ledger.row import Standing, only_here, only_there, order, row_of
from tests.cast import LIN
from tests.compared import claim


def test_the_standing_follows_from_the_amounts():
    assert row_of(claim(2, 24), Decimal("24.0"), Attribution()).standing is Standing.EQUAL
    found = row_of(claim(2, 24), Decimal(20), Attribution())
    assert (found.standing, found.difference) == (Standing.DIFFERS, -4)


def test_what_is_unknown_is_not_attributed():
    known = portion(Cause.CAP, Decimal(-4), "上限。", "A cap.")
    row = only_there(claim(2, 24), [known, unknown_portion(Decimal(-20), "不明。", "Unknown.")])

    assert (row.standing, row.attributed, row.unattributed) == (Standing.ONLY_THERE, -4, -20)


def test_rows_of_the_sheet_come_first_in_their_order():
    here = only_here(LIN, Unit.CREDITS, Decimal(4), Attribution())
    rows = [here, only_there(claim(3, 0), []), only_there(claim(2, 0), [])]

    assert [each.row for each in sorted(rows, key=lambda each: order(each, {}))] == [2, 3, None]

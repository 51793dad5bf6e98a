"""Rounding: what a sheet made of an exact amount, and what no rounding makes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.rounding import rounded_each, rounding


@pytest.mark.parametrize(
    ("exact", "sheet", "words"),
    [
        ("17.5", "18", "nearest whole credit"),
        ("17.5", "17", "down to a whole credit"),
        ("17.25", "17.5", "nearest half credit"),
        ("17.25", "17", "down to a half credit"),
        ("16.4", "17", "up to a whole credit"),
    ],
)
def test_how_a_sheet_rounded_is_said(exact: str, sheet: str, words: str):
    told = rounding(Decimal(exact), Decimal(sheet))

    assert told is not None
    assert told.amount == Decimal(exact) - Decimal(sheet)
    assert words in told.en


@pytest.mark.parametrize(("exact", "sheet"), [("17", "18"), ("17.5", "19"), ("17.5", "17.25")])
def test_no_rounding_makes_that_of_it(exact: str, sheet: str):
    assert rounding(Decimal(exact), Decimal(sheet)) is None


def test_rounding_every_credit_adds_up_to_more_than_rounding_the_sum():
    told = {each.amount for each in rounded_each([Decimal("1.5")] * 4)}

    assert told == {Decimal(2), Decimal(-2)}

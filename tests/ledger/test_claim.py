"""Claims: on what terms a sheet is compared."""

from __future__ import annotations

from datetime import date

from tests.compared import terms


def test_terms_without_days_are_about_all_and_those_with_days_include_both():
    open_ended, bounded = terms(), terms(first=date(2022, 1, 1), last=date(2022, 12, 31))

    assert not open_ended.bounded
    assert open_ended.holds(date(1999, 1, 1))
    assert [
        bounded.holds(date(*day)) for day in ((2021, 12, 31), (2022, 1, 1), (2022, 12, 31))
    ] == [
        False,
        True,
        True,
    ]

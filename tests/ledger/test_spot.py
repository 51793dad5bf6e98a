"""Spot: a row is told by its tab where several are read, and by its number alone where one is."""

from __future__ import annotations

from ledger.spot import Spot, spots_of, spots_zh


def test_where_one_tab_is_read_its_name_is_not_said():
    assert (Spot("", 5).zh, Spot("", 5).en) == ("第 5 行", "5")
    assert (Spot("2024", 5).zh, Spot("2024", 5).en) == ("“2024”第 5 行", "5 (2024)")


def test_rows_of_one_tab_are_told_together():
    assert spots_zh([Spot("", 2), Spot("", 5)]) == "第 2、5 行"
    told = spots_zh(spots_of(("2023", "2024", "2023"), (2, 3, 7)))
    assert told == "“2023”第 2、7 行、“2024”第 3 行"

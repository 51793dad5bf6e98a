"""Slip: a row of another year, cycle, kind or day than its credit is not simply equal."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from ledger.breakdown import TrainingKind
from ledger.cause import Cause
from ledger.names import OfferingId
from ledger.row import Standing
from tests.compared import causes, compared, corrected, holding, item, only, terms, training

DAY = date(2022, 6, 1)


@pytest.mark.parametrize("said", [date(2016, 6, 1), date(2021, 6, 1), date(2030, 1, 1)])
def test_a_row_of_another_year_differs_though_the_amounts_are_the_same(said: date):
    row = only(compared([item(2, "a", 24, completed=said)], holding(training("a", 24))))
    [told] = row.portions

    assert (row.standing, row.difference, row.credit) == (Standing.DIFFERS, 0, "credit:a")
    assert (told.cause, told.amount, told.events) == (Cause.OTHER_CYCLE, 0, ("lin-2",))
    assert str(said) in told.zh
    assert str(DAY) in told.en


def test_another_day_of_the_same_year_is_equal_and_is_said():
    said = item(2, "a", 24, completed=date(2022, 6, 2))
    row = only(compared([said], holding(training("a", 24))))

    assert (row.standing, causes(row)) == (Standing.EQUAL, {Cause.OTHER_DAY: 0})


def test_another_cycle_within_the_year_is_another_cycle():
    own = holding(training("a", 24, date(2021, 6, 1)), entered=date(2016, 9, 1))
    said = item(2, "a", 24, completed=date(2021, 10, 1))

    assert causes(only(compared([said], own))) == {Cause.OTHER_CYCLE: 0}


def test_a_day_outside_the_window_of_the_sheet_is_of_another_period():
    on_terms = terms(first=date(2022, 1, 1), last=date(2022, 6, 30))
    said = item(2, "a", 24, completed=date(2022, 7, 1))
    row = only(compared([said], holding(training("a", 24)), on=on_terms))

    assert (row.standing, causes(row)) == (Standing.DIFFERS, {Cause.OTHER_CYCLE: 0})
    assert "outside the period" in row.portions[0].en


@pytest.mark.parametrize("more", [{"year": 2021}, {"cycle": 2}])
def test_the_year_and_the_cycle_of_a_row_are_held_against_the_day(more: dict[str, int]):
    own = holding(training("a", 24))
    said = item(2, "a", 24, completed=None)
    row = only(compared([replace(said, **more)], own))

    assert (row.standing, causes(row)) == (Standing.DIFFERS, {Cause.OTHER_CYCLE: 0})
    right = replace(said, year=2022, cycle=1)
    assert only(compared([right], own)).portions == ()


def test_another_kind_differs_and_the_kind_as_held_does_not():
    own = holding(training("a", 24))
    far = item(2, "a", 24, kind=TrainingKind.DISTANCE)
    row = only(compared([far], own))

    assert (row.standing, causes(row)) == (Standing.DIFFERS, {Cause.OTHER_KIND: 0})
    assert row.portions[0].zh.endswith("类别是集中脱产，名册写作远程。")
    near = item(2, "a", 24, kind=TrainingKind.INTENSIVE)
    assert only(compared([near], own)).standing is Standing.EQUAL
    besides = holding(replace(training("a", 24), off_job=False))
    assert only(compared([near], besides)).standing is Standing.EQUAL


def test_a_row_found_by_its_class_says_its_other_day_too_beside_its_amount():
    said = item(2, "a", 30, offering=OfferingId("offering:a"), completed=date(2021, 6, 1))
    row = only(compared([said], holding(training("a", 30), corrected("a", 30, 24))))

    assert causes(row) == {Cause.CORRECTION: -6, Cause.OTHER_CYCLE: 0}


def test_of_credits_of_one_title_the_year_and_the_kind_tell_which():
    one = training("a", 24, date(2021, 6, 1))
    other = replace(training("b", 24), title=one.title)
    said = item(2, "a", 24, completed=None, year=2022)
    found = compared([said], holding(one, other))

    assert [(row.standing, row.credit) for row in found.rows] == [
        (Standing.EQUAL, "credit:b"),
        (Standing.ONLY_HERE, "credit:a"),
    ]

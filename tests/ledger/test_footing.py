"""Footing: the cycle, its lines, its unit and its cap."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.credit import CreditKind
from ledger.cycle import CreditCycleOpened, Unit
from ledger.footing import cycles, footing
from ledger.names import TeacherId
from ledger.plan import Purpose
from ledger.record import Record
from ledger.register import Category
from ledger.regulation import Rulebook
from ledger.requirement import Result
from tests.cast import HANGZHOU, LIN, RUIAN, SCHOOL
from tests.given import all_rules
from tests.judged import ENTERED, EVALUATED, belongs, credit, recorded


def test_only_lines_of_the_cycle_up_to_the_day_are_added_up():
    record = recorded(
        credit(10, date(2019, 8, 31)),
        credit(20, ENTERED),
        credit(30, EVALUATED),
        credit(40, date(2024, 4, 1)),
    )
    base = footing(record, all_rules(), EVALUATED)

    assert [each.credits for each in base.within] == [20, 30]
    assert base.lines == base.within


def test_the_training_of_a_probation_is_set_aside():
    span = belongs(Category.NEW_TEACHER, ENTERED, date(2020, 8, 31))
    record = recorded(span, credit(180, date(2020, 6, 1), purpose=Purpose.NEW_TEACHER))
    base = footing(record, all_rules(), EVALUATED)

    assert (base.lines, len(base.aside), len(base.within)) == ([], 1, 1)


@pytest.mark.parametrize(
    ("day", "unit", "capped"),
    [(date(2016, 8, 31), Unit.HOURS, False), (EVALUATED, Unit.CREDITS, True)],
)
def test_unit_and_cap_are_those_of_the_day(day, unit, capped):
    record = recorded(credit(1, kind=CreditKind.DISTANCE), entered=date(2012, 9, 1))
    base = footing(record, all_rules(), day)

    assert (base.unit, base.used is not None) == (unit, capped)


def test_a_suspended_cap_is_not_used():
    base = footing(recorded(), all_rules(), EVALUATED)
    assert base.used is base.cap

    held = type(base)(**vars(base) | {"suspended": Result.NOT_ASSESSED})
    assert held.used is None


def test_who_never_entered_has_no_footing_and_no_cycle():
    nobody = Record(teacher=TeacherId(LIN))

    assert footing(nobody, all_rules(), EVALUATED) is None
    assert cycles(nobody, all_rules(), EVALUATED) == []


@pytest.mark.parametrize("place", [RUIAN, HANGZHOU])
def test_all_cycles_up_to_the_day_are_listed(place):
    record = recorded(entered=date(2012, 9, 1), place=place)
    opened = CreditCycleOpened(
        teacher=LIN, school=SCHOOL, place=place, start=date(2015, 1, 1), reason="x"
    )

    found = cycles(record, all_rules(), EVALUATED)
    assert [(each.number, each.start.year) for each in found] == [(1, 2012), (2, 2017), (3, 2022)]
    again = cycles(recorded(opened, entered=date(2012, 9, 1)), all_rules(), EVALUATED)
    assert [(each.start, each.whole) for each in again] == [
        (date(2012, 9, 1), False),
        (date(2015, 1, 1), True),
        (date(2020, 1, 1), True),
    ]


def test_a_day_before_the_entry_belongs_to_the_first_cycle():
    [only] = cycles(recorded(), Rulebook(), date(2001, 1, 1))

    assert (only.number, only.start) == (1, ENTERED)

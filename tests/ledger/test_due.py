"""Due: what a trainee earns is what was awarded, else what the award will come to by the rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.class_book import ClassBook
from ledger.credit import CreditCorrected, CreditRevoked
from ledger.due import Due, due
from ledger.regulation import Rulebook
from ledger.schedule import Half
from tests import cast
from tests.cast import CREDIT, LIN, RUIAN, SCHOOL
from tests.ledger.test_result_sheet import book

CORRECTED = CreditCorrected(
    credit=CREDIT, teacher=LIN, school=SCHOOL, place=RUIAN, credits_before=Decimal(20),
    credits=Decimal(18), corrects="e1", reason="录入有误",
)  # fmt: skip
REVOKED = CreditRevoked(
    credit=CREDIT, teacher=LIN, school=SCHOOL, place=RUIAN, credits_before=Decimal(18),
    corrects="e1", reason="误认",
)  # fmt: skip
FIRST = (date(2024, 4, 8), Half.MORNING)


def earned(of: ClassBook, *, missed: int = 0, passed: bool | None = True) -> Due | None:
    more = {FIRST: Decimal(missed)} if missed else {}
    return due(of, Rulebook(), LIN, more, passed=passed)


@pytest.mark.parametrize(("missed", "credits"), [(0, 24), (4, 20), (24, 0)])
def test_before_an_award_the_hours_that_are_missed_come_off(missed, credits):
    found = earned(book(), missed=missed)
    assert found is not None
    assert found.credits == credits


@pytest.mark.parametrize(
    ("events", "credits"), [((), 20), ((CORRECTED,), 18), ((CORRECTED, REVOKED), 0)]
)
def test_what_was_awarded_counts_as_it_stands_now(events, credits):
    awarded = cast.awarded(20, base=24, missed=4)
    found = earned(book(awarded, *events), missed=1)
    assert found is not None
    assert (found.credits, found.zh) == (credits, f"已认定 {credits}")


def test_a_credit_of_another_name_changes_nothing():
    other = CreditRevoked(
        credit=cast.CREDIT.__class__("credit:other"), teacher=LIN, school=SCHOOL, place=RUIAN,
        credits_before=Decimal(20), corrects="e1", reason="误认",
    )  # fmt: skip
    found = earned(book(cast.awarded(20), other))
    assert found is not None
    assert found.credits == 20


def test_a_failed_assessment_earns_nothing():
    found = earned(book(), passed=False)
    assert found is not None
    assert (found.credits, found.zh) == (0, "考核不合格，不予结业")


def test_without_the_result_that_is_asked_for_nothing_can_be_told():
    of = book()
    of.room.opened = cast.opened(cast.plan(24, assessment=True))
    assert earned(of, passed=None) is None
    assert earned(book(), passed=None) is not None

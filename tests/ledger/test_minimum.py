"""Minima: hours asked for side by side, and what a balance leaves undecided of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.balance import Certainty
from ledger.credit import CreditKind
from ledger.minimum import Due, fitting
from ledger.plan import Purpose
from ledger.register import Category
from ledger.requirement import Result
from tests.judged import belongs, credit, recorded, requirement, verdict
from tests.ledger.test_reserve import balance

INDETERMINATE, MET, NOT_MET = Result.INDETERMINATE, Result.MET, Result.NOT_MET
PRINCIPAL, HOMEROOM = Category.PRINCIPAL, Category.HOMEROOM_TEACHER
BACKBONE = Category.BACKBONE_TEACHER
DISTANCE, SCHOOL_BASED = CreditKind.DISTANCE, CreditKind.SCHOOL_BASED


@pytest.mark.parametrize(
    ("category", "rule", "told", "result"),
    [
        pytest.param(PRINCIPAL, "WZ12-11", balance("119.5"), NOT_MET, id="principal-below"),
        pytest.param(PRINCIPAL, "WZ12-11", balance("120"), INDETERMINATE, id="principal"),
        pytest.param(
            PRINCIPAL, "WZ12-11", balance("300", kind=DISTANCE), NOT_MET, id="not-in-block-form"
        ),
        pytest.param(HOMEROOM, "WZ12-10", balance("29.5"), NOT_MET, id="homeroom-below"),
        pytest.param(
            HOMEROOM, "WZ12-10", balance("30", kind=DISTANCE), INDETERMINATE, id="homeroom"
        ),
        pytest.param(
            HOMEROOM, "WZ12-10", balance("300", kind=SCHOOL_BASED), NOT_MET, id="by-the-school"
        ),
        pytest.param(
            HOMEROOM,
            "WZ12-10",
            balance("5", certainty=Certainty.UNCERTAIN),
            INDETERMINATE,
            id="uncertain",
        ),
        pytest.param(BACKBONE, "WZ12-09", balance("120"), MET, id="backbone-of-any-purpose"),
    ],
)
def test_a_balance_that_may_hold_what_is_asked_for_leaves_it_undecided(
    category, rule, told, result
):
    long = credit(270, kind=DISTANCE), credit(90, name="long")
    judged = verdict(belongs(category), told, *long)
    if category is BACKBONE:
        judged = verdict(belongs(category), told)
    found = requirement(judged, f"{category.value}_HOURS")

    assert (found.rule, found.result) == (rule, result)
    assert ("期初余额" in found.zh) is ("balance" in found.en) is (result is INDETERMINATE)
    if category is not BACKBONE:
        assert judged.result is result


def test_a_balance_has_only_to_hold_what_is_missing():
    half = credit(60, purpose=Purpose.SCHOOL_MANAGEMENT)
    results = [
        requirement(verdict(belongs(PRINCIPAL), half, balance(each)), "PRINCIPAL_HOURS").result
        for each in ("59.5", "60")
    ]

    assert results == [NOT_MET, INDETERMINATE]
    whole = credit(120, purpose=Purpose.SCHOOL_MANAGEMENT)
    found = requirement(verdict(belongs(PRINCIPAL), whole, balance("1")), "PRINCIPAL_HOURS")
    assert (found.result, len(found.events)) == (MET, 2)


@pytest.mark.parametrize(
    ("amount", "until", "result"),
    [
        pytest.param("180", date(2021, 12, 31), INDETERMINATE, id="enough"),
        pytest.param("179.5", date(2021, 12, 31), NOT_MET, id="below"),
        pytest.param("180", date(2020, 8, 31), INDETERMINATE, id="to-the-first-day"),
        pytest.param("180", date(2020, 8, 30), NOT_MET, id="over-before-it"),
    ],
)
def test_a_balance_that_covers_a_day_of_the_probation_may_hold_its_training(amount, until, result):
    probation = belongs(Category.NEW_TEACHER, date(2020, 8, 31), date(2021, 8, 31))
    judged = verdict(probation, balance(amount, completed=until))

    assert requirement(judged, "NEW_TEACHER_HOURS").result is result


def test_of_a_balance_among_the_trainings_nobody_says_what_is_practice():
    own = recorded(balance(60), credit(30, practice=10)).lines
    hours = fitting(own, ())

    assert hours.had() == (90, 10, 90, 90)
    assert [len(each) for each in hours.perhaps()] == [0, 1, 0, 0]
    themed = fitting(own, (Purpose.HOMEROOM.value,), own)
    assert themed.had() == (0, 0, 0, 0)
    assert [len(each) for each in themed.perhaps()] == [1, 1, 1, 1]


def test_what_is_due_at_no_day_has_none():
    missing = Due(date.max, date(2024, 1, 1)).missing(Decimal(1))

    assert missing is not None and missing.by is None

"""Kinds: what a class statement says about parameters, and what follows from it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from ledger.kind import KINDS, PARAMETER_MAX, Parameters


class Sample(
    Parameters,
    more=("most", "exempt"),
    less=("least", "asked"),
    positive=("times",),
    words={"asked": ("A", "B"), "per": ("CYCLE",)},
):
    """A kind of these tests; without a name it is not registered."""

    most: int | None = None
    least: Decimal | None = None
    share: Fraction = Fraction(1, 2)
    times: int = 1
    exempt: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    per: str = "CYCLE"
    first: date | None = None
    last: date | None = None


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, None),
        ({"share": Fraction(0)}, None),
        ({"share": Fraction(1)}, None),
        ({"share": Fraction(101, 100)}, "share"),
        ({"share": Fraction(-1, 100)}, "share"),
        ({"most": 0}, None),
        ({"most": -1}, "most"),
        ({"most": PARAMETER_MAX}, None),
        ({"most": PARAMETER_MAX + 1}, "most"),
        ({"least": Decimal("NaN")}, "least"),
        ({"least": Decimal("1e999999")}, "least"),
        ({"times": 0}, "times"),
        ({"asked": ("A", "C")}, "asked"),
        ({"per": "YEAR"}, "per"),
        ({"first": date(2024, 3, 2), "last": date(2024, 3, 1)}, "last"),
        ({"first": date(2024, 3, 1), "last": date(2024, 3, 1)}, None),
    ],
)
def test_a_parameter_that_no_rule_can_mean_is_named(given, name):
    wrong = Sample(**given).wrong()

    assert name == (wrong.name if wrong else None)


@pytest.mark.parametrize(
    ("mine", "theirs", "laxer"),
    [
        ({"most": 6}, {"most": 5}, True),
        ({"most": 5}, {"most": 5}, False),
        ({"most": None}, {"most": 5}, True),
        ({"most": 5}, {"most": None}, False),
        ({"least": Decimal(4)}, {"least": Decimal(5)}, True),
        ({"least": Decimal(5)}, {"least": Decimal(5)}, False),
        ({"least": None}, {"least": Decimal(5)}, True),
        ({"exempt": ("A", "B")}, {"exempt": ("A",)}, True),
        ({"exempt": ("A",)}, {"exempt": ("A", "B")}, False),
        ({"asked": ("A",)}, {"asked": ("A", "B")}, True),
        ({"asked": ("A", "B")}, {"asked": ("A",)}, False),
        ({"share": Fraction(1)}, {"share": Fraction(0)}, False),
    ],
)
def test_c_32_what_asks_for_less_follows_from_the_class_statement(mine, theirs, laxer):
    assert laxer is Sample(**mine).laxer(Sample(**theirs))


def test_a_class_statement_speaks_of_its_own_parameters_only():
    with pytest.raises(TypeError, match="has no other"):

        class Other(Parameters, more=("other",)):
            pass


def test_two_kinds_have_two_names():
    with pytest.raises(TypeError, match="absence-limit"):

        class Again(Parameters, kind="absence-limit"):
            pass

    assert KINDS["absence-limit"].__name__ == "AbsenceLimit"

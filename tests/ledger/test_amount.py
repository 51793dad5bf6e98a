"""Amounts: exact, in halves, in one spelling."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies

from ledger.amount import LARGEST, exact, plain, score
from ledger.fault import Fault

HALVES = strategies.integers(0, 20_000).map(lambda number: Decimal(number) / 2)


@given(HALVES)
def test_a_number_of_halves_is_exact_and_has_one_spelling(number):
    text = str(exact(number))

    assert Decimal(text) == number
    assert "E" not in text
    assert not text.endswith(("0.", ".0"))
    assert text == str(exact(text)) == str(exact(Decimal(text + "0" if "." in text else text)))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("18.0", "18"),
        ("17.50", "17.5"),
        (Decimal("1E+2"), "100"),
        (0, "0"),
        ("-0", "0"),
        ("10000", "10000"),
    ],
)
def test_trailing_zeros_and_exponents_go(number, text):
    assert text == str(exact(number))


@pytest.mark.parametrize(
    "number",
    ["-0.5", "0.25", "17.3", "10000.5", "1E+5", "NaN", "sNaN", "Infinity", "", "ten", "1e-9",
     "1E+2", "1_000", "１８", "١٨", " 18", "18 ", "18\n", "+18", ".5", "5.", "1,000", "0x12"],
)  # fmt: skip
def test_anything_else_is_a_fault_that_names_the_field(number):
    with pytest.raises(Fault) as caught:
        exact(number, "hours")

    assert (caught.value.code, caught.value.field) == ("BAD_AMOUNT", "hours")
    assert str(number) in caught.value.en


@given(strategies.decimals(allow_nan=False, allow_infinity=False, places=3))
def test_what_is_accepted_lies_between_nothing_and_ten_thousand_in_halves(number):
    try:
        accepted = exact(number)
    except Fault:
        assert not 0 <= number <= LARGEST or number % Decimal("0.5")
    else:
        assert accepted == number


def test_plain_keeps_the_value():
    assert Decimal("0.5") == plain(Decimal("0.500"))
    assert str(plain(Decimal("1E+3"))) == "1000"


@pytest.mark.parametrize(("number", "text"), [("0", "0"), ("92.50", "92.5"), ("100.00", "100")])
def test_a_score_has_one_spelling(number, text):
    assert text == str(score(Decimal(number), "score"))


@pytest.mark.parametrize("number", ["-0.01", "100.01", "92.555", "NaN", "Infinity"])
def test_a_score_out_of_bounds_is_a_fault(number):
    with pytest.raises(Fault) as caught:
        score(Decimal(number), "score")

    assert (caught.value.code, caught.value.field) == ("BAD_AMOUNT", "score")


def test_a_number_that_does_not_fit_is_called_by_its_chinese_word():
    with pytest.raises(Fault) as caught:
        exact("60.25", "credits")
    assert caught.value.zh.startswith("学分的数值 60.25 不合要求")

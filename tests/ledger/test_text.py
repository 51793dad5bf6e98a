"""Texts: not empty where they matter, and never a resident id number."""

from __future__ import annotations

import pytest

from ledger.fault import Fault
from ledger.text import clean, filled, holds_id_number, impersonal, normal, trimmed


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("11010519491231002X", True),
        ("证件 11010519491231002x。", True),
        ("110105194912310021", False),
        ("9911010519491231002X", False),
        ("11010517491231002X", False),
        ("0193-0001", False),
        ("", False),
    ],
)
def test_an_id_number_is_known_by_its_check_digit(text, holds):
    assert holds_id_number(text) is holds


def test_a_text_with_an_id_number_is_a_fault_that_names_the_field():
    with pytest.raises(Fault) as caught:
        impersonal("11010519491231002X", "title")

    assert (caught.value.code, caught.value.field) == ("PERSONAL_DATA", "title")
    assert "11010519491231002X" not in caught.value.zh + caught.value.en


def test_a_text_is_trimmed_and_may_not_be_empty():
    assert filled("  一小 ", "title") == "一小"
    with pytest.raises(Fault) as caught:
        filled(" \n", "title")

    assert caught.value.code == "EMPTY_TEXT"


@pytest.mark.parametrize(
    ("text", "is_clean"), [("一小\n\t", True), ("a\x00", False), ("e\u0301", False), ("é", True)]
)
def test_a_clean_text_is_in_nfc_without_control_characters(text, is_clean):
    assert clean(text) is is_clean


def test_the_normal_form_of_a_text_is_nfc():
    assert normal("e\u0301\nb") == "\u00e9\nb"
    assert clean(normal("e\u0301\nb"))
    assert not clean(normal("a\r\nb"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\u200b一小\ufeff \u3000", "一小"),
        ("\u2800\u3164一\u200b小\u00a0", "一\u200b小"),
        ("（一小）", "（一小）"),
        ("\u200b", ""),
        ("\u3164\ufe0f", ""),
        ("\u0301", ""),
        ("——", ""),
        ("", ""),
    ],
)
def test_invisible_characters_around_a_text_are_no_part_of_it_and_it_says_something(text, said):
    assert trimmed(text) == said

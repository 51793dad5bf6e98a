"""Texts: not empty where they matter, and never a resident id number."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.fault import Fault
from ledger.text import (
    _only_hashes,
    clean,
    filled,
    folded,
    holds_id_number,
    holds_mobile_number,
    impersonal,
    normal,
    trimmed,
)

ID, OLD, MOBILE = "11010519491231002X", "110105491231002", "13812345678"
WIDE = str.maketrans("0123456789X-+ ", "０１２３４５６７８９Ｘ－＋　")
UNSEEN = "\u200b\u200d\u2060\ufeff\u202e\u00ad\u3164\ufe0f"
GAPS = st.sampled_from(["", "", " ", "-", "－", "—", "·", " - ", "\u3000", *UNSEEN])
AROUND = st.sampled_from(["", "证", "证件 ", "(", "（", "id ", "tel:", "Tel.", "电话："])


@given(st.lists(GAPS, min_size=17, max_size=17), AROUND, AROUND, st.booleans())
def test_an_id_number_is_known_however_it_is_written(gaps, before, after, wide):
    text = before + "".join(a + b for a, b in zip(ID, [*gaps, ""], strict=True)) + after

    assert holds_id_number(text.translate(WIDE) if wide else text)


@given(
    st.sampled_from(
        [
            "13812345678", "138 1234 5678", "138-1234-5678", "138-12345678", "1381234-5678",
            "138 123 45678", "+8613812345678", "+86 138 1234 5678", "8613812345678",
            "86-138-1234-5678", "008613812345678", "1 3 8 1 2 3 4 5 6 7 8",
        ]
    ),
    AROUND,
    st.integers(0, 11),
    st.sampled_from(["", *UNSEEN]),
    st.booleans(),
)  # fmt: skip
def test_a_mobile_number_is_known_however_it_is_written(number, before, at, unseen, wide):
    text = before + number[:at] + unseen + number[at:] + "，请联系"

    assert holds_mobile_number(text.translate(WIDE) if wide else text)
    assert not holds_id_number(text)


DAYS = st.dates().map(str)
AMOUNTS = st.integers(0, 10**12).map(lambda cents: f"{cents // 100:,}.{cents % 100:02d} 元")
COURSES = st.tuples(st.integers(0, 9999), st.integers(1, 9999)).map(
    lambda pair: f"课程 {pair[0]:04d}-{pair[1]:04d}"
)
NUMBERS = st.tuples(st.integers(1990, 2030), st.integers(1, 999)).map(
    lambda pair: f"瑞教〔{pair[0]}〕{pair[1]}号"
)
LANDLINES = st.tuples(st.integers(2, 8), st.integers(0, 9999999), st.integers(0, 999)).map(
    lambda each: f"0577-{each[0]}{each[1]:07d} 转 {each[2]}"
)
HOURS = st.integers(1, 999).map(lambda hours: f"{hours} 学时")
HASHES = (
    st.binary(min_size=8, max_size=32)
    .map(bytes.hex)
    .filter(lambda text: any(char in "abcdef" for char in text))
)
ORDINARY = st.one_of(DAYS, AMOUNTS, COURSES, NUMBERS, LANDLINES, HOURS, HASHES, st.uuids().map(str))


@given(st.lists(ORDINARY, min_size=1, max_size=6).map("，".join))
@example("报警电话 110，分机 110-1381")
@example("2024-193-0001-0001")
@example("20240319083000")
@example("account 9913812345678 of 1,381,234,567.80")
@example("1712345678901")
def test_ordinary_text_holds_no_number_of_a_person(text):
    impersonal(text, "title")
    impersonal(text.translate(WIDE), "title")


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (OLD, True),
        ("110105 491231 002", True),
        ("110105491231-002", True),
        (" ".join(OLD), True),
        ("110105491331002", False),
        ("160105491231002", False),
        ("1101054912310021", False),
        ("36 12 12 36 12 12 12 100", False),
    ],
)
def test_an_old_id_number_is_known_by_its_province_and_day_of_birth(text, holds):
    assert holds_id_number(text) is holds


@pytest.mark.parametrize("text", ["a" * 20 + MOBILE + "b" * 20, f"seal:{OLD}ab", f"ab{MOBILE}-4c"])
def test_digits_within_a_hash_are_no_number_of_a_person(text):
    impersonal(text, "digest")


@pytest.mark.parametrize("char", UNSEEN[:-1] + "\u2066\u180e\u2800\U000e0041")
def test_what_nobody_sees_is_not_clean_and_says_nothing(char):
    assert not clean(f"一{char}小")
    assert trimmed(f" {char}\ufe0f ") == ""
    with pytest.raises(Fault) as caught:
        filled(f"{char} {char}", "reason")

    assert caught.value.code == "EMPTY_TEXT"


def test_a_form_of_a_character_stays():
    assert clean("葛\U000e0100")
    assert trimmed(" 葛\U000e0100 ") == "葛\U000e0100"


def test_a_text_is_folded_to_plain_digits():
    assert folded("１\u200b２ ③٤") == "12 34"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("11010519491231002X", True),
        ("证件 11010519491231002x。", True),
        ("110105194912310021", False),
        ("99010519491231002X", False),
        ("11010519491331002X", False),
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


@given(st.text(alphabet="0123456789abcdefgx:-. +ABCX一", max_size=45))
def test_what_is_passed_over_as_hashes_holds_no_number(text):
    if _only_hashes(text):
        assert not holds_id_number(text)
        assert not holds_mobile_number(text)


DIGITS = st.lists(
    st.one_of(
        st.sampled_from([ID, OLD, MOBILE, ID[:9], ID[9:], MOBILE[:5], MOBILE[5:], "a", "f0", "X"]),
        st.text("0123456789", max_size=4),
        GAPS,
    ),
    max_size=8,
).map("".join)


@given(DIGITS, st.booleans())
def test_a_text_is_refused_for_just_what_is_a_number_of_a_person(text, wide):
    text = text.translate(WIDE) if wide else text
    try:
        impersonal(text, "title")
        refused = False
    except Fault:
        refused = True

    assert refused is (holds_id_number(text) or holds_mobile_number(text))

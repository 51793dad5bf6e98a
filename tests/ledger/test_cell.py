from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import cell, dating
from ledger.fault import Fault

GOOD = "11010519491231002X"


def code_of(read, *given):
    with pytest.raises(Fault) as found:
        read(*given)
    assert found.value.zh and found.value.en
    return found.value.code


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("24", "24"), ("２４", "24"), ("24.0", "24"), ("17.5学分", "17.5"), (" 8 学时", "8"),
        ("\u300012\u3000", "12"), ("1,024", "1024"), (Decimal("0.3"), "0.3"), ("'16", "16"),
    ],
)  # fmt: skip
def test_an_amount_is_read_exactly(written, amount):
    assert cell.amount(written) == Decimal(amount)


@pytest.mark.parametrize("written", ["十二", "1.2.3", "-4", "1e3", True, Decimal(10_001), "12-14"])
def test_what_is_no_amount_is_refused(written):
    assert code_of(cell.amount, written) == "BAD_AMOUNT"


@pytest.mark.parametrize("read", [cell.amount, dating.day, dating.year, cell.id_number])
@pytest.mark.parametrize("written", [None, "", "\u3000", "/", "—", "无"])
def test_a_dash_or_a_blank_is_no_value(read, written):
    assert read(written) is None


@pytest.mark.parametrize("written", [True, False])
def test_true_is_not_taken_for_one_that_was_read_before(written):
    assert cell.amount(Decimal(int(written))) == int(written)
    assert code_of(cell.amount, written) == "BAD_AMOUNT"


@pytest.mark.parametrize(
    "written",
    [
        GOOD, GOOD.lower(),
        "１１０１０５１９４９１２３１００２Ｘ",
        "11010519491231002ｘ", f"'{GOOD}",
        f'="{GOOD}"', "110105 19491231 002X", f"\u3000{GOOD}\u200b",
    ],
)  # fmt: skip
def test_an_id_number_is_read_in_its_one_spelling(written):
    assert cell.id_number(written) == GOOD


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (Decimal("110105194912310020"), "STORED_AS_NUMBER"),
        (Decimal(110105491231002), "STORED_AS_NUMBER"),
        ("1.10105E+17", "STORED_AS_NUMBER"),
        ("110105194912310000", "STORED_AS_NUMBER"),
        ("110105194912310021", "BAD_ID_NUMBER"),
        ("11010519491331002X", "BAD_ID_NUMBER"),
        ("110105491231002", "ID_NUMBER_OLD"),
        ("1101**********002X", "ID_NUMBER_MASKED"),
        ("11010519491231002", "BAD_ID_NUMBER"),
        ("#N/A", "CELL_ERROR"),
    ],
)
def test_an_id_number_that_is_none_is_refused_for_its_own_reason(written, code):
    assert code_of(cell.id_number, written) == code


def test_a_wrong_id_number_is_not_repeated_in_what_is_said_about_it():
    with pytest.raises(Fault) as found:
        cell.id_number("110105194912310021")

    assert "11010519491231" not in found.value.zh + found.value.en


@given(st.decimals(min_value=10**14, max_value=10**19, places=0))
def test_no_number_is_ever_taken_for_an_id_number(number):
    assert code_of(cell.id_number, number) == "STORED_AS_NUMBER"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("张　三", "张三"), (" 李 四 ", "李四"), ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("Anna  Smith", "Anna Smith"), ("e\u0301mile", "\u00e9mile"),
    ],
)  # fmt: skip
def test_a_name_is_read_without_the_blanks_that_fill_it_up(written, name):
    assert cell.name(written) == name


@pytest.mark.parametrize(
    ("read", "written", "code"),
    [
        (cell.amount, "40①", "BAD_AMOUNT"), (cell.amount, "6²", "BAD_AMOUNT"),
        (cell.amount, "60½", "BAD_AMOUNT"), (cell.amount, "⑩", "BAD_AMOUNT"),
        (cell.amount, "㊿", "BAD_AMOUNT"), (cell.amount, "⒈5", "BAD_AMOUNT"),
        (cell.platform_number, "ra0001①", "BAD_NUMBER"),
        (cell.platform_number, "ra0001ª", "BAD_NUMBER"),
        (cell.number, "139①", "BAD_NUMBER"), (cell.number, "1001₂", "BAD_NUMBER"),
        (cell.id_number, "1101051949123100②X", "BAD_ID_NUMBER"),
        (cell.id_number, f"{GOOD[:-1]}ⓧ", "BAD_ID_NUMBER"),
        (dating.day, "2023.6.2①", "BAD_DAY"), (dating.day, "2023.6.20²", "BAD_DAY"),
        (dating.last_day, "2023.6.20-2②", "BAD_DAY"), (dating.first_day, "2023.6.2①", "BAD_DAY"),
        (dating.year, "202⁴", "BAD_YEAR"), (dating.cycle, "1①", "BAD_CYCLE"),
    ],
)  # fmt: skip
def test_the_sign_of_a_footnote_is_no_digit(read, written, code):
    with pytest.raises(Fault) as found:
        read(written)
    signs = [each for each in written if not each.isascii()]
    assert found.value.code == code
    assert any(f"“{each}”" in found.value.zh for each in signs)


@pytest.mark.parametrize(
    ("read", "written", "value"),
    [
        (cell.amount, "４０", Decimal(40)), (cell.amount, "𝟒𝟎", Decimal(40)),
        (cell.number, "ＲＡ０１", "RA01"), (cell.number, "Ⅱ-1", "II-1"),
        (cell.number, "第一批", "第一批"), (dating.cycle, "第二周期", "2"),
        (dating.day, "二〇二四年三月七日", date(2024, 3, 7)),
    ],
)  # fmt: skip
def test_digits_of_any_width_and_chinese_numerals_are_read_as_before(read, written, value):
    assert read(written) == value


def test_a_failed_formula_is_said_to_be_one():
    assert code_of(cell.amount, "#DIV/0!") == "CELL_ERROR"
    assert code_of(cell.text, "#REF!") == "CELL_ERROR"


@given(st.one_of(st.text(max_size=60), st.decimals(allow_nan=False, allow_infinity=False)))
def test_whatever_stands_in_a_cell_is_read_or_is_a_fault(written):
    for read in (cell.amount, dating.day, dating.year, cell.id_number, cell.name, cell.number):
        try:
            read(written)
        except Fault as fault:
            assert fault.zh

"""Dating: days and years as people write them, and nothing guessed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from ledger import dating
from ledger.fault import Fault


def code_of(read, *given):
    with pytest.raises(Fault) as found:
        read(*given)
    assert found.value.zh and found.value.en
    return found.value.code


@pytest.mark.parametrize(
    "written",
    [
        "2024.3.7", "2024-3-7", "2024/3/7", "2024年3月7日", "2024-03-07", "20240307",
        "２０２４．３．７",
        " 2024 年 3 月 7 日 ", "2024年3月7号", "2024-03-07 00:00:00", "\u30002024-3-7", "45358",
        "'2024-3-7", '="2024-3-7"', Decimal(45358), Decimal(20240307), date(2024, 3, 7),
        datetime(2024, 3, 7, 8, 30),
    ],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(written):
    assert dating.day(written) == date(2024, 3, 7)


def test_a_bare_number_counts_from_the_day_that_the_workbook_counts_from():
    assert dating.day(Decimal(43896), True) == date(2024, 3, 7)
    assert dating.day(Decimal(45358), False) == date(2024, 3, 7)


@pytest.mark.parametrize(
    "written",
    [
        "2024.3", "2024年3月", "2024", Decimal(2024), Decimal("2024.3"), "2024-2-30", "3/7/2024",
        "24.3.7", "2024.3.7-2024.3.9", "昨天", True, Decimal("45358.5"), Decimal(-1), "99999",
    ],
)  # fmt: skip
def test_what_is_no_whole_day_is_refused_and_not_guessed(written):
    assert code_of(dating.day, written) == "BAD_DAY"


@pytest.mark.parametrize(("written", "year"), [("2024年", 2024), (Decimal(2024), 2024)])
def test_a_year_is_read(written, year):
    assert dating.year(written) == year


@pytest.mark.parametrize("written", ["24", "2023-2024学年", Decimal("2024.5"), "去年"])
def test_what_is_not_one_year_is_refused(written):
    assert code_of(dating.year, written) == "BAD_YEAR"

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
        "24.3.7", "24年3月7日", "二〇二四年三月七日", "二零二四年三月七号", "2024-03-07 星期四",
        "2024年3月7日（周四）",
        "2024 3 7", "2024、3、7", "2024·3·7", "2024　３　７", "2024 03 07",
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
        "2024.3.7-2024.3.9",
        "7月23日", "3/7/24",
        "24-3-7", "二〇二四年十三月七日", "昨天", True, Decimal("45358.5"), Decimal(-1), "99999",
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


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("1", "1"), (Decimal(2), "2"), ("第1周期", "1"), ("第一周期", "1"), ("一", "1"),
        ("第 二 周期", "2"), ("十二", "12"), ("２", "2"), ("第三轮", "3"), ("本周期", None),
        ("2019-2024", "2019/2024"), ("2019-09-01至2024-08-31", "2019-09-01/2024-08-31"),
        ("2019.9-2024.8", "2019-09/2024-08"), ("2019年9月～2024年8月", "2019-09/2024-08"),
        ("2019—2024年", "2019/2024"), ("2019-09-2024-08", "2019-09/2024-08"), ("/", None),
    ],
)  # fmt: skip
def test_a_cycle_is_read_by_its_number_or_its_span(written, told):
    assert dating.cycle(written) == told


@pytest.mark.parametrize(
    "written",
    ["abc", "2024", Decimal(2024), "2024-2019", "2019.13-2024.8", "0", "十十", "上周期", True,
     date(2024, 3, 7), "第一周期（2019-2024）", Decimal("1.5")],
)  # fmt: skip
def test_what_is_no_cycle_is_refused(written):
    assert code_of(dating.cycle, written) == "BAD_CYCLE"


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024-07-20至2024-07-23", 20, 23), ("2024.7.20-7.23", 20, 23), ("2024.7.20-23", 20, 23),
        ("2024年7月20日—23日", 20, 23), ("2024年7月20日～7月23日", 20, 23),
        ("24.7.20-24.7.23", 20, 23),
        ("2024-7-20 08:30 至 2024-7-23 17:00", 20, 23),
        ("2024/7/23", 23, 23), (Decimal(45496), 23, 23),
    ],
)  # fmt: skip
def test_of_days_from_one_to_another_the_first_begins_and_the_last_completes(written, first, last):
    assert dating.first_day(written) == date(2024, 7, first)
    assert dating.last_day(written) == date(2024, 7, last)


@pytest.mark.parametrize(
    "written", ["2024.7.23-7.20", "2024.12.28-1.3", "2024.7.20-7.32", "7.20-7.23", "2024.7-2024.8"]
)
def test_days_that_end_before_they_begin_or_leave_out_the_year_are_refused(written):
    assert code_of(dating.last_day, written) == "BAD_DAY"

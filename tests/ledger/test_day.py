"""Days: today may be recorded, tomorrow may not."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.day import FIRST_DAY, LAST_DAY, day_of, half_year, happened, years_later
from ledger.fault import Fault
from ledger.names import TermId

TODAY = date(2024, 7, 10)


def test_today_has_happened():
    happened(TODAY, TODAY, "day")


def test_tomorrow_has_not():
    with pytest.raises(Fault) as caught:
        happened(date(2024, 7, 11), TODAY, "day")

    assert (caught.value.code, caught.value.field) == ("DAY_AHEAD", "day")


@pytest.mark.parametrize(
    ("years", "day"),
    [
        (1, date(2025, 3, 1)),
        (4, date(2028, 2, 29)),
        (7975, date(9999, 3, 1)),
        (7976, date.max),
        (10**9, date.max),
    ],
)
def test_the_same_day_of_a_later_year_never_leaves_the_calendar(years, day):
    assert years_later(date(2024, 2, 29), years) == day


@pytest.mark.parametrize("day", [FIRST_DAY, TODAY, LAST_DAY])
def test_a_day_of_the_calendar_is_read(day):
    assert day_of(day.isoformat()) == day


@pytest.mark.parametrize("written", ["1899-12-31", "2200-01-01", "2023-02-29", "", 20240710, None])
def test_no_other_day_is_read(written):
    with pytest.raises(Fault) as caught:
        day_of(written)

    assert caught.value.code == "BAD_DAY"


@pytest.mark.parametrize(
    ("term", "days"),
    [
        ("2023H2", (date(2023, 7, 1), date(2023, 12, 31))),
        ("2024H1", (date(2024, 1, 1), date(2024, 6, 30))),
        ("spring-2024", None),
        ("2024H3", None),
        ("0000H1", None),
    ],
)
def test_a_half_year_has_the_days_that_its_name_tells(term, days):
    assert half_year(TermId(f"term:{term}")) == days

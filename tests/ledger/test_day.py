"""Days: today may be recorded, tomorrow may not."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.day import half_year, happened
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

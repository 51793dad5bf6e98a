"""Days: today may be recorded, tomorrow may not."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.day import happened
from ledger.fault import Fault

TODAY = date(2024, 7, 10)


def test_today_has_happened():
    happened(TODAY, TODAY, "day")


def test_tomorrow_has_not():
    with pytest.raises(Fault) as caught:
        happened(date(2024, 7, 11), TODAY, "day")

    assert (caught.value.code, caught.value.field) == ("DAY_AHEAD", "day")

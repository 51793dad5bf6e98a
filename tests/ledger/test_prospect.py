"""Prospects: what may still come of the trainings that a teacher has begun."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.prospect import Prospects
from tests.given import all_rules
from tests.ledger.test_caution import attending

LAST = date(2024, 8, 31)


def test_a_class_that_ends_after_the_cycle_brings_nothing():
    assert Prospects(attending=[attending(90, 0)]).worth(date(2024, 6, 27)) == 0
    assert Prospects(attending=[attending(90, 10)]).worth(date(2024, 6, 28)) == 80


@pytest.mark.parametrize(
    ("hours", "missed", "plan", "left"),
    [
        (90, "18", {}, 72),
        (90, "18.5", {}, 0),
        (89, "20", {}, 69),
        (90, "18.5", {"off_job": False}, 71.5),
    ],
    ids=["a-fifth", "beyond", "short", "beside-the-job"],
)
def test_a_class_that_can_not_be_completed_any_more_is_not_open(hours, missed, plan, left):
    begun = Prospects(attending=[attending(hours, missed, **plan)])

    assert begun.open(all_rules()).worth(LAST) == left

"""Seniority: the anniversary counts, and who is too new hosts no order."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.seniority import TooNewForOrders, accredited_for
from tests import cast
from tests.given import given
from tests.ledger.test_response import RESPOND, RESPONSE_DAY


@pytest.mark.parametrize(
    ("day", "old_enough"),
    [(date(2024, 3, 7), False), (date(2024, 3, 8), True), (date(2024, 3, 9), True)],
)
def test_the_anniversary_itself_counts_as_a_year(day, old_enough):
    assert old_enough == accredited_for(cast.accredited(since=date(2023, 3, 8)), 1, day)


@pytest.mark.parametrize(
    ("since", "accepted"), [(date(2023, 3, 12), True), (date(2023, 3, 13), False)]
)
def test_a_provider_of_less_than_a_year_does_not_answer(since, accepted):
    answer = given(cast.ordered(), cast.university(since)).when(RESPOND, on=RESPONSE_DAY)
    if accepted:
        answer.accepted()
    else:
        answer.refused(TooNewForOrders, "ZJ24-06", field="provider")

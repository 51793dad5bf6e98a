"""Ranks: one fold of the recorded orders, round by round, for all who decide by them."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.rank import Place, Ranks
from tests import cast
from tests.cast import CHEN, LIN, ZHOU
from tests.given import entries
from tests.ledger.test_admission import declined, left_by, placed

DAY = date(2024, 3, 30)


def folded(*things):
    ranks = Ranks()
    for entry in entries(things, DAY):
        ranks.learn(entry)
    return ranks


def test_a_place_holds_its_rank_and_the_event_that_gave_it():
    assert folded(placed(LIN, 2)).rounds == {1: {LIN: Place(2, "0193-0001", DAY)}}


@pytest.mark.parametrize("end", [cast.confirmed(CHEN), declined(CHEN), left_by(CHEN)])
def test_who_is_decided_or_gone_waits_no_more(end):
    past = [placed(CHEN, 1), placed(LIN, 2)]

    assert folded(past).ahead(1, LIN) == 1
    assert folded(past, end).ahead(1, LIN) == 0
    assert folded(past, end).ahead(1, CHEN) == 1


def test_each_round_has_an_order_of_its_own():
    ranks = folded(placed(CHEN, 1), placed(LIN, 1, round=2), placed(ZHOU, 2, round=2))

    assert [ranks.ahead(number, ZHOU) for number in (1, 2, 3)] == [1, 1, 0]


def test_an_order_that_is_done_is_still_an_order():
    assert folded(placed(CHEN, 1), cast.confirmed(CHEN)).rounds == {1: {}}

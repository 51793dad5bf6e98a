"""Lineups: the last one admitted is of the round, and one key tells two places apart."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ledger.draw import ScreeningOrder
from ledger.lineup import ORDERS, Lineup, told_apart
from ledger.screening import ApplicantPlaced, ApplicantsScreened
from tests.cast import CHEN, COUNTY_SCHOOL, H1_2024, LIN, OFFERING, RUIAN, SCHOOL

SCREENED = ApplicantsScreened(
    offering=OFFERING,
    provider=COUNTY_SCHOOL,
    place=RUIAN,
    term=H1_2024,
    round=1,
    by=ScreeningOrder.DRAW,
    tiers=(),
    categories=(),
    seed="s",
    applicants=2,
    seats_left=1,
)


def placed(teacher, rank, *, prior=False):
    return ApplicantPlaced(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        round=1,
        rank=rank,
        arrived=rank,
        passed_by=f"p{rank}",
        prior=prior,
        draw=f"d{rank}",
    )


def test_the_last_one_admitted_is_of_the_round():
    held = Lineup(SCREENED, "e1", {LIN: (placed(LIN, 1), "e2"), CHEN: (placed(CHEN, 2), "e3")})

    assert held.last({}) is None
    assert held.last({LIN: 1, CHEN: 2}) == (placed(LIN, 1), "e2")
    assert held.last({LIN: 1, CHEN: 1}) == (placed(CHEN, 2), "e3")


@pytest.mark.parametrize(
    ("by", "prior", "key"),
    [
        (ScreeningOrder.FIRST_COME, True, "ARRIVED"),
        (ScreeningOrder.DRAW, True, "DRAW"),
        (ScreeningOrder.PRIORITY_THEN_DRAW, True, "PRIORITY"),
        (ScreeningOrder.PRIORITY_THEN_DRAW, False, "DRAW"),
    ],
)
def test_one_key_tells_two_places_apart(by, prior, key):
    first, second = placed(LIN, 1, prior=prior), placed(CHEN, 2)
    facts, _, _ = told_apart(replace(SCREENED, by=by), second, first, named=True)

    assert (facts["decidedBy"], facts["lastRank"]) == (key, "1")


@pytest.mark.parametrize("by", ScreeningOrder)
def test_every_order_has_its_words(by):
    zh, en = ORDERS[by]

    assert zh and en == en.lower()

"""Likeness: the amount tells a credit where nothing else does, and words left out suggest one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ledger.mark import PairedBy
from ledger.pairing import paired
from ledger.record import Line
from ledger.spot import Spot
from tests.compared import SCHOOLS, claim, holding, training

DAY = date(2022, 6, 1)


def lines(*things: object) -> list[Line]:
    return holding(*things).record.lines  # type: ignore[arg-type]


def pairs(claims: list[object], own: list[Line]) -> dict[int, tuple[str, PairedBy]]:
    found = paired(claims, own, SCHOOLS, lambda line, _: line.credits)  # type: ignore[arg-type]
    return {claim.row: (line.credit.value, by) for claim, line, by in found.pairs}


def test_the_amount_alone_tells_a_credit_only_where_it_is_the_only_one():
    own = lines(training("a", 24), training("b", 16), training("c", 16))

    assert pairs([claim(2, 24)], own) == {2: ("a", PairedBy.AMOUNT)}
    found = paired([claim(2, 16)], own, SCHOOLS, lambda line, _: line.credits)
    assert not found.pairs
    assert {each.value for each in found.tied[Spot("", 2)]} == {"b", "c"}


def test_a_day_and_an_amount_tell_a_credit_whose_title_is_written_otherwise():
    own = lines(training("a", 24), training("b", Decimal(16)))  # type: ignore[arg-type]

    assert pairs([claim(2, 24, title="语文培训", completed=DAY)], own) == {
        2: ("a", PairedBy.DAY_AMOUNT)
    }
    other_day = claim(2, 24, title="语文培训", completed=date(2021, 1, 1))
    assert pairs([other_day], own) == {}

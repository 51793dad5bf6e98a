"""Pairing: which credit a row means, however its title is written."""

from __future__ import annotations

from datetime import date

from ledger.mark import PairedBy
from ledger.pairing import paired
from ledger.record import Line
from tests.compared import SCHOOLS, claim, holding, item, training

DAY = date(2022, 6, 1)


def lines(*things: object) -> list[Line]:
    return holding(*things).record.lines  # type: ignore[arg-type]


def pairs(claims: list[object], own: list[Line]) -> dict[int, tuple[str, PairedBy]]:
    found = paired(claims, own, SCHOOLS, lambda line, _: line.credits)  # type: ignore[arg-type]
    return {claim.row: (line.credit.value, by) for claim, line, by in found.pairs}


def test_as_many_rows_as_credits_of_one_amount_leave_no_doubt():
    own = lines(training("b", 16), training("c", 16))

    assert len(pairs([claim(2, 16), claim(3, 16)], own)) == 2


def test_of_two_rows_about_one_credit_the_nearer_one_means_it():
    own = lines(training("a", 24))
    found = paired([item(2, "a", 20), item(3, "a", 23)], own, {}, lambda line, _: line.credits)

    assert [(each.row, line.credit.value) for each, line, _ in found.pairs] == [(3, "a")]
    assert [each.row for each in found.claims] == [2]


def test_of_credits_with_one_title_the_amounts_tell_which_and_else_nobody_can():
    first, second = training("a", 24), training("b", 16)
    own = lines(first, second)
    for line in own:
        line.title = "同名课程"

    said = [claim(2, 16, title="同名课程"), claim(3, 24, title="同名课程")]
    assert pairs(said, own) == {2: ("b", PairedBy.TITLE), 3: ("a", PairedBy.TITLE)}
    assert pairs([claim(2, 20, title="同名课程")], own) == {}

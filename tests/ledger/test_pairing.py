"""Pairing: which credit a row means, however its title is written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.names import OfferingId
from ledger.pairing import PairedBy, paired, told
from ledger.record import Line
from tests.cast import SCHOOL
from tests.compared import SCHOOLS, claim, holding, item, training

DAY = date(2022, 6, 1)


def lines(*things: object) -> list[Line]:
    return holding(*things).record.lines  # type: ignore[arg-type]


def pairs(claims: list[object], own: list[Line]) -> dict[int, tuple[str, PairedBy]]:
    found = paired(claims, own, SCHOOLS, lambda line, _: line.credits)  # type: ignore[arg-type]
    return {claim.row: (line.credit.value, by) for claim, line, by in found.pairs}


@pytest.mark.parametrize(
    "written", ["阅读教学(第2期)", "阅读教学（第２期）", " 阅读 教学【第2期】", "《阅读教学》第2期"]
)
def test_spaces_width_and_brackets_change_no_title(written: str):
    assert told(written) == "阅读教学第2期"


def test_the_class_comes_before_the_title():
    own = lines(training("a", 24), training("b", 24))
    said = item(2, "a", 24, offering=OfferingId("offering:b"))

    assert pairs([said], own) == {2: ("b", PairedBy.OFFERING)}


def test_title_and_day_and_school_tell_a_credit():
    own = lines(training("a", 24), training("b", 24))

    assert pairs([item(2, "a", 24, school="安阳 小学")], own) == {
        2: ("a", PairedBy.TITLE_DAY_SCHOOL)
    }
    assert pairs([item(2, "a", 9)], own) == {2: ("a", PairedBy.TITLE_DAY)}
    assert pairs([item(2, "a", 9, completed=None)], own) == {2: ("a", PairedBy.TITLE)}
    assert SCHOOLS[SCHOOL]


def test_the_amount_alone_tells_a_credit_only_where_it_is_the_only_one():
    own = lines(training("a", 24), training("b", 16), training("c", 16))

    assert pairs([claim(2, 24)], own) == {2: ("a", PairedBy.AMOUNT)}
    found = paired([claim(2, 16)], own, SCHOOLS, lambda line, _: line.credits)
    assert not found.pairs
    assert {each.value for each in found.tied[2]} == {"b", "c"}


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


def test_a_day_and_an_amount_tell_a_credit_whose_title_is_written_otherwise():
    own = lines(training("a", 24), training("b", Decimal(16)))  # type: ignore[arg-type]

    assert pairs([claim(2, 24, title="语文培训", completed=DAY)], own) == {
        2: ("a", PairedBy.DAY_AMOUNT)
    }
    other_day = claim(2, 24, title="语文培训", completed=date(2021, 1, 1))
    assert pairs([other_day], own) == {}

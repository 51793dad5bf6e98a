"""Marks: the class, or title, day and school tell a credit, however they are written."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.mark import PairedBy, told
from ledger.names import OfferingId
from ledger.pairing import paired
from ledger.record import Line
from tests.cast import SCHOOL
from tests.compared import SCHOOLS, holding, item, training

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

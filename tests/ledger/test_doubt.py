"""Doubt: what is met without the uncertain amounts is met; what hangs on them is undecided."""

from __future__ import annotations

import pytest

from ledger.doubt import doubted, sure
from ledger.record import Record
from ledger.requirement import Requirement, Result
from tests.cast import LIN


def asked(result: Result, had: str) -> Requirement:
    return Requirement(code="CYCLE_TOTAL", result=result, needed="360", had=had, zh="甲。", en="A.")


@pytest.mark.parametrize(
    ("whole", "certain", "then"),
    [
        (asked(Result.MET, "400"), asked(Result.MET, "360"), Result.MET),
        (asked(Result.MET, "400"), asked(Result.NOT_MET, "300"), Result.INDETERMINATE),
        (asked(Result.NOT_MET, "300"), asked(Result.NOT_MET, "200"), Result.INDETERMINATE),
        (asked(Result.NOT_MET, "300"), asked(Result.NOT_MET, "300"), Result.NOT_MET),
    ],
)
def test_a_requirement_is_undecided_where_it_hangs_on_what_is_uncertain(whole, certain, then):
    [found] = doubted((whole,), (certain,))
    assert found.result is then
    assert found.certain is (then is not Result.INDETERMINATE)


def test_a_record_without_uncertain_amounts_is_judged_once():
    assert sure(Record(teacher=LIN)) is None

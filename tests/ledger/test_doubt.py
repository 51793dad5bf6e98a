"""Doubt: what is met without the uncertain amounts is met; what hangs on them is undecided."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from ledger.balance import Certainty
from ledger.credit import CreditKind
from ledger.doubt import doubted, sure
from ledger.plan import Purpose
from ledger.record import Record
from ledger.register import Category
from ledger.requirement import Requirement, Result
from tests.cast import LIN
from tests.judged import belongs, credit, verdict
from tests.ledger.test_reserve import balance


def asked(result: Result, had: str) -> Requirement:
    return Requirement(code="CYCLE_TOTAL", result=result, needed="360", had=had, zh="甲。", en="A.")


@pytest.mark.parametrize(
    ("whole", "certain", "then"),
    [
        (asked(Result.MET, "400"), asked(Result.MET, "360"), Result.MET),
        (asked(Result.MET, "400"), asked(Result.NOT_MET, "300"), Result.INDETERMINATE),
        (asked(Result.NOT_MET, "300"), asked(Result.NOT_MET, "200"), Result.INDETERMINATE),
        (asked(Result.NOT_MET, "300"), asked(Result.NOT_MET, "300"), Result.NOT_MET),
        (asked(Result.NOT_ASSESSED, "30"), asked(Result.NOT_ASSESSED, "20"), Result.NOT_ASSESSED),
    ],
)
def test_a_requirement_is_undecided_where_it_hangs_on_what_is_uncertain(whole, certain, then):
    [found] = doubted((whole,), (certain,))
    assert found.result is then
    assert found.certain is (then is not Result.INDETERMINATE)


def test_a_principal_who_was_new_twice_is_judged_each_time_for_itself():
    first, second = asked(Result.MET, "300"), asked(Result.NOT_MET, "0")
    assert doubted((first, second), (first, second)) == (first, second)

    since, again = date(2019, 9, 1), date(2021, 9, 1)
    learned = credit(300, date(2020, 1, 1), purpose=Purpose.PRINCIPAL_QUALIFICATION)
    twice = [
        belongs(Category.NEW_PRINCIPAL, since, date(2021, 8, 31)),
        belongs(Category.NEW_PRINCIPAL, again),
        learned,
    ]
    beside = balance(10, since=since, completed=again, certainty=Certainty.UNCERTAIN)
    beside = replace(beside, kind=CreditKind.SCHOOL_BASED)
    results = [
        [each.result for each in verdict(*told).requirements if each.code == "NEW_PRINCIPAL_HOURS"]
        for told in (twice, [*twice, beside])
    ]
    assert results == [[Result.MET, Result.NOT_MET]] * 2


def test_a_year_that_still_runs_is_not_judged_whatever_is_uncertain():
    unsure = balance(
        10, since=date(2024, 1, 1), completed=date(2024, 2, 1), certainty=Certainty.UNCERTAIN
    )
    running = [each for each in verdict(unsure).requirements if each.year == 2024]

    assert {each.result for each in running} == {Result.NOT_ASSESSED}


def test_a_record_without_uncertain_amounts_is_judged_once():
    assert sure(Record(teacher=LIN)) is None

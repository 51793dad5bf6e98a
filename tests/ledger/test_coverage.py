"""Coverage: the years that a sheet is about, and what of the ledger is left out for the others."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.cause import Cause
from ledger.coverage import YearAbsent
from ledger.names import CreditId
from ledger.row import Standing
from tests.cast import CHEN, LIN
from tests.compared import TOTALS, causes, claim, compared, holding, item, terms, training

PAST, DAY, NEXT = date(2021, 6, 1), date(2022, 6, 1), date(2023, 6, 1)
OF_2022 = terms(years=(2022,))


def test_what_is_of_a_year_without_a_tab_is_left_out_and_told():
    own = holding(training("a", 24), training("b", 16, NEXT), training("c", "0.5", NEXT))
    found = compared([item(2, "a", 24)], own, on=OF_2022)

    assert [row.standing for row in found.rows] == [Standing.EQUAL]
    assert found.absent == (YearAbsent(year=2023, lines=2, amount=Decimal("16.5")),)


def test_what_a_year_of_the_sheet_lacks_stays_in_the_difference():
    own = holding(training("a", 24), training("b", 16))
    [sums] = compared([item(2, "a", 24)], own, on=OF_2022).sums

    assert (sums.difference, sums.unattributed) == (16, 16)


def test_a_row_on_a_wrong_tab_is_compared_with_the_credit_that_it_means():
    own = holding(training("a", 24), training("b", 16, NEXT))
    claims = [item(2, "a", 24), claim(3, 16, title="课程b", year=2022)]
    found = compared(claims, own, on=OF_2022)

    assert causes(found.rows[1]) == {Cause.OTHER_CYCLE: 0}
    assert found.absent == ()


def test_a_credit_under_another_id_of_a_person_whom_a_row_means_is_a_line():
    mine = holding(training("a", 24), alike=(CHEN,))
    other = holding(training("b", 16, NEXT, teacher=CHEN), teacher=CHEN, alike=(LIN,))
    claims = [item(2, "a", 24), item(3, "b", 16, completed=NEXT)]
    found = compared(claims, mine, other, on=OF_2022)

    assert [row.credit for row in found.rows if row.row is None] == [CreditId("credit:b")]
    assert found.absent == ()


def test_totals_of_years_tell_the_others_and_totals_of_a_cycle_are_about_all_of_it():
    own = holding(training("a", 24), training("b", 16, NEXT))
    of_years = compared([claim(2, 24, year=2022)], own, on=replace(OF_2022, grain=TOTALS))
    of_cycle = compared([claim(2, 40, cycle=1)], own, on=replace(OF_2022, grain=TOTALS))

    assert of_years.absent == (YearAbsent(year=2023, lines=1, amount=Decimal(16)),)
    assert (of_cycle.absent, of_cycle.rows[0].standing) == ((), Standing.EQUAL)


def test_of_the_years_without_a_tab_those_outside_the_period_are_not_told():
    own = holding(training("a", 24), training("b", 16, NEXT), training("p", 8, PAST))
    found = compared([item(2, "a", 24)], own, on=replace(OF_2022, last=date(2022, 12, 31)))

    assert [each.year for each in found.absent] == [2021]


@settings(max_examples=80, deadline=timedelta(seconds=5))
@given(
    st.lists(st.tuples(st.sampled_from((PAST, DAY, NEXT)), st.booleans(), st.booleans())),
    st.sets(st.sampled_from((2021, 2022, 2023)), min_size=1),
)
def test_what_is_left_out_and_what_is_compared_is_all_that_the_ledger_has(
    told: list[tuple[date, bool, bool]], years: set[int]
):
    """Some credits are in the sheet, some of them with another amount; whichever years it has."""
    things, claims, had = [], [], Decimal(0)
    for number, (day, listed, wrong) in enumerate(told, start=2):
        things.append(training(f"n{number}", 8, day))
        had += 8
        if listed:
            claims.append(item(number, f"n{number}", 9 if wrong else 8, completed=day))
    found = compared(claims, holding(*things), on=terms(years=tuple(sorted(years))))

    absent = sum((each.amount for each in found.absent), Decimal(0))
    assert absent + sum((row.ledger for row in found.rows), Decimal(0)) == had
    assert not years & {each.year for each in found.absent}

"""Ties: rows and credits that share their marks come to what is certain of them, and no more."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.cause import Cause
from ledger.comparison import Comparison
from ledger.credit import CreditAwarded
from ledger.mark import PairedBy
from ledger.row import Row, Standing
from tests.compared import causes, claim, compared, corrected, holding, item, terms, training
from tests.given import on

DAY = date(2022, 6, 1)


def same(name: str, amount: str | int, **more: Any) -> CreditAwarded:
    """A credit of one title and day with all others of these tests."""
    return replace(training(name, amount, DAY, **more), title="课程a")


def by_row(found: Comparison) -> dict[int, Row]:
    return {row.row: row for row in found.rows if row.row is not None}


def only_here(found: Comparison) -> list[Row]:
    return [row for row in found.rows if row.row is None]


def test_a_row_of_two_credits_of_its_amount_is_one_of_them_and_the_other_is_lacking():
    found = compared([claim(2, 16)], holding(training("a", 16), training("b", 16)))
    [lacking] = only_here(found)

    assert (found.rows[0].standing, found.rows[0].tied) == (
        Standing.EQUAL,
        ("credit:a", "credit:b"),
    )
    assert (lacking.unattributed, lacking.portions[0].certain) == (16, False)
    assert "row 2" in lacking.portions[0].en


def test_of_two_credits_of_one_amount_that_of_after_the_sheet_is_the_one_it_lacks():
    late, early = on(date(2024, 2, 1), same("b", 16)), on(DAY, same("c", 16))
    found = compared([item(2, "a", 16)], holding(early, late), on=terms(sheet_day=DAY))
    [lacking] = only_here(found)

    assert (found.rows[0].standing, found.rows[0].credit) == (Standing.EQUAL, "credit:c")
    assert causes(lacking) == {Cause.TIMING: 16}


def test_the_one_way_in_which_every_row_is_explained_is_taken():
    own = holding(same("a", 30, missed=3), same("b", 24, missed=2))
    found = by_row(compared([item(2, "a", 24), item(3, "a", 30)], own))

    assert (found[2].credit, causes(found[2])) == ("credit:b", {Cause.DEDUCTION: -2})
    assert (found[3].credit, causes(found[3])) == ("credit:a", {Cause.DEDUCTION: -3})
    assert found[2].tied == found[3].tied == ()


def test_two_ways_that_come_to_the_same_are_certain_though_no_row_means_one_credit():
    own = holding(same("a", 24, missed=2), same("b", 24, missed=3), same("c", 9))
    found = compared([item(2, "a", 24), item(3, "a", 24)], own)
    rows = by_row(found)

    assert {causes(row)[Cause.DEDUCTION] for row in rows.values()} == {-2, -3}
    assert {row.tied for row in rows.values()} == {("credit:a", "credit:b", "credit:c")}
    assert [row.unattributed for row in only_here(found)] == [9]


def test_two_ways_with_other_causes_leave_all_of_it_open():
    own = holding(same("a", 24, missed=2), same("b", 20), corrected("b", 24, 20))
    found = compared([item(2, "a", 24)], own)

    assert [row.unattributed for row in found.rows] == [-24, 22, 20]
    assert found.rows[0].tied == ("credit:a", "credit:b")


def test_a_row_that_is_two_credits_together_is_equal_and_names_both():
    own = holding(same("a", 24), same("b", 16), same("c", 5))
    found = compared([item(2, "a", 40)], own)
    [row, lacking] = found.rows

    assert (row.standing, row.paired_by, row.credit) == (
        Standing.EQUAL,
        PairedBy.TOGETHER,
        None,
    )
    assert (row.ledger, row.tied) == (40, ("credit:a", "credit:b"))
    assert (lacking.credit, lacking.unattributed) == ("credit:c", 5)


def test_credits_that_may_be_a_row_together_in_two_ways_or_alone_with_a_cause_are_left_open():
    twice = holding(same("a", 24), same("b", 16), same("c", 10), same("d", 30))
    alone = holding(same("a", 42, missed=2), same("b", 30), same("c", 12))
    for own, amount in ((twice, 40), (alone, 42)):
        found = compared([item(2, "a", amount)], own)

        assert found.rows[0].unattributed == -amount
        assert found.rows[0].standing is Standing.ONLY_THERE


def test_rows_that_tell_one_credit_in_parts_are_equal():
    found = compared([item(2, "a", 10), item(3, "a", 14)], holding(training("a", 24)))

    assert [row.standing for row in found.rows] == [Standing.EQUAL] * 2
    assert {row.paired_by for row in found.rows} == {PairedBy.PARTS}
    assert {row.credit for row in found.rows} == {"credit:a"}


def test_rows_of_which_one_has_the_earlier_amount_are_no_parts():
    own = holding(training("a", 14), corrected("a", 14, 24))
    rows = by_row(compared([item(2, "a", 10), item(3, "a", 14)], own))

    assert causes(rows[3]) == {Cause.CORRECTION: 10}
    assert causes(rows[2]) == {Cause.DUPLICATE_PERSON: -10}


HALVES = st.integers(1, 30).map(lambda each: Decimal(each) / 2)


@given(
    st.lists(st.tuples(HALVES, st.integers(0, 3), st.booleans()), max_size=5),
    st.lists(HALVES, max_size=5),
    st.booleans(),
)
def test_whatever_is_tied_the_shares_add_up_and_no_credit_is_counted_twice(
    credits: list[tuple[Decimal, int, bool]], said: list[Decimal], named: bool
):
    own = holding(
        *(
            on(date(2024, 2, 1) if late else DAY, same(f"{number}", str(amount + 2), missed=missed))
            for number, (amount, missed, late) in enumerate(credits)
        )
    )
    rows = [
        item(row, "a", str(amount)) if named else claim(row, str(amount))
        for row, amount in enumerate(said, start=2)
    ]
    found = compared(rows, own, on=terms(sheet_day=DAY))

    ledger = sum((row.ledger for row in found.rows), Decimal(0))
    assert ledger == sum(line.credits for line in own.record.lines)
    lacking = [row.credit for row in only_here(found)]
    assert len(lacking) == len({*lacking})
    again = compared(list(reversed(rows)), own, on=terms(sheet_day=DAY))
    assert again.sums == found.sums

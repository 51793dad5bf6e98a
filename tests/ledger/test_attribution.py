"""Attribution: the smallest set that adds up exactly, or the statement that there is none."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ledger.attribution import Sets, attribute
from ledger.cause import Cause, Portion, portion

CAUSES = [Cause.CAP, Cause.DEDUCTION, Cause.TIMING, Cause.CORRECTION]


def part(cause: Cause, amount: str | int, about: str = "", *, whole: bool = False) -> Portion:
    name = about or f"{cause.value}{amount}"
    return portion(
        cause, Decimal(amount), f"{name}。", f"{name}.", events=(name,), about=(name,), whole=whole
    )


def test_the_smallest_set_wins():
    parts = [part(Cause.CAP, -3), part(Cause.DEDUCTION, -1), part(Cause.TIMING, -2)]
    found = attribute(Decimal(-3), Sets(parts))

    assert [each.cause for each in found.portions] == [Cause.CAP]


def test_all_of_one_cause_are_one():
    parts = [part(Cause.DEDUCTION, amount) for amount in (-1, -2, -4)] + [part(Cause.CAP, -100)]
    found = attribute(Decimal(-107), Sets(parts))

    assert {each.cause: each.amount for each in found.portions} == {
        Cause.CAP: -100,
        Cause.DEDUCTION: -7,
    }


def test_two_sets_of_one_size_and_other_causes_leave_it_open_and_name_both():
    found = attribute(Decimal(-3), Sets([part(Cause.CAP, -3), part(Cause.DEDUCTION, -3)]))

    assert found.unattributed == -3
    assert found.alternatives == ((Cause.CAP,), (Cause.DEDUCTION,))
    [told] = found.portions
    assert (told.cause, set(told.events)) == (Cause.UNKNOWN, {"CAP-3", "DEDUCTION-3"})


def test_two_events_of_one_cause_and_amount_are_both_listed():
    found = attribute(Decimal(-3), Sets([part(Cause.CAP, -3, "a"), part(Cause.CAP, -3, "b")]))

    [told] = found.portions
    assert (told.cause, told.amount, told.events) == (Cause.CAP, -3, ("a", "b"))
    assert found.unattributed == 0


def test_what_the_sheet_lacks_altogether_has_no_other_part_in_it():
    parts = [part(Cause.TIMING, 9, "a", whole=True), part(Cause.DEDUCTION, -2, "a")]

    assert attribute(Decimal(7), Sets(parts)).unattributed == 7
    assert attribute(Decimal(9), Sets(parts)).unattributed == 0


def test_nothing_explains_what_adds_up_to_something_else():
    found = attribute(Decimal("0.5"), Sets([part(Cause.CAP, -3)]))

    assert (found.unattributed, [each.cause for each in found.portions]) == (
        Decimal("0.5"),
        [Cause.UNKNOWN],
    )


def test_rounding_is_one_part_beside_others():
    found = attribute(Decimal("-2.5"), Sets([part(Cause.CAP, -2)]), Decimal(20))

    assert {each.cause: each.amount for each in found.portions} == {
        Cause.CAP: -2,
        Cause.ROUNDING: Decimal("-0.5"),
    }


@given(
    st.lists(st.tuples(st.sampled_from(CAUSES), st.integers(-8, 8)), max_size=6),
    st.integers(-12, 12),
)
def test_it_is_the_smallest_that_anybody_could_find(parts: list[tuple[Cause, int]], wanted: int):
    portions = [part(cause, amount, f"p{n}") for n, (cause, amount) in enumerate(parts) if amount]
    found = attribute(Decimal(wanted), Sets(portions))

    assert sum(each.amount for each in found.portions) == wanted
    sizes = [
        size
        for size in range(len(portions) + 1)
        for chosen in combinations(portions, size)
        if sum(each.amount for each in chosen) == wanted
    ]
    if not sizes:
        assert found.unattributed == wanted
    elif wanted:
        assert found.alternatives or found.size <= min(sizes)

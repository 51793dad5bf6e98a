"""A sheet of totals: what adds up to each difference, with the events."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.breakdown import TrainingKind
from ledger.cause import Cause
from ledger.claim import Measure
from ledger.completion import Reason
from ledger.credit import CreditKind
from ledger.cycle import Unit
from ledger.row import Standing
from tests.cast import CHEN
from tests.compared import (
    TOTALS,
    causes,
    claim,
    compared,
    denied,
    holding,
    of_class,
    only,
    terms,
    training,
)
from tests.given import on

THEN, DAY, NEXT = date(2021, 6, 1), date(2022, 6, 1), date(2023, 6, 1)
ON = terms(TOTALS)


def test_totals_that_fit_are_equal_by_year_by_cycle_and_without_either():
    own = holding(training("a", 24), training("b", 16, NEXT))
    years = [claim(2, 24, year=2022), claim(3, 16, year=2023)]

    for claims in (years, [claim(2, 40, cycle=1)], [claim(2, 40)]):
        found = compared(claims, own, on=ON)
        assert {row.standing for row in found.rows} == {Standing.EQUAL}


def test_the_cap_and_a_deduction_on_one_person_are_told_apart():
    home = replace(training("home", 180), kind=CreditKind.SCHOOL_BASED)
    own = holding(home, training("a", 24, missed=2), training("b", 16))
    on_terms = terms(TOTALS, measure=Measure.EFFECTIVE)
    row = only(compared([claim(2, 220, cycle=1)], own, on=on_terms))

    assert causes(row) == {Cause.CAP: -30, Cause.DEDUCTION: -2}
    assert {each.rule for each in row.portions} == {"ZJ24-70", "ZJ14-08"}


def test_a_credit_counted_in_another_year_explains_both_rows():
    own = holding(training("a", 24), training("b", 16, NEXT), training("c", 9, missed=1))
    claims = [claim(2, 9, year=2022), claim(3, 40, year=2023)]
    found = compared(claims, own, on=ON)

    assert [causes(row) for row in found.rows] == [
        {Cause.OTHER_CYCLE: 24, Cause.DEDUCTION: -1},
        {Cause.OTHER_CYCLE: -24},
    ]
    assert {row.portions[-1].events for row in found.rows} == {("lin-2",)}


def test_two_credits_of_two_years_counted_in_a_third_explain_all_rows():
    own = holding(
        on(DAY, training("a", 24)),
        on(NEXT, training("b", 16, NEXT)),
        on(THEN, training("c", 5, THEN)),
    )
    claims = [claim(2, 0, year=2022), claim(3, 0, year=2023), claim(4, 45, year=2021)]
    found = compared(claims, own, on=ON)

    assert [causes(row) for row in found.rows] == [
        {Cause.OTHER_CYCLE: 24},
        {Cause.OTHER_CYCLE: 16},
        {Cause.OTHER_CYCLE: -40},
    ]


def test_a_credit_that_would_explain_only_one_of_two_rows_explains_none():
    own = holding(on(DAY, training("a", 24)), on(NEXT, training("b", 16, NEXT)))
    found = compared([claim(2, 0, year=2022), claim(3, 13, year=2023)], own, on=ON)

    assert [row.unattributed for row in found.rows] == [24, 3]


def test_all_credits_of_one_year_counted_in_another_explain_both_rows():
    own = holding(*(on(DAY, training(name, much)) for name, much in (("a", 24), ("b", 90))))
    found = compared([claim(2, 114, year=2021), claim(3, 0, year=2022)], own, on=ON)

    assert [causes(row) for row in found.rows] == [
        {Cause.OTHER_CYCLE: -114},
        {Cause.OTHER_CYCLE: 114},
    ]
    for row in found.rows:
        assert set(row.portions[0].about) == {"credit:a", "credit:b"}
        assert "any of them" not in row.portions[0].en


def test_some_credits_of_a_year_counted_in_another_are_named_and_the_others_are_not():
    own = holding(
        *(on(DAY, training(name, much)) for name, much in {"a": 24, "b": 90, "c": 7}.items())
    )
    found = compared([claim(2, 31, year=2021), claim(3, 90, year=2022)], own, on=ON)

    assert [causes(row) for row in found.rows] == [
        {Cause.OTHER_CYCLE: -31},
        {Cause.OTHER_CYCLE: 31},
    ]
    assert {row.portions[0].about for row in found.rows} == {("credit:a", "credit:c")}


def test_a_denial_explains_a_part_of_a_total_and_the_rest_stays_open():
    own = holding(on(DAY, denied("d")), trainings=of_class("d", DAY))
    row = only(compared([claim(2, 120, year=2022)], own, on=ON))

    assert causes(row) == {Cause.ABSENCE_DENIAL: -90, Cause.UNKNOWN: -30}
    assert (row.unattributed, row.alternatives) == (-30, ())
    assert not row.portions[0].certain


def test_two_denials_that_both_may_be_a_part_of_a_total_leave_all_of_it_open():
    known = of_class("d", DAY) | of_class("e", DAY, 80)
    own = holding(on(DAY, denied("d")), on(DAY, denied("e", Reason.MISCONDUCT)), trainings=known)
    row = only(compared([claim(2, 120, year=2022)], own, on=ON))

    assert causes(row) == {Cause.UNKNOWN: -120}
    assert set(row.alternatives) == {(Cause.ABSENCE_DENIAL,), (Cause.MISCONDUCT,)}


def test_a_denial_that_is_more_than_the_difference_or_the_least_of_it_explains_nothing():
    own = holding(on(DAY, denied("d")), trainings=of_class("d", DAY))

    for much in (60, 1000):
        row = only(compared([claim(2, much, year=2022)], own, on=ON))
        assert (causes(row), row.alternatives) == ({Cause.UNKNOWN: -much}, ())


def test_a_past_cycle_without_its_cap_in_the_total_is_both_the_cycle_and_the_cap():
    past = date(2023, 10, 1)
    home = replace(training("home", 180, past), kind=CreditKind.SCHOOL_BASED)
    many = [training(f"n{number}", 30, past) for number in range(7)]
    own = holding(home, *many, entered=date(2019, 3, 15))
    on_terms = terms(TOTALS, measure=Measure.EFFECTIVE)
    row = only(compared([claim(2, 390)], own, on=on_terms))

    assert causes(row) == {Cause.OTHER_CYCLE: -360, Cause.CAP: -30}
    assert row.unattributed == 0
    one = only(compared([claim(2, 180)], own, on=on_terms))
    assert causes(one) == {Cause.OTHER_CYCLE: -150, Cause.CAP: -30}


def test_hours_and_credits_of_one_year_are_two_totals():
    claims = [claim(2, 24, year=2022), claim(3, 24, year=2022, unit=Unit.HOURS)]
    found = compared(claims, holding(training("a", 24)), on=ON)

    assert [row.standing for row in found.rows] == [Standing.EQUAL, Standing.EQUAL]
    assert [each.ledger for each in found.sums] == [24, 24]


def test_a_credit_counted_under_another_kind_explains_both_rows():
    own = holding(training("a", 24), training("c", 5))
    claims = [
        claim(2, 5, year=2022, kind=TrainingKind.INTENSIVE),
        claim(3, 24, year=2022, kind=TrainingKind.DISTANCE),
    ]
    found = compared(claims, own, on=ON)

    assert [causes(row) for row in found.rows] == [{Cause.OTHER_KIND: 24}, {Cause.OTHER_KIND: -24}]


def test_a_credit_of_an_earlier_cycle_in_the_total_is_found():
    own = holding(training("old", 24, date(2019, 10, 1)), training("a", 16, DAY))
    row = only(compared([claim(2, 40, year=2022)], own, on=ON))

    assert causes(row) == {Cause.OTHER_CYCLE: -24}
    assert row.portions[0].events == ("lin-2",)


def test_rounding_the_sum_and_rounding_every_credit_are_both_found():
    own = holding(*(training(f"n{number}", "7.5") for number in range(3)))
    summed = only(compared([claim(2, 23, year=2022)], own, on=ON))
    each = only(compared([claim(2, 24, year=2022)], own, on=ON))

    assert causes(summed) == {Cause.ROUNDING: Decimal("-0.5")}
    assert causes(each) == {Cause.ROUNDING: Decimal("-1.5")}
    assert "every credit" in each.portions[0].en


def test_rows_that_tell_a_total_in_parts_are_equal_and_one_told_twice_is_double():
    own = holding(training("a", 24), training("b", 16))
    parts = compared([claim(2, 24, year=2022), claim(3, 16, year=2022)], own, on=ON)
    twice = compared([claim(2, 40, year=2022), claim(3, 40, year=2022)], own, on=ON)

    assert {row.standing for row in parts.rows} == {Standing.EQUAL}
    assert [row.standing for row in twice.rows] == [Standing.EQUAL, Standing.ONLY_THERE]
    assert causes(twice.rows[1]) == {Cause.DUPLICATE_PERSON: -40}


def test_who_is_not_in_the_sheet_is_only_here_for_the_periods_that_it_tells():
    one = holding(training("a", 24))
    other = holding(
        on(date(2024, 2, 1), training("b", 16, teacher=CHEN)),
        on(NEXT, training("c", 9, NEXT, teacher=CHEN)),
        teacher=CHEN,
    )
    on_terms = terms(TOTALS, sheet_day=date(2024, 1, 1))
    found = compared([claim(2, 24, year=2022)], one, other, on=on_terms)

    [row] = [row for row in found.rows if row.teacher == CHEN]
    assert (row.standing, row.year, row.ledger) == (Standing.ONLY_HERE, 2022, 16)
    assert causes(row) == {Cause.TIMING: 16}


def test_a_period_narrows_the_totals_of_years_and_cycles_to_its_days():
    own = holding(training("a", 24), training("b", 16, date(2022, 9, 1)), training("c", 8, NEXT))
    half = replace(ON, first=date(2022, 7, 1), last=date(2022, 12, 31))

    for claims in ([claim(2, 16, year=2022)], [claim(2, 16, cycle=1)], [claim(2, 16)]):
        row = only(compared(claims, own, on=half))
        assert (row.standing, row.ledger) == (Standing.EQUAL, 16)


def test_what_a_total_has_beyond_the_period_is_told_with_its_credits():
    own = holding(training("a", 24), training("d", 5, date(2022, 6, 9)), training("b", 16, NEXT))
    late = replace(ON, first=date(2023, 1, 1))
    row = only(compared([claim(2, 45, cycle=1)], own, on=late))

    assert (row.standing, row.ledger) == (Standing.DIFFERS, 16)
    assert causes(row) == {Cause.OTHER_CYCLE: -29}
    assert {*row.portions[0].about} == {"credit:a", "credit:d"}


def test_a_total_of_a_year_or_cycle_outside_the_period_is_only_there_for_that_cause():
    own = holding(training("a", 24), training("b", 16, NEXT))
    late = replace(ON, first=date(2023, 1, 1))
    before, after = compared([claim(2, 24, year=2022), claim(3, 16, year=2023)], own, on=late).rows
    past = only(compared([claim(2, 40, cycle=1)], own, on=replace(ON, first=date(2040, 1, 1))))

    assert (before.standing, after.standing) == (Standing.ONLY_THERE, Standing.EQUAL)
    assert (causes(before), before.unattributed) == ({Cause.OTHER_CYCLE: -24}, 0)
    assert before.portions[0].about == ("credit:a",)
    assert (past.standing, causes(past)) == (Standing.ONLY_THERE, {Cause.OTHER_CYCLE: -40})


def test_who_is_not_in_the_sheet_is_only_here_with_what_lies_in_the_period():
    other = holding(
        training("b", 16, teacher=CHEN),
        training("c", 9, date(2022, 9, 1), teacher=CHEN),
        teacher=CHEN,
    )
    half = replace(ON, first=date(2022, 7, 1))
    found = compared([claim(2, 0, year=2022)], holding(), other, on=half)

    [row] = [row for row in found.rows if row.teacher == CHEN]
    assert (row.standing, row.ledger) == (Standing.ONLY_HERE, 9)


def test_kinds_that_the_sheet_leaves_out_are_only_here():
    own = holding(training("a", 24), replace(training("far", 8), kind=CreditKind.DISTANCE))
    claims = [claim(2, 24, year=2022, kind=TrainingKind.INTENSIVE)]
    found = compared(claims, own, on=ON)

    assert [(row.standing, row.kind, row.ledger) for row in found.rows] == [
        (Standing.EQUAL, TrainingKind.INTENSIVE, 24),
        (Standing.ONLY_HERE, TrainingKind.DISTANCE, 8),
    ]


def test_a_total_of_one_person_hides_no_kind_that_another_lacks():
    own = holding(training("a", 24), replace(training("far", 8), kind=CreditKind.DISTANCE))
    other = holding(training("b", 16, teacher=CHEN), teacher=CHEN)
    intensive = claim(2, 24, year=2022, kind=TrainingKind.INTENSIVE)
    whole = claim(3, 16, year=2022, teacher=CHEN)
    lines = [
        [(row.kind, row.ledger) for row in found.rows if row.standing is Standing.ONLY_HERE]
        for found in (
            compared([intensive], own, on=ON),
            compared([intensive, whole], own, other, on=ON),
            compared([intensive, replace(whole, teacher=intensive.teacher)], own, on=ON),
        )
    ]

    assert lines == [[(TrainingKind.DISTANCE, 8)], [(TrainingKind.DISTANCE, 8)], []]


@settings(max_examples=80, deadline=timedelta(seconds=5))
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans()), max_size=8),
    st.integers(0, 400),
)
def test_credits_told_in_other_years_and_rounded_totals_are_found(
    told: list[tuple[int, int, bool]], slip: int
):
    """Amounts are powers of two: what each year has too much or too little of is one set only."""
    years = (THEN, DAY, NEXT)
    things, sheet = [], dict.fromkeys((2021, 2022, 2023), Decimal(0))
    moved: dict[int, Decimal] = {}
    for number, (year, other, away) in enumerate(told):
        amount, said = Decimal(2**number), years[other if away else year].year
        things.append(on(years[year], training(f"n{number}", 2**number, years[year])))
        sheet[said] += amount
        if said != years[year].year:
            moved[years[year].year] = moved.get(years[year].year, Decimal(0)) + amount
            moved[said] = moved.get(said, Decimal(0)) - amount
    claims = [
        claim(number, amount, year=year)
        for number, (year, amount) in enumerate(sheet.items(), start=2)
    ]
    found = compared(claims, holding(*things), on=ON)
    if sum(away and year != other for year, other, away in told) == 1:
        assert {row.year: causes(row) for row in found.rows if row.portions} == {
            year: {Cause.OTHER_CYCLE: amount} for year, amount in moved.items()
        }
    # Whatever else is wrong, it adds up, and nothing is said of rows that fit.
    wrong = [replace(each, amount=each.amount + Decimal(slip) / 4) for each in claims]
    for row in compared(wrong, holding(*things), on=ON).rows:
        if row.difference:
            assert row.portions
        assert row.attributed + row.unattributed == row.difference

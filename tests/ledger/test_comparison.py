"""Comparison: every difference between a sheet and the ledger has its causes, or stays open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.cause import Cause
from ledger.claim import Claim, Measure
from ledger.comparison import canonical, compare, digest
from ledger.credit import CreditKind
from ledger.cycle import Unit
from ledger.holding import Holding, Training
from ledger.names import OfferingId
from ledger.row import Standing
from tests.cast import CHEN, HANGZHOU, LIN, RUIAN
from tests.compared import (
    RULES,
    SCHOOLS,
    TOTALS,
    claim,
    compared,
    corrected,
    denied,
    holding,
    item,
    of_class,
    only,
    revoked,
    terms,
    told_by_school,
    training,
    transferred,
)
from tests.given import Thing, on

DAY = date(2022, 6, 1)


def test_a_sheet_that_says_what_the_ledger_says_has_only_equal_rows():
    found = compared(
        [item(2, "a", 24), item(3, "b", 16)], holding(training("a", 24), training("b", 16))
    )

    assert {row.standing for row in found.rows} == {Standing.EQUAL}
    [sums] = found.sums
    assert (sums.difference, sums.unattributed, sums.by_cause) == (0, 0, ())


def test_the_same_inputs_make_the_same_bytes_in_whatever_order_the_rows_come():
    claims = [item(2, "a", 24), item(3, "b", 20), item(4, "c", 9), claim(5, 7)]
    people = {LIN: holding(training("a", 24), training("b", 16), training("d", 5))}
    one = compare(claims, people, RULES, terms(), SCHOOLS)
    other = compare(reversed(claims), people, RULES, terms(), SCHOOLS)

    assert canonical(one) == canonical(other)
    assert digest(one) == digest(other)
    # As long as one tab is compared, what is on record from before several were is made again.
    assert digest(one) == "7a3e9270cecd41ff026fa24031808301402c84a1131496f7c3c16e4da40891fe"


def test_rows_of_several_tabs_say_where_they_stand_and_come_in_the_order_of_the_tabs():
    claims = [
        replace(item(2, "b", 20), tab="2023"),
        replace(item(2, "a", 24), tab="2024"),
        replace(item(3, "a", 24), tab="2023"),
    ]
    own = holding(training("a", 24), training("b", 16))
    found = compare(claims, {LIN: own}, RULES, terms(), SCHOOLS, tabs=("2024", "2023"))

    told = [(*row.spot, row.standing) for row in found.rows]
    assert told == [
        ("2024", 2, Standing.ONLY_THERE),
        ("2023", 2, Standing.DIFFERS),
        ("2023", 3, Standing.EQUAL),
    ]
    [double] = found.rows[0].portions
    assert double.cause is Cause.DUPLICATE_PERSON
    assert "“2024”第 2 行与“2023”第 3 行" in double.zh
    assert "2 (2024) and 3 (2023)" in double.en


def test_a_person_whom_the_bureau_does_not_know_is_unattributed():
    row = only(compared([claim(2, 30, teacher=CHEN)]))

    assert (row.standing, row.teacher, row.unattributed) == (Standing.ONLY_THERE, None, -30)


def test_hours_and_credits_are_never_added_up_together():
    own = holding(training("a", 24), training("b", 16))
    found = compared([item(2, "a", 24), replace(item(3, "b", 20), unit=Unit.HOURS)], own)

    assert len(found.sums) == 2


# What may be planted in a sheet. Amounts are powers of two, so that no sum has two explanations.


@dataclass
class Plot:
    """One person's past and what a sheet says of it, with the slips that were planted."""

    number: int
    things: list[Thing] = field(default_factory=list)
    ahead: list[Thing] = field(default_factory=list)
    claims: list[tuple[str, Decimal, date]] = field(default_factory=list)
    planted: list[tuple[Cause, Decimal]] = field(default_factory=list)
    trainings: dict[OfferingId, Training] = field(default_factory=dict)

    def name(self) -> str:
        self.number += 1
        return f"t{self.number}"


def _plain(plot: Plot, amount: Decimal) -> None:
    name = plot.name()
    plot.things.append(on(DAY, training(name, amount)))
    plot.claims.append((name, amount, DAY))


def _deduction(plot: Plot, amount: Decimal) -> None:
    name = plot.name()
    plot.things.append(on(DAY, training(name, 3000, missed=amount)))
    plot.claims.append((name, Decimal(3000), DAY))
    plot.planted.append((Cause.DEDUCTION, -amount))


def _correction(plot: Plot, amount: Decimal) -> None:
    name = plot.name()
    plot.things += [on(DAY, training(name, 3000)), on(DAY, corrected(name, 3000, 3000 - amount))]
    plot.claims.append((name, Decimal(3000), DAY))
    plot.planted.append((Cause.CORRECTION, -amount))


def _revocation(plot: Plot, amount: Decimal) -> None:
    name = plot.name()
    plot.things += [on(DAY, training(name, amount)), on(DAY, revoked(name, amount))]
    plot.claims.append((name, amount, DAY))
    plot.planted.append((Cause.REVOCATION, -amount))


def _misconduct(plot: Plot, amount: Decimal) -> None:
    name = plot.name()
    gone = revoked(name, amount, "MISCONDUCT 2022-05-01: 代签到")
    plot.things += [on(DAY, training(name, amount)), on(DAY, gone)]
    plot.claims.append((name, amount, DAY))
    plot.planted.append((Cause.MISCONDUCT, -amount))


def _denial(plot: Plot, amount: Decimal) -> None:
    name = plot.name()
    plot.things.append(on(DAY, denied(name)))
    known = of_class(name, DAY)
    plot.trainings |= {key: replace(each, credits=amount) for key, each in known.items()}
    plot.claims.append((name, amount, DAY))
    plot.planted.append((Cause.ABSENCE_DENIAL, -amount))


def _late(plot: Plot, amount: Decimal) -> None:
    name = plot.name()
    plot.things.append(on(date(2024, 3, 1), training(name, amount)))
    plot.planted.append((Cause.TIMING, amount))


def _unrecognised(plot: Plot, amount: Decimal) -> None:
    name = plot.name()
    told = replace(told_by_school(name, amount, DAY), title=f"课程{name}")
    plot.things.append(on(DAY, told))
    plot.claims.append((name, amount, DAY))
    plot.planted.append((Cause.UNRECOGNISED, -amount))


def _ahead(plot: Plot, amount: Decimal) -> None:
    name = plot.name()
    plot.ahead.append(on(date(2024, 5, 1), training(name, amount)))
    plot.claims.append((name, amount, DAY))
    plot.planted.append((Cause.TIMING, -amount))


SLIPS: list[Callable[[Plot, Decimal], None]] = [
    _plain,
    _deduction,
    _correction,
    _revocation,
    _misconduct,
    _denial,
    _late,
    _unrecognised,
    _ahead,
]
SHEET_DAY = date(2024, 1, 1)


def plotted(slips: list[int]) -> Plot:
    """A person with some slips; the amounts are 1, 2, 4 … so that each sum is of one kind only."""
    plot = Plot(0)
    for number, slip in enumerate(slips):
        SLIPS[slip](plot, Decimal(2**number))
    return plot


def of_plot(plot: Plot) -> Holding:
    return holding(*plot.things, ahead=plot.ahead, trainings=plot.trainings)


def by_cause(planted: list[tuple[Cause, Decimal]]) -> dict[Cause, Decimal]:
    found: dict[Cause, Decimal] = {}
    for cause, amount in planted:
        found[cause] = found.get(cause, Decimal(0)) + amount
    return {cause: amount for cause, amount in found.items() if amount}


@settings(max_examples=120, deadline=timedelta(seconds=5))
@given(st.lists(st.integers(0, len(SLIPS) - 1), min_size=1, max_size=9), st.randoms())
def test_each_planted_slip_of_a_sheet_of_credits_is_found(slips: list[int], random: Random):
    plot = plotted(slips)
    claims = [
        item(number, name, str(amount), completed=day)
        for number, (name, amount, day) in enumerate(plot.claims, start=2)
    ]
    random.shuffle(claims)
    found = compared(claims, of_plot(plot), on=terms(sheet_day=SHEET_DAY))

    told = [(each.cause, each.amount) for row in found.rows for each in row.portions]
    assert sorted(told, key=str) == sorted(plot.planted, key=str)
    assert all(each.events for row in found.rows for each in row.portions)
    assert all(each.unattributed == 0 for each in found.sums)


@settings(max_examples=120, deadline=timedelta(seconds=5))
@given(st.lists(st.integers(0, len(SLIPS) - 1), min_size=1, max_size=6))
def test_each_planted_slip_of_a_total_is_found(slips: list[int]):
    plot = plotted(slips)
    sheet = sum((amount for _, amount, _ in plot.claims), Decimal(0))
    on_terms = terms(TOTALS, sheet_day=SHEET_DAY)
    found = only(compared([claim(2, sheet, year=2022)], of_plot(plot), on=on_terms))

    if found.alternatives:
        # Where another set is as small, nothing is claimed, and the planted one is among them.
        wanted = set(by_cause(plot.planted))
        assert any(wanted >= {*each} or {*each} >= wanted for each in found.alternatives)
        assert found.unattributed == found.difference
    else:
        assert by_cause([(each.cause, each.amount) for each in found.portions]) == by_cause(
            plot.planted
        )
        assert all(each.events for each in found.portions)


@settings(max_examples=60, deadline=timedelta(seconds=5))
@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 8), st.integers(2020, 2023)),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.tuples(st.integers(0, 11), st.integers(-9, 9)), max_size=6),
    st.sampled_from(list(Measure)),
    st.booleans(),
)
def test_whatever_a_sheet_says_attributed_and_unattributed_are_the_difference(
    lines: list[tuple[int, int, int]],
    slips: list[tuple[int, int]],
    measure: Measure,
    single: bool,
):
    things: list[Thing] = []
    said: list[Claim] = []
    for number, (half, missed, year) in enumerate(lines):
        amount, off = Decimal(half + 8) / 2, Decimal(missed) / 2
        day = date(year, 6, 1)
        event = training(f"n{number}", str(amount), day, missed=str(min(off, amount)))
        if number % 3 == 0:
            event = replace(event, kind=CreditKind.SCHOOL_BASED)
        things.append(on(day, event))
        said.append(item(number + 2, f"n{number}", str(amount), completed=day))
    for number, more in slips:
        if number < len(said):
            amount = max(said[number].amount + Decimal(more) / 4, Decimal(0))
            said[number] = replace(said[number], amount=amount)
    if not single:
        years = sorted({each[2] for each in lines})
        said = [
            claim(
                number,
                sum(e.amount for e in said if e.completed and e.completed.year == year),
                year=year,
            )
            for number, year in enumerate(years, start=2)
        ]
    on_terms = terms(terms().grain if single else TOTALS, measure=measure)
    found = compared(said, holding(*things), on=on_terms)
    assert digest(found) == digest(compared(said[::-1], holding(*things), on=on_terms))


@pytest.mark.parametrize("sheet_day", [None, date(2023, 1, 1)])
def test_who_left_counts_nothing_here_and_who_came_brought_it_along(sheet_day: date | None):
    gone = holding(training("a", 24), on(DAY, transferred(date(2023, 9, 1))))
    row = only(compared([item(2, "a", 24)], gone, on=terms(sheet_day=sheet_day)))

    assert [(each.cause, each.amount) for each in row.portions] == [(Cause.TRANSFER, -24)]
    assert "lin-3" in row.portions[0].events

    came = transferred(date(2023, 9, 1), place=RUIAN, left=HANGZHOU)
    elsewhere = replace(training("a", 24), place=HANGZHOU)
    row = only(compared([], holding(elsewhere, came, place=HANGZHOU), on=terms()))
    assert (row.standing, row.portions[0].cause) == (Standing.ONLY_HERE, Cause.TRANSFER)
    assert row.portions[0].events[0] == "lin-3"


def test_two_ids_of_one_person_explain_each_other():
    one = holding(training("a", 24), alike=(CHEN,))
    other = holding(training("b", 16, teacher=CHEN), teacher=CHEN, alike=(LIN,))
    found = compared([item(2, "a", 24), item(3, "b", 16)], one, other)
    told = [(row.standing, [each.cause for each in row.portions]) for row in found.rows]

    assert told == [
        (Standing.EQUAL, []),
        (Standing.ONLY_THERE, [Cause.DUPLICATE_PERSON]),
        (Standing.ONLY_HERE, [Cause.DUPLICATE_PERSON]),
    ]
    found = compared([claim(2, 40, year=2022)], one, other, on=terms(TOTALS))
    assert [row.difference for row in found.rows] == [-16, 16]
    assert {p.cause for row in found.rows for p in row.portions} == {Cause.DUPLICATE_PERSON}

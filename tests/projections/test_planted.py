"""Slips of all kinds planted in a sheet, over a real ledger: each is found, whoever is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.as_of import RUIAN
from bench.comparison import wrong
from bench.planted import DAY, SHEET_DAY, Plot, fill, plots, sheet, totals
from ledger.claim import Claim, Grain, Measure, Terms
from ledger.comparison import compare, digest
from ledger.names import TeacherId
from ledger.store.ledger import Ledger
from projections.catalogue import RECORDS, SCHOOLS
from projections.comparison import Basis, basis
from projections.reader import Reader
from projections.runner import Runner
from projections.verdict import Rules
from tests.town import KEY, database

ROWS = 400


@dataclass(repr=False)
class Planted:
    """The plots, and the ledger's side of them at each grain."""

    plots: list[Plot]
    sides: dict[Grain, Basis]


@pytest.fixture(scope="module")
def planted(postgres_url: str, founded_template: str) -> Iterator[Planted]:
    """Teachers with slips of every kind, and the ledger's side of them at both grains."""
    told = list(plots(ROWS))
    with database(postgres_url, founded_template) as url, Ledger(url, KEY) as ledger:
        position = fill(ledger, told)
        Runner(ledger.pool, ledger.feed, (RECORDS, SCHOOLS)).catch_up()
        reader = Reader(ledger.pool, ledger.feed)
        named = {each.teacher for each in told}
        sides = {
            grain: basis(
                reader,
                Rules(reader),
                Terms(
                    grain=grain,
                    place=RUIAN,
                    position=position,
                    seen=ledger.feed.head(),
                    day=DAY,
                    measure=Measure.EFFECTIVE,
                    sheet_day=SHEET_DAY,
                    first=date(2020, 1, 1),
                ),
                places=(str(RUIAN),),
                named=named,
            )
            for grain in Grain
        }
        yield Planted(told, sides)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sets(st.integers(0, ROWS), min_size=1, max_size=12),
    st.sampled_from(Grain),
    st.integers(0, 99),
)
def test_whatever_was_planted_is_found_and_nothing_is_left_over(
    planted: Planted, chosen: set[int], grain: Grain, seed: int
) -> None:
    told = [planted.plots[number % len(planted.plots)] for number in sorted(chosen)]
    told = list({each.teacher: each for each in told}.values())
    if grain is Grain.TOTALS:
        claims, expected = totals(told)
        here = {}
    else:
        rows, expected = sheet(told)
        here = {key: each for plot in told for key, each in plot.here.items()}
        claims = [
            Claim(
                row=each["row"],
                amount=each["amount"],
                teacher=TeacherId(f"teacher:{each['number']}"),
                title=each["title"],
                completed=each["completed"],
            )
            for each in rows
        ]
    side = planted.sides[grain]
    # Whom a sheet of totals leaves out altogether is no slip of these.
    named = {each.teacher for each in (told if grain is Grain.CREDITS else claims)}
    people = {each: held for each, held in side.holdings.items() if each in named}
    found = compare(claims, people, side.rules, side.terms, side.schools)
    turned = Random(seed).sample(claims, len(claims))
    again = compare(turned, people, side.rules, side.terms, side.schools)

    assert wrong(found, expected, here) == []
    assert digest(again) == digest(found)
    for each in found.sums:
        assert each.unattributed == 0
        assert each.attributed == each.difference == each.ledger - each.sheet

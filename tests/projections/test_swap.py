"""A swap: nobody else's shadow comes in, nobody reads of two moments, nobody waits for one reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.store.ledger import Ledger
from projections.catalogue import SCHOOLS, TEACHERS
from projections.projection import Projection
from projections.rebuild import Rebuild, RebuildRunning
from projections.runner import Runner
from tests.town import OPERATOR, rows, school, teacher

VIEWS: tuple[Projection[Any], ...] = (SCHOOLS, TEACHERS)
MANY = 50


@pytest.fixture
def town(ledger: Ledger) -> Iterator[Ledger]:
    """A ledger with the school and its teachers."""
    ledger.ask([school()], OPERATOR)
    add(ledger, 0)
    yield ledger


@pytest.fixture
def runner(town: Ledger) -> Iterator[Runner]:
    """Two views, up with the ledger."""
    made = Runner(town.pool, town.feed, VIEWS)
    made.catch_up()
    yield made
    made.close()


def add(ledger: Ledger, start: int, count: int = MANY) -> None:
    """Teachers enter the platform."""
    ledger.ask([teacher(n) for n in range(start, start + count)], OPERATOR)


def held(url: str) -> int:
    """How many rows the live table has."""
    return int(rows(url, "select count(*) from projection.teachers")[0][0])


def test_a_run_that_was_taken_over_after_its_last_page_swaps_nothing_in(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Rebuild(town.pool, town.feed, VIEWS)
    second = Rebuild(town.pool, town.feed, VIEWS)
    swap = Rebuild._swap

    def swapping(self: Rebuild) -> int:
        monkeypatch.setattr(Rebuild, "_swap", swap)
        # All is folded and settled; another run makes the shadows anew, and they are empty.
        second.begin(afresh=True)
        return swap(self)

    first.begin()
    monkeypatch.setattr(Rebuild, "_swap", swapping)
    with pytest.raises(RebuildRunning):
        first.run()

    assert held(town.url) == MANY
    assert second.run() == town.feed.head()
    assert held(town.url) == MANY
    assert rows(town.url, "select 1 from projection.rebuilds") == []

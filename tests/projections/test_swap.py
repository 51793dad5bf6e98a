"""A swap: only its own shadows come in, nobody reads of two moments, one reader stops nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from ledger.names import TeacherId
from ledger.store.feed import Feed, Filter, open_pool
from ledger.store.ledger import Ledger
from projections.catalogue import SCHOOLS, TEACHERS, TRAILS
from projections.kept import paged
from projections.projection import Projection
from projections.reader import ANY, Reader, Where
from projections.rebuild import Rebuild, RebuildRunning
from projections.runner import Runner
from projections.search import Search, Sought
from projections.swap import put_in
from tests.town import OPERATOR, rows, school, teacher

VIEWS: tuple[Projection[Any], ...] = (SCHOOLS, TRAILS, TEACHERS)
MANY = 50
LAST = TeacherId("teacher:t99")
WAIT_SECONDS = 30.0
Pool = ConnectionPool[psycopg.Connection[Any]]


@pytest.fixture
def town(ledger: Ledger) -> Iterator[Ledger]:
    """A ledger with the school and its teachers."""
    ledger.ask([school()], OPERATOR)
    add(ledger, 0)
    yield ledger


@pytest.fixture
def runner(town: Ledger) -> Iterator[Runner]:
    """A few views, up with the ledger."""
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


def until_waiting(url: str, many: int) -> None:
    """Returns once so many wait for a table."""
    asked = "select 1 from pg_locks where locktype = 'relation' and not granted"
    latest = monotonic() + WAIT_SECONDS
    while len(rows(url, asked)) < many:
        assert monotonic() < latest, "nobody waits"


def streamed(reader: Reader) -> tuple[int, int]:
    """A view's position and rows."""
    with reader.stream(TEACHERS, ANY) as (position, found):
        return position, len(list(found))


def streamed_through(reader: Reader) -> tuple[int, int]:
    """The same of rows that stand for those of another view."""
    where = Where(through=(("place", "teachers", ("key", str(LAST))),))
    with reader.stream(SCHOOLS, where) as (position, found):
        return position, len(list(found))


def page(reader: Reader) -> tuple[int, int]:
    """A page of a view."""
    found = reader.page(TEACHERS, ANY, first=1_000)
    return found.position, len(found.rows)


def prepared(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """The same by a statement whose plan was made before."""
    found = connection.execute(*paged(TEACHERS, ANY, first=1_000), prepare=True).fetchall()
    return found[0][0], len(found)


def searched(pool: Pool, feed: Feed) -> tuple[int, int]:
    """What a search finds of all teachers."""
    found = Search(pool, feed).page(Filter(), Sought(text="CHINESE"), 1_000)
    return feed.head(), len(found)


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


def test_who_comes_while_tables_are_changed_reads_all_rows_of_the_position_that_is_told(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap = Rebuild._swap
    told: dict[str, Future[tuple[int, int]]] = {}

    def swapping(self: Rebuild) -> int:
        # The live views have what comes now; the new ones take it in within the swap itself.
        add(town, MANY)
        runner.catch_up()
        return swap(self)

    with open_pool(town.url, autocommit=True) as pool, ThreadPoolExecutor() as threads:
        reader = Reader(pool, town.feed)
        with pool.connection() as connection:
            for _ in range(10):  # from the sixth on the plan is one for all values
                assert prepared(connection) == (town.feed.head(), MANY)
            ways: dict[str, Callable[[], tuple[int, int]]] = {
                "streamed": lambda: streamed(reader),
                "through": lambda: streamed_through(reader),
                "page": lambda: page(reader),
                "prepared": lambda: prepared(connection),
                "searched": lambda: searched(pool, town.feed),
            }

            def putting(*given: Any) -> None:
                put_in(*given)
                if given[1] is VIEWS[-1]:
                    told.update({name: threads.submit(way) for name, way in ways.items()})
                    until_waiting(town.url, len(ways))

            monkeypatch.setattr(Rebuild, "_swap", swapping)
            monkeypatch.setattr("projections.rebuild.put_in", putting)
            head = runner.rebuild()
            found = {name: each.result(WAIT_SECONDS) for name, each in told.items()}

    assert found == dict.fromkeys(ways, (head, 2 * MANY)) | {"through": (head, 1)}

"""A swap: only its own shadows come in, nobody reads of two moments, one reader stops nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from time import monotonic
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from ledger.names import TeacherId
from ledger.store.feed import Feed, Filter, open_pool
from ledger.store.ledger import Ledger
from projections import swap
from projections.catalogue import SCHOOLS, TEACHERS, TRAILS
from projections.kept import paged
from projections.projection import Projection
from projections.reader import ANY, Reader, Where
from projections.rebuild import Rebuild, RebuildRunning
from projections.renewal import Closed
from projections.runner import Runner
from projections.search import Search, Sought
from projections.shadow import Shadow
from projections.swap import Patience, put_in
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


def until_waiting(url: str, many: int, mode: str = "%") -> None:
    """Returns once so many wait for a table."""
    asked = "select 1 from pg_locks where locktype = 'relation' and not granted and mode like %s"
    latest = monotonic() + WAIT_SECONDS
    while len(rows(url, asked, mode)) < many:
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
    swap_in = Rebuild._swap

    def swapping(self: Rebuild) -> int:
        monkeypatch.setattr(Rebuild, "_swap", swap_in)
        # All is folded and settled; another run makes the shadows anew, and they are empty.
        second.begin(afresh=True)
        return swap_in(self)

    first.begin()
    monkeypatch.setattr(Rebuild, "_swap", swapping)
    with pytest.raises(RebuildRunning):
        first.run()

    assert held(town.url) == MANY
    assert second.run() == town.feed.head()
    assert held(town.url) == MANY
    assert rows(town.url, "select 1 from projection.rebuilds") == []


def test_who_is_taken_over_while_it_writes_is_told_so_and_no_view_is_held_for_stopped(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = Rebuild(town.pool, town.feed, VIEWS)
    write = Shadow.write

    def writing(self: Shadow, *given: Any, **named: Any) -> None:
        monkeypatch.setattr(Shadow, "write", write)
        second.begin(afresh=True)
        second.run()  # its tables take the place of those that are written here
        write(self, *given, **named)

    monkeypatch.setattr(Shadow, "write", writing)
    with pytest.raises(RebuildRunning):
        runner.rebuild()

    assert {stop for _, _, stop in runner.progress()} == {None}
    assert held(town.url) == MANY


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Is set once a swap waits for readers, which it does for no longer than a moment at a time."""
    waiting = Event()
    pauses = Patience.pauses

    def paused(self: Patience) -> Iterator[None]:
        waiting.set()
        yield from pauses(self)

    monkeypatch.setattr(Patience, "pauses", paused)
    monkeypatch.setattr(swap, "LAST_SECONDS", swap.FIRST_SECONDS)
    return waiting


def test_a_reader_of_one_view_holds_up_neither_other_reads_nor_the_live_views_and_the_swap_comes(
    town: Ledger, runner: Runner, waits: Event
) -> None:
    with (
        open_pool(town.url, statement_seconds=WAIT_SECONDS, autocommit=True) as pool,
        ThreadPoolExecutor() as threads,
    ):
        reader = Reader(pool, town.feed)
        with reader.stream(SCHOOLS, ANY) as (_, found):
            rebuilt = threads.submit(runner.rebuild)
            assert waits.wait(WAIT_SECONDS)
            add(town, MANY)
            assert runner.step()
            assert page(reader) == (town.feed.head(), 2 * MANY)
            assert len(reader.page(SCHOOLS, ANY, first=10).rows) == 1
            add(town, 2 * MANY)
            assert len(list(found)) == 1
            assert not rebuilt.done()
        head = rebuilt.result(WAIT_SECONDS)

        assert page(reader) == (head, 3 * MANY)
    assert head == town.feed.head()
    assert rows(town.url, "select distinct position from projection.progress") == [(head,)]
    assert rows(town.url, "select 1 from projection.rebuilds") == []


def test_a_query_over_two_views_ends_in_no_deadlock_with_a_swap(
    town: Ledger, runner: Runner
) -> None:
    with ThreadPoolExecutor() as threads, psycopg.connect(town.url) as connection:
        # The first table in the order of the swap is the second of this query.
        connection.execute("select 1 from projection.trails")
        rebuilt = threads.submit(runner.rebuild)
        until_waiting(town.url, 1)
        connection.execute("select 1 from projection.schools")
        connection.execute("select 1 from projection.teachers")
        connection.commit()

        assert rebuilt.result(WAIT_SECONDS) == town.feed.head()


def test_while_a_table_is_being_vacuumed_the_swap_holds_up_nobody(
    town: Ledger, runner: Runner
) -> None:
    reader = Reader(town.pool, town.feed)
    with ThreadPoolExecutor() as threads, psycopg.connect(town.url) as connection:
        # The lock that a vacuum has; an automatic one gives way to who waits for it.
        connection.execute("lock table projection.trails in share update exclusive mode")
        rebuilt = threads.submit(runner.rebuild)
        until_waiting(town.url, 1, "ShareUpdateExclusiveLock")
        add(town, MANY)
        assert runner.step()
        assert page(reader) == (town.feed.head(), 2 * MANY)
        connection.commit()

        assert rebuilt.result(WAIT_SECONDS) == town.feed.head()


def test_a_swap_that_waits_for_a_reader_can_be_stopped_and_is_gone_on_with(
    town: Ledger, runner: Runner, waits: Event
) -> None:
    def stop(done: int, head: int) -> None:
        if waits.is_set():
            raise Closed

    reader = Reader(town.pool, town.feed)
    with ThreadPoolExecutor() as threads, reader.stream(SCHOOLS, ANY) as (_, found):
        with pytest.raises(Closed):
            threads.submit(runner.rebuild, told=stop).result(WAIT_SECONDS)
        assert len(list(found)) == 1
    assert held(town.url) == MANY
    began: list[Rebuild] = []

    assert runner.rebuild(begun=began.append) == town.feed.head()
    assert began[0].resumed == dict.fromkeys([view.name for view in VIEWS], town.feed.head())
    assert held(town.url) == MANY


def test_what_a_swap_folded_before_it_gave_way_is_folded_again(
    town: Ledger, runner: Runner, waits: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Rebuild._change

    def changing(self: Rebuild, connection: psycopg.Connection[Any]) -> int:
        if not waits.is_set():
            add(town, MANY)  # which is folded under the lock, and undone
        return change(self, connection)

    monkeypatch.setattr(Rebuild, "_change", changing)
    reader = Reader(town.pool, town.feed)
    with ThreadPoolExecutor() as threads:
        with reader.stream(SCHOOLS, ANY):
            rebuilt = threads.submit(runner.rebuild)
            assert waits.wait(WAIT_SECONDS)
        assert rebuilt.result(WAIT_SECONDS) == town.feed.head()

    assert page(reader) == (town.feed.head(), 2 * MANY)


def test_who_comes_while_tables_are_changed_reads_all_rows_of_the_position_that_is_told(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap_in = Rebuild._swap
    told: dict[str, Future[tuple[int, int]]] = {}

    def swapping(self: Rebuild) -> int:
        # The live views have what comes now; the new ones take it in within the swap itself.
        add(town, MANY)
        runner.catch_up()
        return swap_in(self)

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
            monkeypatch.setattr("projections.swap.put_in", putting)
            head = runner.rebuild()
            found = {name: each.result(WAIT_SECONDS) for name, each in told.items()}

    assert found == dict.fromkeys(ways, (head, 2 * MANY)) | {"through": (head, 1)}

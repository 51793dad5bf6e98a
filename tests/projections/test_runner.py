"""The runner: every event once, whatever dies, waits, rebuilds or runs beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from eventsourcing.dcb.api import DCBEvent
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.store import wakeup
from ledger.store.answer import Answer
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.store.work import Plain
from projections import fold as folding
from projections import rebuild as rebuilding
from projections import runner as module
from projections.catalogue import FINDINGS, RECORDS, TEACHERS, VIEWS
from projections.fold import Fold, write
from projections.projection import Projection
from projections.reader import Reader
from projections.rebuild import RebuildRunning
from projections.refold import LOCK
from projections.register import Teacher, Teachers
from projections.runner import Runner
from projections.stop import Stopped
from tests.town import (
    KEY,
    OPERATOR,
    Hand,
    Move,
    database,
    histories,
    rows,
    school,
    story,
    teacher,
    tell,
    terminate,
)

WAIT_SECONDS = 30
GUARDING = """
select pid from pg_locks where locktype = 'advisory' and objsubid = 1 and objid = %s and granted
and database = (select oid from pg_database where datname = current_database())
"""
RELAXED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
}


class Counted(Projection[Teacher]):
    """Counts how often each teacher was touched: a fold that shows what is doubled or skipped."""

    name = "counted"
    state = Teacher
    events = Teachers.events

    def keys(self, entry: Entry) -> list[str]:
        return [str(getattr(entry.event, "teacher", ""))]

    def blank(self, key: str) -> Teacher:
        return Teacher(teacher=module_name(key), subject="")

    def apply(self, state: Teacher, entry: Entry) -> Teacher:
        state.subject += f"{entry.position} "
        return state


def module_name(key: str) -> Any:
    """The name that a key is."""
    return Teachers().blank(key).teacher


@pytest.fixture
def town(ledger: Ledger) -> Ledger:
    """A ledger with the school."""
    ledger.ask([school()], OPERATOR)
    return ledger


@pytest.fixture
def runner(town: Ledger) -> Iterator[Runner]:
    """A runner of a few views."""
    made = Runner(town.pool, town.feed, (TEACHERS, Counted(), FINDINGS))
    yield made
    made.close()


def table(url: str, view: Projection[Any]) -> list[tuple[Any, ...]]:
    """All rows of a view, with all columns."""
    return rows(url, f'select * from projection.{view.name} order by key collate "C"')


def tables(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all views."""
    return {view.name: table(url, view) for view in VIEWS}


def add(ledger: Ledger, start: int, count: int) -> Answer:
    """Teachers enter the platform, one event each."""
    return ledger.ask([teacher(n) for n in range(start, start + count)], OPERATOR)


def counted(url: str) -> list[int]:
    """All positions that were folded, as often as they were."""
    found = rows(url, "select state from projection.counted")
    view = Counted()
    return sorted(int(each) for (body,) in found for each in view.decode(body).subject.split())


# The same rows in every way.


@settings(max_examples=10, **RELAXED)  # type: ignore[arg-type]
@given(told=histories(), pages=st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_live_rebuilt_and_as_of_the_head_are_the_same_for_every_view(
    postgres_url: str, founded_template: str, told: list[Move], pages: list[int]
) -> None:
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        runner = Runner(opened.pool, opened.feed, VIEWS)
        # Live, in pages of any size, while the history comes in.
        for number, size in enumerate(pages):
            part = told[number * len(told) // len(pages) : (number + 1) * len(told) // len(pages)]
            tell(opened, part)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(module, "PAGE", size)
                runner.step()
        runner.catch_up()
        live = tables(url)
        assert [failed for _, _, failed in runner.progress() if failed] == []

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rebuilding, "PAGE", pages[0])
            assert runner.rebuild() == opened.feed.head()
        assert tables(url) == live

        reader = Reader(opened.pool, opened.feed)
        entries = list(opened.feed.entries(Filter()))
        for view in VIEWS:
            for key, state, position, *_ in live[view.name]:
                folded, head = reader.as_of(view, key)
                assert view.encode(folded) == state, f"{view.name} {key}"
                assert head == opened.feed.head()
                mine = [each for each in entries if each.event.NAME in view.types]
                touching = [each.position for each in mine if key in view.keys(each)]
                assert position == touching[-1]


def test_the_whole_story_gives_rows_in_every_view(founded: Ledger) -> None:
    answers = tell(founded, story())
    runner = Runner(founded.pool, founded.feed, VIEWS)

    assert runner.catch_up() == founded.feed.head()
    assert [name for name, found in tables(founded.url).items() if not found] == []
    assert sum(each.accepted for answer in answers for each in answer.outcomes) > 50


def test_any_split_into_pages_gives_the_same_rows(
    founded: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(founded, story())
    runner = Runner(founded.pool, founded.feed, VIEWS)
    runner.catch_up()
    first = tables(founded.url)
    for size in (1, 2, 3, 7, 50):
        monkeypatch.setattr(rebuilding, "PAGE", size)
        runner.rebuild()
        assert tables(founded.url) == first


def test_a_page_that_reaches_only_some_views_is_made_up_for_later(
    town: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(town, 0, 10)
    Runner(town.pool, town.feed, (TEACHERS,)).catch_up()
    add(town, 10, 10)
    both = Runner(town.pool, town.feed, (TEACHERS, Counted()))
    monkeypatch.setattr(module, "PAGE", 7)
    both.catch_up()

    assert [(name, position) for name, position, _ in both.progress()] == [
        ("counted", 22),
        ("teachers", 22),
    ]
    assert counted(town.url) == list(range(3, 23))
    assert len(table(town.url, TEACHERS)) == 20


def test_events_of_a_library_application_are_passed_over(town: Ledger, runner: Runner) -> None:
    foreign = [DCBEvent(type="x", data=b"\x00", tags=["x:1"])] * 3
    add(town, 0, 1)
    town.committer.submit(Plain(foreign, None)).result()
    add(town, 1, 1)
    town.committer.submit(Plain(foreign, None)).result()

    assert runner.catch_up() == 10
    assert counted(town.url) == [3, 7]
    assert runner.rebuild() == 10
    assert counted(town.url) == [3, 7]


# What dies and what goes on.


class Dead(psycopg.OperationalError):
    """The process was killed here."""


@pytest.mark.parametrize("error", [Dead, KeyboardInterrupt])
def test_a_kill_in_the_middle_leaves_rows_and_position_as_they_were(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    add(town, 0, 5)
    runner.catch_up()
    before = (runner.progress(), table(town.url, TEACHERS), counted(town.url))
    add(town, 5, 5)
    folded: list[str] = []

    def writing(connection: Any, fold: Fold, name: str) -> None:
        write(connection, fold, name)
        folded.append(name)
        if len(folded) == 2:
            raise error("killed")

    with monkeypatch.context() as patch:
        patch.setattr(folding, "write", writing)
        with pytest.raises(error):
            runner.step()
    assert (runner.progress(), table(town.url, TEACHERS), counted(town.url)) == before

    assert runner.catch_up() == 12
    assert counted(town.url) == list(range(3, 13))


@contextmanager
def poisoned(position: int, what: str = "apply") -> Iterator[None]:
    """A view of teachers that raises over one event, wherever it first looks at it."""
    original = getattr(Teachers, what)

    def raising(self: Teachers, *given: Any) -> Any:
        found = original(self, *given)
        if what == "keys" and given[0].position == position:
            raise ValueError("no such stage")
        if what == "apply" and given[1].position == position:
            raise ValueError("no such stage")
        if what == "facet_values" and str(given[0].teacher) == f"teacher:t{position - 3}":
            return found | {next(iter(found)): "\0"}  # which PostgreSQL does not take
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Teachers, what, raising)
        yield


@pytest.mark.parametrize("what", ["keys", "apply", "facet_values"])
def test_a_view_that_raises_stops_alone_right_before_the_event_and_says_which_and_why(
    town: Ledger, runner: Runner, what: str
) -> None:
    add(town, 0, 5)
    runner.catch_up()
    add(town, 5, 5)
    with poisoned(10, what), capture_logs() as lines:
        runner.catch_up()
        add(town, 10, 5)
        runner.catch_up()

    progress = {name: (position, stop) for name, position, stop in runner.progress()}
    stands, stop = progress["teachers"]
    assert stop is not None
    assert (stands, stop.position, stop.type) == (9, 10, "register.teacher-registered")
    assert "no such stage" in stop.why if what != "facet_values" else "NUL" in stop.why
    assert progress["counted"] == progress["findings"] == (17, None)
    assert len(table(town.url, TEACHERS)) == 7
    assert counted(town.url) == list(range(3, 18))
    assert [(each["view"], each["position"], each["type"]) for each in lines] == [
        ("teachers", 10, "register.teacher-registered")
    ]

    runner.resume()
    runner.catch_up()

    assert runner.standing() == (17, None)
    assert len(table(town.url, TEACHERS)) == 15


def test_a_view_that_is_tried_again_and_still_raises_stops_at_the_same_event(
    town: Ledger, runner: Runner
) -> None:
    add(town, 0, 9)
    with poisoned(5):
        runner.catch_up()
        first = runner.progress("teachers")
        runner.resume()
        runner.catch_up()

        assert runner.progress("teachers") == first
    assert [(stands, stop and stop.position) for _, stands, stop in first] == [(4, 5)]


def test_a_stop_that_an_earlier_program_kept_is_read(town: Ledger, runner: Runner) -> None:
    with town.pool.connection() as connection:
        connection.execute("update projection.progress set failed = 'KeyError: 7'")

    [(_, stands, stop)] = runner.progress("teachers")
    assert stop is not None
    assert (stands, stop.position, stop.why) == (0, 1, "KeyError: 7")


def test_what_no_view_can_take_in_is_logged_once_and_the_views_wait(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, enough = threading.Semaphore(0), threading.Event()

    def step() -> bool:
        tries.release()
        if enough.is_set():
            return original()
        raise ValueError("nothing can be read")

    original = runner.step
    monkeypatch.setattr(runner, "step", step)
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.01)
    with capture_logs() as lines:
        runner.start()
        for _ in range(5):
            assert tries.acquire(timeout=WAIT_SECONDS)
    assert runner.trouble == "nothing can be read"
    enough.set()

    assert runner.wait_for(2, WAIT_SECONDS)
    # Who waits hears of the step before the runner has taken note of it.
    runner.close()
    assert runner.trouble is None
    assert [each["why"] for each in lines] == ["ValueError: nothing can be read"]


def test_a_stopped_view_does_not_keep_the_runner_spinning(
    town: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(town, 0, 1)
    runner = Runner(town.pool, town.feed, (TEACHERS, Counted()))
    with town.pool.connection() as connection:
        connection.execute("update projection.progress set failed = 'x' where view = 'teachers'")
    steps, waits, enough = [0], threading.Semaphore(0), threading.Event()
    step, wait_for = runner.step, town.feed.wait_for

    def counting() -> bool:
        steps[0] += 1
        return step()

    def waiting(position: int, timeout: float, over: Callable[[], bool]) -> bool:
        assert position == town.feed.head() + 1
        assert not over()
        waits.release()
        return enough.wait(WAIT_SECONDS) and wait_for(position, 0)

    monkeypatch.setattr(runner, "step", counting)
    monkeypatch.setattr(town.feed, "wait_for", waiting)
    runner.start()
    assert waits.acquire(timeout=WAIT_SECONDS)
    found = steps[0]
    enough.set()
    runner.close()

    assert found == 2  # one with news, one without, and then it waits
    assert counted(town.url) == [3]


def test_a_runner_that_waits_is_closed_at_once(
    town: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 60.0)
    monkeypatch.setattr(wakeup, "POLL_SECONDS", 60.0)
    waits, wait_for = threading.Semaphore(0), town.feed.wait_for

    def waiting(*given: Any) -> bool:
        waits.release()
        return wait_for(*given)

    monkeypatch.setattr(town.feed, "wait_for", waiting)
    runner = Runner(town.pool, town.feed, (TEACHERS,))
    runner.start()
    assert waits.acquire(timeout=WAIT_SECONDS)
    begun = time.monotonic()
    runner.close()

    assert time.monotonic() - begun < 30


def test_two_runners_on_one_database_apply_every_event_once(
    town: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 7)
    views = (TEACHERS, Counted())
    with Ledger(town.url, KEY) as other:
        runners = [Runner(each.pool, each.feed, views) for each in (town, other, town, other)]
        add(town, 0, 100)
        with ThreadPoolExecutor(5) as pool:
            adding = pool.submit(lambda: [add(town, 100 + n, 1) for n in range(100)])
            running = [pool.submit(each.catch_up) for each in runners]
            adding.result()
            for each in running:
                each.result()
        runners[0].catch_up()

    assert counted(town.url) == list(range(3, 203))
    assert len(table(town.url, TEACHERS)) == 200


def test_started_runners_follow_the_ledger_and_survive_lost_connections(town: Ledger) -> None:
    with Ledger(town.url, KEY) as other:
        runners = [Runner(each.pool, each.feed, (TEACHERS, Counted())) for each in (town, other)]
        for each in runners:
            each.start()
        for number in range(60):
            if number % 20 == 10:
                terminate(town.url)
            town.ask([teacher(number)], OPERATOR, request=f"r{number}")
        reached = runners[1].wait_for(62, WAIT_SECONDS)
        for each in runners:
            each.close()

    assert reached
    assert counted(town.url) == list(range(3, 63))


def test_waiting_for_a_position_gives_up_in_time(town: Ledger, runner: Runner) -> None:
    assert not runner.wait_for(2, 0.1)
    runner.catch_up()
    assert runner.wait_for(2, 0.1)
    assert runner.wait_for(2, 0.1, "teachers", "findings")
    assert not runner.wait_for(3, 0.1, "teachers")


# Rebuilding.


def test_a_rebuild_while_events_come_in_loses_none(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "PAGE", 20)
    add(town, 0, 100)
    runner.catch_up()
    told: list[tuple[int, int]] = []

    def tell_progress(done: int, of: int) -> None:
        told.append((done, of))
        add(town, 100 + 10 * len(told), 10)
        if len(told) % 2:
            runner.catch_up()

    reached = runner.rebuild(told=tell_progress)
    runner.catch_up()

    assert reached == 102 + 10 * len(told)
    assert told[-1] == (102, 102)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert counted(town.url) == list(range(3, reached + 1))
    assert len(table(town.url, TEACHERS)) == reached - 2


def test_a_rebuild_while_others_write_run_and_read_loses_none(town: Ledger) -> None:
    views = (TEACHERS, Counted())
    runner = Runner(town.pool, town.feed, views)
    reader = Reader(town.pool, town.feed)
    add(town, 0, 300)
    runner.catch_up()
    stop = threading.Event()

    def read() -> int:
        least = 0
        while not stop.is_set():
            total, standing = 0, reader.one(TEACHERS, "teacher:t7")
            assert standing is not None
            total = len(rows(town.url, "select 1 from projection.teachers"))
            assert total >= least
            least = total
        return least

    with Ledger(town.url, KEY) as other, ThreadPoolExecutor(4) as pool:
        beside = Runner(other.pool, other.feed, views)
        beside.start()
        reading = pool.submit(read)
        writing = pool.submit(lambda: [add(other, 300 + n, 1) for n in range(150)])
        for _ in range(4):
            runner.rebuild()
        writing.result()
        assert beside.wait_for(452, WAIT_SECONDS)
        stop.set()
        assert reading.result() >= 300
        beside.close()

    assert counted(town.url) == list(range(3, 453))
    assert len(table(town.url, TEACHERS)) == 450


def test_a_second_rebuild_at_once_is_refused(town: Ledger, runner: Runner) -> None:
    add(town, 0, 3)
    refused: list[bool] = []

    def again(done: int, of: int) -> None:
        with Ledger(town.url, KEY) as other, pytest.raises(RebuildRunning):
            Runner(other.pool, other.feed, (TEACHERS,)).rebuild()
        refused.append(True)

    runner.rebuild(told=again)

    assert refused == [True]
    assert runner.rebuild() == 5


def test_a_rebuild_leaves_out_the_view_that_raises_and_swaps_the_others(
    town: Ledger, runner: Runner
) -> None:
    add(town, 0, 5)
    runner.catch_up()
    before = table(town.url, TEACHERS)
    with town.pool.connection() as connection:
        connection.execute("delete from projection.counted")

    with poisoned(5), pytest.raises(Stopped, match="no such stage") as caught:
        runner.rebuild()
    [stop] = caught.value.stops
    assert (stop.view, stop.position) == ("teachers", 5)
    assert table(town.url, TEACHERS) == before
    assert counted(town.url) == list(range(3, 8))
    assert runner.standing() == (7, None)

    assert runner.rebuild() == 7
    assert table(town.url, TEACHERS) == before


def test_a_rebuilt_view_keeps_its_indexes(town: Ledger, runner: Runner) -> None:
    def indexes() -> list[tuple[Any, ...]]:
        return rows(
            town.url,
            "select count(*), count(*) filter (where indexdef like '%%UNIQUE%%') from pg_indexes "
            "where schemaname = 'projection' and tablename = 'findings'",
        )

    before = indexes()
    for _ in range(3):
        runner.rebuild()

    assert indexes() == before == [(10, 1)]


# Versions.


def test_a_view_of_another_version_starts_over(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(town, 0, 5)
    runner.catch_up()
    monkeypatch.setattr(Counted, "version", 2)
    again = Runner(town.pool, town.feed, tuple(runner.views.values()))

    # The old rows stand until the new ones do, and nobody folds into them by the new fold.
    add(town, 5, 1)
    assert again.step()
    assert (again.position("counted"), again.position("teachers")) == (7, 8)
    assert counted(town.url) == list(range(3, 8))
    assert again.outdated() == ["counted"]
    assert again.catch_up() == 8
    assert counted(town.url) == list(range(3, 9))
    assert again.outdated() == []


def test_preparing_again_changes_nothing(town: Ledger, runner: Runner) -> None:
    add(town, 0, 5)
    runner.catch_up()
    before = (runner.progress(), table(town.url, TEACHERS))
    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(runner.prepare) for _ in range(4)]:
            each.result()

    assert (runner.progress(), table(town.url, TEACHERS)) == before


def test_processes_that_start_together_make_the_tables_once(town: Ledger) -> None:
    add(town, 0, 5)
    with Ledger(town.url, KEY) as other, ThreadPoolExecutor(8) as pool:
        ledgers = (town, other)
        made = [
            pool.submit(Runner, ledgers[n % 2].pool, ledgers[n % 2].feed, VIEWS) for n in range(8)
        ]
        runners = [each.result() for each in made]

    assert {len(each.progress()) for each in runners[::2]} == {len(VIEWS)}


def test_an_event_that_this_program_cannot_read_stops_nobody_for_good(
    town: Ledger, runner: Runner, catalogue: dict[str, type[Event]]
) -> None:
    """A newer program wrote it; this one waits, and goes on once it is replaced."""
    add(town, 0, 2)
    known = catalogue.pop("register.teacher-registered")
    with pytest.raises(Fault, match="does not know"):
        while runner.step():
            pass
    catalogue[known.NAME] = known
    # All before it is taken in, however it is paged.
    assert {(at, failed) for _, at, failed in runner.progress()} == {(2, None)}

    assert runner.catch_up() == 4
    assert counted(town.url) == [3, 4]


def test_the_history_is_sealed_also_where_views_cannot_read_on(
    town: Ledger,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
    catalogue: dict[str, type[Event]],
) -> None:
    add(town, 0, 1)
    del catalogue["register.teacher-registered"]
    sealed = threading.Event()

    def seal(_: Any) -> bool:
        if runner.trouble is not None:
            sealed.set()
        return False

    monkeypatch.setattr(module, "seal", seal)
    runner.start()

    assert sealed.wait(WAIT_SECONDS)


def test_a_rebuild_whose_lock_was_lost_with_its_connection_is_no_failure(
    town: Ledger, runner: Runner
) -> None:
    add(town, 0, 3)
    runner.catch_up()
    begun: list[int] = []

    def told(*_: int) -> None:
        if not begun:
            [(pid,)] = rows(town.url, GUARDING, LOCK & 0xFFFFFFFF)
            begun.append(pid)
            rows(town.url, "select pg_terminate_backend(%s, 5000)", pid)

    assert runner.rebuild(told=told) == town.feed.head()
    assert counted(town.url) == [3, 4, 5]


def test_no_connection_ends_since_nothing_was_asked_for_a_while(town: Ledger) -> None:
    with psycopg.connect(town.url, autocommit=True) as owner:
        name = psycopg.sql.Identifier(owner.info.dbname)
        owner.execute(
            psycopg.sql.SQL("alter database {} set idle_session_timeout = 800").format(name)
        )
    with Ledger(town.url, KEY) as opened, opened.pool.connection() as connection:
        assert connection.execute("show idle_session_timeout").fetchone() == ("0",)


def test_a_record_is_kept_in_order_however_its_events_are_paged(
    founded: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(founded, story())
    runner = Runner(founded.pool, founded.feed, (RECORDS,))
    monkeypatch.setattr(module, "PAGE", 1)
    runner.catch_up()
    record = Reader(founded.pool, founded.feed).one(RECORDS, "teacher:lin")

    assert record is not None
    assert [(str(line.credits), line.revoked) for line in record.lines] == [
        ("0", True),
        ("10", False),
    ]

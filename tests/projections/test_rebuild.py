"""A rebuild: killed anywhere it goes on, its memory is bounded, and it ends in the same rows."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from secrets import token_hex
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ledger.event import Event
from ledger.fault import Fault
from ledger.names import TeacherId
from ledger.store.ledger import Ledger
from ledger.transfer import TransferTeacher
from projections import backlog, page, said, shadow
from projections import rebuild as module
from projections.catalogue import FINDINGS, INDEXES, RECORDS, SCHOOLS, TEACHERS, TRAILS, VIEWS
from projections.projection import Projection
from projections.reader import Reader, Where
from projections.rebuild import Rebuild, RebuildRunning
from projections.runner import LOCK, Runner
from projections.shadow import Shadow
from projections.stop import Stopped
from tests import cast
from tests.town import (
    KEY,
    OPERATOR,
    Hand,
    Move,
    database,
    database_at,
    histories,
    rows,
    story,
    teacher,
    tell,
)

ALL = (*VIEWS, *INDEXES)
WAIT_SECONDS = 30
KILLED = -signal.SIGKILL
STRAY = "select tablename from pg_tables where schemaname = 'projection' and tablename ~ '__'"
RELAXED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
}
# A process that rebuilds all views in small pages, and kills itself when a function is called for
# the so manieth time, before or after it did its work.
KILLING = """
import os, signal, sys
import projections.backlog as backlog
import projections.rebuild as rebuild
import projections.shadow as shadow
import projections.swap as swap
from ledger.store.feed import Feed, open_pool
from projections.catalogue import INDEXES, VIEWS
from projections.runner import Runner
from projections.shadow import Shadow
from projections.shadow_kind import LastingShadow

url, owner, name, when, nth, held = sys.argv[1:]
left = int(nth)
rebuild.PAGE, rebuild.PAUSE_ENTRIES, rebuild.HELD_BYTES_MAX = 50, 100, int(held)
shadow.DELAY = 100
backlog.PAGE = 3
kinds = {"Shadow": Shadow, "LastingShadow": LastingShadow, "swap": swap}
place = {"rebuild": rebuild, "Rebuild": rebuild.Rebuild, **kinds}[owner]
whole = getattr(place, name)

def killing(*given, **named):
    global left
    left -= 1
    if left == 0 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    found = whole(*given, **named)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return found

setattr(place, name, killing)
pool = open_pool(url)
feed = Feed(url, pool)
Runner(pool, feed, (*VIEWS, *INDEXES)).rebuild()
"""


@pytest.fixture(scope="module")
def viewed(postgres_url: str, founded_template: str) -> str:
    """A database with a whole story, the views up with it, to be copied."""
    name = f"viewed_{token_hex(4)}"  # a module that takes the fixture over has its own
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {founded_template}")
    with Ledger(database_at(postgres_url, name), KEY, Hand()) as ledger:
        tell(ledger, story())
        Runner(ledger.pool, ledger.feed, ALL).catch_up()
    return name


@pytest.fixture
def told(postgres_url: str, viewed: str) -> Iterator[Ledger]:
    """A ledger with a whole story, its views up with it."""
    with database(postgres_url, viewed) as url, Ledger(url, KEY, Hand()) as ledger:
        yield ledger


def tables(url: str, views: tuple[Projection[Any], ...] = ALL) -> dict[str, list[Any]]:
    """All rows of views."""
    return {each.name: sorted(rows(url, f"select * from projection.{each.name}")) for each in views}


def indexes(url: str) -> list[Any]:
    """What is indexed, whatever the indexes are called."""
    found = rows(
        url,
        "select tablename, split_part(indexdef, ' USING ', 2) from pg_indexes "
        "where schemaname = 'projection'",
    )
    return sorted(found)


def killed(url: str, owner: str, name: str, when: str, nth: int, *, held: int = 20_000) -> None:
    """Another process rebuilds and dies there."""
    given = [url, owner, name, when, str(nth), str(held)]
    died = subprocess.run([sys.executable, "-c", KILLING, *given], check=False, capture_output=True)
    assert died.returncode == KILLED, died.stderr.decode()
    # Its connection ends a moment later than it did.
    rows(url, f"select pg_advisory_lock({LOCK}), pg_advisory_unlock({LOCK})")


@pytest.mark.parametrize(
    ("owner", "name", "when", "nth"),
    [
        ("Rebuild", "begin", "after", 1),
        ("rebuild", "learn", "after", 1),
        ("rebuild", "learn", "before", 6),
        ("Shadow", "write", "before", 1),
        ("Shadow", "write", "after", 30),
        ("Shadow", "let_go", "after", 2),
        ("LastingShadow", "put_off", "after", 1),
        ("Rebuild", "_checkpoint", "after", 1),
        ("Rebuild", "_checkpoint", "after", 3),
        ("Shadow", "settle", "after", 1),
        ("Shadow", "settle", "before", 4),
        ("Rebuild", "_swap", "before", 1),
        ("swap", "drop", "after", 2 * len(ALL) + 3),  # at its beginning it drops two of each
        ("Rebuild", "_swap", "after", 1),
    ],
)
def test_a_rebuild_that_was_killed_goes_on_and_ends_in_the_same_rows(
    told: Ledger, owner: str, name: str, when: str, nth: int
) -> None:
    live, indexed = tables(told.url), indexes(told.url)
    killed(told.url, owner, name, when, nth)
    assert tables(told.url) == live

    told.ask([teacher(n) for n in range(900, 905)], OPERATOR)
    runner = Runner(told.pool, told.feed, ALL)
    assert runner.rebuild() == told.feed.head()
    rebuilt = tables(told.url)
    assert rows(told.url, "select view from projection.rebuilds") == []
    assert [each for (each,) in rows(told.url, STRAY)] == []
    assert indexes(told.url) == indexed
    assert runner.rebuild(afresh=True) == told.feed.head()
    assert tables(told.url) == rebuilt
    assert len(rebuilt["teachers"]) == len(live["teachers"]) + 5


def test_what_was_committed_is_not_read_again(told: Ledger) -> None:
    killed(told.url, "Rebuild", "_checkpoint", "after", 2)
    began: list[Rebuild] = []
    done: list[tuple[int, int]] = []

    runner = Runner(told.pool, told.feed, ALL)
    head = told.feed.head()
    left = [(each.view, each.position, each.of, each.running) for each in runner.rebuilding()]
    assert left == [(each, 200, head, False) for each in sorted(v.name for v in ALL)]
    runner.rebuild(told=lambda *at: done.append(at), begun=began.append)

    assert runner.rebuilding() == []
    assert began[0].resumed == dict.fromkeys([each.name for each in ALL], 200)
    assert began[0].renewed == []
    assert all(reached > 200 for reached, _ in done)


def test_a_shadow_of_another_version_is_begun_again(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(told.url, "Rebuild", "_checkpoint", "after", 2)
    monkeypatch.setattr(type(RECORDS), "version", RECORDS.version + 1)
    began: list[Rebuild] = []
    runner = Runner(told.pool, told.feed, ALL)
    before = tables(told.url, (RECORDS,))

    runner.rebuild(begun=began.append)

    assert began[0].renewed == ["records"]
    assert set(began[0].resumed.values()) == {200}
    assert len(began[0].resumed) == len(ALL) - 1
    assert tables(told.url, (RECORDS,)) == before
    assert rows(told.url, "select version from projection.progress where view = 'records'") == [
        (RECORDS.version,)
    ]


def test_a_rebuild_of_some_views_takes_up_what_was_left_of_more(told: Ledger) -> None:
    live = tables(told.url)
    killed(told.url, "Rebuild", "_checkpoint", "after", 2)
    runner = Runner(told.pool, told.feed, ALL)

    assert runner.rebuild([FINDINGS.name, TEACHERS.name]) == told.feed.head()
    assert len(rows(told.url, "select 1 from projection.rebuilds")) == len(ALL) - 2
    told.ask([teacher(n) for n in range(900, 903)], OPERATOR)
    assert runner.rebuild() == told.feed.head()
    found = tables(told.url)
    assert len(found["teachers"]) == len(live["teachers"]) + 3
    assert found["findings"] == live["findings"]


def test_a_run_whose_rebuild_was_taken_over_stops_and_writes_nothing(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 100)
    monkeypatch.setattr(module, "PAUSE_ENTRIES", 100)
    live = tables(told.url)
    first = Rebuild(told.pool, told.feed, VIEWS)
    first.begin()

    second = Rebuild(told.pool, told.feed, VIEWS)
    second.begin()
    with pytest.raises(RebuildRunning):
        first.run()
    second.run()

    assert tables(told.url) == live


@settings(max_examples=8, **RELAXED)  # type: ignore[arg-type]
@given(
    told=histories(),
    page=st.integers(1, 300),
    checkpoint=st.integers(1, 400),
    delay=st.sampled_from([1, 100, 2**40]),
    held=st.sampled_from([0, 10_000, 100_000, 2**40]),
    slices=st.sampled_from([1, 3, 1_000]),
)
def test_however_little_may_be_held_the_rows_are_those_of_the_live_views(
    postgres_url: str,
    founded_template: str,
    told: list[Move],
    page: int,
    checkpoint: int,
    delay: int,
    held: int,
    slices: int,
) -> None:
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        runner = Runner(opened.pool, opened.feed, ALL)
        tell(opened, told)
        runner.catch_up()
        live = tables(url)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "PAGE", page)
            patch.setattr(module, "PAUSE_ENTRIES", checkpoint)
            patch.setattr(shadow, "DELAY", delay)
            patch.setattr(module, "HELD_BYTES_MAX", held)
            patch.setattr(backlog, "SLICES", slices)
            patch.setattr(backlog, "PAGE", page)
            runner.rebuild()
        assert tables(url) == live


def test_new_tables_are_cleaned_up_like_any_others(told: Ledger) -> None:
    Runner(told.pool, told.feed, ALL).rebuild()

    put_off = "select 1 from pg_class where strpos(reloptions::text, 'autovacuum_enabled') > 0"
    assert rows(told.url, put_off) == []


def test_what_is_held_stays_within_its_bound(told: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 50)
    monkeypatch.setattr(module, "PAUSE_ENTRIES", 50)
    monkeypatch.setattr(module, "HELD_BYTES_MAX", 20_000)

    assert 0 < max(_heights(told)) <= 20_000


def test_what_is_read_back_between_two_pauses_stays_within_the_bound(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.ask([teacher(n) for n in range(900, 950)], OPERATOR)
    killed(told.url, "Shadow", "settle", "before", 1)
    moves = [_moved(n) for n in range(900, 950)]
    told.ask(moves, OPERATOR)
    monkeypatch.setattr(module, "PAGE", 10)
    monkeypatch.setattr(module, "HELD_BYTES_MAX", 5_000)

    assert 0 < max(_heights(told)) <= 5_000


def _heights(told: Ledger) -> list[int]:
    """How many bytes of states a rebuild of all views held, each time that it told its progress."""
    heights: list[int] = []
    run = Rebuild(told.pool, told.feed, VIEWS, lambda *_: heights.append(_held(run)))
    run.begin()
    run.run()
    return heights


def _moved(number: int) -> TransferTeacher:
    name = TeacherId(f"teacher:t{number}")
    return TransferTeacher(teacher=name, school=cast.OTHER_SCHOOL, since=date(2024, 3, 1))


def _held(run: Rebuild) -> int:
    return sum(each.held for each in run._shadows)


def test_a_settled_shadow_is_brought_up_to_what_came_since(told: Ledger) -> None:
    killed(told.url, "Rebuild", "_swap", "before", 1)
    told.ask([teacher(n) for n in range(900, 950)], OPERATOR)
    began: list[Rebuild] = []
    runner = Runner(told.pool, told.feed, ALL)

    assert runner.rebuild(begun=began.append) == told.feed.head()
    assert all(each.settled for each in began[0]._shadows)
    assert len(rows(told.url, "select 1 from projection.teachers where key like %s", "%:t9%")) == 50


def test_the_old_table_stands_until_the_swap(told: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    live = tables(told.url, VIEWS)
    settle = Shadow.settle

    def settled(self: Shadow, connection: psycopg.Connection[Any]) -> None:
        assert tables(told.url, VIEWS) == live
        settle(self, connection)

    monkeypatch.setattr(Shadow, "settle", settled)
    Runner(told.pool, told.feed, VIEWS).rebuild()

    assert tables(told.url, VIEWS) == live


def test_old_rows_are_read_until_the_new_ones_stand_or_it_is_said_how_far_they_are(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(told.pool, told.feed)
    ways: list[Callable[[], object]] = [
        lambda: reader.many(TEACHERS, ["teacher:lin"]),
        lambda: reader.page(TEACHERS, Where(), first=1),
        lambda: reader.kept_page(TEACHERS, Where(), first=1),
        lambda: _streamed(reader, TEACHERS),
    ]
    old = [way() for way in ways]
    killed(told.url, "Rebuild", "_checkpoint", "after", 1)
    monkeypatch.setattr(type(TEACHERS), "version", TEACHERS.version + 1)
    Runner(told.pool, told.feed, ALL)
    assert [way() for way in ways] == old

    with told.pool.connection() as connection:
        # As if the state were of another shape now.
        connection.execute("update projection.teachers set state = '[]'")
        connection.execute("alter table projection.teachers drop column school")
    ways += [
        lambda: reader.count(TEACHERS, Where().and_equal(school="school:x")),
        lambda: reader.tally(TEACHERS, Where(), ["school"]),
    ]
    for way in ways:
        with pytest.raises(Fault, match="anew for this version") as said:
            way()
        assert said.value.code == "VIEW_REBUILDING"

    runner = Runner(told.pool, told.feed, ALL)
    runner.start()
    assert runner.wait_for(told.feed.head(), WAIT_SECONDS)
    while runner.outdated():
        runner.wait_for(told.feed.head() + 1, 0.05)
    runner.close()
    assert [way() for way in ways[: len(old)]] == old


def _streamed(reader: Reader, view: Projection[Any]) -> list[Any]:
    with reader.stream(view, Where()) as (_, found):
        return list(found)


def test_an_older_program_leaves_the_tables_of_a_newer_one_alone(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(TEACHERS), "version", TEACHERS.version + 1)
        Runner(told.pool, told.feed, ALL).catch_up()
    newer = tables(told.url, (TEACHERS,))
    told.ask([teacher(900)], OPERATOR)
    older = Runner(told.pool, told.feed, ALL)

    assert older.outdated() == []
    assert older.catch_up() == told.feed.head() - 1
    assert tables(told.url, (TEACHERS,)) == newer
    assert Reader(told.pool, told.feed).one(TEACHERS, "teacher:lin") is not None
    # Who goes back for good says so.
    assert older.rebuild(["teachers"]) == told.feed.head()
    assert len(tables(told.url, (TEACHERS,))["teachers"]) == len(newer["teachers"]) + 1


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_of_what_cannot_be_read_only_who_takes_it_in_stops(
    told: Ledger, monkeypatch: pytest.MonkeyPatch, catalogue: dict[str, type[Event]], when: str
) -> None:
    """A newer program wrote it; the index takes in everything, the schools nobody's taking off."""
    views = (SCHOOLS, TRAILS)
    runner = Runner(told.pool, told.feed, views)
    runner.catch_up()
    before, whole, came = tables(told.url, views), Rebuild._swap, []
    old = rows(told.url, "select 'projection.schools'::regclass::oid")

    def unknown() -> None:
        if not came:
            came.append(1)
            told.ask([teacher(70)], OPERATOR)
            del catalogue["register.teacher-registered"]
            said._speech.cache_clear()

    def swap(run: Rebuild) -> int:
        unknown()
        return whole(run)

    if when == "before":
        unknown()
    monkeypatch.setattr(Rebuild, "_swap", swap)
    try:
        with pytest.raises(Stopped) as caught:
            runner.rebuild()
    finally:
        said._speech.cache_clear()

    [stop] = caught.value.stops
    assert (stop.view, stop.type) == ("trails", "register.teacher-registered")
    assert rows(told.url, "select 'projection.schools'::regclass::oid") != old
    assert tables(told.url, views) == before


def test_a_page_ends_where_its_entries_have_enough_bytes(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = tables(told.url)
    whole, pages = page.bodies_of, []

    def bodies_of(*given: Any) -> Any:
        found = whole(*given)
        pages.append(sum(len(body) for _, body, _ in found[0]))
        return found

    monkeypatch.setattr(page, "BYTES_MAX", 5_000)
    monkeypatch.setattr(module, "bodies_of", bodies_of)
    Runner(told.pool, told.feed, ALL).rebuild()

    assert max(pages) < 5_000 + 65_536
    assert len(pages) > 10
    assert tables(told.url) == live

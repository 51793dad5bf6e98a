"""The feed: every filter gives what it says, a tail skips nothing, and all of it by index."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from eventsourcing.dcb.api import DCBEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from ledger.event import Channel, Entry
from ledger.names import CreditId, OfferingId, TeacherId
from ledger.store import feed as feed_module
from ledger.store import wakeup
from ledger.store.feed import TAIL_PAGE, Feed, Filter
from ledger.store.ledger import Ledger
from ledger.store.page import statement_of
from ledger.store.work import Plain
from schema.history import pages
from tests import cast
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, RUIAN, SCHOOL
from tests.town import (
    KEY,
    OPERATOR,
    OTHER,
    Hand,
    Put,
    database,
    rows,
    school,
    story,
    teacher,
    tell,
    terminate,
)

WAIT_SECONDS = 30


@pytest.fixture(scope="module")
def told(postgres_url: str, founded_template: str) -> Iterator[tuple[Ledger, list[Entry]]]:
    """The story told by two actors, and all of its entries."""
    clock = Hand(datetime(2024, 3, 1, tzinfo=UTC))
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, clock) as opened:
        for number, move in enumerate(story()):
            clock.now += timedelta(hours=7)
            opened.ask([move.command], (OPERATOR, OTHER)[number % 2], on=move.day)
        yield opened, list(opened.feed.entries(Filter()))


NAMES = [*map(str, (LIN, OFFERING, RUIAN, SCHOOL, COUNTY_SCHOOL)), "by:staff:other", "teacher:no"]
TYPES = [
    "enrollment.confirmed",
    "enrollment.offering-selected",
    "finding.made",
    "credit.awarded",
    "regulation.rule-adopted",
    "no.such-type",
]
DAYS = st.dates(date(2024, 3, 1), date(2024, 4, 20))


@st.composite
def filters(draw: st.DrawFn, entries: list[Entry]) -> Filter:
    """Any filter, its bounds often exactly on an entry."""

    def perhaps(values: st.SearchStrategy[Any], often: int = 3) -> Any:
        return draw(values) if draw(st.integers(0, often)) == 0 else None

    names = st.lists(st.sampled_from(NAMES), max_size=3).map(tuple)
    instants = st.one_of(
        st.sampled_from([each.at for each in entries]),
        st.datetimes(datetime(2024, 2, 28), datetime(2024, 5, 1), timezones=st.just(UTC)),
    )
    days = st.one_of(st.sampled_from([each.on for each in entries]), DAYS)
    bounds = st.integers(0, len(entries) + 2)
    return Filter(
        tags=perhaps(names, 1) or (),
        any_tags=perhaps(names),
        types=perhaps(st.lists(st.sampled_from(TYPES), max_size=4).map(tuple), 1) or (),
        actor=perhaps(st.sampled_from(["staff:other", "staff:operator", "staff:no"])),
        channel=perhaps(st.sampled_from([each.value for each in Channel])),
        known_from=perhaps(instants),
        known_to=perhaps(instants),
        on_from=perhaps(days),
        on_to=perhaps(days),
        true_by=perhaps(days),
        after=perhaps(bounds) or 0,
        before=perhaps(bounds),
    )


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_page_is_what_a_look_at_every_entry_finds(
    told: tuple[Ledger, list[Entry]], data: st.DataObject
) -> None:
    opened, entries = told
    wanted = data.draw(filters(entries))
    limit = data.draw(st.sampled_from([1, 2, 7, 10_000]))
    found = [each for each in entries if wanted.admits(each)]

    assert opened.feed.page(wanted, limit) == found[:limit]
    assert opened.feed.page(wanted, limit, latest_first=True) == found[::-1][:limit]
    assert list(opened.feed.entries(wanted)) == found


def test_pages_one_after_another_give_every_entry_once(
    told: tuple[Ledger, list[Entry]], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, entries = told
    monkeypatch.setattr("ledger.store.feed.PAGE_MAX", 7)
    for wanted in (Filter(), Filter(tags=(str(RUIAN),)), Filter(types=("finding.made",))):
        assert list(opened.feed.entries(wanted)) == [e for e in entries if wanted.admits(e)]


def test_an_entry_is_found_by_its_id(told: tuple[Ledger, list[Entry]]) -> None:
    opened, entries = told
    for each in (entries[0], entries[-1]):
        assert opened.feed.find(each.id) == each
    assert opened.feed.find("00000000-0000-0000-0000-000000000000") is None


@pytest.mark.parametrize("text", ["", "x", "teacher:lin", "' or true --"])
def test_what_is_no_id_is_found_nowhere(ledger: Ledger, text: str) -> None:
    assert ledger.feed.find(text) is None


def test_the_position_at_a_moment_is_the_last_one_known_then(
    told: tuple[Ledger, list[Entry]],
) -> None:
    opened, entries = told
    tick = timedelta(microseconds=1)
    for each in entries:
        for moment in (each.at - tick, each.at, each.at + tick):
            known = [entry.position for entry in entries if entry.at <= moment]
            assert opened.feed.position_at(moment) == max(known, default=0)
    assert opened.feed.head() == len(entries)


def test_an_empty_ledger_has_head_zero_and_no_entries(ledger: Ledger) -> None:
    assert ledger.feed.head() == 0
    assert ledger.feed.position_at(datetime(2030, 1, 1, tzinfo=UTC)) == 0
    assert list(ledger.feed.entries(Filter())) == []
    assert ledger.feed.raw_page(0, 10) == []


def test_events_of_a_library_application_are_no_entries(ledger: Ledger) -> None:
    ledger.ask([school()], OPERATOR)
    ledger.committer.submit(
        Plain([DCBEvent(type="school", data=b"\x00 no json", tags=[str(SCHOOL)])], None)
    ).result()
    ledger.ask([teacher(1)], OPERATOR)
    found = [each.position for each in ledger.feed.entries(Filter(tags=(str(SCHOOL),)))]

    assert found == [2, 4]
    assert [each.position for each in ledger.feed.entries(Filter())] == [1, 2, 4]


def test_the_position_told_with_a_page_of_nothing_has_nothing_before_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.ask([school()], OPERATOR)
    wanted, read = Filter(tags=("teacher:t1",)), feed_module.stored

    def overtaken(*asked: Any) -> Any:
        found = read(*asked)
        if not found:
            monkeypatch.undo()
            ledger.ask([teacher(1)], OPERATOR)
        return found

    monkeypatch.setattr(feed_module, "stored", overtaken)
    page, head = ledger.feed.telling(wanted, 10)

    assert (head, [at for at, *_ in page]) == (3, [3])


def test_the_position_told_by_a_second_look_is_the_one_up_to_which_it_looked(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.ask([school()], OPERATOR)
    wanted, read = Filter(types=("register.teacher-registered",)), Feed.head

    def overtaken(feed: Feed) -> int:
        monkeypatch.undo()
        ledger.ask([teacher(1)], OPERATOR)
        found = read(feed)
        ledger.ask([teacher(2)], OPERATOR)
        return found

    monkeypatch.setattr(Feed, "head", overtaken)
    page, head = ledger.feed.telling(wanted, 10)

    assert (head, [at for at, *_ in page]) == (3, [3])


def test_a_page_has_all_that_the_position_told_with_it_has(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.ask([school()], OPERATOR)
    read = Feed.page

    def overtaken(feed: Feed, *asked: Any, **told: Any) -> list[Entry]:
        found = read(feed, *asked, **told)
        ledger.ask([teacher(1)], OPERATOR)
        return found

    monkeypatch.setattr(Feed, "page", overtaken)
    house = SimpleNamespace(reader=SimpleNamespace(feed=ledger.feed), runner=None)
    context: Any = SimpleNamespace(house=house, run=asyncio.to_thread)
    page, _, reached = asyncio.run(pages(context, Filter(), None, 10, latest_first=False))

    assert ([each.position for each in page], reached) == ([1, 2], 2)


def test_waiting_for_a_position_ends_when_it_is_there_or_the_time_is_up(ledger: Ledger) -> None:
    assert not ledger.feed.wait_for(1, 0.05)
    waiting: list[bool] = []
    thread = threading.Thread(target=lambda: waiting.append(ledger.feed.wait_for(2, WAIT_SECONDS)))
    thread.start()
    ledger.ask([school()], OPERATOR)
    thread.join()

    assert waiting == [True]


# The tail.


async def tail(feed: Feed, wanted: Filter, last: int) -> tuple[list[int], list[int]]:
    """Positions seen and positions reached, until the last one is reached."""
    seen: list[int] = []
    reached: list[int] = []
    async with asyncio.timeout(WAIT_SECONDS):
        async for position, page in feed.follow(wanted):
            assert all(each.position <= position for each in page)
            seen += [each.position for each in page]
            reached.append(position)
            if position >= last:
                break
    return seen, reached


def test_followers_see_every_position_once_while_two_ledgers_write(database_url: str) -> None:
    total, history = 1_402, 702
    with Ledger(database_url, KEY) as one, Ledger(database_url, KEY) as two:
        one.ask([school()], OPERATOR)
        one.ask([teacher(f"h{n}") for n in range(700)], OPERATOR)
        assert one.feed.head() == history
        cursors = (0, 1, TAIL_PAGE, history - 1, history, history + 100, total - 1)

        async def run() -> list[tuple[list[int], list[int]]]:
            tails = [
                asyncio.create_task(tail(ledger.feed, Filter(after=after), total))
                for after in cursors
                for ledger in (one, two)
            ]
            loop = asyncio.get_running_loop()

            def write(ledger: Ledger, half: int) -> None:
                for number in range(350):
                    ledger.submit([teacher(f"l{half}-{number}")], OPERATOR)
                    if number % 10 == 0:
                        ledger.ask([], OPERATOR)

            writers = [loop.run_in_executor(None, write, *each) for each in ((one, 0), (two, 1))]
            await asyncio.gather(*writers)
            return await asyncio.gather(*tails)

        found = asyncio.run(run())

    for number, (seen, reached) in enumerate(found):
        after = cursors[number // 2]
        assert seen == list(range(after + 1, total + 1))
        assert reached == sorted(set(reached))


def test_a_follower_of_some_entries_is_told_how_far_it_has_come(founded: Ledger) -> None:
    head = founded.feed.head()
    tell(founded, story())
    last = founded.feed.head()
    wanted = Filter(types=("enrollment.confirmed",), after=head)
    seen, reached = asyncio.run(tail(founded.feed, wanted, last))

    assert seen == [each.position for each in founded.feed.entries(wanted)]
    assert len(seen) == 3
    assert reached[-1] == last


def listeners(ledger: Ledger) -> int:
    """How many connections listen on the ledger."""
    found = rows(
        ledger.url,
        "select pid from pg_stat_activity "
        "where datname = current_database() and starts_with(query, %s)",
        "listen",
    )
    return len(found)


def test_a_listener_is_closed_at_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeup, "POLL_SECONDS", 60.0)
    feed = Feed(ledger.url, ledger.pool)
    while listeners(ledger) < 2:
        time.sleep(0.01)
    begun = time.monotonic()
    feed.close()

    assert time.monotonic() - begun < 30
    while listeners(ledger) > 1:
        time.sleep(0.01)


def test_a_follower_goes_on_when_the_listener_loses_its_connection(ledger: Ledger) -> None:
    async def run() -> tuple[list[int], list[int]]:
        following = asyncio.create_task(tail(ledger.feed, Filter(), 52))
        for number in range(-1, 50):
            if number % 10 == 0:
                await asyncio.to_thread(terminate, ledger.url, "listen%")
            command = teacher(number) if number >= 0 else school()
            await asyncio.to_thread(ledger.ask, [command], OPERATOR)
        return await following

    seen, _ = asyncio.run(run())

    assert seen == list(range(1, 53))


@pytest.mark.parametrize("notice", ["nonsense", "1000000000"])
def test_a_notice_from_a_stranger_does_no_harm(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, notice: str
) -> None:
    head, asked = ledger.feed.head, []

    def counted() -> int:
        asked.append(1)
        return head()

    monkeypatch.setattr(ledger.feed, "head", counted)

    async def run() -> tuple[list[int], list[int]]:
        following = asyncio.create_task(tail(ledger.feed, Filter(), 2))
        with psycopg.connect(ledger.url, autocommit=True) as stranger:
            stranger.execute("select pg_notify('xuefen_head', %s)", (notice,))
        assert not await asyncio.to_thread(ledger.feed.wait_for, 1, 0.5)
        assert len(asked) < 10
        await asyncio.to_thread(ledger.ask, [school()], OPERATOR)
        return await following

    seen, _ = asyncio.run(run())

    assert seen == [1, 2]


def test_a_follower_that_leaves_takes_its_ticket_along(ledger: Ledger) -> None:
    async def run() -> list[bool]:
        gone = []
        for number in range(-1, 20):
            following = asyncio.create_task(tail(ledger.feed, Filter(), 99))
            command = teacher(number) if number >= 0 else school()
            await asyncio.to_thread(ledger.ask, [command], OPERATOR)
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            gone.append(following.cancelled())
        return gone

    assert asyncio.run(run()) == [True] * 21
    assert ledger.feed._wakeup._tickets == set()


def test_news_arrives_at_once_and_not_at_the_next_poll(ledger: Ledger) -> None:
    ledger.ask([school()], OPERATOR)

    async def run() -> float:
        following = asyncio.create_task(tail(ledger.feed, Filter(after=2), 42))
        start = time.perf_counter()
        for number in range(40):
            await asyncio.to_thread(ledger.ask, [teacher(number)], OPERATOR)
        await following
        return time.perf_counter() - start

    # Forty polls of a second each would take far longer.
    assert asyncio.run(run()) < 10


# What a page costs.

MANY = 20_000
CLASSES = 40


@pytest.fixture(scope="module")
def busy(postgres_url: str, migrated_template: str) -> Iterator[Ledger]:
    """A ledger of 20,000 events: a common type, a rare one, common tags and rare ones."""
    clock = Hand(datetime(2024, 1, 1, tzinfo=UTC))
    with database(postgres_url, migrated_template) as url, Ledger(url, KEY, clock) as opened:
        for start in range(0, MANY, 1_000):
            commands = [Put(events=(_event(number),)) for number in range(start, start + 1_000)]
            opened.ask(commands[:-5], OPERATOR, on=date(2024, 1, 1))
            opened.ask(commands[-5:], replace(OTHER, channel=Channel.IMPORT), on=date(2024, 1, 2))
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute("analyze ledger.events, ledger.tags")
        assert opened.feed.head() == MANY
        yield opened


def _event(number: int) -> Any:
    who = TeacherId(f"teacher:t{number % 1_000}")
    if number % 4_000 == 3_999:
        return cast.awarded(6, teacher=who, credit=CreditId(f"credit:c{number}"))
    offering = OfferingId(f"offering:o{number % CLASSES}")
    return (
        cast.selected(who, offering=offering) if number % 2 else cast.passed(who, offering=offering)
    )


RARE = ("credit.awarded",)
COSTS = {
    "everything": (Filter(), 20),
    "everything after": (Filter(after=15_000), 20),
    "a window of positions": (Filter(after=9_000, before=9_101), 10_000),
    "a common tag": (Filter(tags=(str(RUIAN),)), 20),
    "a common tag, far on": (Filter(tags=(str(RUIAN),), after=19_000), 20),
    "a teacher": (Filter(tags=("teacher:t7",)), 10_000),
    "a teacher, of some types": (Filter(tags=("teacher:t999",), types=RARE), 10_000),
    "a teacher in a class": (Filter(tags=("teacher:t7", "offering:o7")), 10_000),
    "a teacher in a place": (Filter(tags=("teacher:t7", str(RUIAN))), 10_000),
    "a reader's reach": (Filter(any_tags=("teacher:t7",)), 10_000),
    "a city's reach": (Filter(any_tags=(str(RUIAN), "teacher:t7", "offering:o7")), 20),
    "some teachers": (
        Filter(any_tags=("teacher:t7", "teacher:t8", "teacher:t999"), scattered=True, types=RARE),
        10_000,
    ),
    "a rare type": (Filter(types=RARE), 10_000),
    "two types": (Filter(types=("enrollment.offering-selected", *RARE)), 20),
    "two types, far on": (Filter(types=("enrollment.offering-selected", *RARE), after=19_000), 20),
    "a type twice": (Filter(types=(*RARE, *RARE)), 10_000),
    "an actor": (Filter(actor="staff:other"), 20),
    "a rare actor in all": (Filter(actor="staff:other"), 10_000),
    "what was known from": (
        Filter(known_from=datetime(2024, 1, 1, 0, 0, 35, tzinfo=UTC)),
        20,
    ),
    "what was known to": (Filter(known_to=datetime(2024, 1, 1, 0, 0, 3, tzinfo=UTC)), 20),
}


@pytest.mark.parametrize("latest_first", [False, True])
@pytest.mark.parametrize("case", list(COSTS))
def test_a_page_reads_little_more_than_it_gives(
    busy: Ledger, case: str, latest_first: bool
) -> None:
    wanted, limit = COSTS[case]
    given_back = len(busy.feed.page(wanted, limit, latest_first=latest_first))
    plan = _explain(busy, wanted, limit, latest_first)
    nodes = list(_nodes(plan))
    read = max(_read(node) for node in nodes)

    assert given_back > 0
    assert [n for n in nodes if n["Node Type"] == "Seq Scan"] == []
    # A tag that is narrowed by a type or by another tag reads all that the first tag has.
    allowed = 3 * max(given_back, MANY // 1_000) + 30
    assert read <= allowed, f"{case}: {read} rows read for {given_back}"


def test_a_page_of_a_rare_type_reads_little_before_the_first_analyze(
    postgres_url: str, migrated_template: str
) -> None:
    with database(postgres_url, migrated_template) as url, Ledger(url, KEY, Hand()) as opened:
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute("alter table ledger.events set (autovacuum_enabled = false)")
        for start in range(0, 8_000, 2_000):
            opened.ask([Put(events=(_event(n),)) for n in range(start, start + 2_000)], OPERATOR)
        plan = _explain(opened, Filter(types=RARE), 100, False)

    assert max(_read(node) for node in _nodes(plan)) <= 20


def test_events_of_one_teacher_are_looked_up_by_the_plan_made_while_the_ledger_was_small(
    postgres_url: str, migrated_template: str
) -> None:
    common = ("enrollment.offering-selected", *RARE)
    with database(postgres_url, migrated_template) as url, Ledger(url, KEY, Hand()) as opened:
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute("alter table ledger.events set (autovacuum_enabled = false)")
            owner.execute("alter table ledger.tags set (autovacuum_enabled = false)")
        for start in range(0, 8_000, 2_000):
            opened.ask([Put(events=(_event(n),)) for n in range(start, start + 2_000)], OPERATOR)
        wanted = Filter(tags=("teacher:t7",), types=common)
        given_back = len(opened.feed.page(wanted, 10_000))
        plan = _explain(opened, wanted, 10_000, False)

    assert given_back > 0
    assert max(_read(node) for node in _nodes(plan)) <= 3 * given_back + 30


def _explain(opened: Ledger, wanted: Filter, limit: int, latest_first: bool) -> dict[str, Any]:
    """The generic plan, which is the one that the pinned connections of the feed use."""
    statement, values = statement_of(wanted, limit, latest_first)
    with opened.pool.connection() as connection:
        text, names = statement.as_string(connection), list(values)
        for number, name in enumerate(names, start=1):
            text = text.replace(f"%({name})s", f"${number}")
        kinds = sql.SQL(", ").join(sql.SQL(_KINDS[name]) for name in names)
        prepare = sql.SQL("prepare page ({}) as ").format(kinds)
        connection.execute(prepare + sql.SQL(text))
        given_values = sql.SQL(", ").join(sql.Literal(values[name]) for name in names)
        explained = connection.execute(
            sql.SQL("explain (analyze, timing off, format json) execute page ({})").format(
                given_values
            )
        ).fetchone()
        connection.execute("deallocate page")
    assert explained is not None
    plan: dict[str, Any] = explained[0][0]["Plan"]
    return plan


_KINDS = {
    "after": "bigint",
    "before": "bigint",
    "types": "text[]",
    "tags": "text[]",
    "any_tags": "text[]",
    "hashes": "bigint[]",
    "any_hashes": "bigint[]",
    "channel": "text",
    "known_from": "timestamptz",
    "known_to": "timestamptz",
    "on_from": "date",
    "on_to": "date",
    "true_by": "date",
    "dated": "text[]",
    "limit": "bigint",
}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def _read(node: dict[str, Any]) -> int:
    thrown = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    return int((node["Actual Rows"] + thrown) * node["Actual Loops"])


def test_hours_survive_the_feed(told: tuple[Ledger, list[Entry]]) -> None:
    opened, _ = told
    [entry] = opened.feed.page(Filter(types=("credit.awarded",)), 10)

    assert entry.event.credits == Decimal(20)  # type: ignore[attr-defined]


def test_connections_that_the_server_closed_meanwhile_are_not_used(ledger: Ledger) -> None:
    ledger.ask([school()], OPERATOR)
    for _ in range(5):
        held = [ledger.pool.getconn() for _ in range(4)]
        for each in held:
            ledger.pool.putconn(each)
        assert terminate(ledger.url) >= 4
        for _ in range(8):
            assert ledger.feed.head() == 2

"""Crossing: pages under several conditions are what a look at every entry finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from eventsourcing.dcb.api import DCBEvent
from hypothesis import given
from hypothesis import strategies as st

from bench.touched import Touched
from ledger.event import Channel, Entry
from ledger.names import tag_hash
from ledger.store import block, crossing
from ledger.store.block import bits_of, days_between, kept, of_day, places_of, read, seal
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.store.work import Plain
from projections.check_block import Blocks
from projections.inspection import Books
from tests.store.test_feed import NAMES, TYPES
from tests.town import KEY, OPERATOR, OTHER, Hand, database, rows, school, story, teacher

SMALL = 64


@pytest.fixture(scope="module")
def small() -> Iterator[None]:
    """Blocks so small that a story fills some of them, and walks so short that they end."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (block, crossing):
            patch.setattr(module, "BLOCK", SMALL)
        patch.setattr(block, "PAGE", 24)  # three pages to a block, of which the last is shorter
        patch.setattr(block, "LISTED_MAX", 3)
        patch.setattr(block, "DENSE", 3)
        patch.setattr(crossing, "WALK", 1)
        patch.setattr(crossing, "BLOCKS_FIRST", 1)
        patch.setattr(crossing, "WORDS_MAX", 2)
        yield


@pytest.fixture(scope="module")
def sealed(
    postgres_url: str, founded_template: str, small: None
) -> Iterator[tuple[Ledger, list[Entry]]]:
    """The story told by two actors, sealed as far as blocks are full, and all of its entries."""
    clock = Hand(datetime(2024, 3, 1, tzinfo=UTC))
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, clock) as opened:
        for number, move in enumerate(story()):
            clock.now += timedelta(hours=7)
            opened.ask([move.command], (OPERATOR, OTHER)[number % 2], on=move.day)
        while seal(opened.pool):
            pass
        entries = list(opened.feed.entries(Filter()))
        assert len(entries) // SMALL > 1
        yield opened, entries


def some_filter(random: Random, entries: list[Entry]) -> Filter:
    """Any filter, its bounds often exactly on an entry."""

    def perhaps(draw: Callable[[], Any], often: float = 0.25) -> Any:
        return draw() if random.random() < often else None

    def names(of: list[str], most: int) -> tuple[str, ...]:
        return tuple(random.choices(of, k=random.randint(0, most)))

    def day() -> date:
        return random.choice(entries).on + timedelta(days=random.randint(-1, 1))

    def instant() -> datetime:
        return random.choice(entries).at + timedelta(seconds=random.randint(-1, 1))

    return Filter(
        tags=perhaps(lambda: names(NAMES, 3), 0.5) or (),
        any_tags=perhaps(lambda: names(NAMES, 3)),
        types=perhaps(lambda: names(TYPES, 4), 0.5) or (),
        actor=perhaps(lambda: random.choice(["staff:other", "staff:operator", "staff:no"])),
        channel=perhaps(lambda: random.choice([each.value for each in Channel])),
        known_from=perhaps(instant),
        known_to=perhaps(instant),
        on_from=perhaps(day),
        on_to=perhaps(day),
        true_by=perhaps(day),
        after=perhaps(lambda: random.randint(0, len(entries) + 2)) or 0,
        before=perhaps(lambda: random.randint(0, len(entries) + 2)),
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_page_over_blocks_is_what_a_look_at_every_entry_finds(
    sealed: tuple[Ledger, list[Entry]], seed: int
) -> None:
    opened, entries = sealed
    random = Random(seed)
    for _ in range(100):
        wanted = some_filter(random, entries)
        limit = random.choice([1, 2, 7, 1_000])
        found = [each for each in entries if wanted.admits(each)]

        assert opened.feed.page(wanted, limit) == found[:limit], wanted
        assert opened.feed.page(wanted, limit, latest_first=True) == found[::-1][:limit], wanted
        if wanted.true_by is None:
            told, head = opened.feed.telling(wanted, limit, latest_first=True)
            assert [at for at, *_ in told] == [each.position for each in found[::-1][:limit]]
            assert head == len(entries)


def test_events_that_are_no_entries_do_not_hide_an_entry_of_their_tag(
    postgres_url: str, founded_template: str, small: None
) -> None:
    def others(tag: str, count: int) -> Plain:
        return Plain([DCBEvent(type="other", data=b"", tags=[tag])] * count, None)

    with database(postgres_url, founded_template) as url, Ledger(url, KEY) as opened:
        opened.ask([school()], OPERATOR)
        opened.committer.submit(others("teacher:t1", 2 * block.DENSE)).result()
        entered = opened.ask([teacher(1)], OPERATOR).position
        opened.committer.submit(others("teacher:t2", 2 * SMALL)).result()
        while seal(opened.pool):
            pass
        wanted = Filter(tags=("teacher:t1",), types=("register.teacher-registered",))

        for limit in (1, 2, 7):
            assert [e.position for e in opened.feed.page(wanted, limit)] == [entered], limit


def test_a_page_of_everything_passes_over_events_that_are_no_entries(
    postgres_url: str, founded_template: str, small: None
) -> None:
    with database(postgres_url, founded_template) as url, Ledger(url, KEY) as opened:
        first = opened.ask([school()], OPERATOR).position
        other = Plain([DCBEvent(type="other", data=b"", tags=[])] * (40 * SMALL), None)
        opened.committer.submit(other).result()
        last = opened.ask([teacher(1)], OPERATOR).position
        while seal(opened.pool):
            pass
        latest = [each.position for each in opened.feed.page(Filter(), 1_000)][::-1]
        counter = Touched(opened.pool)
        told, head = opened.feed.telling(Filter(), 3, latest_first=True)
        counter.close()

        assert [at for at, *_ in told] == latest[:3]
        assert (last in latest[:3], first in latest, head) == (True, True, opened.feed.head())
        assert sum(counter.taken().values()) < 4 * SMALL
        told, _ = opened.feed.telling(Filter(after=first), 3, latest_first=False)
        assert [at for at, *_ in told] == [each for each in latest[::-1] if each > first][:3]


def test_each_full_block_is_sealed_once_and_says_what_its_entries_say(
    sealed: tuple[Ledger, list[Entry]],
) -> None:
    opened, entries = sealed
    assert not seal(opened.pool)
    held = rows(
        opened.url, "select hash, block, bits from ledger.blocks where hash >= %s", -(2**63)
    )
    assert {number for _, number, _ in held} == set(range(len(entries) // SMALL))
    words = {(hash_, number): read(bytes(bits)) for hash_, number, bits in held}
    for number in range(len(entries) // SMALL):
        of_block = entries[number * SMALL : (number + 1) * SMALL]
        for name in {each.event.NAME for each in of_block}:
            wanted = bits_of(n for n, e in enumerate(of_block) if name == e.event.NAME)
            assert words[tag_hash(block.of_type(name)), number] == wanted
        for tag in {tag for each in of_block for tag in each.tags}:
            places = [n for n, each in enumerate(of_block) if tag in each.tags]
            dense = bits_of(places) if len(places) >= block.DENSE else None
            assert words.get((tag_hash(tag), number)) == dense


@pytest.mark.parametrize(
    "statement", ["update {} set bits = bits", "delete from {}", "truncate {}"]
)
def test_nothing_of_a_block_is_ever_changed(
    sealed: tuple[Ledger, list[Entry]], statement: str
) -> None:
    opened, _ = sealed
    with psycopg.connect(opened.url) as owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(statement.format("ledger.blocks").encode())


def test_of_two_who_seal_one_does(sealed: tuple[Ledger, list[Entry]]) -> None:
    opened, entries = sealed
    clear = SMALL - len(entries) % SMALL
    opened.ask([], OPERATOR)
    with psycopg.connect(opened.url) as other:
        other.execute("select pg_advisory_xact_lock(%s)", (block.LOCK,))
        assert clear > 0
        assert not seal(opened.pool)


@given(places=st.sets(st.integers(0, block.BLOCK - 1), max_size=200))
def test_places_are_read_back_as_they_were_kept(places: set[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block, "BLOCK", 8_192)
        patch.setattr(block, "LISTED_MAX", 64)
        bits = read(kept(sorted(places)))

        assert list(places_of(bits, latest_first=False)) == sorted(places)
        assert list(places_of(bits, latest_first=True)) == sorted(places, reverse=True)


@given(
    first=st.dates(),
    last=st.one_of(st.dates(), st.just(date.max)),
    days=st.lists(st.dates(), min_size=1),
)
def test_the_words_of_a_span_are_those_of_exactly_its_days(
    first: date, last: date, days: list[date]
) -> None:
    words = set(days_between(first, last))
    for day in (*days, first, last):
        own = {of_day(day.isoformat()[:length]) for length in block.DAY_LENGTHS}
        assert bool(own & words) == (first <= day <= last)


def test_a_month_is_one_word_and_a_year_is_one_word() -> None:
    assert days_between(date(2024, 2, 1), date(2024, 2, 29)) == [of_day("2024-02")]
    assert days_between(date(2023, 1, 1), date(2023, 12, 31)) == [of_day("2023")]
    assert of_day("2") in days_between(date(1999, 1, 1), date.max)


def test_a_check_says_which_block_hides_an_entry(sealed: tuple[Ledger, list[Entry]]) -> None:
    opened, _ = sealed
    looked = Books(
        pool=opened.pool, feed=opened.feed, upto=opened.feed.head(), told=lambda *_: None
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("projections.check_block.BLOCK", SMALL)
        assert list(Blocks().run(looked)) == []
        with psycopg.connect(opened.url, autocommit=True) as owner:
            owner.execute("alter table ledger.blocks disable trigger blocks_fixed")
            lost = owner.execute(
                "delete from ledger.blocks where block = 1 and hash = "
                "(select min(hash) from ledger.blocks where block = 1) returning *"
            ).fetchall()
            (found,) = Blocks().run(looked)
            owner.cursor().executemany("insert into ledger.blocks values (%s, %s, %s)", lost)
            owner.execute("alter table ledger.blocks enable always trigger blocks_fixed")

    assert (found.code, found.position) == ("BLOCK_DIFFERS", SMALL + 1)

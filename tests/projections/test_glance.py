"""A loop reads rows itself and gets what the reader gets on a thread, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg_pool import PoolClosed

from ledger.fault import Fault
from ledger.store.ledger import Ledger
from ledger.store.loop import MOST, OnLoop
from projections.catalogue import RECORDS, SCHOOLS, TEACHERS, VIEWS
from projections.glance import Glances
from projections.reader import Reader, Where
from projections.runner import Runner
from tests.cast import LIN, RUIAN
from tests.town import KEY, Hand, database, story, tell, terminate

HERS = Where().and_equal(key=str(LIN))
WHERES = [
    Where(),
    HERS,
    HERS.and_among(place=(str(RUIAN),)),
    HERS.and_among(place=("jurisdiction:000000",)),
    Where().and_equal(key="teacher:nobody"),
]


@pytest.fixture(scope="module")
def told(postgres_url: str, founded_template: str) -> Iterator[Ledger]:
    """The story told, and the views up with it."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, story())
        Runner(opened.pool, opened.feed, VIEWS).catch_up()
        yield opened


def on_loop(told: Ledger, ask: Callable[[Glances], Awaitable[Any]]) -> Any:
    """What a loop reads."""

    async def run() -> Any:
        glances = Glances(Reader(told.pool, told.feed), told.url)
        assert not glances.here
        async with glances.opened():
            assert glances.here
            return await ask(glances)

    return asyncio.run(run())


def test_it_reads_what_the_reader_reads(told: Ledger) -> None:
    reader = Reader(told.pool, told.feed)
    pages: list[dict[str, Any]] = [
        {"first": 1},
        {"first": 2, "after": str(LIN)},
        {"first": 2_000, "descending": True},
    ]

    async def ask(glances: Glances) -> None:
        for where in WHERES:
            for other in (RECORDS, SCHOOLS):
                found = reader.both(TEACHERS, where, other)
                assert await glances.both(TEACHERS, where, other) == found
            for page in pages:
                kept = reader.kept_page(TEACHERS, where, **page)
                assert await glances.kept_page(TEACHERS, where, **page) == kept

    on_loop(told, ask)


def test_more_who_ask_at_once_than_there_are_connections_are_all_answered(told: Ledger) -> None:
    async def ask(glances: Glances) -> list[Any]:
        asked = (glances.both(TEACHERS, HERS, RECORDS) for _ in range(MOST * 10))
        return await asyncio.gather(*asked)

    first, *others = on_loop(told, ask)
    assert first[0] is not None
    assert others == [first] * (MOST * 10 - 1)


def test_a_database_that_ended_the_connections_is_asked_on_others(told: Ledger) -> None:
    async def ask(glances: Glances) -> Any:
        asked = (glances.both(TEACHERS, HERS, RECORDS) for _ in range(MOST))
        [first, *_] = await asyncio.gather(*asked)
        assert await asyncio.to_thread(terminate, told.url) > 0
        assert await glances.both(TEACHERS, HERS, RECORDS) == first
        asked = (glances.both(TEACHERS, HERS, RECORDS) for _ in range(MOST * 2))
        return first, await asyncio.gather(*asked)

    first, again = on_loop(told, ask)
    assert again == [first] * (MOST * 2)


def test_what_is_given_up_is_given_up_in_the_database_and_leaves_a_connection(
    told: Ledger,
) -> None:
    sleeping = (
        "select count(*) from pg_stat_activity where query like '%%pg_sleep(30)%%' "
        "and state = 'active' and pid <> pg_backend_pid()"
    )

    async def run() -> list[int]:
        on = OnLoop(told.url, most=1)
        await on.open()
        counts = []
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await on.rows(b"select pg_sleep(30)", {})
            counts += [number for (number,) in await on.rows(sleeping.encode(), {})]
        with pytest.raises(psycopg.errors.DivisionByZero):
            await on.rows(b"select 1 / 0", {})
        assert await on.rows(b"select %(x)s::int", {"x": 7}) == [(7,)]
        await on.close()
        with pytest.raises(PoolClosed):
            await on.rows(b"select 1", {})
        return counts

    assert asyncio.run(run()) == [0, 0, 0]


def test_it_works_as_the_application_and_not_for_longer_than_it_may(told: Ledger) -> None:
    async def run() -> Any:
        on = OnLoop(told.url, statement_seconds=0.05)
        await on.open()
        with pytest.raises(psycopg.errors.QueryCanceled):
            await on.rows(b"select pg_sleep(30)", {})
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await on.rows(b"delete from ledger.events", {})
        role = await on.rows(b"select current_user, current_setting('plan_cache_mode')", {})
        await on.close()
        return role

    assert asyncio.run(run()) == [("xuefen_app", "force_generic_plan")]


def test_another_loop_does_not_read_on_it(told: Ledger) -> None:
    glances = Glances(Reader(told.pool, told.feed), told.url)

    async def elsewhere() -> bool:
        async with glances.opened():  # changes nothing: one has it
            return glances.here

    async def run() -> tuple[bool, bool]:
        async with glances.opened():
            return await asyncio.to_thread(asyncio.run, elsewhere()), glances.here

    assert asyncio.run(run()) == (False, True)
    assert asyncio.run(elsewhere())


def test_rows_of_another_form_are_said_to_be_built_anew(
    postgres_url: str, founded_template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as told:
        tell(told, story())
        Runner(told.pool, told.feed, VIEWS).catch_up()
        with told.pool.connection() as connection:
            connection.execute("update projection.records set state = '[]'")
            connection.execute("alter table projection.teachers drop column school")
        monkeypatch.setattr(type(RECORDS), "version", RECORDS.version + 1)
        monkeypatch.setattr(type(TEACHERS), "version", TEACHERS.version + 1)

        async def ask(glances: Glances) -> list[str]:
            asked = (
                glances.both(TEACHERS, HERS, RECORDS),
                glances.kept_page(RECORDS, HERS, first=1),
                glances.kept_page(TEACHERS, HERS.and_equal(school="school:x"), first=1),
            )
            found = await asyncio.gather(*asked, return_exceptions=True)
            return [each.code if isinstance(each, Fault) else repr(each) for each in found]

        assert on_loop(told, ask) == ["VIEW_REBUILDING"] * 3

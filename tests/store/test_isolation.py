"""Whatever isolation an administrator made the default, ours is the one that we rely on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql

from ledger.store.connection import open_connection
from ledger.store.feed import open_pool
from ledger.store.ledger import Ledger
from ledger.store.loop import OnLoop
from ledger.store.migrate import LOCK_KEY, migrate
from tests.town import KEY, OPERATOR, school, teacher

ISOLATION = "show transaction_isolation"


@pytest.fixture(params=["repeatable read", "serializable"])
def strict_url(empty_database_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database whose transactions all see one moment, unless they say otherwise."""
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("alter database {} set default_transaction_isolation = {}").format(
                sql.Identifier(connection.info.dbname), sql.Literal(request.param)
            )
        )
    yield empty_database_url


def test_two_ledgers_on_a_strict_database_lose_nothing_and_fail_at_nothing(strict_url: str) -> None:
    migrate(strict_url)
    with Ledger(strict_url, KEY) as one, Ledger(strict_url, KEY) as two:
        one.ask([school()], OPERATOR)
        ledgers = (one, two)
        with ThreadPoolExecutor(16) as pool:
            answers = list(
                pool.map(lambda n: ledgers[n % 2].ask([teacher(n)], OPERATOR), range(200))
            )

    written = [each.outcomes[0].written[0].position for each in answers]
    assert sorted(written) == list(range(3, 203))


def test_of_two_who_migrate_a_strict_database_at_once_one_waits_for_the_other(
    strict_url: str,
) -> None:
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with ThreadPoolExecutor(2) as threads:
        with psycopg.connect(strict_url, autocommit=True) as other:
            other.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
            both = [threads.submit(migrate, strict_url) for _ in range(2)]
            while other.execute(waiting).fetchone() != (2,):
                assert not any(each.done() for each in both)
        for migrated in both:
            migrated.result()


def test_every_connection_of_ours_sees_what_was_committed_before_each_statement(
    strict_url: str,
) -> None:
    migrate(strict_url)
    found = []
    for owner in (False, True):
        for autocommit in (False, True):
            with open_connection(strict_url, owner=owner, autocommit=autocommit) as connection:
                found += connection.execute(ISOLATION).fetchall()
    pool = open_pool(strict_url)
    with pool.connection() as connection:
        found += connection.execute(ISOLATION).fetchall()
    pool.close()

    assert {*found, *asyncio.run(_on_loop(strict_url))} == {("read committed",)}


async def _on_loop(url: str) -> list[tuple[str]]:
    lines = OnLoop(url)
    await lines.open()
    try:
        return await lines.rows(b"select current_setting('transaction_isolation')", {})
    finally:
        await lines.close()

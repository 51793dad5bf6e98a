"""Open books: a ledger that the command line reads, nothing followed and nothing founded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from api.house import database, require_finished
from api.settings import Settings
from ledger.day import in_shanghai
from ledger.fault import Fault
from ledger.store.embedded import Embedded
from ledger.store.feed import Feed, open_pool
from ledger.store.migrate import check_version
from ledger.store.trouble import Trouble
from projections.moment import day_judged
from projections.reader import Reader
from projections.verdict import Rules

DAY_UNSAID = "if not said, that of the facts, or on which the ledger learned the position, or today"


@dataclass(frozen=True)
class Books:
    """A ledger's feed and views, for reading."""

    url: str
    pool: ConnectionPool[psycopg.Connection[Any]]
    feed: Feed
    reader: Reader
    rules: Rules

    def day(self, on: date | None, effective: date | None, position: int | None) -> date:
        """The day that is judged, as it is in a query."""
        today = in_shanghai(datetime.now(UTC))
        return day_judged(self.feed, today, on=on, effective=effective, position=position)

    def reached(self, position: int) -> int:
        """A position of this ledger. Raises ``Fault`` (``BEYOND_HEAD``) for one past its end."""
        head = self.feed.head()
        if position > head:
            raise Fault(
                "BEYOND_HEAD",
                zh=f"位置 {position} 超出账本末尾 {head}。",
                en=f"Position {position} lies beyond the head, {head}.",
            )
        return position


@contextmanager
def open_books(settings: Settings) -> Iterator[Books]:
    """The books of a ledger that exists. Raises ``Trouble`` (``SCHEMA_MISSING``) for none."""
    require_ledger(settings)
    # The folder of the keys is nothing to a reader of a database elsewhere, and is not made.
    elsewhere = settings.database_url
    with nullcontext(elsewhere) if elsewhere else database(settings) as url:
        check_version(url)
        with opened_books(url) as books:
            yield books


@contextmanager
def opened_books(url: str) -> Iterator[Books]:
    """The books in a database whose version the caller has seen to."""
    pool = open_pool(url)
    try:
        feed = Feed(url, pool)
        try:
            reader = Reader(pool, feed)
            yield Books(url=url, pool=pool, feed=feed, reader=reader, rules=Rules(reader))
        finally:
            feed.close()
    finally:
        pool.close()


def require_ledger(settings: Settings) -> None:
    """A data folder without a database is not given one only to be read."""
    require_finished(settings)
    if settings.database_url or has_cluster(settings):
        return
    raise Trouble(
        "SCHEMA_MISSING",
        zh=f"{settings.data} 里还没有账本。请先执行 xuefen serve 或 xuefen demo，"
        "或用 --data、--database-url 指明账本所在。",
        en=f"There is no ledger in {settings.data} yet. Run xuefen serve or xuefen demo first, "
        "or say where it is with --data or --database-url.",
    )


def has_cluster(settings: Settings) -> bool:
    """Whether the data folder holds an embedded database."""
    return (Embedded(settings.data).cluster / "PG_VERSION").exists()

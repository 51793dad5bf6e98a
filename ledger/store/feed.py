"""The feed: the one door out. History by any filter, and a tail that skips nothing.

Positions are dense and become visible in order, because every commit holds the committer's lock
until it is visible; so ``position > after order by position`` never passes over an event.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool

from ledger.event import Entry, decode
from ledger.store.connection import take_role
from ledger.store.crossing import read_page
from ledger.store.page import SAMPLED, bounding, counting, sampling
from ledger.store.pool import Pool
from ledger.store.statements import PINNED
from ledger.store.stored import Stored, stored
from ledger.store.wakeup import Ticket, Wakeup

PAGE_MAX = 10_000
TAIL_PAGE = 500
# From here on a sample is large enough to be trusted where it is off by more than the margin.
CERTAIN, MARGIN = 50_000, Fraction(1, 4)
Run = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries are wanted; what is left out does not restrict.

    ``tags``: all of them; ``any_tags``: at least one (the reader's own reach, or many subjects at
    once); ``scattered``: those tags are rarer than the types, so they lead; days and instants
    include both ends. ``on_from`` and ``on_to`` are days of entries, ``true_by`` is the last day
    on which what is wanted took effect.
    """

    tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] | None = None
    types: tuple[str, ...] = ()
    actor: str | None = None
    channel: str | None = None
    known_from: datetime | None = None
    known_to: datetime | None = None
    on_from: date | None = None
    on_to: date | None = None
    true_by: date | None = None
    after: int = 0
    before: int | None = None
    scattered: bool = False

    @property
    def all_tags(self) -> tuple[str, ...]:
        """The tags asked for, the actor's among them."""
        return (*self.tags, f"by:{self.actor}") if self.actor else self.tags

    def admits(self, entry: Entry) -> bool:
        """Whether an entry is wanted, judged without the database."""
        tags = entry.tags
        return (
            entry.position > self.after
            and (self.before is None or entry.position < self.before)
            and (not self.types or entry.event.NAME in self.types)
            and all(tag in tags for tag in self.all_tags)
            and (self.any_tags is None or any(tag in tags for tag in self.any_tags))
            and (self.channel is None or entry.channel == self.channel)
            and (self.known_from is None or entry.at >= self.known_from)
            and (self.known_to is None or entry.at <= self.known_to)
            and (self.on_from is None or entry.on >= self.on_from)
            and (self.on_to is None or entry.on <= self.on_to)
            and self.holds(entry)
        )

    def holds(self, entry: Entry) -> bool:
        """Whether an entry had taken effect by the day that is asked about."""
        return self.true_by is None or entry.effective_on <= self.true_by


def open_pool(
    url: str, most: int = 8, *, statement_seconds: float = 0, autocommit: bool = False
) -> ConnectionPool[psycopg.Connection[Any]]:
    """Connections for readers, pinned and under the application's role.

    ``statement_seconds``: after how long the database gives a statement up; 0: never.
    ``autocommit``: each statement stands alone, and a read is one round trip instead of three.
    """

    def prepare(connection: psycopg.Connection[Any]) -> None:
        take_role(connection)
        for setting in PINNED:
            connection.execute(setting)
        connection.execute(f"set statement_timeout = {int(statement_seconds * 1_000)}")
        connection.commit()

    return Pool(url, most, prepare, autocommit=autocommit)


class Feed:
    """Reads entries; safe to use from many threads."""

    def __init__(self, url: str, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._pool = pool
        self._wakeup = Wakeup(url)

    def through(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> Feed:
        """The same, read through other connections; it is closed with this one."""
        other = copy(self)
        other._pool = pool
        return other

    def close(self) -> None:
        """Stops listening."""
        self._wakeup.close()

    def head(self) -> int:
        """The last position, 0 for an empty ledger."""
        with self._pool.connection() as connection:
            row = connection.execute("select max(position) from ledger.events").fetchone()
        return (row[0] if row else None) or 0

    @property
    def begun(self) -> bool:
        """Whether there is an entry; what library applications append is none."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "select exists (select from ledger.events where id is not null)"
            ).fetchone()
        return row is not None and bool(row[0])

    def position_at(self, moment: datetime) -> int:
        """The last position that the ledger knew at a moment."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "select position from ledger.events where at <= %s "
                "order by at desc, position desc limit 1",
                (moment,),
            ).fetchone()
        return row[0] if row else 0

    def learned_at(self, position: int) -> datetime | None:
        """When the ledger learned a position; of 0 when it began, ``None`` where it is empty."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "select at from ledger.events where position <= greatest(%s, 1) "
                "order by position desc limit 1",
                (position,),
            ).fetchone()
        return row[0] if row else None

    def page(self, wanted: Filter, limit: int, *, latest_first: bool = False) -> list[Entry]:
        """At most ``limit`` entries in order of position, or the latest first."""
        most = min(limit, PAGE_MAX)
        found: list[Entry] = []
        while True:
            read = self._read(wanted, most, latest_first)
            found += filter(wanted.holds, read)
            if len(read) < most or len(found) >= most:
                return found[:most]
            last = read[-1].position
            wanted = _later(wanted, wanted.after, last) if latest_first else _later(wanted, last)

    def _read(self, wanted: Filter, limit: int, latest_first: bool) -> list[Entry]:
        """A page as the database tells it: some of it may take effect only later."""
        rows = read_page(self._pool, wanted, limit, latest_first=latest_first)
        return [decode(position, bytes(body)) for position, body in rows]

    def exceeds(self, wanted: Filter, most: int) -> bool:
        """Whether more entries are wanted than so many; told from the indexes, without a body.

        One index alone often says that they are few, a sample that they are far too many; only
        where it is close are they counted one by one.
        """

        def count(statement: sql.Composed, values: dict[str, Any]) -> int:
            row = connection.execute(statement, values).fetchone()
            return row[0] if row is not None else 0

        with self._pool.connection() as connection:
            if any(count(*bound) <= most for bound in bounding(wanted, most + 1)):
                return False
            if most >= CERTAIN and (wanted.types or wanted.all_tags or wanted.any_tags):
                guess = count(*sampling(wanted, most)) * SAMPLED
                if abs(guess - most) > most * MARGIN:
                    return guess > most
            return count(*counting(wanted, most + 1)) > most

    def raw_page(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Positions and bodies after a position, for readers that decode themselves."""
        with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            rows = cursor.execute(
                "select position, body from ledger.events "
                "where position > %s order by position limit %s",
                (after, limit),
            ).fetchall()
        return [(position, bytes(body)) for position, body in rows]

    def raw(self, wanted: Filter, limit: int) -> list[tuple[int, bytes]]:
        """At most ``limit`` wanted entries as they are stored, in order of position."""
        rows = read_page(self._pool, wanted, min(limit, PAGE_MAX))
        return [(position, bytes(body)) for position, body in rows]

    def telling(
        self, wanted: Filter, limit: int, *, latest_first: bool = False
    ) -> tuple[list[Stored], int]:
        """At most ``limit`` wanted entries as they are stored, and the head, of one moment."""
        most = min(limit, PAGE_MAX)
        if found := stored(self._pool, wanted, most, latest_first):
            return found
        # Not even the head was told; what has come up to it is looked for once more, and no more.
        head = self.head()
        found = stored(self._pool, _later(wanted, wanted.after, head + 1), most, latest_first)
        return found[0] if found else [], head

    def ticket(self) -> AbstractContextManager[Ticket]:
        """A place among those who wait for the head."""
        return self._wakeup.ticket()

    def entries(self, wanted: Filter) -> Iterator[Entry]:
        """All wanted entries in order, page by page."""
        after = wanted.after
        while True:
            page = self.page(_later(wanted, after), PAGE_MAX)
            yield from page
            if len(page) < PAGE_MAX:
                return
            after = page[-1].position

    def find(self, event_id: str) -> Entry | None:
        """The entry of an event id; ``None`` for one that is unknown or no id at all."""
        try:
            known = UUID(event_id)
        except ValueError:
            return None
        with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            row = cursor.execute(
                "select position, body from ledger.events where id = %s", (known,)
            ).fetchone()
        return decode(row[0], bytes(row[1])) if row else None

    async def follow(
        self, wanted: Filter, run: Run | None = None
    ) -> AsyncGenerator[tuple[int, list[Entry]], None]:
        """Pages of wanted entries, history first and then live, each with the position reached.

        Never skips and never repeats a position; a page may be empty where nothing was wanted.
        ``run`` reads on threads of the caller's own, which the reads of others do not take up.
        """
        reached = wanted.after
        with self._wakeup.ticket() as ticket:
            read = run or ticket.run
            while True:
                head = await read(self.head)
                while reached < head:
                    through = min(reached + TAIL_PAGE, head)
                    window = _later(wanted, reached, through + 1)
                    page = await read(self.page, window, TAIL_PAGE)
                    reached = through
                    yield reached, page
                await ticket.wait()

    def wait_for(
        self, position: int, timeout: float, over: Callable[[], bool] = lambda: False
    ) -> bool:
        """Whether the head reaches a position in time, and before the waiting is ``over``."""
        return self._wakeup.wait_for(self.head, position, timeout, over)

    def rouse(self) -> None:
        """Lets all who wait see whether their waiting is over."""
        self._wakeup.rouse()


def _later(wanted: Filter, after: int, before: int | None = None) -> Filter:
    if before is None or (wanted.before is not None and wanted.before < before):
        before = wanted.before
    return replace(wanted, after=after, before=before)

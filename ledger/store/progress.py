"""Progress: how far a long work on an upload is, seen by each process on the database.

Whoever works says it now and then, and takes it back at the end; a process that died in the middle
leaves what it said last, which counts for nothing after a while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from threading import Lock
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct
from psycopg_pool import ConnectionPool

EVERY_SECONDS = 0.5
STALE_SECONDS = 600
Told = Callable[[int], None]


class Work(Enum):
    """What is being done about an upload: each is counted in its own unit."""

    READING = "READING"
    PLANNING = "PLANNING"
    COMPARING = "COMPARING"
    COMMITTING = "COMMITTING"


class Underway(Struct, frozen=True, kw_only=True):
    """How far a work is: rows read or planned, steps compared, batches committed."""

    work: Work
    done: int
    total: int | None = None


class Progress:
    """Tells and hears how far works are; safe to use from many threads."""

    def __init__(
        self,
        pool: ConnectionPool[psycopg.Connection[Any]],
        clock: Callable[[], float] = monotonic,
        every: float = EVERY_SECONDS,
    ) -> None:
        self._pool, self._clock, self._every = pool, clock, every
        self._said: dict[tuple[str, Work], float] = {}
        self._lock = Lock()

    @contextmanager
    def of(self, upload: str, work: Work, total: int | None = None) -> Iterator[Told]:
        """A function to call with how much is done; when it is left, nothing is under way."""
        told = self._teller(upload, work, total)
        told(0)
        try:
            yield told
        finally:
            with self._lock:
                self._said.pop((upload, work), None)
            with self._pool.connection() as connection:
                connection.execute(
                    "delete from vault.progress where upload = %s and work = %s",
                    (UUID(upload), work.value),
                )

    def stages(self, upload: str) -> list[Underway]:
        """What is under way about an upload, in whatever process."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select work, done, total from vault.progress where upload = %s "
                "and at > now() - make_interval(secs => %s) order by work",
                (UUID(upload), STALE_SECONDS),
            ).fetchall()
        return [Underway(work=Work(work), done=done, total=total) for work, done, total in rows]

    def done(self, upload: str, work: Work) -> int | None:
        """How much of one work is done, while it is under way."""
        return next((each.done for each in self.stages(upload) if each.work is work), None)

    def purge(self) -> int:
        """Removes what processes left that died, and says how many."""
        with self._pool.connection() as connection:
            return connection.execute(
                "delete from vault.progress where at < now() - make_interval(secs => %s)",
                (STALE_SECONDS,),
            ).rowcount

    def _teller(self, upload: str, work: Work, total: int | None) -> Told:
        def told(done: int) -> None:
            now = self._clock()
            with self._lock:
                before = self._said.get((upload, work))
                if before is not None and now - before < self._every:
                    return
                self._said[upload, work] = now
            with self._pool.connection() as connection:
                connection.execute(
                    "insert into vault.progress (upload, work, done, total) "
                    "values (%(upload)s, %(work)s, %(done)s, %(total)s) "
                    "on conflict (upload, work) do update "
                    "set done = excluded.done, total = excluded.total, at = now()",
                    {"upload": UUID(upload), "work": work.value, "done": done, "total": total},
                )

        return told

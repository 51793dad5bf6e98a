"""Checkup: one look at how the database and its views stand, however many ask and however it hangs.

It has a connection of its own, whose statements the database gives up soon, and one look is taken
at a time: a database that is frozen holds one thread, not one for each probe, and whoever asks
hears within ``PATIENCE_SECONDS`` that it does not answer.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from ledger.store.connection import trouble_behind
from ledger.store.feed import open_pool
from ledger.store.trouble import Trouble
from projections.refold import Refold, refolds
from projections.stop import Stop, standing
from schema.context import House
from schema.hop import Hops

STATEMENT_SECONDS = 2.0
PATIENCE_SECONDS = 2.5
LAST = "select position, at from ledger.events order by position desc limit 1"
# When the first entry came that a view does not have yet.
WAITING = """
select at.position, (
    select e.at from ledger.events e where e.position > at.position order by e.position limit 1
)
from unnest(%s::bigint[]) as at(position)
"""


@dataclass(frozen=True)
class Found:
    """How it stands. ``ages``: of each position of a view how old what it lacks is, in seconds;

    ``webhooks``: how many are behind, and by how many entries the furthest is; ``behind_seconds``:
    by how much the clock is behind the last event.
    """

    head: int
    progress: list[tuple[str, int, Stop | None]]
    ages: dict[int, float]
    refolds: list[Refold]
    webhooks: tuple[int, int]
    behind_seconds: float


class Checkup:
    """Looks for whoever asks. Used from one event loop."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._hops = Hops(1)  # nobody else's reads are in front of it
        self._pool: ConnectionPool[psycopg.Connection[Any]] | None = None
        self._look: asyncio.Task[Found] | None = None
        self._begun = 0.0
        # When writes failed last, and where the ledger stood when that was seen.
        self._failed: tuple[datetime, int] | None = None

    async def found(self) -> Found:
        """How it stands now. Raises ``Trouble`` where the database does not say so, and soon."""
        if self._look is None or self._look.done():
            self._begun = time.monotonic()
            self._look = asyncio.create_task(self._hops.run(self._looked), name="checkup")
            self._look.add_done_callback(_heard)
        left = self._begun + PATIENCE_SECONDS - time.monotonic()
        done, _ = await asyncio.wait({self._look}, timeout=max(0.0, left))
        if not done:
            raise silent()
        return self._look.result()

    async def close(self) -> None:
        """Looks no more; a look that hangs is left to itself."""
        if self._look is not None:
            self._look.cancel()
        if self._pool is not None:
            await asyncio.to_thread(self._pool.close)

    def _looked(self) -> Found:
        try:
            return self._read()
        except psycopg.errors.QueryCanceled:
            raise silent() from None
        except Exception as error:
            raise trouble_behind(error) or error from None

    def _read(self) -> Found:
        if self._pool is None:
            self._pool = open_pool(
                self._house.ledger.url, 1, statement_seconds=STATEMENT_SECONDS, autocommit=True
            )
        with self._pool.connection(STATEMENT_SECONDS) as connection:
            head, at = connection.execute(LAST).fetchone() or (0, None)
            progress = standing(connection, own=self._house.runner.own)
            found = Found(
                head=head,
                progress=progress,
                ages=_ages(connection, [position for _, position, _ in progress], head),
                refolds=refolds(connection),
                webhooks=self._house.ledger.deliveries.waiting(head, connection),
                behind_seconds=self._behind(at),
            )
        self._regard(head)
        return found

    def _behind(self, at: datetime | None) -> float:
        now = self._house.ledger.now()
        return 0.0 if at is None else max(0.0, (at - now).total_seconds())

    def _regard(self, head: int) -> None:
        """Where the ledger has grown since our last write failed, another process can write."""
        outcome = self._house.ledger.committer.lane.outcome
        failing = outcome.failing
        if failing is None:
            self._failed = None
        elif self._failed is None or self._failed[0] != failing.last:
            self._failed = (failing.last, head)
        elif head > self._failed[1]:
            outcome.wrote()


def silent() -> Trouble:
    """What is said of a database that is there and says nothing."""
    return Trouble(
        "DATABASE_SILENT",
        zh=f"数据库在 {PATIENCE_SECONDS:g} 秒内没有答复：可能已停顿，或有人长时间占用锁。"
        "请管理员查看其进程与 pg_locks。",
        en=f"The database did not answer within {PATIENCE_SECONDS:g} seconds: it is frozen, or "
        "somebody holds a lock. Have its administrator look at its processes and at pg_locks.",
    )


def _ages(connection: psycopg.Connection[Any], positions: list[int], head: int) -> dict[int, float]:
    now, behind = datetime.now(UTC), sorted({each for each in positions if each < head})
    ages = dict.fromkeys(positions, 0.0)
    for position, at in connection.execute(WAITING, (behind,)) if behind else ():
        ages[position] = 0.0 if at is None else max(0.0, (now - at).total_seconds())
    return ages


def _heard(look: asyncio.Task[Found]) -> None:
    if not look.cancelled():
        look.exception()  # whoever waited has heard it, and maybe nobody does

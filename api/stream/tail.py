"""Tail: the one reader of what is new in a process, woken by the database, for all cohorts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import Any

import structlog

from api.stream.cohort import Cohort, Made, whole
from api.stream.frame import Frame, Recall
from ledger.event import Entry
from ledger.store.feed import Feed, Filter
from ledger.store.outage import SELDOM
from schema.reach import MOVES

log = structlog.get_logger()
RETRY_SECONDS = 1.0
READERS = 2
"""Reads of the table at once for those who catch up, so that the live tail never waits for them."""


class Tail:
    """Reads each new entry once, and gives it to every cohort."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._cohorts: dict[bytes, Cohort] = {}
        self._keys: dict[Cohort, bytes] = {}
        self._recall = Recall()
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._holders = 0
        self._turn: asyncio.Future[None] | None = None
        self._live = ThreadPoolExecutor(1, "stream-live")
        self._past = ThreadPoolExecutor(READERS, "stream-past")
        self.reached = 0
        self.moves = 0
        """How often anything came by which somebody's reach may have changed."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Reads, from the head on if it did not read yet, at least until whoever asks has joined.

        Otherwise the last of the others might leave meanwhile and end the reading.
        """
        self._holders += 1
        try:
            async with self._starting:
                if self._task is None:
                    self.reached = await self._read(self._live, self._feed.head)
                    self._task = asyncio.create_task(self._run())
            yield
        finally:
            self._holders -= 1
            self._rest()

    async def close(self) -> None:
        """Ends reading."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._live.shutdown(cancel_futures=True)
        self._past.shutdown(cancel_futures=True)

    def find(self, key: bytes) -> Cohort | None:
        """The cohort of a key."""
        return self._cohorts.get(key)

    def join(self, key: bytes, cohort: Cohort) -> None:
        """Takes in a cohort, whose live tail begins here."""
        cohort.reached = self.reached
        self._cohorts[key] = cohort
        self._keys[cohort] = key

    def leave(self, cohort: Cohort) -> None:
        """Lets a cohort go once nobody is in it; without any, nothing is read."""
        if not cohort.followers:
            key = self._keys.pop(cohort, None)
            if key is not None:
                del self._cohorts[key]
        self._rest()

    def _rest(self) -> None:
        if not self._keys and not self._holders and self._task is not None:
            self._task.cancel()
            self._task = None

    async def page(self, cohort: Cohort, after: int) -> Frame:
        """What a cohort finds in the table after a position."""
        run = partial(self._read, self._past)
        return await cohort.page(after, self._feed, self._recall, run)

    async def turn(self) -> None:
        """Waits until the tail has moved."""
        if self._turn is None:
            self._turn = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._turn)

    async def _run(self) -> None:
        run = partial(self._read, self._live)
        while True:
            try:
                pages = self._feed.follow(Filter(after=self.reached), run)
                async with aclosing(pages):
                    async for reached, entries in pages:
                        await self._give(entries, reached)
            except Exception as error:  # the database is away; what comes meanwhile is read later
                if SELDOM.due("tail"):
                    log.warning("stream", tail_waits=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _give(self, entries: Sequence[Entry], reached: int) -> None:
        """Hands new entries to all cohorts, and to those that come while it does."""
        if any(each.event.NAME in MOVES for each in entries):
            self.moves += 1
            await self._regard()
        made: dict[Cohort, list[Frame]] = {}
        while missing := [each for each in self._keys if each.live and each not in made]:
            for cohort, pieces in await self._read(self._live, _made, missing, entries, reached):
                made[cohort] = await _finished(cohort, pieces)
        for cohort in list(self._keys):
            cohort.take(made.get(cohort) or [Frame(cohort.reached, reached)], self._recall)
        self.reached = reached
        turn, self._turn = self._turn, None
        if turn is not None and not turn.done():
            turn.set_result(None)

    async def _regard(self) -> None:
        """Lets every cohort see what lies within its reach now, those that come too."""
        seen: set[Cohort] = set()
        while unseen := self._keys.keys() - seen:
            for cohort in unseen:
                await cohort.regard()
            seen |= unseen

    async def _read(self, pool: ThreadPoolExecutor, function: Any, *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, partial(function, *arguments))


def _made(
    cohorts: Sequence[Cohort], entries: Sequence[Entry], reached: int
) -> list[tuple[Cohort, list[Made] | Exception]]:
    """What each cohort makes of new entries; runs on a thread, once for all of them."""
    found: list[tuple[Cohort, list[Made] | Exception]] = []
    for cohort in cohorts:
        try:
            found.append((cohort, cohort.made(entries, cohort.reached, reached)))
        except Exception as error:  # one cohort's trouble is not that of the others
            found.append((cohort, error))
    return found


async def _finished(cohort: Cohort, pieces: list[Made] | Exception) -> list[Frame]:
    """The frames of a cohort; none where it failed, and then its readers are told so."""
    try:
        if isinstance(pieces, Exception):
            raise pieces
        return await whole(pieces)
    except Exception as error:
        cohort.fail(error)
        return []

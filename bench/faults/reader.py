"""A reader of the feed that goes on from where it was whenever its connection is gone."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import psycopg

from ledger.store.feed import Feed, Filter
from ledger.store.trouble import Trouble

AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 30


class Reader:
    """Follows from position 0 on a thread of its own; ``seen`` is what it was given, in order."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.seen: list[int] = []
        self.reached = 0
        self._moved = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def until(self, head: int) -> bool:
        """Whether it reaches a position in time."""
        with self._moved:
            return self._moved.wait_for(lambda: self.reached >= head, PATIENCE_SECONDS)

    def close(self) -> None:
        """Stops reading."""
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def _run(self) -> None:
        self._task = self._loop.create_task(self._follow())
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _follow(self) -> None:
        while True:
            try:
                async for reached, page in self._feed.follow(Filter(after=self.reached)):
                    with self._moved:
                        self.seen += [each.position for each in page]
                        self.reached = reached
                        self._moved.notify_all()
            except (psycopg.Error, Trouble):
                await asyncio.sleep(AGAIN_SECONDS)

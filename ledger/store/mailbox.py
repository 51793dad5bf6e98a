"""Mailbox: brings what the committer answers to those who wait on an event loop.

Waking a loop from another thread costs more than an answer, so all answers that are there when it
wakes are given at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress

_local = threading.local()


class Mailbox:
    """What was answered to one event loop and not yet given."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._posted: deque[tuple[asyncio.Future[int], int, BaseException | None]] = deque()
        # Whether the loop was told that something is here, and did not look yet.
        self._rung = False

    @classmethod
    def here(cls) -> Mailbox:
        """That of the event loop which runs on this thread."""
        loop = asyncio.get_running_loop()
        found: Mailbox | None = getattr(_local, "mailbox", None)
        if found is None or found.loop is not loop:
            found = _local.mailbox = Mailbox(loop)
        return found

    def post(
        self, awaited: asyncio.Future[int], position: int, error: BaseException | None
    ) -> None:
        """Has the loop give it; from any thread. Nobody waits any more where the loop is closed."""
        self._posted.append((awaited, position, error))
        if not self._rung:
            self._rung = True
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self._give)

    def _give(self) -> None:
        # In this order: what is posted from here on is either given now or rings anew.
        self._rung = False
        while self._posted:
            awaited, position, error = self._posted.popleft()
            if awaited.done():
                continue  # who waited was cancelled
            if error is None:
                awaited.set_result(position)
            else:
                awaited.set_exception(error)


class Letter:
    """What an append on an event loop waits for, as a ``Receipt`` is on a thread."""

    __slots__ = ("_mailbox", "_settled", "awaited")

    def __init__(self) -> None:
        self._mailbox = Mailbox.here()
        self._settled = False
        self.awaited: asyncio.Future[int] = self._mailbox.loop.create_future()

    def set_running_or_notify_cancel(self) -> bool:
        """Whether it is still wanted; who stopped waiting before it began had nothing appended."""
        return not self.awaited.cancelled()

    def set_result(self, position: int) -> None:
        """It was appended."""
        self._settled = True
        self._mailbox.post(self.awaited, position, None)

    def set_exception(self, error: BaseException) -> None:
        """It was not, or nobody knows."""
        self._settled = True
        self._mailbox.post(self.awaited, 0, error)

    def done(self) -> bool:
        """Whether it is settled."""
        return self._settled

"""Line: what is on its way to one client, in order and bounded in bytes, written by one task."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from api.stream.frame import Frame

T = TypeVar("T", str, bytes)
Wrap = Callable[[Frame], T]

LINE_BYTES_MAX = 256 * 1024
"""From here on a client lags. One frame more may be in it, and what the socket holds."""
LINE_BYTES_LOW = LINE_BYTES_MAX // 4
FLUSH_SECONDS = 2.0


class Line(Generic[T]):
    """The outgoing messages of one connection.

    ``write`` sends one message and returns when the socket takes more; it raises where the client
    is gone, which ends the line. That it is gone is heard by whoever reads from it.
    """

    __slots__ = (
        "_empty", "_items", "_room", "_task", "_wake", "_write", "pending", "sent_at", "since",
    )  # fmt: skip

    def __init__(self, write: Callable[[T], Awaitable[None]]) -> None:
        self._write: Callable[[T], Awaitable[None]] = write
        # Frames are shared by all who get them, and get their surroundings when they are written.
        self._items: deque[tuple[Wrap[T] | None, Any, int]] = deque()
        self.pending = 0
        self.sent_at = time.monotonic()
        self.since: float | None = None
        """Since when one message has been waiting for the client to read."""
        self._wake: asyncio.Future[None] | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task = asyncio.create_task(self._run())

    @property
    def full(self) -> bool:
        """Whether the client lags."""
        return not self._room.is_set()

    @property
    def over(self) -> bool:
        """Whether nothing will be sent any more."""
        return self._task.done()

    def put(self, wrap: Wrap[T], frame: Frame) -> None:
        """Puts a frame into the line; its bytes are shared by all who get it."""
        self._items.append((wrap, frame, frame.size))
        self._grown(frame.size)

    def say(self, message: T) -> None:
        """Puts a message of this client alone into the line, which may pass its bound by it."""
        self._items.append((None, message, len(message)))
        self._grown(len(message))

    async def room(self) -> None:
        """Waits until the client has read most of what is in the line."""
        await self._room.wait()

    async def close(self) -> None:
        """Writes what is left, for a while, and ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._empty.wait()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def drop(self) -> None:
        """Ends without writing what is left."""
        self._task.cancel()

    def _grown(self, size: int) -> None:
        if self._task.done():
            self._items.clear()
            return
        self.pending += size
        if self.pending >= LINE_BYTES_MAX:
            self._room.clear()
        wake = self._wake
        if wake is not None:
            self._wake = None
            if not wake.done():
                wake.set_result(None)

    async def _run(self) -> None:
        items, loop = self._items, asyncio.get_running_loop()
        try:
            while True:
                while items:
                    self._empty.clear()
                    wrap, item, size = items.popleft()
                    self.since = time.monotonic()
                    await self._write(item if wrap is None else wrap(item))
                    self.sent_at, self.since = self.since, None
                    self.pending -= size
                    if self.pending <= LINE_BYTES_LOW:
                        self._room.set()
                self._empty.set()
                self._wake = loop.create_future()
                await self._wake
        except asyncio.CancelledError:
            raise
        except Exception:  # whatever the socket says of a client that is gone
            return
        finally:
            items.clear()
            self.pending = 0
            self._empty.set()
            self._room.set()

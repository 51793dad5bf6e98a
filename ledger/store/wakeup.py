"""Wakeup: one listening connection a process, which wakes every reader that waits for the head."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import Any, TypeVar

import psycopg

from ledger.store.aside import aside
from ledger.store.connection import open_connection
from ledger.store.outage import away, back
from ledger.store.pool import require_ours
from ledger.store.statements import CHANNEL
from ledger.store.trouble import Trouble

POLL_SECONDS = 1.0
T = TypeVar("T")


class Ticket:
    """One asynchronous reader's place in the queue."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Runs a blocking read on a thread."""
        return await asyncio.to_thread(function, *arguments)

    async def wait(self) -> None:
        """Waits until somebody wrote, or may have; whoever reads the head afterwards misses none.

        It ends now and then all the same.
        """
        with suppress(TimeoutError):
            # Not wait_for: until Python 3.12 it may swallow the cancellation of its task.
            async with asyncio.timeout(POLL_SECONDS):
                await self._event.wait()
        self._event.clear()

    def wake(self) -> None:
        """Called from the listening thread."""
        with suppress(RuntimeError):  # the reader's loop may close at this moment
            self._loop.call_soon_threadsafe(self._event.set)


class Wakeup:
    """Listens for heads; reconnects when the database comes back."""

    def __init__(self, url: str) -> None:
        self._url, self._process = url, os.getpid()
        self._tickets: set[Ticket] = set()
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._head = 0
        self._closing = threading.Event()
        self._cord, self._bell = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name="wakeup", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening; a process that was forked off has nothing to stop."""
        if self._process != os.getpid():
            return
        self._closing.set()
        self._cord.close()  # which rings the bell
        self._thread.join(timeout=POLL_SECONDS * 3)
        self._bell.close()

    @contextmanager
    def ticket(self) -> Iterator[Ticket]:
        """A reader's ticket for as long as it reads."""
        require_ours(self._process)
        ticket = Ticket(asyncio.get_running_loop())
        with self._lock:
            self._tickets.add(ticket)
        try:
            yield ticket
        finally:
            with self._lock:
                self._tickets.discard(ticket)

    def wait_for(
        self, head: Callable[[], int], position: int, timeout: float, over: Callable[[], bool]
    ) -> bool:
        """Whether the head reaches a position before the time is up or the waiting is over."""
        require_ours(self._process)
        end = time.monotonic() + timeout
        with self._changed:
            while self._head < position:
                left = end - time.monotonic()
                if left <= 0 or over():
                    return False
                self._head = max(self._head, head())
                if self._head < position:
                    self._changed.wait(min(left, POLL_SECONDS))
        return True

    def rouse(self) -> None:
        """Lets all who wait see whether their waiting is over."""
        require_ours(self._process)
        with self._changed:
            self._changed.notify_all()

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                with open_connection(self._url, autocommit=True) as connection:
                    connection.execute(f"listen {CHANNEL}")
                    with self._changed:
                        self._head = 0  # another server may answer now, which has less
                    aside(back)
                    while not self._closing.is_set():
                        if any([*connection.notifies(timeout=0)]):
                            self._announce()
                        wait([connection.fileno(), self._bell], POLL_SECONDS)
            except (psycopg.Error, Trouble) as error:
                # Readers poll meanwhile; the next round connects again.
                if not self._closing.is_set():
                    aside(away, error)
                self._closing.wait(POLL_SECONDS)

    def _announce(self) -> None:
        """Wakes all. What a notice says is not believed: whoever may connect may notify."""
        with self._changed:
            self._changed.notify_all()
        with self._lock:
            tickets = list(self._tickets)
        for ticket in tickets:
            ticket.wake()

"""Hop: a blocking read on a thread, and back to the loop with what it gave.

``asyncio.to_thread`` does the same by two futures of two kinds and a lock over which loop and
thread contend at every read, a twelfth of what a small query costs. Here the thread tells the loop
by the one future that is awaited. What waits for a thread and is given up is not begun.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")
Future = asyncio.Future[Any]
Asked = tuple[asyncio.AbstractEventLoop, Future, Callable[[], Any]]
# As many as the default of the standard library, whose reasons are ours.
THREADS_MAX = min(32, (os.cpu_count() or 1) + 4)


class Hops:
    """Threads that read for loops; they end with the process. Safe on all threads."""

    def __init__(self, most: int = THREADS_MAX) -> None:
        self._most, self._threads = most, 0
        self._asked: SimpleQueue[Asked] = SimpleQueue()
        self._lock = Lock()

    async def run(self, function: Callable[..., T], *given: Any, **named: Any) -> T:
        """What a function gives on a thread, in the asker's context. Raises what it raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._threads < self._most:
            self._start()
        call = partial(copy_context().run, function, *given, **named)
        self._asked.put((loop, future, call))
        return await future

    def _start(self) -> None:
        with self._lock:
            if self._threads < self._most:
                self._threads += 1
                Thread(target=self._work, name=f"hop-{self._threads}", daemon=True).start()

    def _work(self) -> None:
        while True:
            _carry_out(*self._asked.get())  # nothing of it is held while the next is waited for


def _carry_out(loop: asyncio.AbstractEventLoop, future: Future, call: Callable[[], Any]) -> None:
    if future.cancelled():
        return
    value: Any = None
    wrong: BaseException | None = None
    try:
        value = call()
    except StopIteration as error:  # no future takes it
        wrong = RuntimeError("a read raised StopIteration")
        wrong.__cause__ = error
    except BaseException as error:  # it is the asker's, whatever it is
        wrong = error
    with suppress(RuntimeError):  # the loop is closed, and nobody waits
        loop.call_soon_threadsafe(_tell, future, value, wrong)


def _tell(future: Future, value: Any, wrong: BaseException | None) -> None:
    if future.done():
        return
    if wrong is None:
        future.set_result(value)
    else:
        future.set_exception(wrong)


HOPS = Hops()

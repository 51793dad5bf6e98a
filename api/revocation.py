"""Revocations: which service tokens are taken back while something is still open by them.

A request looks its token up, and is over soon; what stays open (a stream, a WebSocket, a file on
its way) has to hear of a revocation that comes later. It is an event, so every process follows the
ledger for it, from the first machine on that has something open there.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, TypeVar

import structlog

from api.service_token import refused
from ledger.command import Asker
from ledger.service_token import ServiceTokenRevoked
from ledger.store.feed import Feed, Filter
from ledger.store.outage import SELDOM

log = structlog.get_logger()
T = TypeVar("T")
RETRY_SECONDS = 1.0
KIND = "token:"
Told = Callable[[bool], None]
"""Is told of a revocation: one that is known, or that there may have been one."""
Forget = Callable[[], None]


class Revocations:
    """What is followed for all that is open in a process. Used from one event loop."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._gone: set[str] = set()
        self._heeded: defaultdict[str, set[Told]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        # Of its own: it must not wait for what takes up those that all else shares.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="revocation")

    def heed(self, asker: Asker, told: Told) -> Forget:
        """Has ``told`` called when an asker's token is revoked; gives what ends that.

        It is also called where one may have been just before, so that whoever is told looks; where
        it is known the database need not be asked, which may be away.
        """
        if not asker.actor.startswith(KIND):
            return _nothing
        self._begin()
        self._heeded[asker.actor].add(told)
        if asker.actor in self._gone:
            told(True)
        return lambda: self._forget(asker.actor, told)

    async def begins(self, asker: Asker) -> bool:
        """Waits until no revocation of a service token is missed; whether the asker has one."""
        own = asker.actor.startswith(KIND)
        if own:
            self._begin()
            await self._begun.wait()
        return own

    def check(self, asker: Asker) -> None:
        """Raises ``BadToken`` where an asker's token has been revoked since it began."""
        if asker.actor in self._gone:
            raise refused()

    async def close(self) -> None:
        """Follows no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._thread.shutdown(wait=False)

    async def _read(self, function: Callable[..., T], *arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(function, *arguments))

    def _forget(self, name: str, told: Told) -> None:
        self._heeded[name].discard(told)
        if not self._heeded[name]:
            del self._heeded[name]

    def _begin(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        reached: int | None = None
        while True:
            try:
                if reached is None:
                    reached = await self._read(self._feed.head)
                    self._begun.set()
                    self._tell(list(self._heeded))  # what came before that has not been seen
                wanted = Filter(types=(ServiceTokenRevoked.NAME,), after=reached)
                async with aclosing(self._feed.follow(wanted, self._read)) as pages:
                    async for position, entries in pages:
                        revoked = [each.event for each in entries]
                        names = [
                            str(e.token) for e in revoked if isinstance(e, ServiceTokenRevoked)
                        ]
                        self._gone.update(names)
                        self._tell(names)
                        reached = position
            except Exception as error:  # the database is away; what comes meanwhile is read later
                if SELDOM.due("revocation"):
                    log.warning("revocation", waits=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    def _tell(self, names: list[str]) -> None:
        for name in names:
            for told in list(self._heeded.get(name, ())):
                told(name in self._gone)


def _nothing() -> None:
    pass

"""Follower: one reader's subscription, first through the table and then with its cohort."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from api.stream.cohort import Cohort
from api.stream.line import Line, Wrap
from api.stream.shape import FIELD
from ledger.store.connection import trouble_behind
from ledger.store.outage import SELDOM
from schema.errors import incident

if TYPE_CHECKING:
    from api.stream.tail import Tail

log = structlog.get_logger()
RETRY_SECONDS = 1.0


@dataclass(frozen=True)
class Outlet:
    """Where a subscription leads: a line, the message made of a frame, and what ends it."""

    line: Line[Any]
    wrap: Wrap[Any]
    failed: Callable[[list[dict[str, Any]]], None]


class Follower:
    """A subscription at its position.

    It is either ``live``, and its cohort gives it what is new, or it has a task that reads the
    table; it goes live at the moment when both stand at one position, within one step of the loop,
    so that nothing is left out and nothing comes twice.
    """

    __slots__ = ("_cohort", "_failed", "_tail", "_task", "line", "position", "wrap")

    def __init__(self, tail: Tail, cohort: Cohort, outlet: Outlet, start: int) -> None:
        self.line, self.wrap, self.position = outlet.line, outlet.wrap, start
        self._tail, self._cohort, self._failed = tail, cohort, outlet.failed
        self._task: asyncio.Task[None] | None = None
        cohort.followers.add(self)
        if start == cohort.reached:
            cohort.live.add(self)
        else:
            self.lag(start)

    @property
    def live(self) -> bool:
        """Whether it takes part in the live tail."""
        return self in self._cohort.live

    def lag(self, position: int) -> None:
        """Leaves the live tail at a position, and reads the table from there."""
        self.position = position
        self._cohort.live.discard(self)
        self._task = asyncio.create_task(self._catch_up())

    def fail(self, error: Exception) -> None:
        """Ends the subscription with an error that nobody foresaw, under a number."""
        zh, en, number = incident(error, FIELD)
        said = {"code": "INTERNAL", "zh": zh, "en": en, "incident": number}
        self.stop()
        self._failed([{"message": f"{zh} / {en}", "extensions": said}])

    def stop(self) -> None:
        """Ends the subscription."""
        self._cohort.live.discard(self)
        self._cohort.followers.discard(self)
        if self._task is not None:
            self._task.cancel()
        self._tail.leave(self._cohort)

    async def _catch_up(self) -> None:
        cohort, tail = self._cohort, self._tail
        while True:
            await self.line.room()
            if self.position == cohort.reached:
                break
            if self.position > cohort.reached:  # it knows more than this process by now
                await tail.turn()
                continue
            try:
                frame = await tail.page(cohort, self.position)
            except Exception as error:
                trouble = trouble_behind(error)
                if trouble is None:
                    self.fail(error)
                    return
                # The database is away, and where it stands is not lost.
                if SELDOM.due("follower"):
                    log.warning("stream", cannot_read=trouble.code)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self.position = frame.reached
            if frame.size:
                self.line.put(self.wrap, frame)
                await asyncio.sleep(0)  # the others' turn, and that of a client who has enough
        self._task = None
        cohort.live.add(self)

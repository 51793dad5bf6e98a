"""Held: an operation that is not over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from api.stream.follower import Follower


@dataclass(slots=True)
class Held:
    """An operation that is not over: the task that runs it, or what follows the tail for it."""

    task: asyncio.Task[None] | None = None
    follower: Follower | None = None

    def stop(self) -> None:
        """Ends it."""
        if self.task is not None:
            self.task.cancel()
        if self.follower is not None:
            self.follower.stop()

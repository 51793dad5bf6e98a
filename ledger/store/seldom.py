"""Seldom: what goes on for long is said when it begins, now and then meanwhile, and at its end."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic

AGAIN_SECONDS = 60.0


class Seldom:
    """When to say that something goes on, each thing by a word of its own. Safe on all threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        # Of each thing when it began, and when it was said last.
        self._said: dict[str, tuple[float, float]] = {}

    def due(self, what: str) -> bool:
        """Whether to say it now: it is new, or was said a minute ago."""
        now = self._clock()
        with self._lock:
            begun, said = self._said.get(what, (now, -AGAIN_SECONDS + now))
            if now - said < AGAIN_SECONDS:
                return False
            self._said[what] = (begun, now)
            return True

    def lasts(self, what: str) -> bool:
        """Whether it was said and is not over."""
        with self._lock:
            return what in self._said

    def over(self, what: str) -> float | None:
        """It is over: how many seconds it went on; ``None`` where it was not going on."""
        with self._lock:
            found = self._said.pop(what, None)
        return None if found is None else self._clock() - found[0]

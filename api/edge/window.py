"""Windows: how much was spent in the minute that runs and in the one before, by key, in memory.

A store for ``limits``' sliding window counter. The library's own memory begins a thread that clears
up at nearly every hit, which costs more than answering a small request; here what is over goes when
there are many.
"""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from math import floor

from limits.storage.base import SlidingWindowCounterSupport, Storage

KEYS_MAX = 10_000
# The number of the window, what was spent in it, and in the one before it.
Spent = tuple[int, int, int]


class Windows(Storage, SlidingWindowCounterSupport):
    """Counters of sliding windows. Used from one event loop; ``clock`` tells seconds since 1970."""

    STORAGE_SCHEME = None

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        held: MutableMapping[str, Spent] | None = None,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._held: MutableMapping[str, Spent] = {} if held is None else held

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What the store itself may raise."""
        return ValueError

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Takes an amount where the limit leaves it; whether it did."""
        now = self._clock()
        number, spent, before = self._of(key, now, expiry)
        left = (expiry - now % expiry) / expiry
        if floor(before * left + spent) + amount > limit:
            return False
        if key not in self._held and len(self._held) >= KEYS_MAX:
            self._clear(now, expiry)
        self._held[key] = (number, spent + amount, before)
        return True

    def give_back(self, key: str, amount: int, expiry: int) -> None:
        """Takes back what was spent and not needed: of this window, and then of the one before."""
        now = self._clock()
        number, spent, before = self._of(key, now, expiry)
        left = max(0, amount - spent)
        if key in self._held:
            self._held[key] = (number, max(0, spent - amount), max(0, before - left))

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Spent before, for how long that still counts, spent now, for how long that counts."""
        now = self._clock()
        _, spent, before = self._of(key, now, expiry)
        left = expiry - now % expiry
        return before, left if before else 0.0, spent, left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forgets what was spent."""
        self._held.pop(key, None)

    def _of(self, key: str, now: float, expiry: int) -> tuple[int, int, int]:
        number = int(now // expiry)
        held, spent, before = self._held.get(key, (number, 0, 0))
        if held == number:
            return number, spent, before
        return number, 0, spent if held == number - 1 else 0

    def _clear(self, now: float, expiry: int) -> None:
        number = int(now // expiry)
        self._held = {key: each for key, each in self._held.items() if each[0] >= number - 1}
        while len(self._held) >= KEYS_MAX:
            # Of so many the one that came first is forgotten; who is not known has spent nothing.
            del self._held[next(iter(self._held))]

    # What other strategies would need, and nobody calls.
    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """No fixed windows are counted here."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """As above."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """As above."""
        raise NotImplementedError

    def check(self) -> bool:
        """It is always there."""
        return True

    def reset(self) -> int | None:
        """Forgets everything; how many keys that were."""
        held = len(self._held)
        self._held.clear()
        return held

    def clear(self, key: str) -> None:
        """Forgets a key."""
        self._held.pop(key, None)

"""The demo's clock: a day that the operator sets; time runs on from nine in the morning there."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time

NINE_IN_SHANGHAI = clock_time(1, 0)
SHANGHAI = timedelta(hours=8)


class DemoClock:
    """Call it for the time; ``set`` moves it, never backwards."""

    @property
    def day(self) -> date:
        """The day that it shows, in Shanghai."""
        return (self() + SHANGHAI).date()

    def __init__(self, day: date) -> None:
        self._base = datetime.combine(day, NINE_IN_SHANGHAI, UTC)
        self._since = time.monotonic()

    def __call__(self) -> datetime:
        return self._base + timedelta(seconds=time.monotonic() - self._since)

    def set(self, day: date) -> datetime:
        """Moves the clock to a day; a day before the present one leaves it where it is."""
        self._base = max(self(), datetime.combine(day, NINE_IN_SHANGHAI, UTC))
        self._since = time.monotonic()
        return self._base

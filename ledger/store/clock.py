"""Clock: what time it is, for whoever decides; another in tests and in simulations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def not_before(now: datetime, last: datetime | None) -> datetime:
    """The time of a batch: never before the last one, even where the clock goes back."""
    moment = now.astimezone(UTC)
    return max(moment, last.astimezone(UTC)) if last else moment

"""Clock: what time it is, for whoever decides; another in tests and in simulations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from ledger.store.aside import aside

Clock = Callable[[], datetime]
# Machines that share a ledger are not of one time to the second, and nobody need hear of it.
BEHIND_SECONDS_MAX = 1.0
log = structlog.get_logger("xuefen.clock")


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def not_before(now: datetime, last: datetime | None) -> datetime:
    """The time of a batch: never before the last one, even where the clock goes back."""
    moment = now.astimezone(UTC)
    return max(moment, last.astimezone(UTC)) if last else moment


class Steady:
    """A clock that never shows less than the ledger's last time, and says once where it would."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._behind = False

    def now(self, last: datetime | None) -> datetime:
        """The time of what follows the last event."""
        shown = self._clock()
        moment = not_before(shown, last)
        seconds = (moment - shown).total_seconds()
        if seconds > BEHIND_SECONDS_MAX and not self._behind:
            told = {"seconds": round(seconds, 1), "ledger": moment.isoformat()}
            aside(log.warning, "clock behind", **told)
        elif not seconds and self._behind:
            aside(log.info, "clock caught up")
        self._behind = seconds > BEHIND_SECONDS_MAX or (self._behind and seconds > 0)
        return moment

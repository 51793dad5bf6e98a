"""The demo's clock: a day that the operator sets; time runs on from nine in the morning there."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time

from api.terminal import tell
from ledger.store.ledger import Ledger

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


def tell_if_behind(ledger: Ledger, *, demo: bool) -> None:
    """Says where the clock begins before the ledger's end: what is asked then has that time.

    Whoever starts a demo clock is told what to do about it; another is the machine's, for the log.
    """
    last = ledger.feed.learned_at(ledger.feed.head())
    if not demo:
        ledger.committer.lane.clock.now(last)
        return
    if last is None or last <= ledger.now():
        return
    shown, stands = (ledger.now() + SHANGHAI).date(), (last.astimezone(UTC) + SHANGHAI).date()
    tell(
        f"演示时钟从 {shown} 开始，而账本最后一笔已记到 {stands}：在时钟越过那一刻之前，"
        "新事件都记为账本最后的时刻。可用 POST /demo/clock 拨到该日之后。",
        f"The demo clock begins on {shown}, and the ledger's last event is of {stands}: until the "
        "clock passes that moment, new events get the time of the last one. POST /demo/clock sets "
        "it to a later day.",
    )

"""Moments: the day on which a question about a moment is judged.

What is asked about a fixed moment of the past has the same answer on whatever day it is asked. So
where only what the ledger knew is told, the day is that of the moment: of an instant its day, of a
position the day on which the ledger learned it. Only the present is judged today.
"""

from __future__ import annotations

from datetime import date, datetime

from ledger.day import in_shanghai
from ledger.store.feed import Feed


def day_judged(
    feed: Feed,
    today: date,
    *,
    on: date | None = None,
    effective: date | None = None,
    instant: datetime | None = None,
    position: int | None = None,
) -> date:
    """The day that is named; else that of the facts, of the instant or of the position; today."""
    named = on or effective
    if named is not None:
        return named
    if instant is None and position is not None:
        instant = feed.learned_at(position)
    # The ledger has not reached an instant that is still to come.
    return today if instant is None else min(in_shanghai(instant), today)

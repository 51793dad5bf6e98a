"""Unfinished loads: those that have begun and neither went in whole nor were stopped."""

from __future__ import annotations

from ledger.load import LoadBegun, LoadEnded
from ledger.store.feed import Feed, Filter


def unfinished(feed: Feed) -> int:
    """How many there are."""
    entries = feed.entries(Filter(types=(LoadBegun.NAME, LoadEnded.NAME)))
    events = [entry.event for entry in entries]
    begun = {each.load for each in events if isinstance(each, LoadBegun)}
    return len(begun - {each.load for each in events if isinstance(each, LoadEnded)})

"""Hindsight: what the ledger learned after a past position, where that explains a sheet.

A sheet is held against a position as the ledger stood there. Where rows stay open, later events are
looked at, since a credit that was entered later is the commonest reason. The result says up to
which position that was: where it can, the last that it speaks of. So the same sheet held against
the same position gives the same bytes until a later event explains more.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from ledger.cause import Cause
from ledger.claim import Terms
from ledger.store.feed import Feed
from projections.desk import Held

OPEN = {Cause.UNKNOWN, Cause.UNRECOGNISED}


def with_hindsight(feed: Feed, terms: Terms, hold: Callable[[Terms], Held]) -> Held:
    """What ``hold`` finds on the terms; with later events where rows stay open without them.

    Terms that say how far to look (``seen``), and those of the present, are left as they are.
    """
    found, head = hold(terms), feed.head()
    if terms.seen is not None or not 0 < terms.position < head or not _open(found):
        return found
    later = hold(structs.replace(terms, seen=head))
    if later.comparison.rows == found.comparison.rows:
        return found
    last = _last(feed, later)
    if terms.position < last < head:
        nearer = hold(structs.replace(terms, seen=last))
        if nearer.comparison.rows == later.comparison.rows:
            return nearer
    return later


def _open(found: Held) -> bool:
    return any(
        row.unattributed or any(each.cause in OPEN for each in row.portions)
        for row in found.comparison.rows
    )


def _last(feed: Feed, found: Held) -> int:
    """The position of the youngest event named; event ids are in the order of their making."""
    rows = found.comparison.rows
    named = (event for row in rows for each in row.portions for event in each.events)
    entry = feed.find(max(named, default=""))
    return 0 if entry is None else entry.position

"""Turn: which views take in the next page, so that one far behind keeps none of the others waiting.

Views that stand at the same position go on together. Where they stand apart they take turns, those
furthest ahead first, so that they hear of what is new while another catches up. Who is behind goes
up to the next and no further, and then on with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from msgspec import Struct

from ledger.event import Entry, decode
from projections.projection import POSITION_MAX

# What is new waits for a page of whoever is behind, so that page is shorter.
BESIDE_ENTRIES = 1_000
# Of long texts the words of all of a page are held at once, some twenty times of what it has.
BYTES_MAX = 8 * 2**20
ROWS = """
select position, body, ours from (
    select position, body, id is not null as ours,
        sum(octet_length(body)) over (order by position rows unbounded preceding)
            - octet_length(body) as before
    from ledger.events where position > %s and position <= %s order by position limit %s
) as page
where before < %s order by position
"""
Connection = psycopg.Connection[Any]


class Turn(Struct, frozen=True, kw_only=True):
    """The views that go on, what they take in, and the position up to which that reaches."""

    views: list[str]
    entries: list[Entry]
    reached: int


class Turns:
    """Who goes on next, as one process has it."""

    def __init__(self) -> None:
        # Up to where the last went; it is the turn of the next below, or of the first again.
        self._last = 0
        # What could not be read, by the position at which views wait for it.
        self._unread: dict[int, Exception] = {}

    @property
    def unread(self) -> Exception | None:
        """What some views wait for, though others may go on."""
        return next(iter(self._unread.values()), None)

    def next(
        self, connection: Connection, progress: Sequence[tuple[str, int]], most: int
    ) -> Turn | None:
        """Whoever is next of the views that have something to take in; ``None``: nobody has.

        It stays their turn until it was taken. ``most``: so many entries of any application. What
        cannot be read is raised where nobody else goes on either.
        """
        places = sorted({position for _, position in progress}, reverse=True)
        self._unread = {at: each for at, each in self._unread.items() if at in places}
        below = [each for each in places if each < self._last]
        for after in below + [each for each in places if each >= self._last]:
            higher = [each for each in places if each > after]
            upto = min(higher, default=POSITION_MAX)
            rows = connection.cursor(binary=True).execute(
                ROWS, (after, upto, min(most, BESIDE_ENTRIES) if higher else most, BYTES_MAX)
            )
            entries, reached, unread = _read(rows.fetchall(), after)
            if reached > after:
                self._unread.pop(after, None)
                views = [name for name, position in progress if position == after]
                return Turn(views=views, entries=entries, reached=reached)
            if unread is None:
                self._unread.pop(after, None)
            else:  # who is behind is not that far
                self._unread[after] = unread
        if self.unread is not None:
            raise self.unread
        return None

    def taken(self, turn: Turn) -> None:
        """They did; it is the turn of others."""
        self._last = turn.reached


def _read(
    found: Sequence[tuple[int, bytes, bool]], after: int
) -> tuple[list[Entry], int, Exception | None]:
    """The entries, without other applications', up to where, and why none can be read from there.

    That is so of what a newer program wrote.
    """
    entries: list[Entry] = []
    for position, body, ours in found:
        if ours:
            try:
                entries.append(decode(position, bytes(body)))
            except MemoryError:
                raise
            except Exception as error:
                return entries, position - 1, error.with_traceback(None)  # which holds the page
    return entries, found[-1][0] if found else after, None

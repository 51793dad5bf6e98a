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
ROWS = (
    "select position, body, id is not null from ledger.events "
    "where position > %s and position <= %s order by position limit %s"
)
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
                ROWS, (after, upto, min(most, BESIDE_ENTRIES) if higher else most)
            )
            found = rows.fetchall()
            try:
                # Other applications' are left out.
                entries = [decode(at, bytes(body)) for at, body, ours in found if ours]
            except Exception as error:  # as of a newer program; who is behind is not that far
                self._unread[after] = error.with_traceback(None)  # which holds the page
                continue
            self._unread.pop(after, None)
            if found:
                views = [name for name, position in progress if position == after]
                return Turn(views=views, entries=entries, reached=found[-1][0])
        if self.unread is not None:
            raise self.unread
        return None

    def taken(self, turn: Turn) -> None:
        """They did; it is the turn of others."""
        self._last = turn.reached

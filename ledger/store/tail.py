"""Tail: the newest events of the ledger, so that the committer need not read what it just wrote.

It holds every event after its floor, by tag, and nothing of those up to it. Whoever asks about
positions after the floor is answered here; whoever asks further back asks the database. It is right
for as long as nobody else writes: who finds that the head moved lets it begin anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import takewhile

from eventsourcing.dcb.api import DCBAppendCondition, DCBQueryItem

from ledger.command import Selector
from ledger.event import Entry
from ledger.regulation import Rulebook
from ledger.store.tray import Row

EVENTS_MAX = 8_192
BYTES_MAX = 16 * 1024 * 1024


class Tail:
    """Every event after ``floor``, in order and by tag."""

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self._rows: deque[Row] = deque()
        self._by_tag: dict[str, deque[Row]] = {}
        self._bytes = 0

    def extend(self, rows: Iterable[Row]) -> None:
        """Takes in the events that follow those it has; ``trim`` lets the oldest go."""
        by_tag = self._by_tag
        for row in rows:
            self._rows.append(row)
            self._bytes += len(row.body)
            for tag in row.tags:
                held = by_tag.get(tag)
                if held is None:
                    by_tag[tag] = deque((row,))
                else:
                    held.append(row)

    def trim(self) -> None:
        """Lets the oldest events go where it is full; not while a batch is decided on it."""
        while len(self._rows) > EVENTS_MAX or self._bytes > BYTES_MAX:
            self._drop()

    def take_back(self, position: int) -> list[Row]:
        """Forgets what comes after a position, and gives it."""
        gone: list[Row] = []
        while self._rows and self._rows[-1].position > position:
            row = self._rows.pop()
            gone.append(row)
            self._bytes -= len(row.body)
            for tag in row.tags:
                held = self._by_tag[tag]
                held.pop()
                if not held:
                    del self._by_tag[tag]
        self.floor = min(self.floor, position)
        return gone

    def knows(self, condition: DCBAppendCondition | None) -> bool:
        """Whether a condition asks about nothing up to the floor."""
        return condition is None or (condition.after or 0) >= self.floor

    def meets(self, condition: DCBAppendCondition | None) -> bool:
        """Whether an event meets a condition that the tail knows all about."""
        if condition is None or not self._rows:
            return False
        after, items = condition.after or 0, condition.fail_if_events_match.items
        if not items:
            return self._rows[-1].position > after
        return any(self._matched(item, after) for item in items)

    def entries(self, selector: Selector, after: int) -> list[Entry]:
        """What a selector picks of the events after a position from the floor on."""
        rows = self._newest(selector.tags, after)
        found = [
            row.entry
            for row in rows
            if row.entry is not None and selector.selects(row.type, row.tags)
        ]
        found.reverse()
        return found

    def _matched(self, item: DCBQueryItem, after: int) -> bool:
        for tag in item.tags:
            held = self._by_tag.get(tag)
            if held is None or held[-1].position <= after:
                return False
        return any(
            (not item.types or row.type in item.types) and all(tag in row.tags for tag in item.tags)
            for row in self._newest(item.tags, after)
        )

    def _newest(self, tags: Iterable[str], after: int) -> Iterator[Row]:
        """Those after a position that carry the rarest of the tags, newest first."""
        rows = min((self._by_tag.get(tag, NONE) for tag in tags), key=len, default=self._rows)
        return takewhile(lambda row: row.position > after, reversed(rows))

    def _drop(self) -> None:
        gone = self._rows.popleft()
        self.floor = gone.position
        self._bytes -= len(gone.body)
        for tag in gone.tags:
            held = self._by_tag[tag]
            held.popleft()
            if not held:
                del self._by_tag[tag]


class Onward:
    """A batch of appends that is decided on top of a tail, which has in it at once what they put.

    It stands where a ``Tray`` does. What comes of it is only true once it is written: where it is
    not, the tail is none any more.
    """

    def __init__(self, tail: Tail, head: int, at: datetime, rules: Rulebook) -> None:
        self.position = head
        self.at = at
        self.rows: list[Row] = []
        self._tail = tail
        self._rules = rules

    def put(self, rows: list[Row]) -> None:
        """Adds events; later work sees them."""
        self.rows += rows
        self._tail.extend(rows)
        self.position += len(rows)
        for row in rows:
            if row.entry is not None:
                self._rules.learn(row.entry.event)

    def matches(self, condition: DCBAppendCondition) -> bool:
        """Whether an event of the tail, or of the batch, meets a condition."""
        return self._tail.meets(condition)


NONE: deque[Row] = deque()

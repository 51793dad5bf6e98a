"""Tray: a batch's new events before they are written, so that each decision sees the earlier."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from eventsourcing.dcb.api import DCBAppendCondition

from ledger.command import Selector
from ledger.day import in_shanghai
from ledger.event import Entry
from ledger.regulation import REGULATION_EVENTS, Rulebook


@dataclass(slots=True)
class Row:
    """One event on the tray."""

    position: int
    type: str
    at: datetime
    on: date | None
    tags: tuple[str, ...]
    body: bytes
    entry: Entry | None = None


@dataclass
class Tray:
    """The events of a batch so far, and what they follow; ``read`` recalls further selectors."""

    head: int
    at: datetime
    rules: Rulebook
    read: Callable[[set[Selector]], None]
    rows: list[Row] = field(default_factory=list)
    _by_tag: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def position(self) -> int:
        """The head with the batch's events counted in."""
        return self.head + len(self.rows)

    @cached_property
    def today(self) -> date:
        """The day on which it is decided."""
        return in_shanghai(self.at)

    def put(self, rows: Iterable[Row]) -> None:
        """Adds events; later work of the batch sees them."""
        for row in rows:
            self.rows.append(row)
            for tag in row.tags:
                self._by_tag.setdefault(tag, []).append(row)
            if row.entry is not None and row.entry.event.__class__ in REGULATION_EVENTS:
                self.rules.learn(row.entry.event)

    def take_back(self, count: int) -> None:
        """Leaves the first ``count`` events, as if the later ones had never been put."""
        gone = self.rows[count:]
        del self.rows[count:]
        for row in gone:
            for tag in row.tags:
                self._by_tag[tag].pop()
        events = [row.entry.event for row in gone if row.entry is not None]
        if any(isinstance(event, REGULATION_EVENTS) for event in events):
            self.rules = self.rules.without(events)

    def entries(self, selector: Selector) -> list[Entry]:
        """The batch's events that a selector picks."""
        if not self.rows:
            return []
        candidates = self._by_tag.get(selector.tags[0], []) if selector.tags else self.rows
        return [
            row.entry
            for row in candidates
            if row.entry is not None and selector.selects(row.type, row.tags)
        ]

    def matches(self, condition: DCBAppendCondition) -> bool:
        """Whether an event of the batch meets a library condition."""
        if not self.rows:
            return False
        after, items = condition.after or 0, condition.fail_if_events_match.items
        if not items:
            return self.rows[-1].position > after
        for item in items:
            candidates = self.rows
            if item.tags:
                candidates = min((self._by_tag.get(tag, []) for tag in item.tags), key=len)
            for row in candidates:
                if (
                    row.position > after
                    and (not item.types or row.type in item.types)
                    and all(tag in row.tags for tag in item.tags)
                ):
                    return True
        return False

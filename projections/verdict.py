"""Verdicts: judged from a teacher's record and the rules known at the same position."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from ledger.consequence import Consequence, RecordUse, consequence
from ledger.event import Entry
from ledger.record import Record
from ledger.regulation import REGULATION_EVENTS, Rulebook
from ledger.store.feed import Filter
from ledger.verdict import Verdict, judge
from projections.credit import Records
from projections.reader import Reader, Where


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A record, its verdict (``None`` before the teacher entered), and where they stand."""

    record: Record
    verdict: Verdict | None
    position: int
    consequence: Consequence | None = None


class Rules:
    """The rulebook as it was at any position; kept up with the feed for the present."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._entries: list[Entry] = []
        self._upto = 0
        self._current = Rulebook()
        self._lock = Lock()

    def now(self) -> Rulebook:
        """The rules adopted so far."""
        head = self._reader.feed.head()
        with self._lock:
            if head > self._upto:
                names = tuple(each.NAME for each in REGULATION_EVENTS)
                wanted = Filter(types=names, after=self._upto, before=head + 1)
                for entry in self._reader.feed.entries(wanted):
                    self._current.learn(entry.event)
                    self._entries.append(entry)
                self._upto = head
        return self._current

    def entries(self, position: int) -> tuple[Entry, ...]:
        """The events by which rules were adopted and changed up to a position."""
        self.now()
        return tuple(each for each in self._entries if each.position <= position)

    def at(self, position: int) -> Rulebook:
        """The rules adopted up to a position."""
        current = self.now()
        if not self._entries or position >= self._entries[-1].position:
            return current
        return Rulebook(each.event for each in self._entries if each.position <= position)


def judged(
    reader: Reader,
    rules: Rules,
    records: Records,
    teacher: str,
    day: date,
    *,
    known: int | None = None,
    effective: date | None = None,
    use: RecordUse | None = None,
) -> Judged:
    """A teacher's record and verdict on a day, now or as of a position and a day."""
    state, position = reader.as_of(records, teacher, known=known, effective=effective)
    return _judged(state, rules.at(position), day, position, use)


def judged_now(
    reader: Reader,
    rules: Rules,
    records: Records,
    teacher: str,
    day: date,
    *,
    use: RecordUse | None = None,
) -> Any:
    """The same from the live view, as of where the view stands."""
    page = reader.page(records, Where().and_equal(key=teacher), first=1)
    state = page.rows[0][1] if page.rows else records.blank(teacher)
    # By the rules of the same moment: a view may stand behind them.
    position = max(page.position, state.position)
    return _judged(state, rules.at(position), day, position, use)


def _judged(
    record: Record, rules: Rulebook, day: date, position: int, use: RecordUse | None
) -> Judged:
    # Before the day of entry there is no cycle yet, and nothing that could follow from one.
    early = record.entered is not None and day < record.entered
    return Judged(
        record=record,
        verdict=None if early else judge(record, rules, day),
        position=position,
        consequence=consequence(record, rules, use, day) if use and not early else None,
    )

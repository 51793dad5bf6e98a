"""Verdicts: judged from a teacher's record and the rules known at the same position."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from threading import Lock

from ledger.breakdown import Share, breakdown
from ledger.consequence import Consequence, RecordUse, consequence
from ledger.cycle import Cycle
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.footing import cycles, footing
from ledger.ground import Ground, ground
from ledger.record import Record
from ledger.regulation import REGULATION_EVENTS, RuleAdopted, Rulebook
from ledger.rule import RuleAmended, RulesEnded, RulesSuspended, SuspensionEnded
from ledger.store.feed import Filter
from ledger.verdict import Verdict, judge
from projections.credit import Records
from projections.reader import Reader

KEPT_MAX = 512
PASTS_HELD = 8
# All that a verdict hangs on: a record is known by its teacher and its last event, the rules by how
# many of their events were known; then the day, the use and the cycle that were asked for.
Key = tuple[str, int, int, date, RecordUse | None, int | None]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A record, its verdict (``None`` before the teacher entered), and where they stand.

    ``day``: the one that is judged, in the cycle that was asked for; ``cycles``: all up to then.
    ``running``: the cycle is not over on the day of asking.
    """

    record: Record
    verdict: Verdict | None
    position: int
    day: date
    shares: tuple[Share, ...] = ()
    cycles: tuple[Cycle, ...] = ()
    running: bool = True
    consequence: Consequence | None = None
    grow: Callable[[], Ground | None] = field(default=lambda: None, repr=False, compare=False)

    @cached_property
    def tree(self) -> Ground | None:
        """The verdict as a tree, which takes longer than most who ask for a verdict would wait."""
        return self.grow()


class Kept:
    """The verdicts that were asked for last: nothing but a record and the rules makes one.

    What is kept is shared by those who ask, and nobody changes it.
    """

    def __init__(self, most: int = KEPT_MAX) -> None:
        self._most = most
        self._held: OrderedDict[Key, Judged] = OrderedDict()
        self._lock = Lock()

    def judged(self, key: Key, judge: Callable[[], Judged], position: int) -> Judged:
        """What ``judge`` gives, with the position at which it is asked for."""
        with self._lock:
            found = self._held.pop(key, None)
        if found is None:
            found = judge()
        with self._lock:
            self._held[key] = found
            if len(self._held) > self._most:
                self._held.popitem(last=False)
        return found if found.position == position else replace(found, position=position)


class Rules:
    """The rulebook as it was at any position; kept up with the feed for the present."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._entries: list[Entry] = []
        self._upto = 0
        self._current = Rulebook()
        # What was asked last of the past, by how many of the events were known there.
        self._pasts: dict[int, Rulebook] = {}
        self._made: tuple[int, dict[str, tuple[str, ...]]] = (0, {})
        self._lock = Lock()
        self.kept = Kept()

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
        return tuple(self._entries[: self.count(position)])

    def made(self, position: int) -> dict[str, tuple[str, ...]]:
        """By rule, the ids of the events that adopted, amended, suspended or ended it by then."""
        count = self.count(position)
        held, found = self._made
        if held != count:
            found = {}
            for entry in self._entries[:count]:
                for rule in _about(entry.event):
                    found[rule] = (*found.get(rule, ()), entry.id)
            self._made = (count, found)
        return found

    def at(self, position: int) -> Rulebook:
        """The rules adopted up to a position."""
        count = self.count(position)
        if count == len(self._entries):
            return self._current
        book = self._pasts.get(count)
        if book is None:
            book = Rulebook(each.event for each in self._entries[:count])
            # Several, since rows of one page may be of several times.
            self._pasts = dict([*self._pasts.items()][1 - PASTS_HELD :]) | {count: book}
        return book

    def known(self, position: int) -> bool:
        """Whether those of a position are here already, and need not be read."""
        return position <= self._upto

    def count(self, position: int) -> int:
        """How many of the events were known at a position."""
        if position > self._upto:
            self.now()
        return bisect_right(self._entries, position, key=lambda entry: entry.position)


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
    cycle: int | None = None,
) -> Judged:
    """A teacher's record and verdict on a day, now or as of a position and a day."""
    state, position = reader.as_of(records, teacher, known=known, effective=effective)
    return judged_of(state, rules, day, position, use, cycle)


def _about(event: Event) -> tuple[str, ...]:
    match event:
        case RuleAdopted(rule=adopted):
            return (adopted.id,)
        case RuleAmended(rule=amended):
            return (amended,)
        case RulesSuspended(rules=rules) | RulesEnded(rules=rules) | SuspensionEnded(rules=rules):
            return rules
    return ()


def judged_of(
    record: Record,
    known: Rules,
    day: date,
    position: int,
    use: RecordUse | None = None,
    number: int | None = None,
) -> Judged:
    """A record that was read already, with all that is said of it by the rules of a position."""
    rules = known.at(position)
    through = cycles(record, rules, day)
    judged_on = day if number is None else _within(through, number, day)
    record = record.at(judged_on)
    base = footing(record, rules, judged_on)
    # Before the day of entry there is no cycle yet, and nothing that could follow from one.
    early = record.entered is not None and judged_on < record.entered
    verdict = None if early else judge(record, rules, judged_on, base)
    shares = breakdown(record, rules, base) if base else []

    def grow() -> Ground | None:
        if verdict is None or record.place is None:
            return None
        made, then = known.made(position), known.at(position)
        return ground(verdict, shares, then, record.place, lambda rule: made.get(rule, ()))

    return Judged(
        record=record,
        verdict=verdict,
        position=position,
        day=judged_on,
        running=judged_on == day,
        shares=tuple(shares),
        cycles=tuple(through),
        grow=grow,
        consequence=consequence(record, rules, use, day) if use and not early else None,
    )


def _within(known: list[Cycle], number: int, day: date) -> date:
    """The day on which a cycle is judged: its last, or the day asked for where it still runs.

    Raises ``Fault`` (``UNKNOWN_CYCLE``) for one that has not begun by then.
    """
    for each in known:
        if each.number == number:
            return min(day, each.last_day)
    if not known:
        return day
    raise Fault(
        "UNKNOWN_CYCLE",
        zh=f"截至 {day} 只有第 1 至第 {known[-1].number} 个周期，没有第 {number} 个",
        en=f"by {day} there are cycles 1 to {known[-1].number}, and no cycle {number}",
        field="cycle",
    )

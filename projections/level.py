"""Levels: what the teachers of a place or school come to in a period, as known at a position.

Teachers are read some at a time. A row of the live view serves where nothing happened to it since
the position; every other record is folded from the teacher's own events, as of then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ledger.drift import TeacherDrift, drifted
from ledger.event import Entry
from ledger.fault import Fault
from ledger.names import JurisdictionId, Name, SchoolId, TeacherId
from ledger.record import Record
from ledger.regulation import Rulebook
from ledger.store.feed import Filter
from ledger.summary import Period, Summary, summary_of
from ledger.teacher import TeacherRegistered, TeacherTransferred
from ledger.way import Known
from projections.catalogue import RECORDS
from projections.reader import Reader
from projections.verdict import Rules

AT_ONCE = 500
KEPT_MAX, KEPT_TEACHERS_MAX = 4, 20_000
STAYS = (TeacherRegistered.NAME, TeacherTransferred.NAME)
TYPES = tuple(sorted(RECORDS.types))


@dataclass(frozen=True)
class Scope:
    """Whose teachers are meant: those of a place or a school; ``places``: all within a place.

    ``places`` is ``None`` for the whole province.
    """

    of: JurisdictionId | SchoolId
    places: tuple[str, ...] | None = None

    @property
    def tags(self) -> tuple[str, ...] | None:
        """Under which tags the teachers who ever were there are found."""
        return (str(self.of),) if isinstance(self.of, SchoolId) else self.places

    def holds(self, summary: Summary | None) -> Summary | None:
        """A summary where it is counted here."""
        if summary is None:
            return None
        if isinstance(self.of, SchoolId):
            return summary if summary.school == self.of else None
        return summary if self.of.covers(summary.place) else None


def roster(reader: Reader, scope: Scope, position: int, most: int | None = None) -> list[TeacherId]:
    """All who ever were there, as known at a position; who moved away since is among them.

    Raises ``Fault`` (``TOO_WIDE``) as soon as there are more than ``most``.
    """
    wanted = Filter(types=STAYS, any_tags=scope.tags, before=position + 1)
    found: set[TeacherId] = set()
    for each in reader.feed.entries(wanted):
        found.add(_teacher(each))
        if most is not None and len(found) > most:
            raise too_wide(most)
    return sorted(found)


def summaries(
    reader: Reader, rules: Rulebook, scope: Scope, period: Period, position: int, most: int | None
) -> list[Summary]:
    """The summaries of a period, by teacher. Raises ``Fault`` (``TOO_WIDE``)."""
    known = roster(reader, scope, position, most)
    found = (summary_of(e, rules, period) for e in records(reader, known, position))
    return [each for each in map(scope.holds, found) if each is not None]


def records(reader: Reader, teachers: list[TeacherId], position: int) -> Iterator[Record]:
    """The records of teachers as they were at a position, in their order."""
    # The view is asked first where it stands: a row may be newer than that, never older.
    current = reader.position(RECORDS.name) >= position
    for first in range(0, len(teachers), AT_ONCE):
        chunk = teachers[first : first + AT_ONCE]
        held = reader.many(RECORDS, chunk) if current else {}
        late = [t for t in chunk if t not in held or held[t].position > position]
        told = entries_of(reader, late, position) if late else {}
        for teacher in chunk:
            yield RECORDS.fold(teacher, told[teacher]) if teacher in told else held[teacher]


def entries_of(
    reader: Reader, teachers: list[TeacherId], position: int, after: int = 0
) -> dict[TeacherId, list[Entry]]:
    """The entries of each teacher's record up to a position, and after another."""
    found: dict[TeacherId, list[Entry]] = {each: [] for each in teachers}
    for first in range(0, len(teachers), AT_ONCE):
        wanted = Filter(
            any_tags=tuple(map(str, teachers[first : first + AT_ONCE])),
            scattered=True,
            types=TYPES,
            after=after,
            before=position + 1,
        )
        for entry in reader.feed.entries(wanted):
            if (teacher := _teacher(entry)) in found:
                found[teacher].append(entry)
    return found


def moved(
    reader: Reader, rules: Rules, scope: Scope, period: Period, first: int, last: int
) -> Iterator[TeacherDrift]:
    """Whose period moved from one position to a later one, with the causes, by teacher.

    Only who was touched in between is read; where rules changed in between, everybody is judged.
    """
    known = roster(reader, scope, last)
    before, after = rules.entries(first), rules.entries(last)
    touched = {t for t, e in entries_of(reader, known, last, first).items() if e}
    if before != after:
        touched |= _turned(reader, rules, known, period, first, last)
    order = sorted(touched)
    for start in range(0, len(order), AT_ONCE):
        told = entries_of(reader, order[start : start + AT_ONCE], last)
        for teacher, own in told.items():
            then = tuple(each for each in own if each.position <= first)
            ends = (
                Known(position=first, entries=then, regulations=before, day=period.last),
                Known(position=last, entries=tuple(own), regulations=after, day=period.last),
            )
            found = drifted(teacher, scope.holds, period, *ends)
            if found is not None:
                yield found


def _turned(
    reader: Reader, rules: Rules, known: list[TeacherId], period: Period, first: int, last: int
) -> set[TeacherId]:
    """Of whom changed rules alone say something else."""
    old, new = rules.at(first), rules.at(last)
    return {
        each.teacher
        for each in records(reader, known, last)
        if summary_of(each, old, period) != summary_of(each, new, period)
    }


class Levels:
    """The summaries that were asked for last; those of a position never change."""

    def __init__(self, reader: Reader, rules: Rules) -> None:
        self._reader, self._rules = reader, rules
        self._held: OrderedDict[tuple[Scope, Period, int], list[Summary]] = OrderedDict()
        self._lock = Lock()

    def at(
        self, scope: Scope, period: Period, position: int, most: int | None = None
    ) -> list[Summary]:
        """The summaries of a period as known at a position. Raises ``Fault`` (``TOO_WIDE``)."""
        key = (scope, period, position)
        with self._lock:
            held = self._held.get(key)
        if held is None:
            held = summaries(self._reader, self._rules.at(position), scope, period, position, most)
            if len(held) <= KEPT_TEACHERS_MAX:
                with self._lock:
                    self._held[key] = held
                    while len(self._held) > KEPT_MAX:
                        self._held.popitem(last=False)
        return held


def too_wide(most: int) -> Fault:
    """What is said where more teachers are meant than are read at once."""
    return Fault(
        "TOO_WIDE",
        zh=f"一次最多列出 {most} 位教师，请按县（市、区）或学校分别查询，或用命令行 xuefen levels",
        en=f"at most {most} teachers are listed at once; ask by county or school, or from the "
        "command line: xuefen levels",
        field="of",
    )


def scope_of(of: Name, places: Iterable[str]) -> Scope:
    """The teachers of a place or school, among all registered places."""
    if isinstance(of, SchoolId):
        return Scope(of)
    assert isinstance(of, JurisdictionId)
    if of.level == "PROVINCE":
        return Scope(of)
    inside = tuple(each for each in places if of.covers(JurisdictionId(each)))
    return Scope(of, inside or (str(of),))


def _teacher(entry: Entry) -> TeacherId:
    event: Any = entry.event  # every event of a record has a teacher
    return TeacherId(event.teacher)

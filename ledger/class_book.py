"""Class book: one class as the ledger has it, and where hours that were missed come to stand.

A provider's list says of each trainee how many hours were missed in all; the ledger keeps
attendance by half-days. Where the sum leaves it open which half-days they were, it is laid on the
last ones, and each such absence is marked as placed; by the sum alone the one-fifth rule judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.amount import ZERO
from ledger.attendance import Absence, AttendanceRecorded, RecordAttendance
from ledger.completion import HoursDeduction, Standing, absence_limit
from ledger.credit import CreditAwarded, CreditCorrected, CreditRevoked
from ledger.enrollment import Status
from ledger.event import Entry
from ledger.extent import Extent
from ledger.names import CreditId, OfferingId, TeacherId
from ledger.offering import ClassRoom, OfferingOpened
from ledger.regulation import InForce, Rulebook
from ledger.schedule import Half, Session, Timetable

HALVES = tuple(Half)
Key = tuple[date, Half]


@dataclass
class ClassBook:
    """A class by its own events: its trainees, its timetable, and what was taken of it.

    ``awarded``: the credit of each trainee, as it stands.
    """

    room: ClassRoom = field(default_factory=ClassRoom)
    table: Timetable = field(default_factory=Timetable)
    extent: Extent = field(default_factory=Extent)
    standings: dict[TeacherId, Standing] = field(default_factory=dict)
    recorded: set[Key] = field(default_factory=set)
    awarded: dict[TeacherId, tuple[CreditId, Decimal]] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Takes in an event of the class, or of a credit for it."""
        event = entry.event
        if isinstance(event, CreditAwarded | CreditCorrected | CreditRevoked):
            self._credited(event)
            return
        for fold in (self.room, self.table, self.extent):
            fold.learn(entry)
        who: TeacherId | None = getattr(event, "teacher", None)
        if isinstance(who, TeacherId):
            self.standings.setdefault(who, Standing(who))
        if isinstance(event, AttendanceRecorded):
            self.recorded.add((event.day, event.half))
        alone = who in self.standings and not isinstance(event, AttendanceRecorded)
        for each in [self.standings[who]] if alone and who else self.standings.values():
            each.learn(entry)

    def _credited(self, event: CreditAwarded | CreditCorrected | CreditRevoked) -> None:
        had = self.awarded.get(event.teacher)
        if isinstance(event, CreditAwarded):
            self.awarded[event.teacher] = event.credit, event.credits
        elif had is not None and had[0] == event.credit:
            now = event.credits if isinstance(event, CreditCorrected) else ZERO
            self.awarded[event.teacher] = event.credit, now

    @property
    def opened(self) -> OfferingOpened | None:
        """The class with the hours that it has now."""
        return None if self.room.opened is None else self.extent.applied(self.room.opened)

    @property
    def trainees(self) -> dict[TeacherId, Standing]:
        """Whoever is admitted, and how it stands."""
        return {
            teacher: each
            for teacher, each in self.standings.items()
            if each.choice.status is Status.PROVIDER_CONFIRMED
        }

    @property
    def left(self) -> list[Session]:
        """The half-days of which nobody took the attendance, in order."""
        sessions = (self.table.sessions or {}).values()
        found = [each for each in sessions if (each.day, each.half) not in self.recorded]
        return sorted(found, key=lambda each: (each.day, HALVES.index(each.half)))

    def held(self, teacher: TeacherId, key: Key) -> Decimal:
        """The hours that the ledger has of a half-day."""
        standing = self.standings.get(teacher)
        halves = standing.missed.halves if standing is not None else None
        return (halves or {}).get(key, ZERO)

    def clause(self, rules: Rulebook) -> InForce[Any] | None:
        """The rule by which missed hours matter in this class: the limit, or the deduction."""
        opened = self.opened
        if opened is None:
            return None
        pinned = self.room.opened_on
        limit = absence_limit(rules, opened, pinned)
        return limit or rules.pinned(HoursDeduction, opened.place, pinned)


def placed(sessions: list[Session], teacher: TeacherId, hours: Decimal) -> dict[Key, Absence]:
    """So many hours laid on half-days, from the last one back.

    Where they are all the hours there are, or none, nothing is left open and nothing is marked.
    """
    left, found = hours, {}
    open_ = hours != sum((each.hours for each in sessions), ZERO)
    for each in reversed(sessions):
        here = min(left, each.hours)
        if here > ZERO:
            found[each.day, each.half] = Absence(teacher=teacher, hours=here, placed=open_)
        left -= here
    return found


def missed_in(halves: Mapping[Key, list[Absence]], teacher: TeacherId) -> dict[Key, Decimal]:
    """The hours that one trainee missed, by half-day."""
    own = ((key, each) for key, absences in halves.items() for each in absences)
    return {key: each.hours for key, each in own if each.teacher == teacher}


def taken(
    offering: OfferingId, sessions: list[Session], absences: Mapping[Key, list[Absence]]
) -> Iterator[RecordAttendance]:
    """The commands that take the attendance of half-days; who is in none of them was there."""
    for each in sessions:
        yield RecordAttendance(
            offering=offering,
            day=each.day,
            half=each.half,
            absences=tuple(absences.get((each.day, each.half), ())),
        )

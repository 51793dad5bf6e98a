"""Prospect: what may still come of the trainings that a teacher has begun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledger.amount import ZERO
from ledger.completion import Standing, absence_limit, beyond_limit
from ledger.credit import CreditAwarded
from ledger.enrollment import Status
from ledger.event import Entry
from ledger.extent import Extent
from ledger.names import CreditId, TeacherId
from ledger.offering import ClassRoom, OfferingOpened
from ledger.regulation import Rulebook
from ledger.school_based import SchoolBasedRecognised, SchoolBasedRecorded


@dataclass
class Attending:
    """One teacher in one class."""

    teacher: TeacherId
    standing: Standing = field(init=False)
    room: ClassRoom = field(default_factory=ClassRoom)
    extent: Extent = field(default_factory=Extent)
    credited: bool = False

    def __post_init__(self) -> None:
        self.standing = Standing(self.teacher)

    def learn(self, entry: Entry) -> None:
        """Takes in events of the class and of the teacher in it."""
        self.standing.learn(entry)
        self.room.learn(entry)
        self.extent.learn(entry)
        if isinstance(entry.event, CreditAwarded) and entry.event.teacher == self.teacher:
            self.credited = True

    @property
    def opened(self) -> OfferingOpened | None:
        """The class with its hours as they are now, while a credit may still come of it."""
        admitted = self.standing.choice.status is Status.PROVIDER_CONFIRMED
        if not admitted or self.standing.denied or self.credited or self.room.cancelled:
            return None
        return self.extent.applied(self.room.opened) if self.room.opened else None

    def lost(self, rules: Rulebook) -> bool:
        """Whether it can not be completed any more, though nobody has settled it."""
        opened, own = self.opened, self.standing
        if opened is None or own.outcome is not None:
            return False
        limit = absence_limit(rules, opened, self.room.opened_on)
        # Where nobody can tell whether the limit is in force, completion is granted.
        certain = limit if limit is not None and limit.certain else None
        return own.passed is False or beyond_limit(certain, own.missed.total, opened.plan.hours)

    @property
    def evidence(self) -> tuple[str, ...]:
        """The events on which it stands."""
        return tuple(filter(None, (self.standing.choice.evidence, *self.standing.missed.evidence)))


@dataclass
class Prospects:
    """What may still come of the trainings that a teacher has begun."""

    attending: list[Attending] = field(default_factory=list)
    waiting: dict[CreditId, SchoolBasedRecorded] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Takes in what the school recorded and the bureau has not decided."""
        match entry.event:
            case SchoolBasedRecorded() as event:
                self.waiting[event.credit] = event
            case SchoolBasedRecognised(credit=credit):
                self.waiting.pop(credit, None)
            case _:
                pass

    def open(self, rules: Rulebook) -> Prospects:
        """Without the trainings that can not be completed any more."""
        left = [each for each in self.attending if not each.lost(rules)]
        return Prospects(attending=left, waiting=self.waiting)

    def classes(self, last: date) -> Iterator[tuple[OfferingOpened, Decimal]]:
        """The classes that end by a day, each with the hours missed so far."""
        for each in self.attending:
            opened = each.opened
            if opened is not None and opened.closes <= last:
                yield opened, each.standing.missed.total

    def worth(self, last: date) -> Decimal:
        """The most that may come of all of them by a day."""
        home = [each.credits for each in self.waiting.values() if each.completed <= last]
        return sum(home, ZERO) + sum(
            (
                max(opened.plan.base_credits, opened.plan.hours) - missed
                for opened, missed in self.classes(last)
            ),
            ZERO,
        )

"""Extent: the hours of a class as its plan has them, or as an approved change left them.

The base of the one-fifth rule is the published plan and, after an approved change, the changed one
(rulebook C-14). How many hours a change leaves, the timetable says that follows it; hours that
were cut without approval are still the plan's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace

from ledger.change import ChangeDecided, ChangeKind, ChangeRequested
from ledger.event import Entry, Event
from ledger.names import ChangeId
from ledger.offering import OfferingOpened
from ledger.schedule import TimetablePublished

EXTENT_EVENTS: list[type[Event]] = [ChangeRequested, ChangeDecided, TimetablePublished]


@dataclass
class Extent:
    """The hours that a class has now, as the events say it."""

    asked: set[ChangeId] = field(default_factory=set)
    approved: bool = False
    hours: Decimal | None = None

    def learn(self, entry: Entry) -> None:
        """Takes in changes of hours and timetables; others change nothing."""
        match entry.event:
            case ChangeRequested(change=change, kinds=kinds):
                if ChangeKind.HOURS_REDUCED in kinds:
                    self.asked.add(change)
            case ChangeDecided(change=change, approved=True):
                self.approved = self.approved or change in self.asked
            case TimetablePublished(hours=hours) if self.approved:
                self.hours = hours
            case _:
                pass

    def applied(self, opened: OfferingOpened) -> OfferingOpened:
        """The class with the hours that it has now; credits follow where they were the hours."""
        plan = opened.plan
        if self.hours is None or self.hours >= plan.hours:
            return opened
        follow = plan.base_credits == plan.hours
        credits = self.hours if follow else plan.base_credits
        return replace(opened, plan=replace(plan, hours=self.hours, base_credits=credits))

"""Extent: the hours of a class as its plan has them, or as an approved change left them.

The base of the one-fifth rule is the published plan and, after an approved change, the changed one
(rulebook C-14). How many hours a change leaves, the timetable says that follows it and makes use of
the approval; one approval allows one cut, and hours that were cut without are still the plan's.
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
    approved: int = 0
    tables: list[tuple[int, Decimal]] = field(default_factory=list)

    def learn(self, entry: Entry) -> None:
        """Takes in changes of hours and timetables; others change nothing."""
        match entry.event:
            case ChangeRequested(change=change, kinds=kinds):
                if ChangeKind.HOURS_REDUCED in kinds:
                    self.asked.add(change)
            case ChangeDecided(change=change, approved=True) if change in self.asked:
                self.asked.discard(change)
                self.approved += 1
            case TimetablePublished(hours=hours):
                self.tables.append((self.approved, hours))
            case _:
                pass

    def left(self, planned: Decimal) -> Decimal:
        """The hours that approved changes left of those that were planned."""
        hours, cuts = planned, 0
        for approved, told in self.tables:
            if told < hours and cuts < approved:
                hours, cuts = told, cuts + 1
            elif told > hours:
                hours = min(told, planned)
        return hours

    def applied(self, opened: OfferingOpened) -> OfferingOpened:
        """The class with the hours that it has now; credits follow where they were the hours."""
        plan = opened.plan
        hours = self.left(plan.hours)
        if hours == plan.hours:
            return opened
        credits = hours if plan.base_credits == plan.hours else plan.base_credits
        return replace(opened, plan=replace(plan, hours=hours, base_credits=credits))

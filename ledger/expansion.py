"""Expansion: more seats, or a parallel class, between round one and its re-review (扩班).

It is asked for by the provider and decided by the bureau, and changes neither the number of the
provider's projects nor a lead's limit (rulebook C-24). Once the provider has re-reviewed round one,
or round two has begun, nobody asks for it and nobody grants it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from msgspec import structs

from ledger.command import Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.names import Name, OfferingId
from ledger.offering import (
    OFFERING_EVENTS,
    SEATS_MAX,
    ClassStep,
    ExpansionDecided,
    ExpansionRequested,
    OfferingOpened,
)
from ledger.register import taken
from ledger.regulation import InForce
from ledger.review import reasoned
from ledger.term import Calendar, Phase, Window, in_window, window

# The re-review is a later noun, so its events are known by their names.
REREVIEWS = ("enrollment.confirmed", "enrollment.declined")


class ExpansionPending(Refused):
    """Nothing to decide, or a request is waiting."""


class ExpansionSeats(Refused):
    """An expansion that adds no seat, or more than a class can have."""


class ExpansionOutOfOrder(Refused):
    """An expansion has its place between round one and its re-review."""


@dataclass(kw_only=True)
class ExpansionStep(ClassStep):
    """What asking for an expansion and deciding on it share: their place in the order of steps."""

    rereviewed: str | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [
            about(self.offering, of=OFFERING_EVENTS),
            Selector(types=REREVIEWS, tags=(str(self.offering),)),
        ]

    def learn(self, entry: Entry) -> None:
        if entry.event.NAME in REREVIEWS:
            if self.rereviewed is None and getattr(entry.event, "round", 0) == 1:
                self.rereviewed = entry.id
            return
        super().learn(entry)

    def timely(self, phase: Phase, opened: OfferingOpened) -> Iterator[Event]:
        """Gates: the window of the step, and its place in the order of steps."""
        subjects = (self.offering, opened.provider)
        yield from self.gate(self._misplaced(phase, opened), *subjects)
        yield from in_window(self, phase, *subjects, place=opened.place, term=opened.term)

    def _misplaced(self, phase: Phase, opened: OfferingOpened) -> Refused | None:
        own = self._window(opened, phase)
        if self.rereviewed is not None:
            return ExpansionOutOfOrder(
                zh=f"{self.offering} 第一轮已开始机构复核，不能再扩班",
                en=f"the provider has begun to re-review round one of {self.offering}; it is no "
                "longer expanded",
                rule=own,
                field="offering",
                evidence=(self.rereviewed,),
            )
        if own is not None and not own.value.unknown:
            return None
        # The window is not known, but the rounds between which it lies may be (C-10, C-24).
        first = self._window(opened, Phase.SELECT_R1)
        second = self._window(opened, Phase.SELECT_R2)
        if first is not None and self.ask.on <= (first.value.last or date.min):
            broken = first
        elif second is not None and self.ask.on >= (second.value.first or date.max):
            broken = second
        else:
            return None
        return ExpansionOutOfOrder(
            zh=f"扩班在第一轮选课之后、第二轮选课之前进行；{broken.value.span} 为选课时间，"
            f"{self.ask.on} 不能扩班",
            en=f"classes are expanded after round one and before round two; {self.ask.on} is "
            f"not, as the round {broken.value.span} shows",
            rule=broken,
            field="on",
        )

    def _window(self, opened: OfferingOpened, phase: Phase) -> InForce[Window] | None:
        return window(
            self.ask.rules, opened.place, opened.term, phase, Calendar.REGULAR, self.ask.on
        )


@dataclass(kw_only=True)
class RequestExpansion(ExpansionStep):
    """Ask for more seats, ``seats`` in all, or for a ``parallel`` class of ``seats``."""

    seats: int
    parallel: OfferingId | None = None

    taken: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        selectors = super().boundary()
        if self.parallel is not None:
            selectors.append(about(self.parallel, of=[OfferingOpened, ExpansionRequested]))
        return selectors

    def learn(self, entry: Entry) -> None:
        event = entry.event
        if self.parallel is not None and str(self.parallel) in event.tags:
            self.taken = True
        if getattr(event, "offering", None) == self.offering:
            super().learn(entry)

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        if self.taken and self.parallel is not None:
            raise taken(self.parallel, "parallel")
        least = 0 if self.parallel is not None else self.room.seats
        if self.room.requested is not None:
            raise ExpansionPending(
                zh=f"{self.offering} 已有待受理的扩班申请",
                en=f"a request to expand {self.offering} waits for its decision",
                field="offering",
            )
        if not least < self.seats <= SEATS_MAX:
            raise ExpansionSeats(
                zh=f"容量须大于 {least}，至多 {SEATS_MAX}，不是 {self.seats}",
                en=f"the seats must exceed {least}, up to {SEATS_MAX}; not {self.seats}",
                field="seats",
            )
        yield from self.timely(Phase.EXPANSION_REQUEST, opened)
        yield ExpansionRequested(
            offering=self.offering,
            provider=opened.provider,
            seats=self.seats,
            parallel=self.parallel,
        )


@dataclass(kw_only=True)
class DecideExpansion(ExpansionStep):
    """Grant or deny the seats or the class that were asked for, by the competent bureau."""

    approved: bool
    reason: str = ""

    def authority(self) -> Name:
        return self.room.known(self.offering).place

    def decide(self) -> Iterator[Event]:
        opened = self.room.known(self.offering)
        asked = self.room.requested
        if asked is None:
            raise ExpansionPending(
                zh=f"{self.offering} 没有待受理的扩班申请",
                en=f"no expansion of {self.offering} waits for a decision",
                field="offering",
            )
        reasoned(self.reason, not self.approved)
        if self.approved:
            self.room.held(self.offering, self.ask.rules)
        yield from self.gate(self._follows(opened), self.offering, opened.provider)
        yield from self.timely(Phase.EXPANSION_DECISION, opened)
        yield ExpansionDecided(
            offering=self.offering,
            provider=opened.provider,
            place=opened.place,
            seats=asked.seats,
            approved=self.approved,
            reason=self.reason,
            parallel=asked.parallel,
        )
        if self.approved and asked.parallel is not None:
            yield parallel_class(opened, asked.parallel, asked.seats)

    def _follows(self, opened: OfferingOpened) -> Refused | None:
        """What is wrong where the day lies before that of the request (C-09)."""
        day, evidence = self.room.requested_by
        if self.ask.on >= day:
            return None
        return ExpansionOutOfOrder(
            zh=f"{self.offering} 于 {day} 申请扩班，{self.ask.on} 不能受理",
            en=f"an expansion of {self.offering} was asked for on {day}, after {self.ask.on}",
            rule=self._window(opened, Phase.EXPANSION_DECISION),
            field="on",
            evidence=(evidence,),
        )


def parallel_class(opened: OfferingOpened, offering: OfferingId, seats: int) -> OfferingOpened:
    """A further class of the same project, plan and days as one that stands."""
    return structs.replace(opened, offering=offering, seats=seats, parallel=True)

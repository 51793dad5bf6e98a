"""Offering: one class run of a published project, and its seats.

Its expansion is asked for and decided in ``expansion.py``; the seats that follow are folded here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from msgspec import structs

from ledger.accreditation import ACCREDITATION_EVENTS, Accreditation
from ledger.command import Command, Refused, Selector, about, fact
from ledger.dates import OfferingsRedated
from ledger.declaration import ProjectDeclared, known_project
from ledger.delivery import note_days
from ledger.event import Entry, Event, unchanged
from ledger.fault import Fault
from ledger.finding import Outcome
from ledger.names import (
    ChangeId,
    JurisdictionId,
    Name,
    OfferingId,
    ProjectId,
    ProviderId,
    StaffId,
    TermId,
)
from ledger.plan import Plan
from ledger.register import taken, unknown
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.reopening import OPENING_EVENTS, Standing, judge_opening
from ledger.restart import RESTART_EVENTS
from ledger.review import PROJECT_EVENTS, Dossier
from ledger.segment import judge_months
from ledger.term import Calendar

SEATS_MAX = 100_000


class OfferingOpened(Event, name="offering.opened", version=3):
    """A provider opened a class of a published project; ``parallel``: by an expansion (C-24)."""

    offering: OfferingId
    project: ProjectId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    calendar: Calendar
    plan: Plan
    seats: int
    opens: date
    closes: date
    adviser: StaffId | None = None
    adviser_full_time: bool = True
    parallel: bool = False


OfferingOpened.upcast(from_version=1)(unchanged)
OfferingOpened.upcast(from_version=2)(unchanged)


class ExpansionRequested(Event, name="offering.expansion-requested", version=2):
    """A provider asked for more seats in a class, or for a ``parallel`` class with these seats."""

    offering: OfferingId
    provider: ProviderId
    seats: int
    parallel: OfferingId | None = None


ExpansionRequested.upcast(from_version=1)(unchanged)


class ExpansionDecided(Event, name="offering.expansion-decided", version=2):
    """The authority granted or denied more seats, or a ``parallel`` class."""

    offering: OfferingId
    provider: ProviderId
    place: JurisdictionId
    seats: int
    approved: bool
    reason: str
    parallel: OfferingId | None = None


ExpansionDecided.upcast(from_version=1)(unchanged)


class OfferingCancelled(Event, name="offering.cancelled"):
    """A class will not take place, or not go on; nobody can choose it or be credited for it."""

    offering: OfferingId
    project: ProjectId
    provider: ProviderId
    place: JurisdictionId
    reason: str
    rules: tuple[str, ...] = ()


class DatesChanged(Event, name="offering.dates-changed"):
    """An approved change of a class took effect that gives it other days; ``None``: as before."""

    change: ChangeId
    offering: OfferingId
    provider: ProviderId
    place: JurisdictionId
    opens: date | None = None
    closes: date | None = None


class ClassAdviser(
    Parameters,
    kind="class-adviser",
    zh="开班时没有专职班主任的，记一项违规。",
    scope=(),
    less=("advisers_min",),
):
    """A class opened without a full-time adviser is a violation."""

    advisers_min: int


class NotPublished(Refused):
    """The project is not published."""


class TooManyOfferings(Refused):
    """The project was declared with fewer offerings."""


class AdviserMissing(Refused):
    """The class has no adviser."""


class OfferingGone(Refused):
    """The class was cancelled."""


@dataclass
class ClassRoom:
    """An offering as the events say it."""

    opened: OfferingOpened | None = None
    opened_on: date = date.max
    seats: int = 0
    requested: ExpansionRequested | None = None
    requested_by: tuple[date, str] = (date.min, "")
    cancelled: str | None = None
    cancelled_by: tuple[tuple[str, ...], date] = ((), date.min)
    parallels: set[OfferingId] = field(default_factory=set)

    def learn(self, entry: Entry) -> None:
        """Takes in the offering's own events; others change nothing."""
        match entry.event:
            case OfferingOpened() as event:
                self.opened, self.seats, self.opened_on = event, event.seats, entry.on
            case ExpansionRequested() as event if self._own(event):
                self.requested, self.requested_by = event, (entry.on, entry.id)
            case ExpansionDecided() as event if self._own(event):
                self.requested = None
                if event.approved and event.parallel is None:
                    self.seats = event.seats
                elif event.approved and event.parallel is not None:
                    self.parallels.add(event.parallel)
            case DatesChanged(opens=opens, closes=closes) if self.opened is not None:
                self.opened = structs.replace(
                    self.opened,
                    opens=opens or self.opened.opens,
                    closes=closes or self.opened.closes,
                )
            case OfferingCancelled(rules=rules):
                self.cancelled, self.cancelled_by = entry.id, (rules, entry.on)
            case OfferingsRedated(moves=moves) if self.opened is not None:
                for each in moves:
                    if each.offering == self.opened.offering:
                        days = {"opens": each.opens, "closes": each.closes}
                        self.opened = structs.replace(self.opened, **days)
            case _:
                pass

    def _own(self, event: ExpansionRequested | ExpansionDecided) -> bool:
        # The parallel class that is asked for carries the tag of these events too.
        return self.opened is not None and self.opened.offering == event.offering

    def held(self, offering: OfferingId, rules: Rulebook) -> None:
        """Raises ``OfferingGone`` for a class that was cancelled."""
        if self.cancelled is not None:
            raise OfferingGone(
                zh=f"{offering} 已经取消，不能再选课、确认、实施或认定学分",
                en=f"{offering} was cancelled; nobody chooses, holds or is credited for it",
                rule=self.ended_by(rules),
                field="offering",
                evidence=(self.cancelled,),
            )

    def ended_by(self, rules: Rulebook) -> InForce[Parameters] | None:
        """The rule by which a class was cancelled, where one asked for it."""
        ids, day = self.cancelled_by
        if self.opened is None or not ids:
            return None
        return rules.cited(ids[0], self.opened.place, day)

    def known(self, offering: OfferingId, field: str = "offering") -> OfferingOpened:
        """The opened offering. Raises ``UnknownReference``."""
        if self.opened is None:
            raise unknown(offering, field)
        return self.opened


OFFERING_EVENTS: list[type[Event]] = [
    OfferingOpened,
    ExpansionRequested,
    ExpansionDecided,
    OfferingCancelled,
    OfferingsRedated,
    DatesChanged,
]


@dataclass(kw_only=True)
class OpenOffering(Command):
    """Open one class of a published project, by its provider."""

    offering: OfferingId
    project: ProjectId
    seats: int
    opens: date
    closes: date
    adviser: StaffId | None = None
    adviser_full_time: bool = True

    seen: Dossier = fact(default_factory=Dossier)
    known: bool = fact(default=False)
    siblings: int = fact(default=0)
    held: Accreditation = fact(default_factory=Accreditation)
    standing: Standing = fact(default_factory=Standing)

    def boundary(self) -> list[Selector]:
        return [
            about(self.project, of=[*PROJECT_EVENTS, OfferingOpened]),
            about(self.offering, of=[OfferingOpened, ExpansionRequested]),
        ]

    def beyond(self) -> list[Selector]:
        if self.seen.declared is None:
            return []
        declared = self.seen.declared
        return [
            about(declared.provider, of=[*ACCREDITATION_EVENTS, *OPENING_EVENTS]),
            *(about(each, of=RESTART_EVENTS, rare=True) for each in declared.place.chain),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case OfferingOpened() as event:
                self.known = self.known or event.offering == self.offering
                # An expansion changes neither a quota nor what a project declared (C-24).
                self.siblings += event.project == self.project and not event.parallel
            case ExpansionRequested(parallel=parallel):
                # The name of a parallel class that was asked for is taken.
                self.known = self.known or parallel == self.offering
            case _:
                self.seen.learn(entry)
                self.standing.learn(entry)
                if self.seen.declared is not None:
                    self.held.learn(entry, self.seen.declared.provider)

    def authority(self) -> Name:
        return known_project(self.seen.declared, self.project).provider

    def territory(self) -> JurisdictionId:
        return known_project(self.seen.declared, self.project).place

    def decide(self) -> Iterator[Event]:
        declared = self.seen.known(self.project)
        self._sane()
        if self.known:
            raise taken(self.offering, "offering")
        if not self.seen.published:
            raise NotPublished(
                zh=f"{self.project} 尚未发布，不能开设班期",
                en=f"{self.project} is not published yet",
                field="project",
            )
        subjects = (self.offering, declared.provider)
        yield from self.gate(self.seen.follows(self, "发布", "was published"), *subjects)
        yield from self.gate(self.held.lost(self, "project"), *subjects)
        yield from self._count(declared)
        yield OfferingOpened(
            offering=self.offering,
            project=self.project,
            provider=declared.provider,
            place=declared.place,
            term=declared.term,
            calendar=declared.calendar,
            plan=declared.plan,
            seats=self.seats,
            opens=self.opens,
            closes=self.closes,
            adviser=self.adviser,
            adviser_full_time=self.adviser_full_time,
        )
        yield from self._adviser(declared)
        yield from self._months(declared)
        yield from judge_opening(self, self.standing, declared, self.offering, self.opens)
        yield from note_days(
            self,
            (self.opens, self.closes),
            self.offering,
            declared.provider,
            plan=declared.plan,
            place=declared.place,
            term=declared.term,
            calendar=declared.calendar,
            pinned=self.ask.on,
        )

    def _count(self, declared: ProjectDeclared) -> Iterator[Event]:
        if self.siblings < declared.offerings:
            return
        yield from self.gate(
            TooManyOfferings(
                zh=f"{self.project} 申报了 {declared.offerings} 个班期，已全部开设",
                en=f"{self.project} was declared with {declared.offerings} offerings, all open",
                field="offering",
            ),
            self.offering,
            declared.provider,
        )

    def _sane(self) -> None:
        if not 1 <= self.seats <= SEATS_MAX:
            raise Fault(
                "BAD_SEATS",
                zh=f"容量须在 1 至 {SEATS_MAX} 之间，现为 {self.seats}",
                en=f"seats must lie between 1 and {SEATS_MAX}, not {self.seats}",
                field="seats",
            )
        if self.closes < self.opens:
            raise Fault(
                "DAYS_REVERSED",
                zh=f"结束日 {self.closes} 早于开班日 {self.opens}",
                en=f"the last day {self.closes} lies before the first {self.opens}",
                field="closes",
            )

    def _months(self, declared: ProjectDeclared) -> Iterator[Event]:
        # A plan that dates its segments was advised when it was declared.
        said = judge_months(self, declared.plan, declared.place, self.opens, self.closes)
        if said is not None and not declared.plan.parts:
            yield self.finding(said, Outcome.ADVISORY, self.offering, declared.provider)

    def _adviser(self, declared: ProjectDeclared) -> Iterator[Event]:
        rule = self.ask.rules.find(ClassAdviser, declared.place, self.ask.on)
        if rule is not None and (self.adviser is None or not self.adviser_full_time):
            said = AdviserMissing(
                zh=f"{self.offering} 没有配备专职班主任",
                en=f"{self.offering} has no class adviser",
                rule=rule,
                field="adviser",
            )
            yield self.finding(said, Outcome.VIOLATION, self.offering, declared.provider)


@dataclass(kw_only=True)
class ClassStep(Command):
    """What the provider of a class decides or reports about it; subclasses say what."""

    offering: OfferingId

    room: ClassRoom = fact(default_factory=ClassRoom)

    def running(self) -> OfferingOpened:
        """The class. Raises ``UnknownReference``, or ``OfferingGone`` where it was cancelled."""
        opened = self.room.known(self.offering)
        self.room.held(self.offering, self.ask.rules)
        return opened

    def learn(self, entry: Entry) -> None:
        self.room.learn(entry)

    def authority(self) -> Name:
        return self.room.known(self.offering).provider

    def territory(self) -> JurisdictionId:
        return self.room.known(self.offering).place

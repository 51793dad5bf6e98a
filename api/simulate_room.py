"""A simulated class: who runs it, who is in it, and when it meets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from api.population import Provider, Teacher
from api.simulate_calendar import later
from ledger.command import Asker
from ledger.declaration import DeclareProject
from ledger.names import OfferingId
from ledger.offering import OpenOffering
from ledger.plan import Plan
from ledger.schedule import Half, Session

WEEKEND = 5
HALF_DAY_HOURS = Decimal(4)


@dataclass(eq=False)
class ClassRun:
    """A class with its way into the ledger, its trainees and their hours missed."""

    open: OpenOffering
    declare: DeclareProject
    provider: Provider
    bureau: Asker
    sessions: tuple[Session, ...]
    seats: int = 0
    passed: list[Teacher] = field(default_factory=list)
    trainees: list[Teacher] = field(default_factory=list)
    missed: dict[str, Decimal] = field(default_factory=dict)
    out: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.seats = self.open.seats

    @property
    def offering(self) -> OfferingId:
        """Its offering."""
        return self.open.offering

    @property
    def plan(self) -> Plan:
        """Its plan."""
        return self.declare.plan

    def denied(self, teacher: Teacher) -> bool:
        """Whether the trainee does not complete it."""
        missed = self.missed.get(teacher.teacher, Decimal(0))
        # The one-fifth rule speaks of long trainings; the ledger decides, this only foresees it.
        beyond = self.plan.final_assessment and missed * 5 > self.plan.hours
        return beyond or teacher.teacher in self.failed | self.out


def sessions_of(plan: Plan, first: date, evenings: bool) -> tuple[Session, ...]:
    """The half-days of a plan from a day on: weekdays, or evenings online."""
    halves = (Half.EVENING,) if evenings else (Half.MORNING, Half.AFTERNOON)
    sessions: list[Session] = []
    left, day = plan.hours, first
    while left > 0:
        if day.weekday() < WEEKEND:
            for half in halves:
                hours = min(left, HALF_DAY_HOURS)
                if hours > 0:
                    course = plan.courses[len(sessions) % len(plan.courses)].title
                    sessions.append(
                        Session(day=day, half=half, hours=hours, course=course, online=evenings)
                    )
                    left -= hours
        day = later(day, 1)
    return tuple(sessions)

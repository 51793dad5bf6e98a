"""Applicant: who waits for the provider, and what of each counts for coming first (报名者).

A school names its homeroom teachers itself, and from any day back. As soon as it is known who comes
first, that could be made to fit. So a tier or a category counts where the ledger had it before the
screening was announced, and not later than the first choice; and where the applicant still had it
when choosing. Who became one in between comes with the others, into the draw: that is the price of
an order at which nobody can work once it is announced.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date

from msgspec import structs

from ledger.category import CATEGORY_EVENTS, Belonging, belongings_after
from ledger.command import Selector, about
from ledger.draw import Applicant
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    Choice,
    OfferingSelected,
    SelectionReviewed,
    Status,
)
from ledger.event import Entry, Event
from ledger.names import TeacherId
from ledger.register import Tier
from ledger.teacher import TeacherProfileUpdated

STANDING_EVENTS: list[type[Event]] = [*CATEGORY_EVENTS, TeacherProfileUpdated]


@dataclass
class Waiting:
    """The choices of a class as they came, and which of them wait for the provider."""

    choices: dict[TeacherId, Choice] = field(default_factory=dict)
    chosen: dict[TeacherId, OfferingSelected] = field(default_factory=dict)
    days: dict[TeacherId, date] = field(default_factory=dict)
    first: int | None = None
    passes: dict[tuple[int, TeacherId], str] = field(default_factory=dict)
    _passed: dict[int, set[TeacherId]] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Takes in the enrollment events of the class; others change nothing."""
        event = entry.event
        teacher: TeacherId | None = getattr(event, "teacher", None)
        if teacher is None or type(event) not in ENROLLMENT_EVENTS:
            return
        choice = self.choices.setdefault(teacher, Choice())
        self._passed.get(choice.round, set()).discard(teacher)
        choice.learn(entry)
        if choice.status is Status.SCHOOL_PASSED:
            self._passed.setdefault(choice.round, set()).add(teacher)
        if isinstance(event, OfferingSelected):
            # Who chooses again arrives again.
            self.chosen.pop(teacher, None)
            self.chosen[teacher], self.days[teacher] = event, entry.on
            self.first = self.first or entry.position
        elif isinstance(event, SelectionReviewed) and event.passed:
            # Who is passed again brings no second chance to the draw.
            self.passes.setdefault((event.round, teacher), entry.id)

    def passed(self, number: int) -> Set[TeacherId]:
        """Whom their schools passed in a round and the provider has not decided on."""
        return self._passed.get(number, frozenset())

    def applicants(self) -> tuple[int, list[Applicant]]:
        """The latest round in which somebody waits, and who does, as they arrived."""
        passed = {
            teacher: self.choices[teacher]
            for teacher in self.chosen
            if self.choices[teacher].status is Status.SCHOOL_PASSED
        }
        latest = max((each.round for each in passed.values()), default=0)
        found: list[Applicant] = []
        arrived = 0
        for teacher, event in self.chosen.items():
            arrived += event.round == latest
            if teacher in passed and event.round == latest:
                found.append(
                    Applicant(
                        teacher=teacher,
                        arrived=arrived,
                        passed_by=self.passes[latest, teacher],
                        tier=event.tier,
                        categories=event.categories,
                    )
                )
        return latest, found


@dataclass
class Standings:
    """What the ledger knew of applicants before a position: their categories and their tiers."""

    before: int = 0
    spans: dict[TeacherId, list[Belonging]] = field(default_factory=dict)
    tiers: dict[TeacherId, Tier] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Takes in what was entered in time; what came later and other events change nothing."""
        teacher: TeacherId | None = getattr(entry.event, "teacher", None)
        if teacher is None or entry.position >= self.before:
            return
        match entry.event:
            case TeacherProfileUpdated(tier=Tier() as tier):
                self.tiers[teacher] = tier
            case _:
                self.spans[teacher] = belongings_after(self.spans.get(teacher, []), entry)

    def counted(self, applicant: Applicant, chosen_on: date) -> Applicant:
        """The applicant with only what was known in time and still held when choosing."""
        teacher, tier = applicant.teacher, applicant.tier
        held = {each.category for each in self.spans.get(teacher, []) if each.holds(chosen_on)}
        return structs.replace(
            applicant,
            tier=tier if self.tiers.get(teacher) is tier else None,
            categories=tuple(each for each in applicant.categories if each in held),
        )


def standings_of(applicants: list[Applicant]) -> list[Selector]:
    """The selectors of what the ledger knows of applicants."""
    return [about(each.teacher, of=STANDING_EVENTS) for each in applicants]

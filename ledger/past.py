"""Past: what the ledger has of a term already, step by step, so that nothing is told twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from ledger.assessment import AssessmentRecorded
from ledger.attendance import AttendanceRecorded
from ledger.class_book import ClassBook
from ledger.closing import OfferingClosed
from ledger.completion import CompletionDenied, CompletionGranted
from ledger.credit import CreditAwarded
from ledger.declaration import ProjectDeclared
from ledger.enrollment import (
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    OfferingSelected,
    SelectionReviewed,
)
from ledger.event import Entry
from ledger.milestone import Milestone
from ledger.names import JurisdictionId, OfferingId
from ledger.offering import OfferingOpened
from ledger.plan import Plan
from ledger.review import ProjectPublished, ProjectReviewed
from ledger.schedule import TimetablePublished

Key = tuple[object, ...]
Said = tuple[object, ...]
# What may be done anew after a withdrawal; the ledger itself tells whether it may.
AGAIN = frozenset(
    {Milestone.SELECTION, Milestone.SCHOOL_REVIEW, Milestone.ADMISSION, Milestone.WITHDRAWAL}
)


def of_plan(plan: Plan) -> Said:
    """What of a plan a sheet says."""
    return plan.title, plan.subject, plan.stage.value, plan.mode.value, plan.hours


@dataclass
class Past:
    """The steps of projects and classes that the ledger has, by what they are about."""

    steps: dict[Key, list[tuple[date, Said]]] = field(default_factory=dict)
    books: dict[OfferingId, ClassBook] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    places: dict[object, JurisdictionId] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Takes in an event once, whichever of its names led to it."""
        if entry.position in self.seen:
            return
        self.seen.add(entry.position)
        name: OfferingId | None = getattr(entry.event, "offering", None)
        if isinstance(name, OfferingId):
            self.books.setdefault(name, ClassBook()).learn(entry)
        match entry.event:
            case ProjectDeclared(project=project, place=place):
                self.places[project] = place
            case OfferingOpened(offering=offering, place=place):
                self.places[offering] = place
            case _:
                pass
        for key, said in _told(entry):
            self.steps.setdefault(key, []).append((entry.on, said))

    def within(self, place: JurisdictionId) -> Past:
        """The steps of projects and classes of a place; of others nothing is known there."""
        own = {name for name, each in self.places.items() if place.covers(each)}
        return Past(
            steps={key: each for key, each in self.steps.items() if key[1] in own},
            books={name: each for name, each in self.books.items() if name in own},
            places={name: each for name, each in self.places.items() if name in own},
        )

    def against(self, key: Key, on: date, said: Said) -> bool | tuple[str, str]:
        """Whether the ledger has the step just so; or what both say, where it has another.

        ``False`` where it has none, or one that may be taken anew.
        """
        had = self.steps.get(key, [])
        if (on, said) in had:
            return True
        if not had or key[0] in AGAIN:
            return False
        return _words(*had[-1]), _words(on, said)


def _told(entry: Entry) -> list[tuple[Key, Said]]:
    match entry.event:
        case ProjectDeclared(project=project, plan=plan):
            return [((Milestone.DECLARATION, project), of_plan(plan))]
        case ProjectReviewed(project=project, approved=approved):
            return [((Milestone.REVIEW, project), (approved,))]
        case ProjectPublished(project=project):
            return [((Milestone.PUBLICATION, project), ())]
        case OfferingOpened(offering=offering, seats=seats, opens=opens, closes=closes):
            return [((Milestone.OPENING, offering), (seats, opens, closes))]
        case TimetablePublished(offering=offering, sessions=sessions):
            held = {(each.day, each.half, each.hours) for each in sessions}
            return [((Milestone.TIMETABLE, offering), (frozenset(held),))]
        case AttendanceRecorded(offering=offering, day=day, half=half, absences=absences):
            missing = {(each.teacher, each.hours) for each in absences}
            return [((Milestone.ATTENDANCE, offering, day, half), (frozenset(missing),))]
        case AssessmentRecorded(offering=offering, results=results):
            return [
                ((Milestone.ASSESSMENT, offering, each.teacher), (each.passed,)) for each in results
            ]
        case OfferingClosed(offering=offering):
            return [((Milestone.CLOSING, offering), ())]
        case _:
            return _of_trainee(entry)


def _of_trainee(entry: Entry) -> list[tuple[Key, Said]]:
    event = entry.event
    said: tuple[Milestone, Said]
    match event:
        case OfferingSelected():
            said = Milestone.SELECTION, ()
        case SelectionReviewed(passed=passed):
            said = Milestone.SCHOOL_REVIEW, (passed,)
        case EnrollmentConfirmed():
            said = Milestone.ADMISSION, (True,)
        case EnrollmentDeclined():
            said = Milestone.ADMISSION, (False,)
        case EnrollmentWithdrawn():
            said = Milestone.WITHDRAWAL, ()
        case CompletionGranted():
            said = Milestone.COMPLETION, (True,)
        case CompletionDenied():
            said = Milestone.COMPLETION, (False,)
        case CreditAwarded():
            said = Milestone.AWARD, ()
        case _:
            return []
    step, value = said
    return [((step, getattr(event, "offering", None), getattr(event, "teacher", None)), value)]


def _words(on: date, said: Said) -> str:
    told = (f"{len(each)} 项" if isinstance(each, frozenset) else str(each) for each in said)
    return " ".join((str(on), *told))

"""Review measures: which reviews came after the last day of their window, or have not come yet.

A school reviews the choices of its teachers, a provider reviews them again for its classes, and a
bureau reviews projects. A review counts once it was made, or once its last day has passed; where no
document states the window, nobody can tell and it does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.declaration import ProjectDeclared
from ledger.enrollment import Status
from ledger.names import JurisdictionId, TermId
from ledger.regulation import InForce
from ledger.review import ProjectReviewed
from ledger.term import Calendar, Phase, window
from projections.catalogue import ENROLLMENTS, PROJECTS
from projections.class_measure import of_terms
from projections.declaration import Project, ProjectStatus
from projections.enrollment import Enrollment
from projections.measure import IndicatorCode, Measure, Question, Share
from projections.obligation import all_rows
from projections.offering import Offering
from projections.reader import Where

SCHOOL_PHASES = {1: Phase.SCHOOL_REVIEW_R1, 2: Phase.SCHOOL_REVIEW_R2}
PROVIDER_PHASES = {1: Phase.PROVIDER_REVIEW_R1, 2: Phase.PROVIDER_REVIEW_R2}


@dataclass
class Deadlines:
    """The last days of windows, looked up once each, and the rules that state them."""

    asked: Question
    rules: dict[str, InForce[Any]] = field(default_factory=dict)
    known: dict[tuple[Any, ...], InForce[Any] | None] = field(default_factory=dict)

    def late(
        self,
        place: JurisdictionId,
        term: TermId | None,
        phase: Phase | None,
        made: date | None,
        calendar: Calendar = Calendar.REGULAR,
    ) -> bool | None:
        """Whether a review is late; ``None`` where it is not due, or nobody can tell."""
        if term is None or phase is None:
            return None
        day = made or self.asked.period.day
        key = (place, term, phase, calendar, day)
        if key not in self.known:
            self.known[key] = window(self.asked.rules, place, term, phase, calendar, day)
        found = self.known[key]
        last = found.value.last if found is not None and found.certain else None
        if found is None or last is None or (made is None and day <= last):
            return None
        self.rules[found.id] = found
        late: bool = day > last
        return late


def school_reviews(
    asked: Question, choices: list[Enrollment], schools: dict[str, JurisdictionId]
) -> Measure:
    """The reviews of choices by schools."""
    deadlines = Deadlines(asked)
    held: dict[tuple[str, str], list[tuple[bool, Enrollment]]] = {}
    for each in choices:
        waits = each.status is Status.SUBMITTED
        if str(each.term) not in asked.period.terms or not (waits or each.school_reviewed):
            continue
        place = each.place or schools[str(each.school)]
        phase = SCHOOL_PHASES.get(each.round)
        late = deadlines.late(place, each.term, phase, each.school_reviewed)
        if late is not None:
            held.setdefault((str(each.teacher), str(each.school)), []).append((late, each))
    shares = [
        _of_choices(teacher, schools[school], school, found)
        for (teacher, school), found in held.items()
    ]
    return Measure(IndicatorCode.OVERDUE_REVIEWS, shares, rules=deadlines.rules)


def provider_reviews(asked: Question, classes: dict[str, Offering]) -> Measure:
    """The reviews of choices by a provider."""
    deadlines = Deadlines(asked)
    where = Where().and_equal(provider=asked.subject.provider).and_among(term=asked.period.terms)
    held: dict[str, list[tuple[bool, Enrollment]]] = {}
    for each in all_rows(asked.rows, ENROLLMENTS, where):
        offering = classes.get(str(each.offering))
        waits = each.status is Status.SCHOOL_PASSED
        if offering is None or offering.place is None or not (waits or each.provider_reviewed):
            continue
        phase = PROVIDER_PHASES.get(each.round)
        late = deadlines.late(offering.place, each.term, phase, each.provider_reviewed)
        if late is not None:
            held.setdefault(str(each.offering), []).append((late, each))
    shares = []
    for key, found in held.items():
        place = classes[key].place
        assert place is not None
        shares.append(_of_choices(key, place, str(classes[key].provider), found))
    return Measure(IndicatorCode.OVERDUE_REVIEWS, shares, rules=deadlines.rules)


def _of_choices(
    key: str, place: JurisdictionId, party: str, found: list[tuple[bool, Enrollment]]
) -> Share:
    positions = sorted({position for _, each in found for position in each.positions})
    return Share(
        key=key,
        place=place,
        party=party,
        numerator=Decimal(sum(late for late, _ in found)),
        denominator=len(found),
        positions=tuple(positions),
    )


def with_projects(asked: Question, measure: Measure) -> Measure:
    """The same with the reviews of projects by the bureaus of the places."""
    deadlines = Deadlines(asked, measure.rules)
    shares = list(_project_shares(asked, deadlines))
    types = (ProjectDeclared, ProjectReviewed)
    return Measure(
        measure.code,
        [*measure.shares, *shares],
        types=types,
        rules=deadlines.rules,
        results=measure.results,
    )


def _project_shares(asked: Question, deadlines: Deadlines) -> Iterator[Share]:
    project: Project
    for project in of_terms(asked, PROJECTS):
        waits = project.status is ProjectStatus.DECLARED
        if project.place is None or not (waits or project.reviewed):
            continue
        ordered = project.calendar is Calendar.ORDER
        phase = Phase.ORDER_REVIEW if ordered else Phase.REVIEW
        calendar = Calendar.ORDER if ordered else Calendar.REGULAR
        late = deadlines.late(project.place, project.term, phase, project.reviewed, calendar)
        if late is not None:
            yield Share(
                key=str(project.project),
                place=project.place,
                numerator=Decimal(late),
                tag=str(project.project),
            )

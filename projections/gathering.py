"""Gathering: what is measured of the people of many schools, a few schools at a time.

The views hold no sums: what a teacher earned is in the teacher's own row, and whose teacher that
is, the school's book says. So a province is read school by school. Each step is short and holds
only its own schools; what it leaves behind is a sum for each part that will be shown, how each
school stands, and the first entries. A caller may do other things between two steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ledger.names import JurisdictionId, SchoolId
from projections.catalogue import COMPLETIONS, ENROLLMENTS, RECORDS, YEARBOOKS
from projections.class_measure import completions_of_schools
from projections.measure import IndicatorCode, Measure, Question, Share, judged
from projections.projection import Projection
from projections.review_measure import school_reviews
from projections.snapshot import Snapshot
from projections.staff_measure import staff_of

SCHOOLS_AT_ONCE = 20
ENTRIES_SHOWN_MAX = 200
OF_TRAINEES = (IndicatorCode.COMPLETION_SHARE, IndicatorCode.SETTLED_SHARE)
OF_STAFF = (
    IndicatorCode.COMPLETED_SHARE,
    IndicatorCode.SENT_SHARE,
    IndicatorCode.MATCH_SHARE,
    IndicatorCode.AVERAGE_CREDITS,
    IndicatorCode.OVERDUE_REVIEWS,
)


READ: tuple[Projection[Any], ...] = (RECORDS, YEARBOOKS, ENROLLMENTS, COMPLETIONS)


class Gathering:
    """The measures of the people of schools, gathered step by step."""

    def __init__(self, asked: Question, schools: dict[str, JurisdictionId]) -> None:
        self.asked = asked
        self.held: dict[IndicatorCode, Measure] = {}
        self._schools = iter(sorted(schools.items()))
        self._next: dict[str, JurisdictionId] | None = self._some()
        # A school is opened down to its teachers, whatever lies above down to schools or places.
        self._whole = isinstance(asked.subject.name, SchoolId)

    @property
    def left(self) -> bool:
        """Whether there are schools to come."""
        return self._next is not None

    def step(self) -> None:
        """Takes in some schools. Raises ``Fault`` (``TOO_WIDE``) for too many teachers at once."""
        assert self._next is not None
        for measure in _people(self.asked, self._next):
            measure.results = dict(judged(measure))
            if not self._whole:
                measure.shares = self._summed(measure.shares)
            known = self.held.setdefault(measure.code, measure)
            if known is not measure:
                known.results = (known.results or {}) | measure.results
                known.rules |= measure.rules
                known.shares = self._summed([*known.shares, *measure.shares])
        self._next = self._some() or None

    def all(self) -> Gathering:
        """The same with all steps taken."""
        while self.left:
            self.step()
        return self

    def _some(self) -> dict[str, JurisdictionId]:
        return dict(islice(self._schools, SCHOOLS_AT_ONCE))

    def _summed(self, shares: list[Share]) -> list[Share]:
        """One share for each part: a school of a county, a place of a city or the province."""
        name = self.asked.subject.name
        by_school = isinstance(name, JurisdictionId) and name.level == "COUNTY"
        held: dict[tuple[str, str | None], list[Share]] = {}
        for each in shares:
            held.setdefault((str(each.place), each.party if by_school else None), []).append(each)
        return [_sum(party or place, party, found) for (place, party), found in held.items()]


def afford(asked: Question) -> None:
    """Raises ``Fault`` (``TOO_WIDE``) for a moment that takes too many events, before any is read.

    A moment is folded from the events of the school, or of the places.
    """
    if isinstance(asked.rows, Snapshot):
        name, places = asked.subject.name, asked.subject.places
        asked.rows.afford(READ, (str(name),) if isinstance(name, SchoolId) else places or ())


def _sum(key: str, party: str | None, shares: list[Share]) -> Share:
    # One more than is shown, so that it can be seen that there are more.
    positions = sorted({position for each in shares for position in each.positions})
    return Share(
        key=key,
        place=shares[0].place,
        party=party,
        numerator=sum(each.numerator for each in shares[1:]) + shares[0].numerator,
        denominator=sum(each.denominator for each in shares),
        positions=tuple(positions[: ENTRIES_SHOWN_MAX + 1]),
        unsaid=sum(each.unsaid for each in shares),
    )


def _people(asked: Question, schools: dict[str, JurisdictionId]) -> Iterator[Measure]:
    if asked.wants(*OF_STAFF):
        staff = staff_of(asked, schools)
        yield from staff.measures()
        yield school_reviews(asked, staff.choices, schools)
    if asked.wants(*OF_TRAINEES):
        yield from completions_of_schools(asked, schools)

"""Inspection measures: how many of the projects of a year were looked into by their own authority.

School-based trainings are projects of their school, and each of them is one, whoever took part.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ledger.names import JurisdictionId, SchoolId
from ledger.oversight import InspectionShare, ProjectInspected, inspection_share
from ledger.requirement import Requirement
from ledger.review import ProjectPublished
from ledger.school_based import SchoolBasedRecorded
from projections.catalogue import PROJECTS, YEARBOOKS
from projections.class_measure import of_terms
from projections.duty import Yearbook
from projections.measure import IndicatorCode, Measure, Question, Share
from projections.obligation import all_rows
from projections.reader import Where

TYPES = (ProjectPublished, SchoolBasedRecorded, ProjectInspected)


def inspections(asked: Question) -> Measure:
    """The projects of the year; of a half-year nobody can tell, as no document asks for it."""
    name, year = asked.subject.name, asked.period.year

    def judge(party: str, place: JurisdictionId, shares: list[Share]) -> Requirement | None:
        if not party.startswith(f"{JurisdictionId.kind}:") or place.level == "PROVINCE":
            return None
        inspected = sum(bool(each.numerator) for each in shares)
        return inspection_share(
            asked.rules,
            place,
            year.day,
            projects=len(shares),
            inspected=inspected,
            today=year.today,
        )

    if asked.subject.provider is not None:
        return Measure(IndicatorCode.INSPECTION_SHARE, list(_of_provider(asked)), types=TYPES)
    where = Where().and_equal(year=year.number)
    if isinstance(name, SchoolId):
        where = where.and_equal(school=name)
    elif asked.subject.places is not None:
        where = where.and_among(place=asked.subject.places)
    shares = [share for book in all_rows(asked.rows, YEARBOOKS, where) for share in _of_book(book)]
    place = asked.subject.place
    rule = asked.find(InspectionShare, place, year.day) if place else None
    return Measure(IndicatorCode.INSPECTION_SHARE, shares, judge, rule, TYPES)


def _of_book(book: Yearbook) -> Iterator[Share]:
    if book.place is None:
        return
    party = str(book.school) if book.school else None
    for each in dict.fromkeys((*book.projects, *book.trainings)):
        of_school = each in book.trainings
        yield Share(
            key=each,
            place=book.place,
            party=party,
            numerator=Decimal(each in book.inspected),
            tag=str(book.school) if of_school else each,
            title=each if of_school else None,
        )


def _of_provider(asked: Question) -> Iterator[Share]:
    projects = [
        each
        for each in of_terms(asked, PROJECTS)
        if each.published is not None and each.place is not None
    ]
    year = asked.period.year.number
    books = asked.rows.many(YEARBOOKS, sorted({f"{each.place}/{year}" for each in projects}))
    for each in projects:
        book = books.get(f"{each.place}/{year}")
        yield Share(
            key=str(each.project),
            place=each.place,
            party=str(each.provider),
            numerator=Decimal(book is not None and str(each.project) in book.inspected),
            tag=str(each.project),
        )

"""Obligations: all that the rules ask of a place for one year, from the views.

A year is judged as of its last day, or as of today while it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledger.duty import Addressee, calendar_notice, place_duties
from ledger.funding import funds_published, local_funds
from ledger.names import JurisdictionId, TermId
from ledger.observation import ObserverRole, lessons_observed
from ledger.oversight import inspection_share
from ledger.regulation import Rulebook
from ledger.requirement import Requirement
from ledger.target import order_minimum, quantity_assessment, training_targets
from projections.duty import STANDING, Yearbook, Yearbooks
from projections.reader import PAGE_MAX, Reader, Where


@dataclass(frozen=True)
class Year:
    """The year that is judged, and the day on which it is."""

    number: int
    today: date

    @property
    def day(self) -> date:
        """The last day of the year, or today while it runs."""
        return self.last(self.number)

    @property
    def over(self) -> bool:
        """Whether nothing can be added any more."""
        return self.today > date(self.number, 12, 31)

    def last(self, number: int) -> date:
        """The last day of a year, or today while it runs."""
        return min(date(number, 12, 31), self.today)


def place_obligations(
    reader: Reader, rules: Rulebook, books: Yearbooks, place: JurisdictionId, year: Year
) -> list[Requirement]:
    """What the rules ask of a locality for a year."""
    found = reader.many(books, [f"{place}/{year.number}", f"{place}/{STANDING}"])
    where = Where().and_equal(place=place, year=year.number)
    schools = [each for each in all_rows(reader, books, where) if each.school is not None]
    return of_place(rules, place, year, found, schools)


def of_place(
    rules: Rulebook,
    place: JurisdictionId,
    year: Year,
    books: dict[str, Yearbook],
    schools: Iterable[Yearbook],
) -> list[Requirement]:
    """The requirements of a locality from its books and those of its schools."""
    own = book_of(books, place, year.number)
    standing = book_of(books, place, STANDING)
    day = year.day
    told = [_inspected(rules, place, day, own, schools)]
    for role in ObserverRole if place.level != "PROVINCE" else ():
        events = own.events.get(role.value, ())
        told += lessons_observed(rules, place, day, role, own.heard(role), events=events)
    told += place_duties(
        rules,
        place,
        day,
        bodies=sum(since <= day for since in standing.bodies),
        offices=sum(since <= day for since in standing.offices),
        appraisals=len(own.appraised),
        over=year.over,
    )
    funds = own.local_funds
    told += local_funds(
        rules,
        place,
        day,
        None if funds is None else (funds.payroll, funds.fund, funds.to_schools),
        events=own.events.get("funds", ()),
    )
    told.append(published_in(rules, place, year, own))
    for term in _terms(rules, year.number):
        told.append(order_minimum(rules, place, day, term, own.orders.get(term.value, 0)))
        heard = [Addressee(each) for each in own.told.get(term.value, ())]
        told.append(calendar_notice(rules, place, day, term, heard, over=year.over))
    told += [quantity_assessment(rules, place, day), training_targets(rules, place, day, None)]
    return [each for each in told if each is not None]


def _inspected(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    own: Yearbook,
    schools: Iterable[Yearbook],
) -> Requirement | None:
    books = [own, *schools]
    if place.level == "PROVINCE":
        return None
    return inspection_share(
        rules,
        place,
        day,
        projects=sum(len({*each.projects, *each.trainings}) for each in books),
        inspected=sum(len({*each.projects, *each.trainings} & {*each.inspected}) for each in books),
        events=tuple(event for each in books for event in each.events.get("inspected", ())),
    )


def published_in(
    rules: Rulebook, place: JurisdictionId, year: Year, own: Yearbook
) -> Requirement | None:
    """Whether a place or school laid its training funds open in the year."""
    events = own.events.get("published", ())
    return funds_published(rules, place, year.day, own.published, over=year.over, events=events)


def _terms(rules: Rulebook, year: int) -> list[TermId]:
    return [TermId(f"term:{each}") for each in sorted(rules.terms) if each[:4] == str(year)]


def book_of(books: dict[str, Yearbook], party: str, year: int) -> Yearbook:
    """A party's book of a year; an empty one where nothing happened."""
    return books.get(f"{party}/{year}") or Yearbook(party=str(party), year=year)


def all_rows(reader: Reader, view: Any, where: Where) -> Iterator[Any]:
    """All rows of a view that fit, page by page."""
    after: str | None = None
    while True:
        page = reader.page(view, where, first=PAGE_MAX, after=after)
        yield from (state for _, state in page.rows)
        if not page.more:
            return
        after = page.rows[-1][0]

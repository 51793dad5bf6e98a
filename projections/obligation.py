"""Obligations: all that the rules ask of a place for one year, from the views.

A year is judged as of its last day, or as of today while it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledger.duty import Addressee, calendar_notice, place_duties
from ledger.fault import Fault
from ledger.funding import funds_published, local_funds
from ledger.names import JurisdictionId, TermId
from ledger.observation import ObserverRole, lessons_observed
from ledger.oversight import inspection_share
from ledger.register import JurisdictionRegistered
from ledger.regulation import Rulebook
from ledger.requirement import Requirement
from ledger.store.feed import Filter
from ledger.target import order_minimum, provincial_share, quantity_assessment
from ledger.term import TermOpened
from projections.duty import STANDING, Yearbook, Yearbooks, year_of
from projections.reader import Reader, Where
from projections.register import Schools
from projections.snapshot import Snapshot

Rows = Reader | Snapshot


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
    rows: Rows,
    rules: Rulebook,
    views: tuple[Yearbooks, Schools],
    place: JurisdictionId,
    year: Year,
) -> list[Requirement]:
    """What the rules ask of a locality for a year. Raises ``Fault`` (``UNKNOWN_PLACE``)."""
    books, registered = views
    places = places_at(rows, place)
    if place not in places:
        raise Fault(
            "UNKNOWN_PLACE",
            zh=f"账本中没有登记 {place}",
            en=f"no {place} is registered in this ledger",
            field="place",
        )
    found = rows.many(books, [f"{place}/{year.number}", f"{place}/{STANDING}"])
    where = Where().and_equal(place=place, year=year.number)
    schools = [each for each in all_rows(rows, books, where) if each.school is not None]
    own = list(all_rows(rows, registered, Where().and_equal(place=place)))
    others = [each for each in places if each != place]
    answered = [*others, *(str(each.school) for each in own)]
    return of_place(rules, place, year, found, schools, _terms(rows, year), answered)


def places_at(rows: Rows, place: JurisdictionId) -> list[str]:
    """A place and those registered directly within it."""
    entered = Filter(types=(JurisdictionRegistered.NAME,), tags=(str(place),))
    # The day of its entry is the ledger's; the place was there before.
    events: Iterator[Any] = (each.event for each in rows.entries(entered, of_any_day=True))
    return [str(each.jurisdiction) for each in events]


def _terms(rows: Rows, year: Year) -> list[TermId]:
    """The terms of a year that the province opened; of others nothing is asked."""
    opened: Iterator[Any] = (each.event for each in rows.entries(Filter(types=(TermOpened.NAME,))))
    return sorted({each.term for each in opened if year_of(each.term) == year.number})


def of_place(
    rules: Rulebook,
    place: JurisdictionId,
    year: Year,
    books: dict[str, Yearbook],
    schools: Iterable[Yearbook],
    terms: Iterable[TermId] = (),
    answered: Iterable[str] = (),
) -> list[Requirement]:
    """The requirements of a locality from its books and those of its schools.

    ``answered``: the places and schools directly under it, whom a city appraises.
    """
    own = book_of(books, place, year.number)
    standing = book_of(books, place, STANDING)
    day = year.day
    told = [_inspected(rules, place, year, own, schools)]
    told += _listened(rules, place, year, own)
    told += place_duties(
        rules,
        place,
        day,
        bodies=sum(since <= day for since in standing.bodies),
        offices=sum(since <= day for since in standing.offices),
        appraised={each: own.appraised.count(each) for each in answered},
        over=year.over,
    )
    funds = own.local_funds
    told += local_funds(
        rules,
        place,
        day,
        None if funds is None else (funds.payroll, funds.fund, funds.to_schools),
        events=own.events.get("funds", ()),
        today=year.today,
    )
    told.append(published_in(rules, place, year, own))
    for term in terms:
        told.append(order_minimum(rules, place, day, term, own.orders.get(term.value, 0)))
        heard = [Addressee(each) for each in own.told.get(term.value, ())]
        told.append(calendar_notice(rules, place, day, term, heard, over=year.over))
    told += [quantity_assessment(rules, place, day), provincial_share(rules, place, day)]
    return [each for each in told if each is not None]


def _listened(
    rules: Rulebook, place: JurisdictionId, year: Year, own: Yearbook
) -> Iterator[Requirement]:
    for role in ObserverRole if place.level != "PROVINCE" else ():
        heard, events = own.heard(role), own.events.get(role.value, ())
        yield from lessons_observed(
            rules, place, year.day, role, heard, events=events, today=year.today
        )


def _inspected(
    rules: Rulebook,
    place: JurisdictionId,
    year: Year,
    own: Yearbook,
    schools: Iterable[Yearbook],
) -> Requirement | None:
    books = [own, *schools]
    if place.level == "PROVINCE":
        return None
    return inspection_share(
        rules,
        place,
        year.day,
        today=year.today,
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


def book_of(books: dict[str, Yearbook], party: str, year: int) -> Yearbook:
    """A party's book of a year; an empty one where nothing happened."""
    return books.get(f"{party}/{year}") or Yearbook(party=str(party), year=year)


def all_rows(rows: Rows, view: Any, where: Where) -> Iterator[Any]:
    """All rows of a view that fit, of one moment."""
    with rows.stream(view, where) as (_, found):
        yield from (state for _, state in found)

"""Population: the trainings of a place and period from which an audit sample is drawn.

Every project with a class that opens in the period and every school-based training completed in
it, as known at one position. Both count as they do for the yearly share (``oversight.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ledger.dates import OfferingsRedated
from ledger.event import Entry, Event, Part
from ledger.names import CreditId, JurisdictionId, OfferingId, SchoolId
from ledger.offering import DatesChanged, OfferingCancelled, OfferingOpened
from ledger.school_based import SchoolBasedRecorded

SCHOOL_BASED = "SCHOOL_BASED"

POPULATION_EVENTS: list[type[Event]] = [
    OfferingOpened,
    OfferingCancelled,
    DatesChanged,
    OfferingsRedated,
    SchoolBasedRecorded,
]


class Training(Part):
    """One training that may be drawn: a project with its classes, or a school's own training."""

    name: str
    kind: str
    title: str
    classes: tuple[OfferingId, ...] = ()
    credits: tuple[CreditId, ...] = ()


def population(
    entries: Iterable[Entry], owner: JurisdictionId, first: date, last: date, upto: int
) -> list[Training]:
    """The trainings of a place in a period, as known at a position, by name."""
    opened: dict[OfferingId, OfferingOpened] = {}
    opens: dict[OfferingId, date] = {}
    found: dict[str, Training] = {}
    for entry in sorted(entries, key=lambda each: each.position):
        if entry.position > upto:
            break
        match entry.event:
            case OfferingOpened(place=place) as event if place == owner:
                opened[event.offering], opens[event.offering] = event, event.opens
            case OfferingCancelled(offering=offering):
                opened.pop(offering, None)
            case DatesChanged(offering=offering, opens=day) if day is not None:
                opens[offering] = day
            case OfferingsRedated(moves=moves):
                opens.update({each.offering: each.opens for each in moves})
            case SchoolBasedRecorded(place=place) as event if place == owner:
                if first <= event.completed <= last:
                    _with(found, _school_based(event))
            case _:
                pass
    for offering, event in opened.items():
        if first <= opens[offering] <= last:
            _with(found, _class(event))
    return [found[name] for name in sorted(found)]


def school_training(event: SchoolBasedRecorded) -> str:
    """What one school ran under one title, whoever took part."""
    return school_name(event.school, event.title)


def school_name(school: SchoolId, title: str) -> str:
    """The name of a school's own training."""
    return f"{school} {title}"


def _school_based(event: SchoolBasedRecorded) -> Training:
    return Training(
        name=school_training(event),
        kind=SCHOOL_BASED,
        title=event.title,
        credits=(event.credit,),
    )


def _class(event: OfferingOpened) -> Training:
    return Training(
        name=str(event.project),
        kind=event.plan.mode.value,
        title=event.plan.title,
        classes=(event.offering,),
    )


def _with(found: dict[str, Training], more: Training) -> None:
    known = found.get(more.name, more)
    found[more.name] = Training(
        name=known.name,
        kind=known.kind,
        title=known.title,
        classes=tuple(sorted({*known.classes, *more.classes})),
        credits=tuple(sorted({*known.credits, *more.credits})),
    )

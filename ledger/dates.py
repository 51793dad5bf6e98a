"""Dates: the first and last day of classes, as a bureau moved them (the step: redating.py)."""

from __future__ import annotations

from datetime import date

from ledger.event import Event, Part
from ledger.names import JurisdictionId, OfferingId, ProjectId, ProviderId, TermId


class NewDates(Part):
    """The first and last day that a class has from now on."""

    offering: OfferingId
    project: ProjectId
    provider: ProviderId
    opens: date
    closes: date


class OfferingsRedated(Event, name="dates.offerings-redated"):
    """A bureau moved the dates of classes of its place, many at once."""

    place: JurisdictionId
    term: TermId
    moves: tuple[NewDates, ...]
    reason: str
    rules: tuple[str, ...] = ()

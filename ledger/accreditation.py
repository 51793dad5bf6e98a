"""Accreditation: which provider may train whom, since when, and in which subjects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Self

from ledger.command import PROVINCE, Command, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event, unchanged
from ledger.names import JurisdictionId, Name, ProviderId
from ledger.register import JurisdictionRegistered, taken, unknown
from ledger.regulation import Parameters
from ledger.text import filled


class Reach(Enum):
    """Whom a provider may train."""

    PROVINCE_WIDE = "PROVINCE_WIDE"
    LOCAL = "LOCAL"


class QuotaCategory(Enum):
    """The category that the province assigned for project quotas (rulebook C-21)."""

    NORMAL_UNIVERSITY = "NORMAL_UNIVERSITY"
    PROVINCE_WIDE = "PROVINCE_WIDE"
    DISTANCE = "DISTANCE"


class ProviderKind(Enum):
    """What kind of organisation a provider is (rulebook section 2.7)."""

    UNIVERSITY = "UNIVERSITY"
    SUB_COLLEGE = "SUB_COLLEGE"
    VOCATIONAL_COLLEGE = "VOCATIONAL_COLLEGE"
    CITY_INSTITUTE = "CITY_INSTITUTE"
    COUNTY_TRAINING_SCHOOL = "COUNTY_TRAINING_SCHOOL"
    BASE_SCHOOL = "BASE_SCHOOL"
    MASTER_TEACHER_OFFICE = "MASTER_TEACHER_OFFICE"
    RESEARCH_INSTITUTION = "RESEARCH_INSTITUTION"
    ED_TECH_CENTRE = "ED_TECH_CENTRE"
    OTHER = "OTHER"


class ProviderAccredited(Event, name="accreditation.provider-accredited", version=2):
    """A provider was recognised: reach, subjects, qualifications, and since when."""

    provider: ProviderId
    place: JurisdictionId
    title: str
    reach: Reach
    subjects: tuple[str, ...]
    since: date
    quota_category: QuotaCategory | None = None
    distance: bool = False
    blended: bool = False
    kind: ProviderKind = ProviderKind.OTHER
    within: ProviderId | None = None


ProviderAccredited.upcast(from_version=1)(unchanged)


class OrderHostAge(
    Parameters,
    kind="order-host-age",
    zh="承接订单的机构，资质认定须满所定年数，不满的不予受理。",
    scope=("term",),
):
    """Refuses the answer to an order by a provider accredited for fewer years."""

    accredited_years_min: int

    def laxer(self, than: Self) -> bool:
        return self.accredited_years_min < than.accredited_years_min


def years_later(day: date, years: int) -> date:
    """The corresponding day so many years later; 29 February becomes 1 March."""
    year = day.year + years
    try:
        return day.replace(year=year)
    except ValueError:
        return (day + timedelta(days=1)).replace(year=year)


def accredited_for(accredited: ProviderAccredited, years: int, day: date) -> bool:
    """Whether the accreditation is so many years old; the anniversary counts (rulebook C-39)."""
    return day >= years_later(accredited.since, years)


@dataclass(kw_only=True)
class AccreditProvider(Command):
    """Recognise a provider, by the bureau of its place; for the whole province, by the province."""

    provider: ProviderId
    place: JurisdictionId
    title: str
    reach: Reach
    subjects: tuple[str, ...]
    since: date
    quota_category: QuotaCategory | None = None
    distance: bool = False
    blended: bool = False
    kind: ProviderKind = ProviderKind.OTHER
    within: ProviderId | None = None

    known: bool = fact(default=False)
    place_known: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [
            about(self.provider, of=[ProviderAccredited]),
            about(self.place, of=[JurisdictionRegistered]),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case ProviderAccredited():
                self.known = True
            case JurisdictionRegistered():
                self.place_known = True
            case _:
                pass

    def authority(self) -> Name:
        # Who may train the whole province, and with which quota, is for the province to say.
        wide = self.reach is Reach.PROVINCE_WIDE or self.quota_category is not None
        return PROVINCE if wide else self.place

    def territory(self) -> JurisdictionId:
        return self.place

    def decide(self) -> Iterator[Event]:
        if not self.place_known:
            raise unknown(self.place, "place")
        if self.known:
            raise taken(self.provider, "provider")
        happened(self.since, self.ask.on, "since")
        yield ProviderAccredited(
            provider=self.provider,
            place=self.place,
            title=filled(self.title, "title"),
            reach=self.reach,
            subjects=tuple(filled(each, "subjects") for each in self.subjects),
            since=self.since,
            quota_category=self.quota_category,
            distance=self.distance,
            blended=self.blended,
            kind=self.kind,
            within=self.within,
        )


def known_provider(seen: ProviderAccredited | None, provider: ProviderId) -> ProviderAccredited:
    """The accreditation. Raises ``UnknownReference`` where there is none."""
    if seen is None:
        raise unknown(provider, "provider")
    return seen

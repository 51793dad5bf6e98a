"""Accreditation: which provider may train whom, since when, and in which subjects.

An update changes what the accreditation is for, never since when it exists (rulebook C-39). How one
ends stands in sanction.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from msgspec import structs

from ledger.command import PROVINCE, Command, Refused, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event, unchanged
from ledger.names import JurisdictionId, Name, ProviderId
from ledger.register import JurisdictionRegistered, taken, unknown
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


class ProviderAccredited(
    Event, name="accreditation.provider-accredited", version=2, effective="since"
):
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


class AccreditationUpdated(Event, name="accreditation.updated"):
    """What a provider is accredited for changed; it holds the whole of it as it is from now on."""

    provider: ProviderId
    place: JurisdictionId
    title: str
    reach: Reach
    subjects: tuple[str, ...]
    quota_category: QuotaCategory | None = None
    distance: bool = False
    blended: bool = False
    kind: ProviderKind = ProviderKind.OTHER
    within: ProviderId | None = None


class AccreditationRevoked(Event, name="accreditation.revoked"):
    """A provider lost its accreditation; it declares, responds and opens no class any more."""

    provider: ProviderId
    place: JurisdictionId
    reason: str
    rules: tuple[str, ...] = ()


ACCREDITATION_EVENTS: list[type[Event]] = [
    ProviderAccredited,
    AccreditationUpdated,
    AccreditationRevoked,
]


class NotAccreditedAnyMore(Refused):
    """The accreditation of the provider was revoked."""


class AccreditationUnchanged(Refused):
    """The update says nothing new."""


@dataclass
class Accreditation:
    """A provider's accreditation as the events say it."""

    host: ProviderAccredited | None = None
    revoked: AccreditationRevoked | None = None
    revoked_on: date = date.max
    evidence: str = ""

    def learn(self, entry: Entry, provider: ProviderId) -> None:
        """Takes in the provider's own events; others change nothing.

        The events of a provider ``within`` it carry its name too, and are not its own.
        """
        match entry.event:
            case ProviderAccredited() as event if event.provider == provider:
                self.host, self.revoked = event, None
            case AccreditationUpdated() as event if event.provider == provider and self.host:
                self.host = _updated(self.host, event)
            case AccreditationRevoked() as event if event.provider == provider:
                self.revoked, self.revoked_on, self.evidence = event, entry.on, entry.id
            case _:
                pass

    def known(self, provider: ProviderId) -> ProviderAccredited:
        """The present state. Raises ``UnknownReference`` where there is none."""
        return known_provider(self.host, provider)

    def lost(self, command: Command, field: str = "provider") -> NotAccreditedAnyMore | None:
        """The refusal for a revoked provider, with the rule by which it was revoked."""
        if self.revoked is None:
            return None
        where = self.revoked.place, self.revoked_on
        known = (command.ask.rules.cited(each, *where) for each in self.revoked.rules)
        return NotAccreditedAnyMore(
            zh=f"{self.revoked.provider} 的培训资质已被取消：{self.revoked.reason}",
            en=f"{self.revoked.provider} lost its accreditation: {self.revoked.reason}",
            rule=next(filter(None, known), None),
            field=field,
            evidence=(self.evidence,),
        )


def _updated(host: ProviderAccredited, update: AccreditationUpdated) -> ProviderAccredited:
    told = {name: getattr(update, name) for name in update.__struct_fields__}
    return structs.replace(host, **told)


def accrediting(host: ProviderAccredited) -> JurisdictionId:
    """Whose decision the accreditation is: the province's for its own, else the bureau's."""
    return PROVINCE if _wide(host.reach, host.quota_category) else host.place


def _wide(reach: Reach, category: QuotaCategory | None) -> bool:
    # Who may train the whole province, and with which quota, is for the province to say.
    return reach is Reach.PROVINCE_WIDE or category is not None


@dataclass(kw_only=True)
class AccreditationStep(Command):
    """What a provider is accredited for, as recognising it and an update both say it."""

    provider: ProviderId
    title: str
    reach: Reach
    subjects: tuple[str, ...]
    quota_category: QuotaCategory | None = None
    distance: bool = False
    blended: bool = False
    kind: ProviderKind = ProviderKind.OTHER
    within: ProviderId | None = None

    held: Accreditation = fact(default_factory=Accreditation)
    around: Accreditation = fact(default_factory=Accreditation)

    def boundary(self) -> list[Selector]:
        around = [about(self.within, of=[ProviderAccredited])] if self.within else []
        return [about(self.provider, of=ACCREDITATION_EVENTS), *around]

    def learn(self, entry: Entry) -> None:
        self.held.learn(entry, self.provider)
        if self.within is not None:
            self.around.learn(entry, self.within)

    def told(self) -> dict[str, Any]:
        """What it is accredited for.

        Raises ``Fault`` for a text that is empty, ``UnknownReference`` for what it is within.
        """
        if self.within is not None:
            known_provider(self.around.host, self.within, "within")
        return {
            "provider": self.provider,
            "title": filled(self.title, "title"),
            "reach": self.reach,
            "subjects": tuple(filled(each, "subjects") for each in self.subjects),
            "quota_category": self.quota_category,
            "distance": self.distance,
            "blended": self.blended,
            "kind": self.kind,
            "within": self.within,
        }


@dataclass(kw_only=True)
class AccreditProvider(AccreditationStep):
    """Recognise a provider, by the bureau of its place; for the whole province, by the province."""

    place: JurisdictionId
    since: date

    place_known: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), about(self.place, of=[JurisdictionRegistered])]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        if isinstance(entry.event, JurisdictionRegistered):
            # A place within this one carries its tag as well.
            self.place_known = self.place_known or entry.event.jurisdiction == self.place

    def authority(self) -> Name:
        return PROVINCE if _wide(self.reach, self.quota_category) else self.place

    def territory(self) -> JurisdictionId:
        return self.place

    def decide(self) -> Iterator[Event]:
        if not self.place_known:
            raise unknown(self.place, "place")
        # Whoever lost an accreditation may gain a new one, with a new first day.
        if self.held.host is not None and self.held.revoked is None:
            raise taken(self.provider, "provider")
        happened(self.since, self.ask.on, "since")
        yield ProviderAccredited(place=self.place, since=self.since, **self.told())


@dataclass(kw_only=True)
class UpdateAccreditation(AccreditationStep):
    """Say anew what a provider is accredited for, by the authority that accredits it."""

    def authority(self) -> Name:
        # What the province gave only the province takes, and what is its to give only it gives.
        host = self.held.known(self.provider)
        return PROVINCE if _wide(self.reach, self.quota_category) else accrediting(host)

    def territory(self) -> JurisdictionId:
        return self.held.known(self.provider).place

    def decide(self) -> Iterator[Event]:
        host = self.held.known(self.provider)
        lost = self.held.lost(self)
        if lost is not None:
            raise lost
        update = AccreditationUpdated(place=host.place, **self.told())
        if _updated(host, update) == host:
            raise AccreditationUnchanged(
                zh=f"{self.provider} 的资质已是如此，没有变化",
                en=f"{self.provider} is accredited for just this already",
                field="provider",
            )
        yield update


def known_provider(
    seen: ProviderAccredited | None, provider: ProviderId, field: str = "provider"
) -> ProviderAccredited:
    """The accreditation. Raises ``UnknownReference`` where there is none."""
    if seen is None:
        raise unknown(provider, field)
    return seen

"""Register: the places and schools that take part, and how a name is known or taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from ledger.command import Command, Refused, Selector, UnknownReference, about, fact
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, SchoolId
from ledger.text import filled

GB_T_2260 = re.compile(r"[1-9][0-9]{5}")


class Level(Enum):
    """The level of a place."""

    PROVINCE = "PROVINCE"
    CITY = "CITY"
    COUNTY = "COUNTY"


class Stage(Enum):
    """The stage of schooling."""

    KINDERGARTEN = "KINDERGARTEN"
    PRIMARY = "PRIMARY"
    JUNIOR_SECONDARY = "JUNIOR_SECONDARY"
    SENIOR_SECONDARY = "SENIOR_SECONDARY"
    VOCATIONAL = "VOCATIONAL"
    SPECIAL = "SPECIAL"


class Title(Enum):
    """Professional title, lowest first."""

    NONE = "NONE"
    JUNIOR = "JUNIOR"
    INTERMEDIATE = "INTERMEDIATE"
    ASSOCIATE_SENIOR = "ASSOCIATE_SENIOR"
    SENIOR = "SENIOR"


class Category(Enum):
    """What a teacher is besides a teacher of a subject; some trainings are for one of these."""

    SUBJECT_TEACHER = "SUBJECT_TEACHER"
    NEW_TEACHER = "NEW_TEACHER"
    BACKBONE_TEACHER = "BACKBONE_TEACHER"
    LEADING_TEACHER = "LEADING_TEACHER"
    HOMEROOM_TEACHER = "HOMEROOM_TEACHER"
    GRADUATING_CLASS_TEACHER = "GRADUATING_CLASS_TEACHER"
    MENTAL_HEALTH_TEACHER = "MENTAL_HEALTH_TEACHER"
    MIDDLE_LEADER = "MIDDLE_LEADER"
    PRINCIPAL = "PRINCIPAL"
    NEW_PRINCIPAL = "NEW_PRINCIPAL"
    EDUCATION_OFFICIAL = "EDUCATION_OFFICIAL"


class Tier(Enum):
    """The professional level of a teacher (层次), by which trainings are layered."""

    NEW = "NEW"
    ORDINARY = "ORDINARY"
    BACKBONE = "BACKBONE"
    LEADING = "LEADING"


class JurisdictionRegistered(Event, name="register.jurisdiction-registered"):
    """A province, city or county takes part, under its GB/T 2260 code."""

    jurisdiction: JurisdictionId
    title: str
    level: Level
    within: JurisdictionId | None = None


class SchoolRegistered(Event, name="register.school-registered"):
    """A school or kindergarten takes part."""

    school: SchoolId
    place: JurisdictionId
    title: str
    stage: Stage


class AlreadyRegistered(Refused):
    """The name is taken."""


class WrongDay(Refused):
    """The day does not fit what is known."""


class WrongPlace(Refused):
    """The name is no code of a place."""


def unknown(name: Name, field: str) -> UnknownReference:
    """The refusal for a name that the ledger has never heard of."""
    return UnknownReference(
        zh=f"账本中没有 {name}，请先登记或检查标识",
        en=f"the ledger knows no {name}; register it first or check the name",
        field=field,
    )


def taken(name: Name, field: str) -> AlreadyRegistered:
    """The refusal for a name that is in use."""
    return AlreadyRegistered(
        zh=f"{name} 已经登记过，标识不能重复使用",
        en=f"{name} is already registered; a name is used once",
        field=field,
    )


@dataclass(kw_only=True)
class RegisterJurisdiction(Command):
    """Enter a province, city or county."""

    jurisdiction: JurisdictionId
    title: str

    known: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [about(self.jurisdiction, of=[JurisdictionRegistered])]

    def learn(self, entry: Entry) -> None:
        self.known = True

    def authority(self) -> Name | None:
        return None

    def decide(self) -> Iterator[Event]:
        if self.known:
            raise taken(self.jurisdiction, "jurisdiction")
        if not GB_T_2260.fullmatch(self.jurisdiction.value):
            raise WrongPlace(
                zh=f"{self.jurisdiction} 不是 GB/T 2260 的六位区划代码",
                en=f"{self.jurisdiction} is not a code of six digits as in GB/T 2260",
                field="jurisdiction",
            )
        chain = self.jurisdiction.chain
        yield JurisdictionRegistered(
            jurisdiction=self.jurisdiction,
            title=filled(self.title, "title"),
            level=Level(self.jurisdiction.level),
            within=chain[1] if len(chain) > 1 else None,
        )


@dataclass(kw_only=True)
class RegisterSchool(Command):
    """Enter a school, by the bureau of its place."""

    school: SchoolId
    place: JurisdictionId
    title: str
    stage: Stage

    known: bool = fact(default=False)
    place_known: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [
            about(self.school, of=[SchoolRegistered]),
            about(self.place, of=[JurisdictionRegistered]),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case SchoolRegistered():
                self.known = True
            case JurisdictionRegistered(jurisdiction=place):
                # A place within this one carries its tag as well.
                self.place_known = self.place_known or place == self.place
            case _:
                pass

    def authority(self) -> Name:
        return self.place

    def decide(self) -> Iterator[Event]:
        if not self.place_known:
            raise unknown(self.place, "place")
        if self.known:
            raise taken(self.school, "school")
        yield SchoolRegistered(
            school=self.school,
            place=self.place,
            title=filled(self.title, "title"),
            stage=self.stage,
        )


@dataclass
class Places:
    """Which places take part, as the events say it."""

    known: set[JurisdictionId] = field(default_factory=set)

    def learn(self, entry: Entry) -> None:
        """Takes in registered places; others change nothing."""
        if isinstance(entry.event, JurisdictionRegistered):
            # A place within another carries its tag too, and makes that one no more known.
            self.known.add(entry.event.jurisdiction)

    def check(self, place: JurisdictionId | None, field: str) -> None:
        """Raises ``UnknownReference`` for a place that is named and does not take part."""
        if place is not None and place not in self.known:
            raise unknown(place, field)


def places_of(*places: JurisdictionId | None) -> list[Selector]:
    """The selectors of places, those that are named."""
    return [about(each, of=[JurisdictionRegistered]) for each in places if each is not None]


@dataclass(kw_only=True)
class BureauStep(Command):
    """What a bureau does for its own place; subclasses say what."""

    place: JurisdictionId

    place_known: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [about(self.place, of=[JurisdictionRegistered])]

    def learn(self, entry: Entry) -> None:
        if isinstance(entry.event, JurisdictionRegistered):
            self.place_known = self.place_known or entry.event.jurisdiction == self.place

    def authority(self) -> Name:
        if not self.place_known:
            raise unknown(self.place, "place")
        return self.place


@dataclass(kw_only=True)
class SchoolStep(Command):
    """What a school does for itself; subclasses say what."""

    school: SchoolId

    registered: SchoolRegistered | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [about(self.school, of=[SchoolRegistered])]

    def learn(self, entry: Entry) -> None:
        if isinstance(entry.event, SchoolRegistered):
            self.registered = entry.event

    def authority(self) -> Name:
        return self.known().school

    def territory(self) -> JurisdictionId:
        return self.known().place

    def known(self) -> SchoolRegistered:
        """The registered school. Raises ``UnknownReference``."""
        if self.registered is None:
            raise unknown(self.school, "school")
        return self.registered

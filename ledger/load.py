"""Load: a sheet of facts that somebody takes into the ledger, exactly as a dry run had shown it.

What every row leads to was shown before, and goes in by the commands that anybody would ask; these
events say of the load as a whole what was loaded and how. While one load of a party and form is
under way no other begins, so that two officers cannot take in one list side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from msgspec import Struct

from ledger.accreditation import ProviderAccredited
from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.mapping import Form
from ledger.names import JurisdictionId, LoadId, Name
from ledger.register import JurisdictionRegistered, SchoolRegistered, taken, unknown
from ledger.text import trimmed


class Fate(Enum):
    """What becomes of a row of a sheet."""

    NEW = "NEW"
    CHANGE = "CHANGE"
    UNCHANGED = "UNCHANGED"
    ANOMALY = "ANOMALY"
    REFUSED = "REFUSED"


class Loaded(Struct, frozen=True, kw_only=True):
    """What is loaded: which file, read how, shown at which position, and what its rows come to.

    ``digest`` is that of all rows and commands as they were shown. ``full``: whoever is not in the
    sheet is looked into. ``left``: refused rows that stay out.
    """

    form: Form
    sha256: str
    bytes: int
    mapping: str
    position: int
    day: date
    digest: str
    rows: int
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    anomalies: int = 0
    left: int = 0
    full: bool = False


class LoadBegun(Event, name="load.begun"):
    """Somebody takes a sheet in, as a dry run had shown it."""

    load: LoadId
    party: Name
    place: JurisdictionId
    what: Loaded


class LoadEnded(Event, name="load.ended"):
    """All of a sheet is in, or what is left of it stays out, for the reason."""

    load: LoadId
    party: Name
    place: JurisdictionId
    whole: bool
    reason: str = ""


LOAD_EVENTS: list[type[Event]] = [LoadBegun, LoadEnded]


class LoadUnderway(Refused):
    """Another load of the party and the form has begun and has not ended."""


class LoadOver(Refused):
    """The load has ended."""


class ReasonMissing(Refused):
    """What is stopped or settled by a person needs the reason."""


@dataclass(kw_only=True)
class LoadStep(Command):
    """A step of one load, by whose sheet it is; subclasses say which."""

    load: LoadId
    party: Name

    place: JurisdictionId | None = fact(default=None)
    begun: dict[LoadId, LoadBegun] = fact(default_factory=dict)
    ended: set[LoadId] = fact(default_factory=set)

    def boundary(self) -> list[Selector]:
        who: list[type[Event]] = [JurisdictionRegistered, SchoolRegistered, ProviderAccredited]
        return [about(self.party, of=[*who, *LOAD_EVENTS])]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case JurisdictionRegistered(jurisdiction=place) if place == self.party:
                self.place = place
            case SchoolRegistered(school=party, place=place) if party == self.party:
                self.place = place
            case ProviderAccredited(provider=party, place=place) if party == self.party:
                self.place = place
            case LoadBegun(load=load) as event:
                self.begun[load] = event
            case LoadEnded(load=load):
                self.ended.add(load)
            case _:
                pass

    def authority(self) -> Name:
        return self.party

    def territory(self) -> JurisdictionId | None:
        return self.place

    def located(self) -> JurisdictionId:
        """The place of the party. Raises ``UnknownReference``."""
        if self.place is None:
            raise unknown(self.party, "party")
        return self.place


@dataclass(kw_only=True)
class BeginLoad(LoadStep):
    """Begin to take in a sheet, exactly as a dry run had shown it."""

    what: Loaded

    def decide(self) -> Iterator[Event]:
        place = self.located()
        if self.load in self.begun:
            raise taken(self.load, "load")
        for load, event in self.begun.items():
            if event.what.form is self.what.form and load not in self.ended:
                raise LoadUnderway(
                    zh=f"{load} 正在载入同类表格，请等它完成，或先停止它",
                    en=f"{load} takes in such a sheet just now; let it end, or stop it first",
                    field="token",
                )
        yield LoadBegun(load=self.load, party=self.party, place=place, what=self.what)


@dataclass(kw_only=True)
class FinishLoad(LoadStep):
    """End a load of which all is in."""

    def decide(self) -> Iterator[Event]:
        place = self.located()
        if self.load not in self.begun:
            raise unknown(self.load, "load")
        if self.load in self.ended:
            raise LoadOver(zh=f"{self.load} 已经结束", en=f"{self.load} has ended", field="load")
        reason = self.why()
        yield LoadEnded(
            load=self.load, party=self.party, place=place, whole=not reason, reason=reason
        )

    def why(self) -> str:
        """Why it is stopped; nothing where all is in."""
        return ""


@dataclass(kw_only=True)
class EndLoad(FinishLoad):
    """Stop a load for a reason; what is in stays in."""

    reason: str

    def why(self) -> str:
        """The reason. Raises ``ReasonMissing``."""
        said = trimmed(self.reason)
        if not said:
            raise ReasonMissing(
                zh="停止载入须说明理由", en="say why the load is stopped", field="reason"
            )
        return said

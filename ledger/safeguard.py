"""Safeguard: what a provider does once for a class and keeps a record of.

Safety education for the trainees, and documents of the training that are kept. What a class lacks
is found when it closes (``closing``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from ledger.command import Selector, about
from ledger.day import happened
from ledger.event import Event
from ledger.names import OfferingId, ProviderId
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.regulation import Parameters
from ledger.text import filled


class SafeguardKind(Enum):
    """What was done."""

    SAFETY_EDUCATION = "SAFETY_EDUCATION"
    DOCUMENTS_KEPT = "DOCUMENTS_KEPT"


class SafeguardRecorded(Event, name="safeguard.recorded", effective="day"):
    """A provider taught safety in a class, or put its documents away to be kept."""

    offering: OfferingId
    provider: ProviderId
    kind: SafeguardKind
    day: date
    note: str


class SafetyEducation(
    Parameters, kind="safety-education", zh="结班时没有安全教育记录的，记一项违规。", scope=()
):
    """A class without a record of safety education is in violation when it closes."""

    record: SafeguardKind


class KeptDocuments(
    Parameters, kind="kept-documents", zh="结班时培训材料没有归档记录的，记一项违规。", scope=()
):
    """A class whose documents were not put away is in violation when it closes."""


@dataclass(kw_only=True)
class RecordSafeguard(ClassStep):
    """Record safety education, or that the documents are kept, by the provider of a class."""

    kind: SafeguardKind
    day: date
    note: str

    def boundary(self) -> list[Selector]:
        return [about(self.offering, of=OFFERING_EVENTS)]

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        happened(self.day, self.ask.on, "day")
        yield SafeguardRecorded(
            offering=self.offering,
            provider=opened.provider,
            kind=self.kind,
            day=self.day,
            note=filled(self.note, "note"),
        )

"""The credit record of each teacher, and school-based training that waits for the bureau."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from ledger.event import Entry
from ledger.names import CreditId, JurisdictionId, SchoolId, TeacherId
from ledger.record import RECORD_EVENTS, Record
from ledger.school_based import SchoolBasedRecognised, SchoolBasedRecorded
from projections.projection import Projection


class Records(Projection[Record]):
    """Credit records by school and place."""

    name = "records"
    version = 6
    state = Record
    events = RECORD_EVENTS
    facets = {"school": "text", "place": "text"}
    lasting = True

    def keys(self, entry: Entry) -> Iterable[str]:
        teacher: Any = getattr(entry.event, "teacher", "")
        return (str(teacher),)

    def blank(self, key: str) -> Record:
        return Record(teacher=TeacherId(key))

    def apply(self, state: Record, entry: Entry) -> Record:
        state.learn(entry)
        return state


class SchoolBased(Struct, kw_only=True):
    """A school-based training; ``approved`` is empty until the bureau decides."""

    credit: CreditId
    teacher: TeacherId | None = None
    school: SchoolId | None = None
    place: JurisdictionId | None = None
    title: str = ""
    hours: Decimal = Decimal(0)
    hours_missed: Decimal = Decimal(0)
    base_credits: Decimal | None = None
    credits: Decimal = Decimal(0)
    completed: date | None = None
    approved: bool | None = None
    reason: str = ""


class SchoolBasedTrainings(Projection[SchoolBased]):
    """School-based trainings by teacher, school and place."""

    name = "school_based"
    version = 2
    state = SchoolBased
    events = (SchoolBasedRecorded, SchoolBasedRecognised)
    facets = {"teacher": "text", "school": "text", "place": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, SchoolBasedRecorded | SchoolBasedRecognised)
        return (str(event.credit),)

    def blank(self, key: str) -> SchoolBased:
        return SchoolBased(credit=CreditId(key))

    def apply(self, state: SchoolBased, entry: Entry) -> SchoolBased:
        event = entry.event
        for name in state.__struct_fields__:
            if hasattr(event, name):
                setattr(state, name, getattr(event, name))
        return state

"""Anomalies: what lists contradict the ledger in, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

from msgspec import Struct

from ledger.anomaly import SAID, AnomalyCode, AnomalyFound, AnomalySettled, Settlement
from ledger.event import Entry
from ledger.names import AnomalyId, JurisdictionId, LoadId, TeacherId
from projections.projection import Projection


class AnomalyState(Enum):
    """Whether somebody has settled it."""

    OPEN = "OPEN"
    SETTLED = "SETTLED"


class Anomaly(Struct, kw_only=True):
    """A contradiction between a list and the ledger; ``row`` 0: it is in no row.

    ``ledger`` and ``sheet``: what both say, where that is nothing personal.
    """

    anomaly: AnomalyId
    place: JurisdictionId | None = None
    load: LoadId | None = None
    teacher: TeacherId | None = None
    row: int = 0
    code: AnomalyCode | None = None
    zh: str = ""
    en: str = ""
    ledger: str = ""
    sheet: str = ""
    status: AnomalyState = AnomalyState.OPEN
    position: int = 0
    on: date | None = None
    at: datetime | None = None
    how: Settlement | None = None
    reason: str = ""
    settled_on: date | None = None
    settled_by: str | None = None


class Anomalies(Projection[Anomaly]):
    """Anomalies by the place in whose queue they are."""

    name = "anomalies"
    state = Anomaly
    events = (AnomalyFound, AnomalySettled)
    facets = {"place": "text", "teacher": "text", "load": "text", "status": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, AnomalyFound | AnomalySettled)
        return (str(event.anomaly),)

    def blank(self, key: str) -> Anomaly:
        return Anomaly(anomaly=AnomalyId(key))

    def apply(self, state: Anomaly, entry: Entry) -> Anomaly:
        match entry.event:
            case AnomalyFound() as event:
                for name in ("place", "load", "teacher", "row", "code", "ledger", "sheet"):
                    setattr(state, name, getattr(event, name))
                state.zh, state.en = SAID[event.code]
                state.position, state.on, state.at = entry.position, entry.on, entry.at
            case AnomalySettled(how=how, reason=reason):
                state.status, state.how, state.reason = AnomalyState.SETTLED, how, reason
                state.settled_on, state.settled_by = entry.on, entry.actor
            case _:
                pass
        return state

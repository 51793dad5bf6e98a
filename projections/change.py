"""Changes of published plans as they stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from ledger.change import (
    ChangeCarriedOut,
    ChangeClass,
    ChangeDecided,
    ChangeKind,
    ChangeRequested,
    TraineesNotified,
)
from ledger.circular import CircularIssued
from ledger.event import Entry
from ledger.names import ChangeId, JurisdictionId, OfferingId, ProviderId, TermId
from projections.projection import Projection

STEPS = (ChangeRequested, ChangeDecided, TraineesNotified, ChangeCarriedOut)
TOLD = ("offering", "provider", "place", "term", "kinds", "description", "opens", "closes")


class PlanChange(Struct, kw_only=True):
    """A change with what it has and lacks; ``opens`` and ``closes`` are the days it asks for."""

    change: ChangeId
    offering: OfferingId | None = None
    provider: ProviderId | None = None
    place: JurisdictionId | None = None
    kinds: tuple[ChangeKind, ...] = ()
    description: str = ""
    requested: date | None = None
    approved: bool | None = None
    change_class: ChangeClass | None = None
    notified: date | None = None
    carried_out: date | None = None
    term: TermId | None = None
    opens: date | None = None
    closes: date | None = None
    understood: bool | None = None
    circulated: date | None = None


class Changes(Projection[PlanChange]):
    """Changes by offering, provider, place and term, and so how many a provider made."""

    name = "changes"
    state = PlanChange
    version = 2
    events = (*STEPS, CircularIssued)
    facets = {"offering": "text", "provider": "text", "place": "text", "term": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        if isinstance(event, CircularIssued):
            return tuple(map(str, event.changes))
        assert isinstance(event, STEPS)
        return (str(event.change),)

    def blank(self, key: str) -> PlanChange:
        return PlanChange(change=ChangeId(key))

    def apply(self, state: PlanChange, entry: Entry) -> PlanChange:
        match entry.event:
            case ChangeRequested() as event:
                for name in TOLD:
                    setattr(state, name, getattr(event, name))
                state.requested = entry.on
            case ChangeDecided() as event:
                state.approved, state.change_class = event.approved, event.change_class
            case TraineesNotified(understood=understood):
                state.notified = state.notified or entry.on
                state.understood = state.understood or understood
            case CircularIssued():
                state.circulated = entry.on
            case ChangeCarriedOut() as event:
                state.carried_out, state.change_class = entry.on, event.change_class
            case _:
                pass
        return state

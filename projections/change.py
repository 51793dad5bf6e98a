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
from ledger.event import Entry
from ledger.names import ChangeId, JurisdictionId, OfferingId, ProviderId
from projections.projection import Projection

STEPS = (ChangeRequested, ChangeDecided, TraineesNotified, ChangeCarriedOut)


class PlanChange(Struct, kw_only=True):
    """A change with what it has and lacks."""

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


class Changes(Projection[PlanChange]):
    """Changes by offering, provider and place."""

    name = "changes"
    state = PlanChange
    events = STEPS
    facets = {"offering": "text", "provider": "text", "place": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, STEPS)
        return (str(event.change),)

    def blank(self, key: str) -> PlanChange:
        return PlanChange(change=ChangeId(key))

    def apply(self, state: PlanChange, entry: Entry) -> PlanChange:
        match entry.event:
            case ChangeRequested() as event:
                for name in event.__struct_fields__:
                    setattr(state, name, getattr(event, name))
                state.requested = entry.on
            case ChangeDecided() as event:
                state.approved, state.change_class = event.approved, event.change_class
            case TraineesNotified():
                state.notified = entry.on
            case ChangeCarriedOut() as event:
                state.carried_out, state.change_class = entry.on, event.change_class
            case _:
                pass
        return state

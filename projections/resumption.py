"""Resumptions: how far each provider is on its way back to offline training."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from ledger.event import Entry
from ledger.names import JurisdictionId, ProviderId
from ledger.restart import AcceptedListFiled
from ledger.resumption import (
    ACCEPTANCE,
    APPLICATION,
    COMMITMENT,
    AcceptanceDecided,
    Resumption,
    ResumptionApplied,
    SafetyCommitted,
)
from ledger.supervision import OfflineReleased, OfflineSuspended, RectificationOrdered
from projections.projection import Projection

TAKEN = (ResumptionApplied, AcceptanceDecided, SafetyCommitted)
ORDERED = (RectificationOrdered, OfflineSuspended, OfflineReleased)


class ResumptionKind(Enum):
    """A step on the way back to offline training."""

    APPLICATION = APPLICATION
    ACCEPTANCE = ACCEPTANCE
    COMMITMENT = COMMITMENT


KINDS = dict(zip(TAKEN, ResumptionKind, strict=True))


class ResumptionStatus(Enum):
    """The last step that counts, or what the acceptance came to."""

    NOT_APPLIED = "NOT_APPLIED"
    APPLIED = "APPLIED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    ACCEPTED = "ACCEPTED"
    COMMITTED = "COMMITTED"


class ResumptionStep(Struct, kw_only=True):
    """One step; ``counts`` says whether it was taken in its order and as it must be."""

    kind: ResumptionKind
    on: date
    counts: bool = False
    epidemic_authority: bool | None = None
    passed: bool | None = None
    joint: bool | None = None
    reason: str = ""
    event: str
    position: int


class ProviderResumption(Struct, kw_only=True):
    """A provider on its way back: its steps, the list it is on, and what its bureau ordered."""

    provider: ProviderId
    place: JurisdictionId | None = None
    status: ResumptionStatus = ResumptionStatus.NOT_APPLIED
    steps: tuple[ResumptionStep, ...] = ()
    filed: date | None = None
    filed_with: JurisdictionId | None = None
    rectifying: date | None = None
    suspended: date | None = None
    done: dict[str, str] = {}


class Resumptions(Projection[ProviderResumption]):
    """Resumptions by provider, place and status."""

    name = "resumptions"
    state = ProviderResumption
    events = (*TAKEN, AcceptedListFiled, *ORDERED)
    facets = {"provider": "text", "place": "text", "status": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        if isinstance(event, AcceptedListFiled):
            return tuple(map(str, event.providers))
        assert isinstance(event, (*TAKEN, *ORDERED))
        return (str(event.provider),)

    def blank(self, key: str) -> ProviderResumption:
        return ProviderResumption(provider=ProviderId(key))

    def apply(self, state: ProviderResumption, entry: Entry) -> ProviderResumption:
        match entry.event:
            case AcceptedListFiled(place=place, filed_with=above):
                # A list may name a provider of elsewhere; that does not make it one of this place.
                state.place = state.place or place
                state.filed, state.filed_with = entry.on, above
                return state
            case RectificationOrdered():
                state.rectifying = entry.on
            case OfflineSuspended():
                state.suspended = entry.on
            case OfflineReleased():
                state.rectifying = state.suspended = None
            case _:
                _take(state, entry)
        state.place = getattr(entry.event, "place", None)
        return state


def _take(state: ProviderResumption, entry: Entry) -> None:
    """One more step: which of them count is for the ledger's own fold to say."""
    way = Resumption(done=dict(state.done))
    way.learn(entry)
    state.done = way.done
    said = {
        name: getattr(entry.event, name)
        for name in ("epidemic_authority", "passed", "joint", "reason")
        if hasattr(entry.event, name)
    }
    step = ResumptionStep(
        kind=KINDS[type(entry.event)],
        on=entry.on,
        event=entry.id,
        position=entry.position,
        **said,
    )
    counted = way.done.values()
    state.steps = tuple(
        replace(each, counts=each.event in counted) for each in (*state.steps, step)
    )
    state.status = _status(state)


def _status(state: ProviderResumption) -> ResumptionStatus:
    if APPLICATION not in state.done:
        return ResumptionStatus.NOT_APPLIED
    if ACCEPTANCE not in state.done:
        # Who was turned away may apply again, and then waits again.
        last = next(e for e in reversed(state.steps) if e.epidemic_authority or _decided(e))
        return ResumptionStatus.NOT_ACCEPTED if _decided(last) else ResumptionStatus.APPLIED
    if COMMITMENT not in state.done:
        return ResumptionStatus.ACCEPTED
    return ResumptionStatus.COMMITTED


def _decided(step: ResumptionStep) -> bool:
    return step.kind is ResumptionKind.ACCEPTANCE

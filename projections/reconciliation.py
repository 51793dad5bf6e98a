"""Reconciliations: which sheet was held against the ledger when, and who signed what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

from msgspec import Struct

from ledger.event import Entry
from ledger.mapping import Form
from ledger.names import JurisdictionId, ReconciliationId
from ledger.reconciliation import (
    RECONCILIATION_EVENTS,
    Compared,
    Desk,
    DifferencesFound,
    DifferencesSettled,
    ReconciliationReopened,
    ReconciliationSigned,
    SheetCompared,
    SheetReceived,
)
from ledger.store.feed import Feed, Filter
from projections.projection import Projection


class ReconciliationState(Enum):
    """How far a reconciliation is."""

    OPEN = "OPEN"
    SIGNED = "SIGNED"
    REOPENED = "REOPENED"


class ReconciliationStep(Struct, frozen=True, kw_only=True):
    """Something that was done about a reconciliation; ``digest`` is that of the result."""

    event: str
    type: str
    position: int
    on: date
    at: datetime
    actor: str
    digest: str | None = None
    lines: int | None = None
    how: str | None = None
    note: str = ""


class Reconciliation(Struct, kw_only=True):
    """A bureau's sheet held against the ledger, its last comparison, and the way to it."""

    reconciliation: ReconciliationId
    place: JurisdictionId | None = None
    form: Form = Form.CREDITS
    sha256: str = ""
    bytes: int = 0
    rows: int = 0
    faults: int = 0
    comparison: Compared | None = None
    status: ReconciliationState = ReconciliationState.OPEN
    signed: ReconciliationStep | None = None
    steps: tuple[ReconciliationStep, ...] = ()
    year: int | None = None


class Reconciliations(Projection[Reconciliation]):
    """Reconciliations by the place whose bureau holds them."""

    name = "reconciliations"
    state = Reconciliation
    events = tuple(RECONCILIATION_EVENTS)
    facets = {
        "place": "text",
        "form": "text",
        "status": "text",
        "sha256": "text",
        "year": "integer",
    }

    def keys(self, entry: Entry) -> Iterable[str]:
        return (str(entry.event.reconciliation),)  # type: ignore[attr-defined]  # each has one

    def blank(self, key: str) -> Reconciliation:
        return Reconciliation(reconciliation=ReconciliationId(key))

    def apply(self, state: Reconciliation, entry: Entry) -> Reconciliation:
        step = _step(entry)
        match entry.event:
            case SheetReceived() as event:
                for name in ("place", "form", "sha256", "bytes", "rows", "faults"):
                    setattr(state, name, getattr(event, name))
            case SheetCompared(comparison=comparison):
                state.comparison, state.year = comparison, comparison.day.year
            case ReconciliationSigned():
                state.status, state.signed = ReconciliationState.SIGNED, step
            case ReconciliationReopened():
                state.status, state.signed = ReconciliationState.REOPENED, None
            case _:
                pass
        state.steps = (*state.steps, step)
        return state


def desk(feed: Feed, reconciliation: str, known: int) -> Desk:
    """What became of each line, from the reconciliation's own events up to a position."""
    found = Desk()
    types = tuple(each.NAME for each in RECONCILIATION_EVENTS)
    for entry in feed.entries(Filter(tags=(reconciliation,), types=types, before=known + 1)):
        found.learn(entry)
    return found


def _step(entry: Entry) -> ReconciliationStep:
    event = entry.event
    note = ""
    match event:
        case SheetReceived(again=again):
            note = again or ""
        case DifferencesSettled(reason=reason) | ReconciliationReopened(reason=reason):
            note = reason
        case ReconciliationSigned(note=said):
            note = said
        case _:
            pass
    compared = event.comparison.digest if isinstance(event, SheetCompared) else None
    listed = isinstance(event, DifferencesFound | DifferencesSettled)
    return ReconciliationStep(
        event=entry.id,
        type=event.NAME,
        position=entry.position,
        on=entry.on,
        at=entry.at,
        actor=entry.actor,
        digest=compared or getattr(event, "digest", None),
        lines=len(event.lines) if listed else None,  # type: ignore[attr-defined]  # of a list
        how=event.how.value if isinstance(event, DifferencesSettled) else None,
        note=note,
    )

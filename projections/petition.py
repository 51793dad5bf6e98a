"""Petitions: who asked that which credit be put right, and what its bureau decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from ledger.amount import ZERO
from ledger.event import Entry
from ledger.names import (
    CreditId,
    JurisdictionId,
    PetitionId,
    ReconciliationId,
    SchoolId,
    TeacherId,
)
from ledger.petition import CorrectionDecided, CorrectionRequested, CorrectionWithdrawn
from projections.projection import Projection


class PetitionState(Enum):
    """Whether a petition was decided, and how, or withdrawn."""

    PENDING = "PENDING"
    GRANTED = "GRANTED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"


class PetitionStep(Struct, frozen=True, kw_only=True):
    """The decision about a petition, or its withdrawal."""

    event: str
    position: int
    on: date
    at: datetime
    reason: str
    credits: Decimal | None = None


class Petition(Struct, kw_only=True):
    """A request that a credit be put right, and what became of it.

    ``party``: who asked, a teacher, a school or a bureau; ``authority``: whose decision it is.
    """

    petition: PetitionId
    credit: CreditId | None = None
    teacher: TeacherId | None = None
    school: SchoolId | None = None
    place: JurisdictionId | None = None
    authority: JurisdictionId | None = None
    party: str = ""
    credits_before: Decimal = ZERO
    credits: Decimal = ZERO
    reason: str = ""
    reconciliation: ReconciliationId | None = None
    line: int | None = None
    status: PetitionState = PetitionState.PENDING
    event: str = ""
    position: int = 0
    on: date | None = None
    at: datetime | None = None
    decided: PetitionStep | None = None
    tags: tuple[str, ...] = ()


class Petitions(Projection[Petition]):
    """Petitions by who is concerned: the teacher, the school, and the bureaus of both."""

    name = "petitions"
    state = Petition
    events = (CorrectionRequested, CorrectionDecided, CorrectionWithdrawn)
    facets = {
        "teacher": "text",
        "school": "text",
        "authority": "text",
        "credit": "text",
        "reconciliation": "text",
        "status": "text",
        "tags": "text[]",
    }

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, CorrectionRequested | CorrectionDecided | CorrectionWithdrawn)
        return (str(event.petition),)

    def blank(self, key: str) -> Petition:
        return Petition(petition=PetitionId(key))

    def apply(self, state: Petition, entry: Entry) -> Petition:
        match entry.event:
            case CorrectionRequested() as event:
                for name in ("credit", "teacher", "school", "place", "authority", "reason"):
                    setattr(state, name, getattr(event, name))
                state.party, state.line = str(event.party), event.line
                state.credits_before, state.credits = event.credits_before, event.credits
                state.reconciliation = event.reconciliation
                state.event, state.position = entry.id, entry.position
                state.on, state.at = entry.on, entry.at
                state.tags = tuple(
                    dict.fromkeys(
                        map(str, (event.teacher, event.school, event.place, event.authority))
                    )
                )
            case CorrectionDecided(granted=granted, reason=reason, credits=credits):
                state.status = PetitionState.GRANTED if granted else PetitionState.DECLINED
                state.decided = _step(entry, reason, credits)
            case CorrectionWithdrawn(reason=reason):
                state.status = PetitionState.WITHDRAWN
                state.decided = _step(entry, reason)
            case _:
                pass
        return state


def _step(entry: Entry, reason: str, credits: Decimal | None = None) -> PetitionStep:
    return PetitionStep(
        event=entry.id,
        position=entry.position,
        on=entry.on,
        at=entry.at,
        reason=reason,
        credits=credits,
    )

"""Warnings: how far the ladder was climbed against each provider and project, step by step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import Enum

from msgspec import Struct

from ledger.accreditation import AccreditationRevoked
from ledger.event import Entry
from ledger.names import JurisdictionId, Name, ProjectId, ProviderId
from ledger.review import ProjectCancelled
from ledger.warning import Case, Reinspected, Rung, YellowCardIssued
from projections.projection import Projection

STEPS = (YellowCardIssued, Reinspected, ProjectCancelled, AccreditationRevoked)


class WarningStatus(Enum):
    """Where a case stands."""

    RECTIFICATION = "RECTIFICATION"
    NOT_IMPROVED = "NOT_IMPROVED"
    IMPROVED = "IMPROVED"
    PROJECT_CANCELLED = "PROJECT_CANCELLED"
    ACCREDITATION_REVOKED = "ACCREDITATION_REVOKED"


ENDED = (WarningStatus.PROJECT_CANCELLED, WarningStatus.ACCREDITATION_REVOKED)


class WarningStep(Struct, kw_only=True):
    """One step, with what was said of it; ``improved`` of a re-inspection."""

    rung: Rung
    on: date
    reason: str
    deadline: date | None = None
    improved: bool | None = None
    event: str
    position: int


class WarningCase(Struct, kw_only=True):
    """The case against a provider, or against one project where one is named.

    ``status`` is empty where somebody was inspected again without a yellow card.
    """

    target: Name
    provider: ProviderId | None = None
    project: ProjectId | None = None
    place: JurisdictionId | None = None
    status: WarningStatus | None = None
    deadline: date | None = None
    steps: tuple[WarningStep, ...] = ()
    card: str | None = None
    failed: str | None = None
    closed: str | None = None

    @property
    def due(self) -> date | None:
        """The deadline, as long as the re-inspection is still to come."""
        return self.deadline if self.status is WarningStatus.RECTIFICATION else None

    def overdue(self, day: date) -> bool:
        """Whether the deadline went by before that day without a re-inspection that counts."""
        return self.due is not None and self.due < day


class Warnings(Projection[WarningCase]):
    """Cases by provider, place, status and the deadline that is still to be met."""

    name = "warnings"
    state = WarningCase
    events = STEPS
    facets = {"provider": "text", "place": "text", "status": "text", "due": "date"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, STEPS)
        return (str(getattr(event, "project", None) or event.provider),)

    def blank(self, key: str) -> WarningCase:
        return WarningCase(target=Name(key))

    def apply(self, state: WarningCase, entry: Entry) -> WarningCase:
        event = entry.event
        assert isinstance(event, STEPS)
        state.provider, state.place = event.provider, event.place
        state.project = getattr(event, "project", None)
        state.steps = (*state.steps, _step(entry))
        _learn(state, entry)
        match event:
            case ProjectCancelled():
                state.status = WarningStatus.PROJECT_CANCELLED
            case AccreditationRevoked():
                state.status = WarningStatus.ACCREDITATION_REVOKED
            case YellowCardIssued() if state.status is WarningStatus.ACCREDITATION_REVOKED:
                # Whoever is warned after that was accredited anew.
                state.status = WarningStatus.RECTIFICATION
            case _ if state.status not in ENDED:
                state.status = _standing(state)
            case _:
                pass
        return state


def _learn(state: WarningCase, entry: Entry) -> None:
    case = Case(
        project=state.project,
        card=state.card,
        deadline=state.deadline,
        failed=state.failed,
        closed=state.closed,
    )
    case.learn(entry)
    state.card, state.deadline = case.card, case.deadline
    state.failed, state.closed = case.failed, case.closed


def _standing(state: WarningCase) -> WarningStatus | None:
    if state.card is not None:
        return WarningStatus.NOT_IMPROVED if state.failed else WarningStatus.RECTIFICATION
    return WarningStatus.IMPROVED if state.closed else None


def _step(entry: Entry) -> WarningStep:
    match entry.event:
        case YellowCardIssued() as event:
            rung, reason = Rung.YELLOW_CARD, event.reason
        case Reinspected() as event:
            rung, reason = Rung.REINSPECTION, event.report
        case _ as event:
            rung, reason = Rung.CANCELLATION, getattr(event, "reason", "")
    return WarningStep(
        rung=rung,
        on=entry.on,
        reason=reason,
        deadline=getattr(event, "deadline", None),
        improved=getattr(event, "improved", None),
        event=entry.id,
        position=entry.position,
    )

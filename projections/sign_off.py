"""Sign-offs: what each bureau signed for which period, and whether it stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

from msgspec import Struct

from ledger.event import Entry
from ledger.names import JurisdictionId, SignOffId
from ledger.sign_off import Drifted, PeriodSignedOff, SignOffReopened, SignOffWithdrawn
from ledger.summary import Period, PeriodKind, Totals
from projections.projection import Projection


class SignOffState(Enum):
    """Whether a sign-off stands."""

    IN_FORCE = "IN_FORCE"
    REOPENED = "REOPENED"
    REPLACED = "REPLACED"
    WITHDRAWN = "WITHDRAWN"


class SignOffReopening(Struct, kw_only=True, frozen=True):
    """That a sign-off was reopened: why, by whom, and what had changed since it was signed."""

    event: str
    position: int
    on: date
    at: datetime
    actor: str
    reason: str
    since: Drifted


class SignOff(Struct, kw_only=True):
    """A sign-off of a place's period: what was signed, by whom, and whether it stands."""

    sign_off: SignOffId
    place: JurisdictionId | None = None
    kind: PeriodKind = PeriodKind.YEAR
    year: int = 0
    signed_position: int = 0
    totals: Totals = Totals()
    sha256: str = ""
    root: str = ""
    findings_open: int = 0
    replaces: SignOffId | None = None
    reason: str = ""
    standing: SignOffState = SignOffState.IN_FORCE
    reopened: SignOffReopening | None = None
    replaced_by: SignOffId | None = None
    withdrawn_because: str | None = None
    ended_by: str | None = None
    event: str = ""
    position: int = 0
    on: date | None = None
    at: datetime | None = None
    actor: str = ""

    @property
    def period(self) -> Period:
        """What was signed off."""
        return Period(year=self.year, kind=self.kind)


class SignOffs(Projection[SignOff]):
    """Sign-offs by place, year and whether they stand."""

    name = "sign_offs"
    version = 2
    state = SignOff
    events = (PeriodSignedOff, SignOffWithdrawn, SignOffReopened)
    facets = {"place": "text", "kind": "text", "year": "integer", "standing": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, PeriodSignedOff | SignOffWithdrawn | SignOffReopened)
        earlier = event.replaces if isinstance(event, PeriodSignedOff) else None
        return (str(event.sign_off), str(earlier)) if earlier else (str(event.sign_off),)

    def blank(self, key: str) -> SignOff:
        return SignOff(sign_off=SignOffId(key))

    def apply(self, state: SignOff, entry: Entry) -> SignOff:
        match entry.event:
            case SignOffWithdrawn(reason=reason):
                state.standing, state.ended_by = SignOffState.WITHDRAWN, entry.id
                state.withdrawn_because = reason
            case SignOffReopened() as event:
                state.standing = SignOffState.REOPENED
                state.reopened = SignOffReopening(
                    event=entry.id,
                    position=entry.position,
                    on=entry.on,
                    at=entry.at,
                    actor=entry.actor,
                    reason=event.reason,
                    since=event.since,
                )
            case PeriodSignedOff(replaces=earlier) as event if earlier == state.sign_off:
                state.standing, state.ended_by = SignOffState.REPLACED, entry.id
                state.replaced_by = event.sign_off
            case PeriodSignedOff() as event:
                for name in event.__struct_fields__:
                    if name != "position":
                        setattr(state, name, getattr(event, name))
                state.signed_position = event.position
                state.event, state.position = entry.id, entry.position
                state.on, state.at, state.actor = entry.on, entry.at, entry.actor
            case _:
                pass
        return state

"""Service tokens: which machines may read what, folded from their events when it is asked.

There are few, and a revoked one has to be gone at once; so no view follows behind the ledger.
"""

from __future__ import annotations

from datetime import date
from enum import Enum

from msgspec import Struct

from ledger.names import JurisdictionId, ServiceTokenId
from ledger.service_token import (
    SERVICE_TOKEN_EVENTS,
    ServiceTokenIssued,
    ServiceTokenRevoked,
    Standing,
)
from ledger.store.feed import Feed, Filter

TYPES = tuple(sorted(each.NAME for each in SERVICE_TOKEN_EVENTS))


class ServiceTokenState(Enum):
    """Whether a service token is taken."""

    VALID = "VALID"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


class ServiceToken(Struct, kw_only=True):
    """A service token, without what opens it."""

    token: ServiceTokenId
    place: JurisdictionId
    title: str
    until: date
    reports: bool
    issued_by: str
    issued_on: date
    event: str
    revoked_by: str | None = None
    revoked_on: date | None = None
    revoked_because: str | None = None
    state: ServiceTokenState = ServiceTokenState.VALID


def standing(feed: Feed, token: ServiceTokenId) -> Standing:
    """How a token stands, with all that is committed."""
    found = Standing()
    for entry in feed.entries(Filter(tags=(str(token),), types=TYPES)):
        found.learn(entry)
    return found


def service_tokens(
    feed: Feed, tags: tuple[str, ...] | None, place: str | None, day: date
) -> list[ServiceToken]:
    """The tokens of places with one of the tags, oldest first; ``None``: of all places."""
    own = () if place is None else (place,)
    found: dict[str, ServiceToken] = {}
    for entry in feed.entries(Filter(any_tags=tags, tags=own, types=TYPES)):
        match entry.event:
            case ServiceTokenIssued() as event:
                found[str(event.token)] = ServiceToken(
                    token=event.token,
                    place=event.place,
                    title=event.title,
                    until=event.until,
                    reports=event.reports,
                    issued_by=entry.actor,
                    issued_on=entry.on,
                    event=entry.id,
                )
            case ServiceTokenRevoked() as event:
                row = found[str(event.token)]
                row.revoked_by, row.revoked_on = entry.actor, entry.on
                row.revoked_because = event.reason
            case _:
                pass
    for row in found.values():
        if row.revoked_on is not None:
            row.state = ServiceTokenState.REVOKED
        elif row.until < day:
            row.state = ServiceTokenState.EXPIRED
    return list(found.values())

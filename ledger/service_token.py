"""Service tokens: a place lets a machine read, and where it says so report, until a day.

Issue and revocation are events and no table beside the ledger: that a machine may read a county's
records is a decision of its bureau, which auditors look up as they look up any other; whoever holds
the ledger can tell who could read what on which day. Whoever issues a token makes it up, of 256
random bits, and gives only its digest, so that the ledger never knows what opens it, a digest tells
nothing, and a request that is sent twice issues once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from ledger.command import Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, ServiceTokenId
from ledger.register import BureauStep, WrongDay, taken, unknown
from ledger.text import filled

SECRET = re.compile(r"xuefen_([0-9A-Za-z][0-9A-Za-z._-]{0,63})_[0-9A-Za-z_-]{43}")
"""What a bearer shows: the token's own name and 256 bits in base64url."""
DIGEST = re.compile(r"[0-9a-f]{64}")
YEARS_MAX = 2


class ServiceTokenIssued(Event, name="service-token.issued"):
    """A machine may read a place's records, and report where ``reports``, through ``until``.

    ``digest``: the SHA-256 of what it shows.
    """

    token: ServiceTokenId
    place: JurisdictionId
    title: str
    digest: str
    until: date
    reports: bool = False


class ServiceTokenRevoked(Event, name="service-token.revoked"):
    """A service token is not taken any more."""

    token: ServiceTokenId
    place: JurisdictionId
    reason: str


SERVICE_TOKEN_EVENTS: list[type[Event]] = [ServiceTokenIssued, ServiceTokenRevoked]


class BadDigest(Refused):
    """It is no SHA-256."""


class AlreadyRevoked(Refused):
    """The token is revoked already."""


@dataclass
class Standing:
    """What became of one service token, as its events say it."""

    issued: ServiceTokenIssued | None = None
    revoked: ServiceTokenRevoked | None = None

    def learn(self, entry: Entry) -> None:
        """Takes in its issue and its revocation; others change nothing."""
        match entry.event:
            case ServiceTokenIssued() as event:
                self.issued = event
            case ServiceTokenRevoked() as event:
                self.revoked = event
            case _:
                pass

    def open_to(self, shown: str, day: date) -> ServiceTokenIssued | None:
        """The issue, where what is shown opens it on that day; else ``None``."""
        issued = self.issued
        if issued is None or self.revoked is not None or day > issued.until:
            return None
        return issued if sha256(shown.encode()).hexdigest() == issued.digest else None


@dataclass(kw_only=True)
class _TokenStep(BureauStep):
    """What both steps share: how the token stands."""

    token: ServiceTokenId

    standing: Standing = fact(default_factory=Standing)

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), about(self.token, of=SERVICE_TOKEN_EVENTS)]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.standing.learn(entry)


@dataclass(kw_only=True)
class IssueServiceToken(_TokenStep):
    """Let a machine read a place's records until a day, by its bureau."""

    title: str
    digest: str
    until: date
    reports: bool = False

    def decide(self) -> Iterator[Event]:
        today = self.ask.on
        if self.standing.issued is not None:
            raise taken(self.token, "token")
        if not DIGEST.fullmatch(self.digest):
            raise BadDigest(
                zh="digest 须为令牌的 SHA-256，64 位小写十六进制",
                en="digest has to be the SHA-256 of the token, 64 hexadecimal digits",
                field="digest",
            )
        if not today <= self.until or self.until.year > today.year + YEARS_MAX:
            raise WrongDay(
                zh=f"服务令牌须有期限：不早于 {today}，不晚于 {today.year + YEARS_MAX} 年末",
                en=f"a service token ends: not before {today}, nor after the year "
                f"{today.year + YEARS_MAX}",
                field="until",
            )
        yield ServiceTokenIssued(
            token=self.token,
            place=self.place,
            title=filled(self.title, "title"),
            digest=self.digest,
            until=self.until,
            reports=self.reports,
        )


@dataclass(kw_only=True)
class RevokeServiceToken(_TokenStep):
    """Take a service token back at once, by the bureau that issued it."""

    reason: str

    def decide(self) -> Iterator[Event]:
        issued = self.standing.issued
        if issued is None or issued.place != self.place:
            raise unknown(self.token, "token")
        if self.standing.revoked is not None:
            raise AlreadyRevoked(
                zh=f"{self.token} 已经吊销", en=f"{self.token} is revoked already", field="token"
            )
        yield ServiceTokenRevoked(
            token=self.token, place=self.place, reason=filled(self.reason, "reason")
        )

"""Connection: a client at the other end of a stream, for as long as its token holds."""

from __future__ import annotations

import asyncio
import json
import time
from abc import ABC, abstractmethod
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from api.auth import LEEWAY_SECONDS, BadToken
from api.service_token import refused
from api.stream.line import Line
from ledger.command import Asker
from ledger.store.trouble import Trouble

Trust = Callable[[str | None], Awaitable[Asker]]
"""Who an ``Authorization`` value names. Raises ``BadToken``."""
Heed = Callable[[Asker, Callable[[bool], None]], Callable[[], None]]
"""Has somebody told when an asker's token is revoked; see ``api.revocation``."""

HEARTBEAT_SECONDS = 12.0
SWEEP_SECONDS = 3.0
TRUST_SECONDS = 60.0
"""How often a token that has not expired is looked at again: its keys may have been withdrawn."""
AGAIN_SECONDS = 1.0
"""How soon at the earliest where that failed."""
STALL_SECONDS = 60.0
"""For how long a client may leave a message unread before its connection is given up."""
WAIT_SECONDS_MAX = 86_400.0
LEAVE_SECONDS = 7.0
"""How long what was asked may be answered once a stop was asked for; a little less than whoever
serves waits (``api.serve.GRACE_SECONDS``), so that the end is still said."""


class Connection(ABC):
    """A client's connection, which the sweep looks after."""

    def __init__(self, line: Line[Any]) -> None:
        self.line = line
        self.asker: Asker | None = None
        self._authorization: str | None = None
        self._trust: Trust | None = None
        self._trusted = time.monotonic()
        self._expiry: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None
        self._forget: Callable[[], None] | None = None

    def admit(self, asker: Asker, authorization: str | None, trust: Trust, heed: Heed) -> None:
        """Lets a client stay until its token has expired, is revoked, or is no longer trusted."""
        self.asker, self._authorization, self._trust = asker, authorization, trust
        self._watch()
        self._forget = heed(asker, self._revoked)

    def release(self) -> None:
        """Watches the token no more."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self._forget is not None:
            self._forget()
            self._forget = None
        if self._looking is not None and self._looking is not asyncio.current_task():
            self._looking.cancel()

    def sweep(self, now: float) -> None:
        """Gives up a client that does not read, and lets one that hears nothing know we are here.

        A token is looked at again from time to time.
        """
        since = self.line.since
        if since is not None and now - since > STALL_SECONDS:
            self.abandon()
            return
        # The public has no token, and a look may take long: neither keeps the connection silent.
        if self._authorization is not None and now - self._trusted > TRUST_SECONDS:
            self._look_again()
        if since is None and now - self.line.sent_at > HEARTBEAT_SECONDS:
            self.beat()

    @abstractmethod
    def beat(self) -> None:
        """Says that the connection lives."""

    @abstractmethod
    def expel(self, error: BadToken) -> None:
        """Ends all subscriptions, since the token holds no more."""

    @abstractmethod
    def abandon(self) -> None:
        """Gives the connection up without another word; nobody reads it."""

    @abstractmethod
    def leave(self) -> None:
        """Lets the client go, since the server is about to stop, once what it asked is answered."""

    def _watch(self) -> None:
        end = expiry_of(self._authorization)
        if end is not None:
            wait = max(end + LEEWAY_SECONDS - time.time(), 0) + 1
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(min(wait, WAIT_SECONDS_MAX), self._ended)

    def _ended(self) -> None:
        self._expiry = None
        self._look_again()

    def _revoked(self, known: bool) -> None:
        if self._looking is not None:
            self._looking.cancel()  # it may have looked before
            self._looking = None
        if known:  # not asked for: the database may be away, or have many who ask
            asyncio.get_running_loop().call_soon(self._gone)
        else:
            self._look_again()

    def _gone(self) -> None:
        if self._forget is not None:  # it has not ended meanwhile
            self.expel(refused())

    def _look_again(self) -> None:
        if self._authorization is not None and (self._looking is None or self._looking.done()):
            self._trusted = time.monotonic()
            self._looking = asyncio.create_task(self._look(self._authorization))

    async def _look(self, authorization: str) -> None:
        """Whether the token still names the same asker; if not, the stream is over."""
        assert self._trust is not None
        try:
            same = await self._trust(authorization) == self.asker
        except BadToken as error:
            self.expel(error)
        except Trouble:  # the database is away, which says nothing of the token: look again soon
            self._trusted = time.monotonic() - TRUST_SECONDS + AGAIN_SECONDS
        else:
            if not same:
                self.expel(BadToken("令牌的权限已变", "what the token allows has changed"))
            elif self._expiry is None:
                self._watch()


def expiry_of(authorization: str | None) -> float | None:
    """When a bearer token that has been trusted ends, in seconds of the epoch (RFC 7519, 4.1.4).

    ``None`` for one that names no end, or that is no JWT.
    """
    parts = (authorization or "").partition(" ")[2].strip().split(".")
    with suppress(ValueError, AttributeError):  # it has been trusted; this only looks for its end
        end = json.loads(urlsafe_b64decode(parts[1] + "==")).get("exp") if parts[2:] else None
        if isinstance(end, int | float) and not isinstance(end, bool):
            return float(end)
    return None

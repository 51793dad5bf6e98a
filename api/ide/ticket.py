"""Tickets: addresses under which a browser opens the IDE where nobody unknown may.

A browser sends no ``Authorization`` when it goes to an address. Who shows a token gets an address
that opens the page once, within a minute; the scripts and styles of that page are below the same
address for as long as one works there. A ticket is worth nothing else: what is asked in the IDE is
asked by the token that is put in there.

A ticket says until when it holds and is signed (RFC 2104), so that each of several workers knows
those of the others; that it was used is a file in the folder that they share.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest, digest

from api.crew import Crew

OPEN_SECONDS = 60
"""For how long an address waits to be opened."""
WORK_SECONDS = 12 * 3600
"""For how long the parts of a page that was opened are there."""
NONCE_BYTES = 16
CHARACTERS_MAX = 200


class Tickets:
    """The tickets of a server; ``clock`` tells seconds since 1970."""

    def __init__(self, crew: Crew | None = None, clock: Callable[[], float] = time.time) -> None:
        self._crew, self._clock = crew, clock
        secret = crew.secret if crew else secrets.token_hex()
        self._key = sha256(b"xuefen ide ticket\n" + secret.encode()).digest()
        self._used: dict[str, float] = {}

    def make(self) -> str:
        """A ticket that nobody has had."""
        made = f"{int(self._clock()) + OPEN_SECONDS}-{secrets.token_hex(NONCE_BYTES)}"
        return f"{made}-{self._signature(made)}"

    def use(self, ticket: str) -> bool:
        """Whether it opens the page now: it does so once."""
        until = self._until(ticket)
        if until is None or self._clock() > until:
            return False
        if self._crew is not None:
            try:
                (self._crew.folder / f"ide-{ticket}").touch(exist_ok=False)
            except FileExistsError:
                return False
            return True
        self._used = {name: end for name, end in self._used.items() if end > self._clock()}
        if ticket in self._used:
            return False
        self._used[ticket] = until + 1
        return True

    def holds(self, ticket: str) -> bool:
        """Whether the parts of its page are there."""
        until = self._until(ticket)
        return until is not None and self._clock() <= until + WORK_SECONDS

    def _until(self, ticket: str) -> int | None:
        made, _, signature = ticket.rpartition("-")
        if len(ticket) > CHARACTERS_MAX or not ticket.isascii():
            return None
        if not compare_digest(signature, self._signature(made)):
            return None
        return int(made.partition("-")[0])

    def _signature(self, made: str) -> str:
        return digest(self._key, made.encode(), "sha256").hex()

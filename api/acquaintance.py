"""Acquaintances: who was let in by which token, so that a signature is checked once.

A token is known by its SHA-256 and never kept itself. It is forgotten when it expires, and with
the key that it was signed with: an issuer that takes a key back takes back what it had signed.
Tokens that the ledger can revoke are no acquaintances; they are looked up each time.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from joserfc.jwk import Key

from api.auth import Admitted
from api.keyring import Keyring

KNOWN_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Who was let in, until which second, and by which key of an outside issuer.

    ``kid`` and ``algorithm`` are those that the token names.
    """

    admitted: Admitted
    until: float
    keys: Keyring | None = None
    key: Key | None = None
    kid: str | None = None
    algorithm: str = ""


class Acquaintances:
    """Those who were let in last. Used from one event loop; ``clock``: seconds since 1970."""

    def __init__(self, most: int = KNOWN_MAX, clock: Callable[[], float] = time.time) -> None:
        self._most, self._clock = most, clock
        self._known: OrderedDict[bytes, Acquaintance] = OrderedDict()

    async def find(self, token: str) -> Admitted | None:
        """Who a token lets in, where that was found out before and still holds."""
        digest = _digest(token)
        known = self._known.get(digest)
        if known is None:
            return None
        if known.until < self._clock() or not await _signed_still(known):
            self._known.pop(digest, None)
            return None
        if digest in self._known:
            self._known.move_to_end(digest)
        return known.admitted

    def keep(self, token: str, one: Acquaintance) -> Admitted:
        """Keeps who a token lets in, and gives it."""
        self._known[_digest(token)] = one
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return one.admitted


async def _signed_still(known: Acquaintance) -> bool:
    if known.keys is None:
        return True
    return await known.keys.find(known.kid, known.algorithm) is known.key


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()

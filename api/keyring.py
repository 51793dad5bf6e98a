"""Keyrings: the public keys of an outside issuer, by address or file, as it changes them.

A token never says where keys come from: ``jku``, ``x5u`` and ``jwk`` are not looked at, and only
the address that the operator wrote is asked. A key that is not known makes the keyring look again,
once for all who wait, and not again before some seconds are over, however many such tokens come.
Known keys go on to be used while the issuer does not answer, but not for longer than a day. A key
that was taken back is no longer used once that was heard: a file is read anew as soon as it is
another, and an address is asked again before what it said is ten minutes old.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey
from msgspec import Struct

from api.outsider import DISCOVERY, Outsider

AGAIN_SECONDS_MIN = 30.0
"""The least time between two looks at the issuer."""
RENEW_SECONDS = 300.0
"""After this its keys are looked up again, while the known ones are used."""
FRESH_SECONDS_MAX = 600.0
"""After this nobody is let in by them before they were looked up again, or could not be."""
STAMP_SECONDS = 1.0
"""How often it is seen whether a file is still the one that was read."""
STALE_SECONDS_MAX = 86_400.0
"""After this keys that could not be looked up again are not used any more."""
FETCH_SECONDS_MAX = 5.0
BYTES_MAX = 256 * 1024
KEYS_MAX = 100
RSA_BITS_MIN, RSA_BITS_MAX = 2_048, 8_192  # RFC 7518, section 3.3
EDWARDS = ("EdDSA", "Ed25519")
"""Two words for one thing: RFC 9864, section 2.2."""
KINDS = {"RS": RSAKey, "PS": RSAKey, "ES": ECKey, "Ed": OKPKey}

log = structlog.get_logger()


class Unfetched(Exception):
    """The keys could not be had; the text says why."""


class _Discovered(Struct):
    issuer: str
    jwks_uri: str


class _Held(Struct):
    keys: list[dict[str, Any]]


class Keyring:
    """The keys of one issuer. Used from one event loop; ``clock`` counts seconds.

    ``stamp`` tells without reading whether there is something else to be read.
    """

    def __init__(
        self,
        read: Callable[[], bytes],
        name: str,
        clock: Callable[[], float] = time.monotonic,
        stamp: Callable[[], object] = lambda: None,
    ) -> None:
        self._read, self._name, self._clock, self._stamp = read, name, clock, stamp
        self._keys: tuple[Key, ...] = ()
        self._looked = self._found = self._stamped = float("-inf")
        self._seen: object = None
        self._task: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key that a token names, or the only one that could be meant; ``None``: none."""
        now = self._clock()
        if now - self._found > STALE_SECONDS_MAX:
            self._keys = ()
        changed = self._changed(now)
        key, age = self._of(kid, algorithm), now - self._found
        looking = None
        if key is None or changed or age > RENEW_SECONDS:
            looking = self._look(now, at_once=changed)
        if looking is None or (key is not None and not changed and age <= FRESH_SECONDS_MAX):
            return key  # nobody waits for it
        await asyncio.shield(looking)
        return self._of(kid, algorithm)

    def _changed(self, now: float) -> bool:
        if now - self._stamped < STAMP_SECONDS:
            return False
        self._stamped = now
        return self._stamp() != self._seen

    def _look(self, now: float, *, at_once: bool) -> asyncio.Task[None] | None:
        if self._task is not None and not self._task.done():
            return self._task
        if now - self._looked < AGAIN_SECONDS_MIN and not at_once:
            return None
        self._looked = now
        self._seen = self._stamp()  # before it is read: what is written meanwhile is another
        self._task = asyncio.create_task(self._renew())
        return self._task

    async def _renew(self) -> None:
        try:
            self._keys = usable(await asyncio.to_thread(self._read))
            self._found = self._clock()
        except (Unfetched, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # The text of an error may hold what the other side sent; its kind does not.
            why = str(error) if isinstance(error, Unfetched) else type(error).__name__
            log.warning("issuer keys not renewed", issuer=self._name, why=why)

    def _of(self, kid: str | None, algorithm: str) -> Key | None:
        kind = KINDS[algorithm[:2]]
        fit = [
            each
            for each in self._keys
            if isinstance(each, kind)
            and (each.alg in (None, algorithm) or {each.alg, algorithm} <= {*EDWARDS})
            and (kid is None or each.kid == kid)
        ]
        return fit[0] if len(fit) == 1 or (fit and kid is not None) else None


def usable(text: bytes) -> tuple[Key, ...]:
    """The keys of a set that signatures may be checked with. Raises ``Unfetched``.

    Keys of a kind that is not known are passed over (RFC 7517, section 5), and so are shared
    secrets, which stand in no public set.
    """
    try:
        held = msgspec.json.decode(text, type=_Held).keys
    except (ValueError, RecursionError):
        raise Unfetched("no set of keys") from None
    if len(held) > KEYS_MAX:
        raise Unfetched(f"more than {KEYS_MAX} keys")
    found: list[Key] = []
    for each in held:
        if each.get("kty") not in ("RSA", "EC", "OKP") or each.get("use", "sig") != "sig":
            continue
        try:
            key = KeySet.import_key_set({"keys": [each]}).keys[0]
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            continue
        bits = key.public_key.key_size if isinstance(key, RSAKey) else RSA_BITS_MIN
        if RSA_BITS_MIN <= bits <= RSA_BITS_MAX:
            found.append(key)
    return tuple(found)


def keyring(of: Outsider) -> Keyring:
    """The keyring of an issuer; nothing is read before the first token."""
    if of.keys_file is not None:
        file = of.keys_file
        return Keyring(lambda: _read_file(file), of.name, stamp=lambda: _stamp_of(file))
    return Keyring(lambda: _fetched(of), of.name)


def _read_file(file: str) -> bytes:
    with open(file, "rb") as opened:
        return opened.read(BYTES_MAX)


def _stamp_of(file: str) -> tuple[int, int, int] | None:
    """What a file that was replaced or written has another of; ``None`` where there is none."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _fetched(of: Outsider) -> bytes:
    address = of.address
    assert address is not None
    # Certificates are checked, and nobody is followed to an address that the operator did not name.
    with httpx.Client(follow_redirects=False, trust_env=False, timeout=FETCH_SECONDS_MAX) as client:
        if of.keys_url is None:
            address = _discovered(of, _get(client, address))
        return _get(client, address)


def _discovered(of: Outsider, text: bytes) -> str:
    try:
        said = msgspec.json.decode(text, type=_Discovered)
    except (ValueError, RecursionError):
        raise Unfetched("no discovery document") from None
    if said.issuer != of.iss:  # OpenID Connect Discovery 1.0, section 4.3
        raise Unfetched("the discovery document is of another issuer")
    own = of.iss.rstrip("/") + DISCOVERY
    if httpx.URL(said.jwks_uri).scheme != httpx.URL(own).scheme:
        raise Unfetched("the discovery document names an address that is not by https")
    return said.jwks_uri


def _get(client: httpx.Client, address: str) -> bytes:
    """What stands at an address, up to a size and within a time as a whole."""
    end = time.monotonic() + FETCH_SECONDS_MAX
    read = bytearray()
    with client.stream("GET", address, headers={"accept": "application/json"}) as response:
        if response.status_code != httpx.codes.OK:
            raise Unfetched(f"HTTP {response.status_code}")
        for piece in response.iter_bytes():
            read += piece
            if len(read) > BYTES_MAX or time.monotonic() > end:
                raise Unfetched("too large or too slow")
    return bytes(read)

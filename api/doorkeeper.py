"""The doorkeeper: who asks, by a token of our own, of an outside issuer, or of the ledger.

A token's ``iss``, read before anything is checked, chooses among the issuers that the operator
named, and nothing else; then algorithm, signature, ``iss``, ``aud``, ``exp``, ``nbf`` and ``iat``
are checked (RFC 7519, section 4.1; RFC 8725).
"""

from __future__ import annotations

import asyncio
import time
import warnings
from base64 import urlsafe_b64decode
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidClaimError,
    SecurityWarning,
)
from joserfc.jwk import Key
from msgspec import Struct

from api.acquaintance import Acquaintance, Acquaintances
from api.auth import (
    ISSUER,
    LEEWAY_SECONDS,
    PUBLIC,
    UNTRUE,
    Admitted,
    BadToken,
    admitted,
    bearer,
    distrusted,
)
from api.issuers import Issuers
from api.keyring import Keyring, keyring
from api.outsider import Outsider
from api.service_token import ServiceTokens
from api.whereabouts import place_of
from ledger.command import Asker
from ledger.names import JurisdictionId, Name
from ledger.service_token import SECRET
from ledger.store.ledger import Ledger

PLACED_SECONDS = 60.0
"""How long where somebody is may be as it was: a teacher moves, and a token stays."""


class _Header(Struct):
    alg: str
    kid: str | None = None
    typ: str | None = None


class _Said(Struct):
    iss: str


class Doorkeeper:
    """Lets askers in. Used from one event loop."""

    def __init__(self, issuers: Issuers, ledger: Ledger) -> None:
        self._own = issuers.own
        self._outside: dict[str, tuple[Outsider, Keyring]] = {
            each.iss: (each, keyring(each)) for each in issuers.outside
        }
        self._ledger, self._services = ledger, ServiceTokens(ledger)
        self._known = Acquaintances()

    async def asker(self, authorization: str | None) -> Asker:
        """Who asks; the public where nothing is given. Raises ``BadToken``."""
        return (await self.admit(authorization)).asker

    async def admit(self, authorization: str | None) -> Admitted:
        """Who asks, and until when that holds. Raises ``BadToken``."""
        token = bearer(authorization)
        if token is None:
            return Admitted(asker=PUBLIC)
        if SECRET.fullmatch(token):
            return await self._services.admit(token)
        return await self._known.find(token) or await self._verified(token)

    async def _verified(self, token: str) -> Admitted:
        try:
            header, said = _part(token, 0, _Header), _part(token, 1, _Said)
        except UNTRUE:
            zh, en = "令牌无效：无法读取", "the token is not valid: it cannot be read"
            raise BadToken(zh, en) from None
        if said.iss == ISSUER:
            return self._of_our_own(token)
        known = self._outside.get(said.iss)
        if known is None:
            raise distrusted(InvalidClaimError("iss"))
        return await self._of_outside(token, header, *known)

    async def still(self, one: Admitted) -> None:
        """Looks again whether one who was let in may stay. Raises ``BadToken``."""
        if one.until is not None and one.until < time.time() - LEEWAY_SECONDS:
            raise distrusted(ExpiredTokenError("exp"))
        if one.token is not None:
            await self._services.still(one.token)

    def _of_our_own(self, token: str) -> Admitted:
        if self._own is None:
            raise BadToken(
                "令牌无效：生产模式不接受自签令牌",
                "the token is not valid: in production none of our own issuer are taken",
            )
        one = admitted(self._own, token)
        assert one.until is not None
        return self._known.keep(token, Acquaintance(one, one.until + LEEWAY_SECONDS))

    async def _of_outside(
        self, token: str, header: _Header, issuer: Outsider, keys: Keyring
    ) -> Admitted:
        if header.alg not in issuer.algorithms:
            raise BadToken("令牌无效：签名算法不符", "the token is not valid: its alg does not fit")
        if issuer.type is not None and (header.typ or "").lower() not in _types(issuer.type):
            raise BadToken("令牌无效：typ 不符", "the token is not valid: its typ does not fit")
        key = await keys.find(header.kid, header.alg)
        if key is None:
            raise distrusted(BadSignatureError())
        rules = jwt.JWTClaimsRegistry(
            leeway=issuer.leeway_seconds,
            iss={"essential": True, "value": issuer.iss},
            aud={"essential": True, "values": list(issuer.audience)},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            claims = _claims(token, key, header.alg)
            rules.validate(claims)
            if not isinstance(claims["sub"], str):
                raise InvalidClaimError("sub")
            one = Admitted(asker=await self._named(issuer, claims), until=int(claims["exp"]))
        except UNTRUE as error:
            raise distrusted(error) from None
        until = float(int(claims["exp"]) + issuer.leeway_seconds)
        if issuer.looks_up:
            until = min(until, time.time() + PLACED_SECONDS)
        return self._known.keep(token, Acquaintance(one, until, keys, key, header.kid, header.alg))

    async def _named(self, issuer: Outsider, claims: dict[str, Any]) -> Asker:
        """Who a checked token stands for; in a thread where the ledger has to be asked."""
        if issuer.looks_up:
            return await asyncio.to_thread(issuer.asker, claims, self._where)
        return issuer.asker(claims, self._where)

    def _where(self, party: Name) -> JurisdictionId | None:
        return place_of(self._ledger.feed, party)


def _claims(token: str, key: Key, algorithm: str) -> dict[str, Any]:
    """The claims, once the signature fits. Raises one of ``UNTRUE``."""
    with warnings.catch_warnings():
        # The operator allowed it: the name is old (RFC 9864), the algorithm is not.
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.decode(token, key, algorithms=[algorithm]).claims


def _types(wanted: str) -> tuple[str, str]:
    """A media type with and without what RFC 7515, section 4.1.9, lets one leave out."""
    plain = wanted.lower().removeprefix("application/")
    return plain, f"application/{plain}"


def _part(token: str, place: int, kind: type[Any]) -> Any:
    """A part of a token that nobody has checked yet. Raises one of ``UNTRUE``."""
    text = token.split(".")[place] if token.count(".") == 2 else ""
    return msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)

"""Tokens of the local issuer: JWT signed with Ed25519 (RFC 8037), naming actor, role and scope.

A token is for one actor in one role over one scope: a teacher, a school, a provider, or a place.
Without a token the asker is the public. The local issuer is for demo and development; in
production it neither issues nor is heard (``api.issuers``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ClaimError,
    ExpiredTokenError,
    JoseError,
    MissingClaimError,
)
from joserfc.jwk import OKPKey

from ledger.command import Asker, Role
from ledger.event import Channel
from ledger.fault import Fault
from ledger.names import KINDS, LedgerId, Name, ServiceTokenId
from ledger.store.keyfile import write_once
from ledger.store.trouble import Trouble

ISSUER = "xuefen"
AUDIENCE = "xuefen-api"
ALGORITHMS = ["Ed25519", "EdDSA"]
CURVE: Final = "Ed25519"
LEEWAY_SECONDS = 30
TOKEN_CHARACTERS_MAX = 16_384
SCOPES: dict[Role, str] = {
    Role.TEACHER: "teacher",
    Role.SCHOOL: "school",
    Role.PROVIDER: "provider",
    Role.BUREAU: "jurisdiction",
    Role.AUDITOR: "jurisdiction",
    Role.INTEGRATOR: "jurisdiction",
    Role.OPERATOR: "ledger",
}
PUBLIC = Asker(actor="staff:public", role=Role.PUBLIC, scope=LedgerId("ledger:public"))


# What reading a token of an enemy may raise; claims nested without end are among them.
UNTRUE = (JoseError, Fault, ValueError, KeyError, TypeError, RecursionError)


class BadToken(Exception):
    """A token that cannot be trusted; it says why, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


def load_issuer(file: Path) -> OKPKey:
    """The signing key from a file; made on first use, readable by its owner only.

    Raises ``Trouble`` (``ISSUER_KEY_BAD``) for a file that holds no such key.
    """
    if not file.exists():
        fresh = OKPKey.generate_key(CURVE)
        write_once(file, json.dumps(fresh.as_dict(private=True)))
    try:
        key = OKPKey.import_key(json.loads(file.read_text()))
        signs = key.is_private and key.curve_name == CURVE
    except (ValueError, KeyError, TypeError, OSError, RecursionError, JoseError):
        signs = False
    if not signs:
        raise Trouble(
            "ISSUER_KEY_BAD",
            zh=f"{file} 不是有效的签发密钥文件",
            en=f"{file} holds no signing key",
        )
    return key


def issue(key: OKPKey, asker: Asker, *, valid: timedelta) -> str:
    """A token for an asker. Raises ``Fault`` (``BAD_SCOPE``) where role and scope do not fit."""
    fitting(asker.role, asker.scope)
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": asker.actor,
        "role": asker.role.value,
        "scope": str(asker.scope),
        "channel": asker.channel.value,
        "iat": int(now.timestamp()),
        "exp": int((now + valid).timestamp()),
    }
    return jwt.encode({"alg": "Ed25519", "typ": "JWT"}, claims, key, algorithms=ALGORITHMS)


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """Who was let in, and until when, in seconds since 1970; ``None``: nobody said.

    ``token``: the service token, which may be revoked before.
    """

    asker: Asker
    until: int | None = None
    token: ServiceTokenId | None = None


def read(key: OKPKey, token: str) -> Asker:
    """The asker that a token names. Raises ``BadToken``."""
    return admitted(key, token).asker


def admitted(key: OKPKey, token: str) -> Admitted:
    """Who is let in by a token of our own. Raises ``BadToken``."""
    rules = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
        sub={"essential": True},
        exp={"essential": True},
    )
    try:
        claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
        rules.validate(claims)
        role = Role(claims["role"])
        scope = fitting(role, _name(claims["scope"]))
        channel = Channel(claims.get("channel", Channel.API.value))
        asker = Asker(actor=str(_name(claims["sub"])), role=role, scope=scope, channel=channel)
        return Admitted(asker=asker, until=int(claims["exp"]))
    except UNTRUE as error:
        raise distrusted(error) from None


def distrusted(error: Exception) -> BadToken:
    """What is said of a token that raised an error."""
    zh, en = _why(error)
    return BadToken(f"令牌无效：{zh}", f"the token is not valid: {en}")


def _why(error: Exception) -> tuple[str, str]:
    """What is wrong with a token, in our own words."""
    match error:
        case Fault():
            return error.zh, error.en
        case ExpiredTokenError():
            return "已过期", "it has expired"
        case MissingClaimError(claim=claim) | KeyError(args=(claim,)):
            return f"缺少 {claim}", f"it lacks {claim}"
        case ClaimError(claim=claim):
            return f"{claim} 不符", f"its {claim} does not fit"
        case BadSignatureError():
            return "签名不符", "its signature does not fit"
        case JoseError():
            return "无法读取", "it cannot be read"
    return "内容不符", "its contents do not fit"


def bearer(authorization: str | None) -> str | None:
    """The token in an ``Authorization`` value; ``None`` for none. Raises ``BadToken``."""
    if not authorization:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise BadToken("须为 Bearer 令牌", "the Authorization must be a Bearer token")
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise BadToken("令牌过长，无法读取", "the token is too long")
    return token.strip()


def fitting(role: Role, scope: Name) -> Name:
    """The scope, if it is of the kind that the role needs. Raises ``Fault`` (``BAD_SCOPE``)."""
    kind = SCOPES.get(role)
    if kind is None or scope.kind != kind:
        raise Fault(
            "BAD_SCOPE",
            zh=f"角色 {role.value} 的权限范围须为 {kind or '无'}:…，不是 {scope}",
            en=f"the scope of {role.value} must be {kind or 'nothing'}:…, not {scope}",
        )
    return scope


def _name(text: object) -> Name:
    if not isinstance(text, str):
        raise ValueError
    kind = KINDS.get(text.partition(":")[0])
    if kind is None:
        raise ValueError
    return kind(text)

"""Outside issuers: whose tokens are taken besides our own, and what their claims stand for.

A TOML file (``XUEFEN_ISSUERS``) holds one ``[[issuer]]`` a table. Its grants say which claims make
which role over which scope; the first that fits counts, so the narrower one stands first. A grant
whose claim is missing, or is of another shape, does not fit, and who fits none is the public.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from api.auth import ISSUER, PUBLIC, SCOPES, fitting
from api.whereabouts import Where
from ledger.command import Asker, Role
from ledger.fault import Fault
from ledger.names import KINDS, VALUE, JurisdictionId, Name, StaffId
from ledger.store.trouble import Trouble

# No ``none`` and no shared secret: RFC 8725, sections 2.1 and 3.1.
ASYMMETRIC = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "EdDSA", "Ed25519",
)  # fmt: skip
LEEWAY_SECONDS, LEEWAY_SECONDS_MAX = 30, 300
LOOPBACK = ("127.0.0.1", "::1", "localhost")
DISCOVERY = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0, section 4
ACTOR_DIGITS = 32
PARTIES = (Role.SCHOOL, Role.PROVIDER, Role.TEACHER)


class Grant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Claims that make a role over a scope.

    ``when``: claims, each with the text that it is or holds. The scope is fixed, or it is read
    from ``scope_claim``: a name, or what stands after its colon. A dot in a claim's name leads in.
    """

    role: Role
    when: dict[str, str] = {}
    scope: str | None = None
    scope_claim: str | None = None


class Outsider(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An issuer: its ``iss``, its keys by ``keys_url``, ``keys_file`` or discovery, its grants.

    ``name``: the beginning of its actors, so that those of two issuers are never one.
    ``actor_claim``: what actors are called by; without it by a digest of their ``sub``, since an
    entry stays for ever and many a ``sub`` is an address or a number of a person.
    ``within``: the place that no scope may leave: of a school, a provider or a teacher, where the
    ledger has them.
    ``type``: what ``typ`` has to be, as ``at+jwt`` (RFC 9068, section 2.1).
    """

    name: str
    iss: str
    audience: tuple[str, ...]
    grants: tuple[Grant, ...]
    keys_url: str | None = None
    keys_file: str | None = None
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
    leeway_seconds: int = LEEWAY_SECONDS
    actor_claim: str | None = None
    within: str | None = None
    type: str | None = None

    @property
    def address(self) -> str | None:
        """Where its keys, or what says where they are, come from; ``None`` for a file."""
        if self.keys_file is not None:
            return None
        return self.keys_url or self.iss.rstrip("/") + DISCOVERY

    @property
    def looks_up(self) -> bool:
        """Whether the ledger has to say where those are of whom a token speaks."""
        return self.within is not None and any(each.role in PARTIES for each in self.grants)

    def asker(self, claims: Mapping[str, Any], where: Where) -> Asker:
        """Who the claims of a checked token stand for; by the first grant that fits."""
        for grant in self.grants:
            if not all(_holds(_at(claims, path), text) for path, text in grant.when.items()):
                continue
            scope = self._scope(grant, claims, where)
            if scope is not None:
                teacher = grant.role is Role.TEACHER
                actor = str(scope) if teacher else self._actor(claims)
                return Asker(actor=actor, role=grant.role, scope=scope)
        return PUBLIC

    def _scope(self, grant: Grant, claims: Mapping[str, Any], where: Where) -> Name | None:
        given = grant.scope
        if grant.scope_claim is not None:
            given = _single(_at(claims, grant.scope_claim))
        if given is None:
            return None
        kind = SCOPES[grant.role]
        try:
            scope = fitting(grant.role, _named(given if ":" in given else f"{kind}:{given}"))
        except Fault:
            return None
        if self.within is None or grant.role is Role.OPERATOR:
            return scope
        place = scope if isinstance(scope, JurisdictionId) else where(scope)
        return scope if place is not None and JurisdictionId(self.within).covers(place) else None

    def _actor(self, claims: Mapping[str, Any]) -> str:
        called = _single(_at(claims, self.actor_claim)) if self.actor_claim else None
        if called is not None and VALUE.fullmatch(f"{self.name}.{called}"):
            return str(StaffId(f"staff:{self.name}.{called}"))
        whose = f"{self.iss}\0{claims['sub']}".encode()
        return str(StaffId(f"staff:{self.name}.{sha256(whose).hexdigest()[:ACTOR_DIGITS]}"))


class _Written(Struct, frozen=True, forbid_unknown_fields=True):
    issuer: tuple[Outsider, ...]


def outsiders(file: Path, *, development: bool = False) -> tuple[Outsider, ...]:
    """The issuers in a file. Raises ``Trouble`` (``ISSUERS_BAD``) with what is wrong."""
    try:
        found = msgspec.toml.decode(file.read_bytes(), type=_Written).issuer
    except OSError as error:
        why = error.strerror
        raise _bad(file, f"无法读取（{why}）", f"cannot be read ({why})") from None
    except (ValueError, RecursionError) as error:
        raise _bad(file, f"内容不符（{error}）", f"is not as it should be ({error})") from None
    for field in ("iss", "name"):
        if len({getattr(each, field) for each in found}) < len(found):
            raise _bad(file, f"有两个相同的 {field}", f"has the same {field} twice")
    for each in found:
        wrong = _wrong(each, development)
        if wrong:
            zh, en = wrong
            raise _bad(file, f"中 {each.name}：{zh}", f"says of {each.name}: {en}")
    return found


def _wrong(each: Outsider, development: bool) -> tuple[str, str] | None:
    """What is wrong with an issuer, in Chinese and English."""
    address = urlsplit(each.address or "")
    plain = development and address.scheme == "http" and address.hostname in LOOPBACK
    rules = (
        (not VALUE.fullmatch(each.name), "name 须为字母或数字", "name has to be letters or digits"),
        (not each.iss or each.iss == ISSUER, "iss 为空或被占用", "iss is empty or taken"),
        (
            not each.audience or not all(each.audience),
            "须写明 audience",
            "an audience has to be named",
        ),
        (not each.grants, "没有任何 grants", "there are no grants"),
        (
            not each.algorithms or not set(each.algorithms) <= set(ASYMMETRIC),
            f"algorithms 只能取自 {'、'.join(ASYMMETRIC)}",
            f"algorithms have to be of {', '.join(ASYMMETRIC)}",
        ),
        (
            not 0 <= each.leeway_seconds <= LEEWAY_SECONDS_MAX,
            f"leeway_seconds 须为 0 至 {LEEWAY_SECONDS_MAX}",
            f"leeway_seconds has to be 0 to {LEEWAY_SECONDS_MAX}",
        ),
        (
            each.keys_url is not None and each.keys_file is not None,
            "keys_url 与 keys_file 只能有一个",
            "give keys_url or keys_file, not both",
        ),
        (
            each.address is not None and address.scheme != "https" and not plain,
            "公钥地址须为 https（开发模式下本机可用 http）",
            "its keys have to come by https (by http from this machine in development only)",
        ),
        (
            each.within is not None and not _scoped(Role.BUREAU, each.within),
            "within 须为 jurisdiction:…",
            "within has to be jurisdiction:…",
        ),
    )
    first = next(((zh, en) for broken, zh, en in rules if broken), None)
    return first or next(filter(None, map(_misgranted, each.grants)), None)


def _misgranted(grant: Grant) -> tuple[str, str] | None:
    role = grant.role.value
    if grant.role is Role.PUBLIC:
        return "PUBLIC 无须授予", "PUBLIC needs no grant"
    if (grant.scope is None) == (grant.scope_claim is None):
        return f"{role} 须有 scope 或 scope_claim 之一", f"{role} needs scope or scope_claim"
    if grant.scope is not None and not grant.when:
        # Else whoever has a token of that issuer would be it.
        return f"{role} 的固定 scope 须配 when", f"{role} with a fixed scope needs when"
    if grant.role is Role.OPERATOR and grant.scope is None:
        return "OPERATOR 的 scope 须为固定值", "the scope of OPERATOR has to be fixed"
    if grant.scope is not None and not _scoped(grant.role, grant.scope):
        return f"{role} 的 scope 不合", f"the scope of {role} does not fit"
    return None


def _scoped(role: Role, scope: str) -> bool:
    try:
        fitting(role, _named(scope))
    except Fault:
        return False
    return True


def _named(text: str) -> Name:
    return KINDS.get(text.partition(":")[0], Name)(text)


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """What stands at a claim; a name with dots in it comes before a way that leads in."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _holds(value: Any, text: str) -> bool:
    return text in value if isinstance(value, list) else isinstance(value, str) and value == text


def _single(value: Any) -> str | None:
    """The text of a claim, or of a list of one; of several nobody could say which is meant."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, str) and value else None


def _bad(file: Path, zh: str, en: str) -> Trouble:
    return Trouble("ISSUERS_BAD", zh=f"签发方文件 {file} {zh}", en=f"{file} {en}")

"""Tokens: who asks, and what becomes of a token that nobody should trust."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey, OKPKey
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from api.auth import ALGORITHMS, BadToken, bearer, issue, load_issuer, read
from api.doorkeeper import Doorkeeper
from api.issuers import Issuers
from ledger.command import Asker, Role
from ledger.fault import Fault
from ledger.names import JurisdictionId, TeacherId
from ledger.store.ledger import Ledger
from ledger.store.trouble import Trouble
from tests.server import ISSUER as KEY
from tests.server import Party, Served, spoken

NOW = int(time.time())
GOOD = {
    "iss": "xuefen", "aud": "xuefen-api", "sub": "staff:wang", "role": "BUREAU",
    "scope": "jurisdiction:330381", "iat": NOW, "exp": NOW + 3600,
}  # fmt: skip


def signed(key: Any = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token with other claims; a claim of ``None`` is left out."""
    kept = {name: value for name, value in (GOOD | claims).items() if value is not None}
    return jwt.encode(header or {"alg": "Ed25519"}, kept, key, algorithms=[*ALGORITHMS, "HS256"])


def unsigned() -> str:
    """A token that says that it needs no signature."""
    body = signed().split(".")[1]
    return f"eyJhbGciOiJub25lIn0.{body}."


def tampered() -> str:
    """A token whose scope was altered after it was signed."""
    head, _, signature = signed().split(".")
    body = signed(scope="jurisdiction:330000").split(".")[1]
    return f"{head}.{body}.{signature}"


def no_claims() -> str:
    """A token, rightly signed, of something that is no claims."""
    return jws.serialize_compact({"alg": "Ed25519"}, b"[1]", KEY, algorithms=ALGORITHMS)


def nested(kept: int) -> str:
    """A token of which one part is nested deeper than Python reads."""
    deep = urlsafe_b64encode(b'{"iss":' + b"[" * 5_000).decode().rstrip("=")
    parts = signed().split(".")
    parts[1 - kept] = deep
    return ".".join(parts)


BAD = {
    "expired": signed(exp=NOW - 3600),
    "never expires": signed(exp=None),
    "not yet valid": signed(nbf=NOW + 3600),
    "issued in the future": signed(iat=NOW + 3600),
    "another key": signed(OKPKey.generate_key("Ed25519")),
    "no algorithm": unsigned(),
    "a shared secret": signed(
        OctKey.import_key(json.dumps(KEY.as_dict(private=False))), {"alg": "HS256"}
    ),
    "another audience": signed(aud="elsewhere"),
    "no audience": signed(aud=None),
    "another issuer": signed(iss="elsewhere"),
    "tampered": tampered(),
    "no subject": signed(sub=None),
    "no role": signed(role=None),
    "no scope": signed(scope=None),
    "an unknown role": signed(role="KING"),
    "a role that is no text": signed(role=["BUREAU"]),
    "the public's role": signed(role="PUBLIC", scope="ledger:public"),
    "a scope of another kind": signed(scope="teacher:lin"),
    "a malformed scope": signed(scope="jurisdiction:"),
    "a scope that is no text": signed(scope=["jurisdiction:330381"]),
    "a subject that is no name": signed(sub="wang"),
    "an unknown channel": signed(channel="PIGEON"),
    "a time that is no number": signed(exp="tomorrow"),
    "no claims": no_claims(),
    "nested without end": nested(0),
    "a header nested without end": nested(1),
    "nonsense": "nonsense",
    "dots": "..",
    "empty parts": "a.b.c",
}


def test_a_token_names_its_actor_role_and_scope() -> None:
    asker = Asker(actor="staff:wang", role=Role.BUREAU, scope=JurisdictionId("jurisdiction:330381"))

    assert read(KEY, issue(KEY, asker, valid=timedelta(minutes=5))) == asker


@pytest.mark.parametrize("token", BAD.values(), ids=BAD)
def test_a_token_that_cannot_be_trusted_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        read(KEY, token)


@pytest.mark.parametrize("token", BAD.values(), ids=BAD)
def test_over_http_it_is_answered_with_401_and_a_code(quiet: Served, token: str) -> None:
    response = Party(quiet, token).post("{ head }")

    [error] = response.json()["errors"]
    spoken(error["extensions"])
    assert "_error" not in error["message"]
    assert (response.status_code, error["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("value", ["Basic dTpw", "Bearer", "nonsense", "Bearer a b"])
def test_what_is_no_bearer_token_is_refused_too(quiet: Served, value: str) -> None:
    response = quiet.client.post(
        "/graphql", json={"query": "{ head }"}, headers={"authorization": value}
    )

    assert response.status_code == 401


@pytest.mark.parametrize("name", ["authorization", "Authorization"])
@pytest.mark.parametrize("value", ["Bearer " + BAD["tampered"], "Basic x", 5, ["x"]])
def test_over_websocket_it_closes_with_4403(quiet: Served, name: str, value: Any) -> None:
    with connect(
        quiet.url.replace("http", "ws") + "/graphql", subprotocols=["graphql-transport-ws"]
    ) as socket:
        socket.send(json.dumps({"type": "connection_init", "payload": {name: value}}))
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)

        assert socket.close_code == 4403
        assert socket.close_reason
        assert "令牌" in socket.close_reason
        assert not socket.close_reason.endswith((":", " "))


def test_without_a_token_one_is_the_public() -> None:
    assert bearer(None) is None
    assert (
        asyncio.run(Doorkeeper(Issuers(own=KEY), cast(Ledger, None)).asker(None)).role
        is Role.PUBLIC
    )


def test_a_token_is_not_issued_for_a_scope_of_another_kind() -> None:
    asker = Asker(actor="staff:wang", role=Role.BUREAU, scope=TeacherId("teacher:lin"))

    with pytest.raises(Fault) as caught:
        issue(KEY, asker, valid=timedelta(minutes=5))
    assert caught.value.code == "BAD_SCOPE"


def test_the_issuer_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    file = tmp_path / "issuer.jwk"

    assert load_issuer(file).as_dict(private=True) == load_issuer(file).as_dict(private=True)
    assert file.stat().st_mode & 0o077 == 0


PUBLIC_PART = json.dumps(KEY.as_dict(private=False))
OTHER_CURVE = json.dumps(OKPKey.generate_key("X25519").as_dict(private=True))
DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "null", "nonsense", '{"kty": "RSA"}', PUBLIC_PART, OTHER_CURVE, DEEP],
    ids=lambda each: each[:20],
)
def test_a_file_that_holds_no_key_is_trouble(tmp_path: Path, content: str) -> None:
    file = tmp_path / "issuer.jwk"
    file.write_text(content)

    with pytest.raises(Trouble) as caught:
        load_issuer(file)
    assert caught.value.code == "ISSUER_KEY_BAD"


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "issuer.jwk").mkdir()

    with pytest.raises(Trouble) as caught:
        load_issuer(tmp_path / "issuer.jwk")
    assert caught.value.code == "ISSUER_KEY_BAD"


def test_programs_that_start_at_once_make_one_signing_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(load_issuer, [tmp_path / "issuer.jwk"] * 32))

    assert len({key.thumbprint() for key in made}) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["issuer.jwk"]

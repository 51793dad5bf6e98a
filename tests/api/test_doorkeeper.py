"""Tokens of outside issuers: whose are taken, what their claims make, and how keys change."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from api.auth import PUBLIC, BadToken
from api.doorkeeper import PLACED_SECONDS, Doorkeeper
from api.issuers import Issuers
from api.keyring import (
    AGAIN_SECONDS_MIN,
    BYTES_MAX,
    FRESH_SECONDS_MAX,
    RENEW_SECONDS,
    STALE_SECONDS_MAX,
    Keyring,
)
from api.outsider import Outsider, outsiders
from ledger.command import Role
from ledger.names import SchoolId
from ledger.store.ledger import Ledger
from ledger.store.trouble import Trouble
from ledger.transfer import TransferTeacher
from tests.cast import COUNTY_SCHOOL, HANGZHOU, LIN, RUIAN, SCHOOL, UNIVERSITY, ZHOU
from tests.matrix import CANARY, strange
from tests.server import ISSUER, Party, Served, serving
from tests.town import KEY, OPERATOR, Hand, database, registered, tell

NOW = int(time.time())
ISS = "https://login.example/realms/wz"
RSA = RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "e1", "alg": "ES256"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "o1"})
FILE = """
[[issuer]]
name = "wz"
iss = "{iss}"
audience = ["xuefen-api"]
{keys}
{more}
within = "jurisdiction:330300"
actor_claim = "employee"

[[issuer.grants]]
role = "OPERATOR"
scope = "ledger:xuefen"
when = {{ roles = "xuefen-operator" }}

[[issuer.grants]]
role = "BUREAU"
scope_claim = "place"
when = {{ roles = "officer" }}

[[issuer.grants]]
role = "SCHOOL"
scope_claim = "org.school"
when = {{ roles = "head" }}

[[issuer.grants]]
role = "TEACHER"
scope_claim = "teacher"

[[issuer.grants]]
role = "PROVIDER"
scope_claim = "provider"
"""


def written(folder: Path, keys: str = "", *, iss: str = ISS, more: str = "") -> Path:
    """A file of one issuer."""
    file = folder / "issuers.toml"
    file.write_text(FILE.format(iss=iss, keys=keys, more=more))
    return file


def public(*keys: Key) -> bytes:
    """A set of their public halves."""
    return json.dumps({"keys": [each.as_dict(private=False) for each in keys]}).encode()


def keeper_of(issuers: Issuers, ledger: Ledger | None = None) -> Doorkeeper:
    """A doorkeeper; without a ledger where no token is looked up there."""
    return Doorkeeper(issuers, cast(Ledger, ledger))


def of_file(folder: Path, *keys: Key, more: str = "", ledger: Ledger | None = None) -> Doorkeeper:
    """A doorkeeper who knows one issuer by a file of keys."""
    (folder / "keys.json").write_bytes(public(*keys))
    file = written(folder, f'keys_file = "{folder / "keys.json"}"', more=more)
    return keeper_of(Issuers(outside=outsiders(file)), ledger)


@pytest.fixture(scope="module")
def town(postgres_url: str, founded_template: str) -> Iterator[Ledger]:
    """A ledger that knows the schools, providers and teachers of a county, and of another city."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as ledger:
        tell(ledger, registered())
        tell(ledger, [strange(each, CANARY, HANGZHOU) for each in registered()[1:]])
        yield ledger


def token(key: Any = RSA, alg: str = "RS256", header: Any = None, **claims: Any) -> str:
    """A token of the issuer; a claim of ``None`` is left out."""
    good = {"iss": ISS, "aud": "xuefen-api", "sub": "u-1", "exp": NOW + 600, "iat": NOW}
    kept = {name: value for name, value in (good | claims).items() if value is not None}
    head = {"alg": alg, "kid": key.kid} | (header or {})
    named = {name: value for name, value in head.items() if value is not None}
    return jwt.encode(named, kept, key, algorithms=[alg])


def let_in(keeper: Doorkeeper, *tokens: str) -> list[Any]:
    """Who each token lets in, in one loop; the error where it is none."""

    async def ask() -> list[Any]:
        found = [keeper.admit(f"Bearer {each}") for each in tokens]
        return await asyncio.gather(*found, return_exceptions=True)

    return asyncio.run(ask())


OFFICER = {"roles": ["officer"], "place": "330381", "employee": "0042"}


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")])
def test_a_token_of_a_named_issuer_is_taken(tmp_path: Path, key: Any, alg: str) -> None:
    [one] = let_in(of_file(tmp_path, RSA, EC, OKP), token(key, alg, **OFFICER))

    assert (one.asker.role, one.asker.scope, one.asker.actor) == (
        Role.BUREAU, RUIAN, "staff:wz.0042",
    )  # fmt: skip
    assert one.until == NOW + 600


@pytest.mark.filterwarnings("ignore:EdDSA")  # the library's, as the token is signed
@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_both_words_for_edwards_curves_are_known(tmp_path: Path, alg: str) -> None:
    [one] = let_in(of_file(tmp_path, OKP), token(OKP, alg, **OFFICER))

    assert one.asker.role is Role.BUREAU


CLAIMS: dict[str, tuple[dict[str, Any], tuple[Role, str]]] = {
    "a bureau": (OFFICER, (Role.BUREAU, RUIAN)),
    "the whole name": (OFFICER | {"place": str(RUIAN)}, (Role.BUREAU, RUIAN)),
    "a way that leads in": ({"roles": ["head"], "org": {"school": SCHOOL}}, (Role.SCHOOL, SCHOOL)),
    "a teacher": ({"teacher": "lin"}, (Role.TEACHER, "teacher:lin")),
    "a provider": ({"provider": COUNTY_SCHOOL.value}, (Role.PROVIDER, COUNTY_SCHOOL)),
    "an operator": ({"roles": "xuefen-operator"}, (Role.OPERATOR, "ledger:xuefen")),
}  # fmt: skip
NOBODY: dict[str, dict[str, Any]] = {
    "no claim at all": {},
    "a role without its scope": {"roles": ["officer"]},
    "a scope without its role": {"place": "330381"},
    "two places": OFFICER | {"place": ["330381", "330382"]},
    "a place outside": OFFICER | {"place": "330100"},
    "the province": OFFICER | {"place": "330000"},
    "another province": OFFICER | {"place": "990000"},
    "a scope of another kind": OFFICER | {"place": "school:anyang-primary"},
    "a kind that is none": OFFICER | {"place": "king:330381"},
    "a malformed place": OFFICER | {"place": "330381 "},
    "a school outside": {"roles": ["head"], "org": {"school": f"{CANARY}-{SCHOOL.value}"}},
    "a school that is not there": {"roles": ["head"], "org": {"school": "school:nothing"}},
    "a provider outside": {"provider": f"{CANARY}-{COUNTY_SCHOOL.value}"},
    "a provider of the province": {"provider": UNIVERSITY.value},
    "a teacher outside": {"teacher": f"{CANARY}-{LIN.value}"},
    "a teacher who is not there": {"teacher": "nobody"},
    "a number": OFFICER | {"place": 330381},
    "an object": OFFICER | {"place": {"330381": True}},
    "a part of a role": OFFICER | {"roles": ["officers"]},
    "a role within a text": OFFICER | {"roles": "not an officer"},
    "a role as a key": OFFICER | {"roles": {"officer": True}},
    "our own claims": {"role": "OPERATOR", "scope": "ledger:xuefen"},
    "a way through a text": {"roles": ["head"], "org": "school"},
}


@pytest.mark.parametrize(("claims", "wanted"), CLAIMS.values(), ids=CLAIMS)
def test_claims_make_a_role_and_its_scope(
    tmp_path: Path, town: Ledger, claims: dict[str, Any], wanted: tuple[Role, str]
) -> None:
    [one] = let_in(of_file(tmp_path, RSA, ledger=town), token(**claims))

    assert (one.asker.role, str(one.asker.scope)) == (wanted[0], str(wanted[1]))


@pytest.mark.parametrize("claims", NOBODY.values(), ids=NOBODY)
def test_who_fits_no_grant_is_the_public(
    tmp_path: Path, town: Ledger, claims: dict[str, Any]
) -> None:
    [one] = let_in(of_file(tmp_path, RSA, ledger=town), token(**claims))

    assert one.asker == PUBLIC


def test_who_moves_out_of_the_place_is_the_public_within_a_minute(
    tmp_path: Path, town: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = of_file(tmp_path, RSA, ledger=town)
    shown = token(teacher="zhou")
    [before] = let_in(keeper, shown)
    away = TransferTeacher(
        teacher=ZHOU, school=SchoolId(f"school:{CANARY}-{SCHOOL.value}"), since=date(2024, 3, 18)
    )
    assert town.ask([away], OPERATOR).outcomes[0].accepted
    [soon] = let_in(keeper, shown)
    monkeypatch.setattr(keeper._known, "_clock", lambda: time.time() + PLACED_SECONDS + 1)
    [after] = let_in(keeper, shown)

    assert before.asker.role is soon.asker.role is Role.TEACHER
    assert after.asker == PUBLIC


def test_without_within_nobody_is_looked_up(tmp_path: Path) -> None:
    file = written(tmp_path, f'keys_file = "{tmp_path / "keys.json"}"')
    file.write_text(file.read_text().replace('within = "jurisdiction:330300"', ""))
    (tmp_path / "keys.json").write_bytes(public(RSA))
    [one] = let_in(keeper_of(Issuers(outside=outsiders(file))), token(teacher="nobody"))

    assert str(one.asker.scope) == "teacher:nobody"


def test_an_actor_is_called_by_a_digest_where_no_name_of_an_account_fits(
    tmp_path: Path, town: Ledger
) -> None:
    keeper = of_file(tmp_path, RSA, ledger=town)
    mail, same, other = let_in(
        keeper,
        token(**OFFICER | {"employee": "lin@example.org"}),
        token(**OFFICER | {"employee": None}),
        token(**OFFICER | {"employee": None, "sub": "u-2"}),
    )

    assert mail.asker.actor == same.asker.actor != other.asker.actor
    assert mail.asker.actor.startswith("staff:wz.")
    assert "lin" not in mail.asker.actor
    [teacher] = let_in(keeper, token(teacher="lin", employee="0042"))
    assert teacher.asker.actor == "teacher:lin"


STRANGER = RSAKey.generate_key(2048, {"kid": "r1"})
BAD: dict[str, str] = {
    "another key under the same name": token(STRANGER, **OFFICER),
    "an unknown kid": token(header={"kid": "r9"}, **OFFICER),
    "another audience": token(aud="elsewhere", **OFFICER),
    "no audience": token(aud=None, **OFFICER),
    "expired": token(exp=NOW - 60, **OFFICER),
    "no expiry": token(exp=None, **OFFICER),
    "not yet": token(nbf=NOW + 3600, **OFFICER),
    "of the future": token(iat=NOW + 3600, **OFFICER),
    "no subject": token(sub=None, **OFFICER),
    "a subject that is no text": token(sub=5, **OFFICER),
    "another issuer": token(iss="https://elsewhere.example", **OFFICER),
    "an issuer with a slash": token(iss=ISS + "/", **OFFICER),
    "an issuer that is a list": token(iss=[ISS], **OFFICER),
    "an algorithm that is not allowed": token(alg="RS512", **OFFICER),
    "the public key as a secret": token(
        OctKey.import_key(json.dumps(RSA.as_dict(private=False)), {"kid": "r1"}),
        "HS256",
        **OFFICER,
    ),
    "no algorithm": "eyJhbGciOiJub25lIn0." + token(**OFFICER).split(".")[1] + ".",
    "something critical": token(header={"crit": ["b64"], "b64": False}, **OFFICER),
    "our own issuer": token(iss="xuefen", **OFFICER),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_token_that_cannot_be_trusted_is_refused(tmp_path: Path, bad: str) -> None:
    [said] = let_in(of_file(tmp_path, RSA, more='algorithms = ["RS256"]'), bad)

    assert isinstance(said, BadToken)
    assert said.zh.startswith("令牌无效：")


@pytest.mark.parametrize(("late", "taken"), [(-20, True), (-45, False)])
def test_clocks_may_differ_by_the_leeway(tmp_path: Path, late: int, taken: bool) -> None:
    keeper = of_file(tmp_path, RSA, more="leeway_seconds = 30")
    [said] = let_in(keeper, token(exp=int(time.time()) + late, **OFFICER))

    assert isinstance(said, BadToken) is not taken


def test_the_type_has_to_be_as_the_operator_says(tmp_path: Path) -> None:
    keeper = of_file(tmp_path, RSA, more='type = "at+jwt"')
    plain, access, long = let_in(
        keeper,
        token(header={"typ": "JWT"}, **OFFICER),
        token(header={"typ": "AT+jwt"}, **OFFICER),
        token(header={"typ": "application/at+jwt"}, **OFFICER),
    )

    assert isinstance(plain, BadToken)
    assert access.asker.role is long.asker.role is Role.BUREAU


def test_a_token_without_kid_is_taken_where_one_key_could_be_meant(tmp_path: Path) -> None:
    bare = token(header={"kid": None}, **OFFICER)
    [one] = let_in(of_file(tmp_path, RSA, EC), bare)
    [none] = let_in(of_file(tmp_path, RSA, RSAKey.generate_key(2048)), bare)

    assert one.asker.role is Role.BUREAU
    assert isinstance(none, BadToken)


def test_shared_secrets_and_keys_for_encryption_in_a_set_are_passed_over(tmp_path: Path) -> None:
    secret = OctKey.import_key("a secret of a good length, of 40 letters", {"kid": "s"})
    closed = RSAKey.generate_key(2048, {"kid": "c"})
    keeper = of_file(tmp_path, RSA)
    keys = [
        secret.as_dict(private=True),
        closed.as_dict(private=False) | {"use": "enc"},
        {"kty": "X"},
        {"kty": "RSA"},
    ]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [*keys, RSA.as_dict(private=False)]}))
    said = let_in(
        keeper, token(secret, "HS256", **OFFICER), token(closed, **OFFICER), token(**OFFICER)
    )

    assert [isinstance(each, BadToken) for each in said] == [True, True, False]


Answer = tuple[int, bytes, dict[str, str]]


@contextmanager
def issuing(answer: Callable[[str], Answer]) -> Iterator[tuple[str, list[str]]]:
    """An issuer's server: its address, and the paths that were asked."""
    asked: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, body, headers = answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_keys_are_found_by_discovery(tmp_path: Path) -> None:
    said: dict[str, Any] = {}

    def answer(path: str) -> Answer:
        return (200, public(RSA) if path == "/keys" else json.dumps(said).encode(), {})

    with issuing(answer) as (address, asked):
        found = outsiders(written(tmp_path, iss=address), development=True)
        said |= {"issuer": address, "jwks_uri": f"{address}/keys"}
        [one] = let_in(keeper_of(Issuers(outside=found)), token(iss=address, **OFFICER))

        assert one.asker.role is Role.BUREAU
        assert asked == ["/.well-known/openid-configuration", "/keys"]
        for wrong in (
            {"issuer": "https://other.example"},
            {"jwks_uri": "file:///etc/passwd"},
            {"issuer": 5},
        ):
            said |= {"issuer": address, "jwks_uri": f"{address}/keys"} | wrong
            [none] = let_in(keeper_of(Issuers(outside=found)), token(iss=address, **OFFICER))
            assert isinstance(none, BadToken)


def test_a_token_chooses_no_address_and_nobody_is_followed(tmp_path: Path) -> None:
    def moved(path: str) -> Answer:
        if path == "/keys":
            return 302, b"", {"location": "/inside"}
        return 200, public(STRANGER), {}

    with issuing(moved) as (address, asked):
        found = outsiders(written(tmp_path, f'keys_url = "{address}/keys"'), development=True)
        for name in ("jku", "x5u"):
            forged = token(STRANGER, header={name: f"{address}/forged"}, **OFFICER)
            [said] = let_in(keeper_of(Issuers(outside=found)), forged)
            assert isinstance(said, BadToken)
        forged = token(STRANGER, header={"jwk": STRANGER.as_dict(private=False)}, **OFFICER)
        [said] = let_in(keeper_of(Issuers(outside=found)), forged)
        elsewhere = token(STRANGER, iss=f"{address}/forged", **OFFICER)
        [other] = let_in(keeper_of(Issuers(outside=found)), elsewhere)

    assert isinstance(said, BadToken)
    assert isinstance(other, BadToken)
    assert set(asked) == {"/keys"}


NONSENSE = {
    "broken": (500, b""),
    "empty": (200, b""),
    "nested": (200, b"[" * 9_000),
    "no list": (200, b'{"keys": 5}'),
    "no keys": (200, b'{"keys": [{}, 5]}'),
    "too large": (200, b" " * (BYTES_MAX + 1)),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_an_issuer_that_answers_nonsense_lets_nobody_in(
    tmp_path: Path, answer: tuple[int, bytes]
) -> None:
    with issuing(lambda _: (*answer, {})) as (address, _):
        found = outsiders(written(tmp_path, f'keys_url = "{address}/keys"'), development=True)
        [said] = let_in(keeper_of(Issuers(outside=found)), token(**OFFICER))

    assert isinstance(said, BadToken)


class Source:
    """Where a keyring reads from, counted; ``now`` is its clock."""

    def __init__(self, *keys: Key) -> None:
        self.keys, self.reads, self.now, self.away = keys, 0, 0.0, False

    def __call__(self) -> bytes:
        self.reads += 1
        if self.away:
            raise OSError("away")
        return public(*self.keys)

    def ring(self) -> Keyring:
        """A keyring over it."""
        return Keyring(self, "wz", lambda: self.now)


def test_a_thousand_unknown_kids_ask_the_issuer_once() -> None:
    source = Source(RSA)

    async def storm() -> None:
        ring = source.ring()
        await asyncio.gather(*(ring.find(f"k{each}", "RS256") for each in range(500)))
        assert source.reads == 1
        for each in range(500):
            assert await ring.find(f"j{each}", "RS256") is None
        assert await ring.find("r1", "RS256") is not None
        assert source.reads == 1
        source.now += AGAIN_SECONDS_MIN
        await ring.find("k0", "RS256")
        assert source.reads == 2

    asyncio.run(storm())


def test_a_new_key_is_found_and_an_old_one_forgotten() -> None:
    source = Source(RSA)

    async def turn() -> None:
        ring = source.ring()
        assert await ring.find("r1", "RS256")
        source.keys = (EC,)
        source.now += AGAIN_SECONDS_MIN
        assert await ring.find("e1", "ES256")
        assert await ring.find("r1", "RS256") is None

    asyncio.run(turn())


def test_a_key_that_was_taken_back_is_forgotten_though_nobody_names_another() -> None:
    source = Source(RSA)

    async def turn() -> None:
        ring = source.ring()
        assert await ring.find("r1", "RS256")
        source.keys, source.now = (EC,), RENEW_SECONDS + 1
        assert await ring.find("r1", "RS256")  # who comes first does not wait
        assert ring._task is not None
        await ring._task
        assert await ring.find("r1", "RS256") is None

    asyncio.run(turn())


def test_nobody_is_let_in_by_keys_that_were_looked_up_long_ago() -> None:
    source = Source(RSA)

    async def turn() -> None:
        ring = source.ring()
        assert await ring.find("r1", "RS256")
        source.keys, source.now = (EC,), FRESH_SECONDS_MAX + 1
        assert await ring.find("r1", "RS256") is None

    asyncio.run(turn())


def test_a_key_that_is_no_longer_in_the_file_lets_nobody_in(
    produced: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.keyring.STAMP_SECONDS", 0.0)
    old = Party(produced, token(roles="xuefen-operator"))
    new = Party(produced, token(EC, "ES256", roles="xuefen-operator"))
    assert (old.post("{ head }").status_code, new.post("{ head }").status_code) == (200, 401)

    (tmp_path / "keys.json").write_bytes(public(EC))
    assert (old.post("{ head }").status_code, new.post("{ head }").status_code) == (401, 200)

    (tmp_path / "next.json").write_bytes(public(RSA))
    (tmp_path / "next.json").replace(tmp_path / "keys.json")
    assert (old.post("{ head }").status_code, new.post("{ head }").status_code) == (200, 401)

    (tmp_path / "keys.json").write_bytes(b"{half of")  # somebody is writing it
    assert old.post("{ head }").status_code == 200


def test_known_keys_serve_while_the_issuer_is_away_but_not_for_ever() -> None:
    source = Source(RSA)

    async def wait() -> None:
        ring = source.ring()
        assert await ring.find("r1", "RS256")
        source.away, source.now = True, FRESH_SECONDS_MAX * 2
        assert await ring.find("r1", "RS256")
        assert await ring.find("r9", "RS256") is None
        source.now = STALE_SECONDS_MAX + 1
        assert await ring.find("r1", "RS256") is None

    asyncio.run(wait())


WRONG = {
    "HS256": ('algorithms = ["RS256", "HS256"]', "algorithms"),
    "none": ('algorithms = ["none"]', "algorithms"),
    "http": ('keys_url = "http://login.example/keys"', "https"),
    "a file and an address": ('keys_url = "https://a.example"\nkeys_file = "/x"', "not both"),
    "leeway": ("leeway_seconds = 3600", "leeway_seconds"),
    "an unknown word": ('alg = "RS256"', "alg"),
}


@pytest.mark.parametrize(("more", "word"), WRONG.values(), ids=WRONG)
def test_a_file_that_would_open_too_much_is_refused(tmp_path: Path, more: str, word: str) -> None:
    with pytest.raises(Trouble, match=word) as caught:
        outsiders(written(tmp_path, more=more))
    assert caught.value.code == "ISSUERS_BAD"


GRANTS = {
    'role = "PUBLIC"\nscope_claim = "x"': "PUBLIC",
    'role = "KING"\nscope_claim = "x"': "KING",
    'role = "BUREAU"': "scope",
    'role = "BUREAU"\nscope = "jurisdiction:330381"\nscope_claim = "x"': "scope",
    'role = "BUREAU"\nscope = "jurisdiction:330381"': "when",
    'role = "OPERATOR"\nscope_claim = "x"': "fixed",
    'role = "BUREAU"\nscope = "school:x"\nwhen = { a = "b" }': "fit",
}


@pytest.mark.parametrize(("grant", "word"), GRANTS.items(), ids=range(len(GRANTS)))
def test_a_grant_that_would_give_too_much_is_refused(tmp_path: Path, grant: str, word: str) -> None:
    file = tmp_path / "issuers.toml"
    file.write_text(
        f'[[issuer]]\nname = "a"\niss = "{ISS}"\naudience = ["x"]\n[[issuer.grants]]\n{grant}\n'
    )
    with pytest.raises(Trouble, match=word):
        outsiders(file)


def test_two_issuers_have_each_their_own_keys(tmp_path: Path) -> None:
    other = "https://other.example"
    (tmp_path / "a.json").write_bytes(public(RSA))
    (tmp_path / "b.json").write_bytes(public(STRANGER))
    one = outsiders(written(tmp_path, f'keys_file = "{tmp_path / "a.json"}"'))[0]
    keys = {each: getattr(one, each) for each in one.__struct_fields__}
    two = Outsider(**keys | {"name": "b", "iss": other, "keys_file": str(tmp_path / "b.json")})
    mine, theirs, forged = let_in(
        keeper_of(Issuers(outside=(one, two))),
        token(**OFFICER),
        token(STRANGER, iss=other, **OFFICER),
        token(STRANGER, **OFFICER),
    )

    assert (mine.asker.actor, theirs.asker.actor) == ("staff:wz.0042", "staff:b.0042")
    assert isinstance(forged, BadToken)


@pytest.fixture
def produced(founded_url: str, tmp_path: Path) -> Iterator[Served]:
    """A server in production, which knows one outside issuer."""
    (tmp_path / "keys.json").write_bytes(public(RSA))
    found = outsiders(written(tmp_path, f'keys_file = "{tmp_path / "keys.json"}"'))
    with serving(founded_url, tmp_path, issuers=Issuers(outside=found)) as server:
        yield server


def test_a_server_in_production_takes_outside_tokens_and_none_of_our_own(produced: Served) -> None:
    ours = produced.operator.post("{ head }")
    theirs = Party(produced, token(roles="xuefen-operator"))

    assert ours.status_code == 401
    assert "production" in ours.json()["errors"][0]["extensions"]["en"]
    assert theirs.ask("{ head }")["head"] == produced.head
    assert theirs.ask("{ history(first: 1) { edges { cursor } } }")["history"]["edges"]
    export = {"what": "teachers", "format": "jsonl"}
    for asker, status in ((produced.operator, 401), (theirs, 200)):
        got = produced.client.post("/exports", json=export, headers=asker.headers)
        assert got.status_code == status


def test_the_key_of_our_own_issuer_is_not_what_makes_the_difference(produced: Served) -> None:
    claims = {"iss": ISS, "aud": "xuefen-api", "sub": "x", "exp": NOW + 60}
    forged = jwt.encode({"alg": "Ed25519"}, claims, ISSUER, algorithms=["Ed25519"])

    assert Party(produced, forged).post("{ head }").status_code == 401


def test_the_example_in_the_guide_is_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "access.md").read_text()
    file = tmp_path / "issuers.toml"
    file.write_text(page.split("```toml\n")[1].split("```")[0])
    [issuer] = outsiders(file)

    assert [each.role for each in issuer.grants] == [
        Role.AUDITOR, Role.BUREAU, Role.SCHOOL, Role.TEACHER,
    ]  # fmt: skip
    head = {"sub": "1", "org": {"position": "head", "school": "anyang-primary"}}
    assert str(issuer.asker(head, lambda _: RUIAN).scope) == "school:anyang-primary"

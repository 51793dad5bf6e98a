"""A token is verified once: who was let in is known again, until it expires or its key goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from api import keyring
from api.acquaintance import Acquaintance, Acquaintances
from api.auth import LEEWAY_SECONDS, PUBLIC, Admitted, BadToken
from api.doorkeeper import Doorkeeper
from api.issuers import Issuers
from ledger.command import Role
from tests.api.test_auth import NOW, signed
from tests.api.test_doorkeeper import OFFICER, RSA, keeper_of, let_in, of_file, public, token
from tests.server import ISSUER


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signatures were checked."""
    checked: list[str] = []
    decode = jwt.decode

    def counted(value: Any, *more: Any, **named: Any) -> Any:
        checked.append(value)
        return decode(value, *more, **named)

    monkeypatch.setattr(jwt, "decode", counted)
    return checked


@pytest.mark.parametrize("own", [True, False])
def test_a_signature_is_checked_once(tmp_path: Path, verified: list[str], own: bool) -> None:
    keeper = keeper_of(Issuers(own=ISSUER)) if own else of_file(tmp_path, RSA)
    shown = signed() if own else token(**OFFICER)

    async def ask() -> list[Role]:
        return [(await keeper.admit(f"Bearer {shown}")).asker.role for _ in range(3)]

    assert asyncio.run(ask()) == [Role.BUREAU] * 3
    assert verified == [shown]


def test_a_token_that_differs_by_a_letter_is_another(verified: list[str]) -> None:
    keeper, shown = keeper_of(Issuers(own=ISSUER)), signed()
    forged = shown[:-2] + ("A" if shown[-2] != "A" else "B") + shown[-1]

    first, second = let_in(keeper, shown, forged)

    assert first.asker.role is Role.BUREAU
    assert isinstance(second, BadToken)
    assert len(verified) == 2


def test_what_was_refused_is_not_known(verified: list[str]) -> None:
    keeper, late = keeper_of(Issuers(own=ISSUER)), signed(exp=NOW - 3600)

    assert all(isinstance(each, BadToken) for each in let_in(keeper, late, late))
    assert len(verified) == 2


def clocked(start: float = 1_000.0) -> tuple[list[float], Callable[[], float]]:
    """A clock that is set by hand."""
    at = [start]
    return at, lambda: at[0]


def test_who_is_known_is_forgotten_when_the_token_expires() -> None:
    at, clock = clocked()
    known = Acquaintances(clock=clock)
    known.keep("t", Acquaintance(Admitted(asker=PUBLIC, until=1_100), 1_100.0 + LEEWAY_SECONDS))

    def found(now: float) -> bool:
        at[0] = now
        return asyncio.run(known.find("t")) is not None

    assert found(1_100.0 + LEEWAY_SECONDS)
    assert not found(1_100.5 + LEEWAY_SECONDS)
    assert not found(1_000.0)  # it does not come back with the clock


def test_no_more_are_known_than_so_many_and_the_one_asked_last_stays() -> None:
    known = Acquaintances(most=2)
    one = Acquaintance(Admitted(asker=PUBLIC), time.time() + 60)
    for name in ("a", "b"):
        known.keep(name, one)
    asyncio.run(known.find("a"))
    known.keep("c", one)

    assert [asyncio.run(known.find(each)) is not None for each in "abc"] == [True, False, True]


def test_with_a_key_goes_what_it_had_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "RENEW_SECONDS", -1.0)
    monkeypatch.setattr(keyring, "AGAIN_SECONDS_MIN", -1.0)
    keeper, shown = of_file(tmp_path, RSA), token(**OFFICER)
    other = RSAKey.generate_key(2048, {"kid": "r2"})

    async def renewed(keeper: Doorkeeper) -> None:
        """Lets the keyring look again, in the background as it does."""
        await keeper.admit(f"Bearer {shown}")
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)

    async def story() -> None:
        await renewed(keeper)
        (tmp_path / "keys.json").write_bytes(public(other))
        await renewed(keeper)
        with pytest.raises(BadToken):
            await keeper.admit(f"Bearer {shown}")

    asyncio.run(story())

"""A service token that is revoked ends what is open by it at once, in every process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg_pool import PoolTimeout

from api.auth import BadToken
from api.export import Taken
from api.revocation import Revocations
from api.stream import connection as connections
from api.stream.line import Line
from api.stream.operation import Operation
from api.stream.streams import Streams
from ledger.command import Asker, Role
from ledger.names import KINDS
from ledger.store.feed import Feed
from ledger.store.trouble import Trouble
from tests.api.test_service_token import issued, revoke
from tests.api.test_stream import closed, heard, say, socket, subscribe
from tests.api.test_stream_events import EVENTS, TOKEN, events, operate, reserved
from tests.api.test_subscription import CHANGES
from tests.cast import RUIAN
from tests.server import Party, Served, serving

EXPORT = {"what": "history", "format": "jsonl"}


@pytest.fixture
def elsewhere(served: Served, tmp_path: Path) -> Iterator[Served]:
    """Another server on the same ledger."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with serving(served.house.ledger.url, folder) as other:
        yield other


async def revoked(served: Served) -> None:
    await asyncio.to_thread(revoke, served)


@pytest.mark.parametrize("following", [True, False])
def test_a_socket_is_closed_also_where_another_server_took_the_revocation(
    served: Served, elsewhere: Served, following: bool
) -> None:
    machine = issued(served)

    async def ask() -> tuple[int | None, str | None]:
        async with socket(machine) as client:
            if following:
                await subscribe(client, "x", after=served.head - 1)
                await heard(client)
            await revoked(elsewhere)
            return await closed(client), client.close_reason

    code, reason = asyncio.run(ask())
    assert code == 4403
    assert "吊销" in (reason or "")


def test_a_stream_of_events_ends_with_the_reason(served: Served) -> None:
    machine = issued(served)
    body = {"query": CHANGES, "variables": {"after": served.head - 1}}
    headers = EVENTS | machine.headers
    with served.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        stream = events(response)
        next(stream)
        revoke(served)
        *_, wrong, end = stream

    assert wrong["data"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert end == {"event": "complete", "data": None}


def test_a_stream_that_was_reserved_ends_with_all_its_operations(served: Served) -> None:
    machine = issued(served)
    token = reserved(machine)
    headers = EVENTS | {TOKEN: token}
    with served.client.stream("GET", "/graphql", headers=headers) as response:
        stream = events(response)
        for number in ("a", "b"):
            assert operate(machine, token, number, after=served.head).status_code == 202
        revoke(served)
        found = list(stream)

    payloads = [each["data"]["payload"] for each in found if each["event"] == "next"]
    errors = [each["errors"] for each in payloads if "errors" in each]  # others are the event
    assert [each[0]["extensions"]["code"] for each in errors] == ["UNAUTHENTICATED"] * 2
    assert operate(machine, token, "c").status_code == 401


def test_others_stay_when_one_is_revoked(served: Served) -> None:
    one, other = issued(served), issued(served, "lms")

    async def ask() -> list[Any]:
        async with socket(one) as first, socket(other) as second:
            await revoked(served)
            await closed(first)
            await say(second, id="1", type="subscribe", payload={"query": "{ head }"})
            return [(await heard(second))["type"] for _ in range(2)]

    assert asyncio.run(ask()) == ["next", "complete"]


def until_known(served: Served, party: Party) -> None:
    """Waits until the server has followed the revocation."""
    asker = "token:hr"
    while asker not in served.streams.revocations._gone:
        party.ask("{ head }")


def test_a_socket_that_is_being_closed_begins_nothing_more(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who does not read what is still to be said has a while in which to say more."""
    real, go, begun = Line.close, threading.Event(), list[str]()

    async def close(line: Line[Any]) -> None:
        await asyncio.to_thread(go.wait, 20)
        await real(line)

    async def follow(_: Streams, operation: Operation, *__: Any) -> None:
        begun.append(operation.query)

    monkeypatch.setattr(Line, "close", close)
    monkeypatch.setattr(Streams, "follow", follow)
    machine = issued(served)

    async def ask() -> None:
        async with socket(machine) as client:
            await revoked(served)
            await asyncio.to_thread(until_known, served, served.operator)
            await say(client, id="1", type="subscribe", payload={"query": "{ head }"})
            await say(client, type="ping")
            assert await heard(client) == {"type": "pong"}
            go.set()
            assert await closed(client) == 4403

    asyncio.run(ask())
    assert not begun


def test_a_file_on_its_way_breaks_off(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, go = issued(served), threading.Event()
    whole = Taken.chunks

    def halves(taken: Taken) -> Iterator[bytes]:
        for chunk in whole(taken):
            yield chunk[:10]
            go.wait()
            yield chunk[10:]

    monkeypatch.setattr(Taken, "chunks", halves)
    client = served.client
    with client.stream("POST", "/exports", json=EXPORT, headers=machine.headers) as response:
        pieces = response.iter_raw()
        assert len(next(pieces)) == 10
        revoke(served)
        until_known(served, served.operator)
        go.set()
        with pytest.raises(httpx.RemoteProtocolError):
            list(pieces)


def test_a_file_that_is_being_made_is_not_handed_out(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, began, go = issued(served), threading.Event(), threading.Event()
    written = __import__("api.export", fromlist=["written"]).written

    def slowly(*given: Any) -> None:
        began.set()
        go.wait()
        written(*given)

    monkeypatch.setattr("api.export.written", slowly)
    answers: list[httpx.Response] = []

    def take() -> None:
        answers.append(httpx.post(f"{served.url}/exports", json=EXPORT, headers=machine.headers))

    thread = threading.Thread(target=take)
    thread.start()
    began.wait()
    revoke(served)
    until_known(served, served.operator)
    go.set()
    thread.join()

    assert answers[0].status_code == 401
    assert answers[0].json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_a_revocation_is_not_missed_while_the_database_is_away(
    served: Served, elsewhere: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, real, failed = issued(served), Feed.follow, threading.Event()
    monkeypatch.setattr("api.revocation.RETRY_SECONDS", 0.01)

    def away(feed: Feed, *given: Any) -> Any:
        if feed is served.house.ledger.feed and not failed.is_set():
            failed.set()
            raise PoolTimeout("away")
        return real(feed, *given)

    monkeypatch.setattr(Feed, "follow", away)

    async def ask() -> int | None:
        async with socket(machine) as client:
            await revoked(elsewhere)
            return await closed(client)

    assert asyncio.run(ask()) == 4403
    assert failed.is_set()


def test_a_socket_is_closed_although_the_database_cannot_be_asked_about_its_token(
    served: Served, elsewhere: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = issued(served)

    def away(*_: Any) -> Any:
        raise PoolTimeout("away")

    async def ask() -> int | None:
        async with socket(machine) as client:
            await subscribe(client, "x", after=served.head - 1)
            await heard(client)
            while not served.streams.revocations._begun.is_set():
                await asyncio.to_thread(served.operator.ask, "{ head }")
            monkeypatch.setattr("api.service_token.standing", away)
            await revoked(elsewhere)
            return await closed(client)

    assert asyncio.run(ask()) == 4403


def test_a_token_is_looked_at_again_soon_where_the_database_was_away(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.streams.SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(connections, "AGAIN_SECONDS", 0.0)
    looks: list[str | None] = []

    async def trust(authorization: str | None) -> Asker:
        looks.append(authorization)
        if len(looks) == 1:
            raise Trouble("DATABASE_UNREACHABLE", zh="连不上", en="away")
        raise BadToken("已失效", "it is over")

    async def ask() -> int | None:
        async with socket(served.operator) as client:
            for each in served.streams.connections:
                each._trust = trust
                each._trusted -= connections.TRUST_SECONDS
            return await closed(client)

    assert asyncio.run(ask()) == 4403
    assert len(looks) == 2


def test_revocations_are_followed_though_all_shared_threads_are_taken(served: Served) -> None:
    go = threading.Event()

    async def follow() -> bool:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        taken = asyncio.create_task(asyncio.to_thread(go.wait, 60))
        await asyncio.sleep(0)  # so that it begins
        revocations = Revocations(served.house.ledger.feed)
        machine = Asker(actor="token:hr", role=Role.INTEGRATOR, scope=KINDS["jurisdiction"](RUIAN))
        try:
            async with asyncio.timeout(10):
                return await revocations.begins(machine)
        finally:
            go.set()
            await taken
            await revocations.close()

    assert asyncio.run(follow())

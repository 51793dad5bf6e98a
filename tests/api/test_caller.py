"""What somebody unknown may say over WebSocket, and how often; raw frames at a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from api.caller import SMALL_FRAMES_MAX
from api.edge.documents import Documents
from api.edge.policy import PUBLIC_BODY_BYTES_MAX, Policy, Who
from api.stream import connection as connections
from api.stream.conversation import SMALL_TALK_CHARACTERS_MAX
from ledger.command import Role
from tests.api.test_stream import PROTOCOL, closed, heard, say, socket, subscribe
from tests.api.test_subscription import TIMEOUT_SECONDS
from tests.cast import RUIAN
from tests.server import BODY_BYTES_MAX, Party, Served, listed, serving, spoken
from tests.town import database

HEAD = "{ head }"
EACH = 6


@pytest.fixture
def sparing(postgres_url: str, founded_template: str, tmp_path: Path) -> Iterator[Served]:
    """A server that takes six requests of each party in a minute."""
    policy = Policy(requests_per_minute=EACH, public_requests_per_minute=EACH)
    with (
        database(postgres_url, founded_template) as own,
        serving(own, tmp_path, policy=policy) as served,
    ):
        yield served


def sized(size: int, **message: Any) -> str:
    """A message of so many bytes, all of which somebody has to read."""
    bare = json.dumps(message | {"payload": message.get("payload", {}) | {"fill": ""}})
    return bare.replace('"fill": ""', f'"fill": "{"x" * (size - len(bare))}"')


async def begun(client: Any, text: str) -> Any:
    """What is said to a beginning."""
    await client.send(text)
    return await heard(client)


def ending(party: Party, *texts: str, init: bool = True) -> tuple[int | None, str | None]:
    """How a socket of a party is closed over messages."""

    async def ask() -> tuple[int | None, str | None]:
        async with socket(party, init=init) as client:
            for each in texts:
                await client.send(each)
            return await closed(client), client.close_reason

    return asyncio.run(ask())


@contextmanager
def nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where nothing that comes is parsed."""
    with monkeypatch.context() as patch:
        patch.setattr("api.app.json.loads", pytest.fail)
        yield


@pytest.mark.parametrize("init", [True, False])
def test_somebody_unknown_sends_no_larger_frame_than_a_body_over_http(
    served: Served, monkeypatch: pytest.MonkeyPatch, init: bool
) -> None:
    large = sized(PUBLIC_BODY_BYTES_MAX + 1, type="connection_init")

    if init:
        assert ending(served.public, large)[0] == 1009
    else:
        with nothing_is_read(monkeypatch):
            assert ending(served.public, large, init=False)[0] == 1009


def test_pieces_of_a_message_are_no_larger_together(served: Served) -> None:
    async def ask() -> int | None:
        async with socket(served.public, init=False) as client:
            with pytest.raises(ConnectionClosed):
                await client.send(["x" * 1024] * 100)
                await client.recv()
            return client.close_code

    assert asyncio.run(ask()) == 1009


def test_a_frame_of_somebody_unknown_may_be_as_large_as_a_body(served: Served) -> None:
    async def ask() -> Any:
        async with socket(served.public, init=False) as client:
            return await begun(client, sized(PUBLIC_BODY_BYTES_MAX, type="connection_init"))

    assert asyncio.run(ask()) == {"type": "connection_ack"}


def test_who_has_shown_a_token_sends_what_a_body_with_one_may_have(served: Served) -> None:
    payload = {"query": HEAD, "variables": {}}
    fits = sized(BODY_BYTES_MAX, type="subscribe", id="x", payload=payload)

    async def ask() -> Any:
        async with socket(served.operator) as client:
            await client.send(fits)
            return await heard(client)

    assert asyncio.run(ask())["payload"]["data"] == {"head": served.head}
    assert ending(served.operator, fits + " ")[0] == 1009


def test_a_token_that_nobody_trusts_widens_nothing(served: Served) -> None:
    async def ask() -> int | None:
        async with socket(served.public, init=False) as client:
            await say(client, type="connection_init", payload={"authorization": "Bearer x"})
            return await closed(client)

    assert asyncio.run(ask()) == 4403


def test_a_stream_of_events_reads_no_body_before_it_knows_who_sent_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.door._json", pytest.fail)
    headers = {"accept": "text/event-stream", "authorization": "Bearer x"}
    large = {"query": HEAD, "variables": {"x": "x" * PUBLIC_BODY_BYTES_MAX}}
    answer = httpx.post(f"{served.url}/graphql", json=large, headers=headers)

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("kind", ["ping", "pong", "complete"])
def test_a_message_that_asks_for_nothing_is_small(served: Served, kind: str) -> None:
    fits = sized(SMALL_TALK_CHARACTERS_MAX, type=kind, id="x")

    code, reason = ending(served.public, fits, fits + " ")
    assert code == 4400 and str(SMALL_TALK_CHARACTERS_MAX) in (reason or "")


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.AUDITOR])
def test_an_operation_over_websocket_counts_as_a_request(sparing: Served, role: Role) -> None:
    party = sparing.party(role, "" if role is Role.PUBLIC else RUIAN)

    async def ask() -> list[Any]:
        async with socket(party) as client:  # which is the first
            said = []
            for number in range(EACH):
                await subscribe(client, str(number), HEAD)
                said.append(await heard(client))
                if said[-1]["type"] == "next":
                    await heard(client)
        return said

    *done, last = asyncio.run(ask())
    assert [each["type"] for each in done] == ["next"] * (EACH - 1)
    assert last["type"] == "error"
    told = last["payload"][0]["extensions"]
    assert told["code"] == "TOO_MANY_REQUESTS" and told["retryAfter"] >= 1
    spoken(told)
    listed(told["code"])
    assert party.post(HEAD).status_code == 429
    assert sparing.party(Role.AUDITOR, RUIAN, "staff:other").post(HEAD).status_code == 200


def test_an_operation_on_a_reserved_stream_counts_as_a_request(sparing: Served) -> None:
    token = sparing.client.put("/graphql").text  # which is the first
    headers = {"x-graphql-event-stream-token": token}
    codes = [
        sparing.client.post(
            "/graphql",
            json={"query": HEAD, "extensions": {"operationId": str(number)}},
            headers=headers,
        ).status_code
        for number in range(EACH)
    ]

    assert codes == [202] * (EACH - 1) + [429]


@pytest.mark.parametrize("kind", ["ping", "pong", "complete"])
def test_what_a_client_says_of_its_own_accord_counts_as_a_request(
    sparing: Served, kind: str
) -> None:
    said = json.dumps({"type": kind, "id": "x"})

    code, reason = ending(sparing.public, *[said] * EACH)
    assert code == 1013 and str(EACH) in (reason or "")


def test_a_token_that_nobody_trusts_counts_as_a_request_of_the_public(sparing: Served) -> None:
    bad = json.dumps({"type": "connection_init", "payload": {"authorization": "Bearer x"}})
    for _ in range(EACH):
        assert ending(sparing.public, bad, init=False)[0] == 4403

    assert sparing.public.post(HEAD).status_code == 429


def test_who_answers_our_pings_and_ends_what_runs_is_not_counted(
    sparing: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.streams.SWEEP_SECONDS", 0.01)

    async def ask() -> Any:
        async with socket(sparing.public) as client:
            # Not before it was acknowledged, which is what is heard first.
            monkeypatch.setattr(connections, "HEARTBEAT_SECONDS", 0.0)
            for _ in range(3 * EACH):
                assert await heard(client) == {"type": "ping"}
                await say(client, type="pong")
            await subscribe(client, "x", HEAD)
            while (said := await heard(client))["type"] == "ping":
                continue
            return said

    assert asyncio.run(ask())["type"] == "next"


def test_many_small_frames_that_are_no_message_end_the_connection(served: Served) -> None:
    async def ask() -> int | None:
        async with socket(served.public) as client:
            one = Frame(Opcode.PONG, b"").serialize(mask=True)
            client.transport.write(one * (SMALL_FRAMES_MAX + 1))
            return await closed(client)

    assert asyncio.run(ask()) == 1008


def test_as_many_small_frames_as_may_come_end_nothing(served: Served) -> None:
    async def ask() -> Any:
        async with socket(served.public) as client:
            one = Frame(Opcode.PONG, b"").serialize(mask=True)
            client.transport.write(one * SMALL_FRAMES_MAX)
            await subscribe(client, "x", HEAD)
            return await heard(client)

    assert asyncio.run(ask())["type"] == "next"


def test_messages_that_come_in_one_piece_are_all_heard_and_in_order(served: Served) -> None:
    count = 1_000

    async def ask() -> list[str]:
        async with socket(served.operator) as client:
            asked = [
                Frame(
                    Opcode.TEXT,
                    json.dumps({"type": "subscribe", "id": str(n), "payload": {"query": HEAD}})
                    .ljust(100)
                    .encode(),
                ).serialize(mask=True)
                for n in range(count)
            ]
            client.transport.write(b"".join(asked))
            found: list[str] = []
            while len(found) < count:
                said = await heard(client)
                if said["type"] in ("next", "error"):
                    found.append(said["id"])
        return found

    assert sorted(map(int, asyncio.run(ask()))) == list(range(count))


def test_documents_that_are_not_kept_are_carried_out_on_no_way(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    policy = Policy(own_documents=Who.NOBODY, documents=Documents({"head": HEAD}))
    own = "{ head __typename }"

    async def asked(party: Party, query: str) -> Any:
        async with socket(party) as client:
            await subscribe(client, "x", query)
            return await heard(client)

    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path, policy=policy) as served,
    ):
        party, headers = served.operator, {"accept": "text/event-stream"} | served.operator.headers
        refused = asyncio.run(asked(party, own))
        assert asyncio.run(asked(party, HEAD))["type"] == "next"
        events = [
            served.client.post("/graphql", json={"query": each}, headers=headers)
            for each in (own, HEAD)
        ]
        token = served.client.put("/graphql", headers=party.headers).text
        reserved = served.client.post(
            "/graphql",
            json={"query": own, "extensions": {"operationId": "x"}},
            headers=party.headers | {"x-graphql-event-stream-token": token},
        )

    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"]["code"] == "DOCUMENTS_ONLY"
    assert [each.status_code for each in (*events, reserved)] == [403, 200, 403]


async def upgraded(party: Party, header: str, payload: dict[str, Any]) -> Any:
    """Whether a socket whose request has a header is known, or the code that closes it.

    The schema is told to nobody who is unknown.
    """
    url = party.served.url.replace("http", "ws") + "/graphql"
    headers = {"authorization": header}
    async with (
        asyncio.timeout(TIMEOUT_SECONDS),
        connect(url, subprotocols=[PROTOCOL], additional_headers=headers) as client,
    ):
        await say(client, type="connection_init", payload=payload)
        try:
            assert await heard(client) == {"type": "connection_ack"}
        except ConnectionClosed:
            return client.close_code
        await subscribe(client, "x", "{ __schema { queryType { name } } }")
        return (await heard(client))["type"] == "next"


def test_the_token_of_the_request_is_taken_where_the_first_message_has_none(
    served: Served,
) -> None:
    party = served.party(Role.AUDITOR, RUIAN)
    other = served.operator.headers["authorization"]
    own = party.headers["authorization"]

    assert asyncio.run(upgraded(party, own, {})) is True
    assert asyncio.run(upgraded(party, own, {"authorization": own})) is True
    assert asyncio.run(upgraded(party, "", {})) is False
    assert asyncio.run(upgraded(party, own, {"authorization": other})) == 4403
    assert asyncio.run(upgraded(party, "Bearer x", {})) == 4403
    assert asyncio.run(upgraded(party, "Basic eDp5", {"authorization": own})) == 4403

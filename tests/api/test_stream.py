"""The streams as raw frames: the laws of the protocols, of the hand-over, and of a slow reader."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api.auth import LEEWAY_SECONDS, BadToken, issue
from api.stream import connection as connections
from ledger.command import Asker, Role
from ledger.names import KINDS, JurisdictionId
from ledger.register import JurisdictionRegistered, Level
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from tests import town
from tests.api.test_subscription import CHANGES, TIMEOUT_SECONDS, add_schools
from tests.cast import RUIAN
from tests.server import Party, Served

PROTOCOL = Subprotocol("graphql-transport-ws")
SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": CHANGES}}


@asynccontextmanager
async def socket(party: Party, *, init: bool = True) -> AsyncIterator[ClientConnection]:
    """A socket of a party, acknowledged unless told otherwise."""
    url = party.served.url.replace("http", "ws") + "/graphql"
    async with (
        asyncio.timeout(TIMEOUT_SECONDS),
        connect(
            url, subprotocols=["graphql-transport-ws"], max_size=None, max_queue=None
        ) as client,  # type: ignore[list-item]
    ):
        if init:
            payload = {"authorization": f"Bearer {party.token}"} if party.token else {}
            await say(client, type="connection_init", payload=payload)
            assert await heard(client) == {"type": "connection_ack"}
        yield client


async def say(client: ClientConnection, **message: Any) -> None:
    """One message."""
    await client.send(json.dumps(message))


async def subscribe(client: ClientConnection, id: str, query: str = CHANGES, **given: Any) -> None:
    """A subscription."""
    await say(client, id=id, type="subscribe", payload={"query": query, "variables": given})


async def heard(client: ClientConnection) -> Any:
    """The next message."""
    return json.loads(await client.recv())


async def closed(client: ClientConnection) -> int | None:
    """The code by which the server closes."""
    with pytest.raises(ConnectionClosed):
        while True:
            await client.recv()
    return client.close_code


def positions(message: Any) -> list[int]:
    """The positions of the entries in a message."""
    return [each["position"] for each in message["payload"]["data"]["changes"]["entries"]]


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "connection_init"}] * 2, 4429),
        ([{"type": "subscribe", "id": "1", "payload": {"query": "{ head }"}}], 4401),
        ([{"type": "connection_init", "payload": {"authorization": "Bearer x"}}], 4403),
        ([{"type": "connection_init", "payload": {"authorization": 5}}], 4403),
        ([{"type": "connection_init", "payload": "x"}], 4400),
        ([{"type": "connection_init"}, {"type": "ping", "payload": 5}], 4400),
        ([{"type": "connection_init"}, {"type": "complete"}], 4400),
        ([{"type": "connection_init"}, {"type": "complete", "id": "i" * 257}], 4400),
        (
            [{"type": "connection_init"}, *[SUBSCRIBE] * 2],
            4409,
        ),
    ],
)
def test_a_breach_of_the_protocol_closes_with_its_code(
    quiet: Served, messages: list[Any], code: int
) -> None:
    async def ask() -> int | None:
        async with socket(quiet.public, init=False) as client:
            for each in messages:
                await say(client, **each)
            return await closed(client)

    assert asyncio.run(ask()) == code


def test_who_never_begins_is_let_go_with_4408(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.conversation.INIT_SECONDS", 0.01)

    async def ask() -> int | None:
        async with socket(quiet.public, init=False) as client:
            return await closed(client)

    assert asyncio.run(ask()) == 4408


@pytest.mark.parametrize(
    "message",
    [
        '{"type": "connection_init", "payload": {"authorization": "a", "authorization": "b"}}',
        '{"type": "ping", "payload": {"authorization": 1, "authorization": 1}}',
    ],
)
def test_a_message_with_a_repeated_name_closes_the_socket_and_says_where(
    quiet: Served, message: str
) -> None:
    async def ask() -> tuple[int | None, str]:
        async with socket(quiet.operator) as client:
            await client.send(message)
            return await closed(client), client.close_reason or ""

    code, reason = asyncio.run(ask())
    assert code == 4400
    assert "payload.authorization 出现不止一次" in reason
    assert "holds payload.authorization more than once" in reason


def test_half_a_character_as_an_id_is_no_message(quiet: Served) -> None:
    async def ask() -> int | None:
        async with socket(quiet.operator) as client:
            rest = '"type": "subscribe", "payload": {"query": "{ head }"}'
            await client.send('{"id": "\\ud800", ' + rest + "}")
            return await closed(client)

    assert asyncio.run(ask()) == 4400


@pytest.mark.parametrize(
    "query", ["{", "subscription {", "subscription { nothing }", "{ nothing }", ""]
)
def test_what_is_wrong_with_an_operation_leaves_the_socket_and_the_others_alone(
    quiet: Served, query: str
) -> None:
    async def ask() -> tuple[Any, Any]:
        async with socket(quiet.operator) as client:
            await subscribe(client, "wrong", query)
            wrong = await heard(client)
            await subscribe(client, "right", "{ head }")
            return wrong, await heard(client)

    wrong, right = asyncio.run(ask())
    assert (wrong["type"], wrong["id"]) == ("error", "wrong")
    assert all({"code", "zh", "en"} <= each["extensions"].keys() for each in wrong["payload"])
    assert (right["type"], right["id"]) == ("next", "right")


def test_an_id_is_free_again_once_its_operation_is_over(quiet: Served) -> None:
    async def ask() -> list[str]:
        async with socket(quiet.operator) as client:
            kinds = []
            for query in ("{ head }", "{", "{ head }", CHANGES):
                await subscribe(client, "1", query, after=quiet.head - 1)
                kinds.append((await heard(client))["type"])
                if query == "{ head }":
                    assert (await heard(client))["type"] == "complete"
            await say(client, type="complete", id="1")
            await subscribe(client, "1", "{ head }")
            kinds.append((await heard(client))["type"])
            return kinds

    assert asyncio.run(ask()) == ["next", "error", "next", "next", "next"]


def test_a_connection_has_at_most_a_hundred_subscriptions(quiet: Served) -> None:
    async def ask() -> Any:
        async with socket(quiet.operator) as client:
            for number in range(101):
                await subscribe(client, str(number), after=quiet.head)
            return await heard(client)

    said = asyncio.run(ask())
    assert (said["type"], said["id"]) == ("error", "100")
    assert said["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    readers=st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 30), st.integers(9, 40)),
        min_size=2,
        max_size=5,
    )
)
def test_under_writers_no_reader_misses_or_repeats_wherever_it_stops_and_goes_on(
    served: Served, readers: list[tuple[int, int, int]]
) -> None:
    start, writers, each = served.head, 3, 8
    end = start + writers * each
    name = f"h{start}"

    async def read(after: int, size: int, stop: int) -> list[int]:
        """Reads to the end, but leaves after so many entries and comes back."""
        found: list[int] = []
        while not found or found[-1] < end:
            reached, got = (found[-1] if found else after), 0
            async with socket(served.operator) as client:
                await subscribe(client, "r", after=reached, size=size)
                while got < stop and (not found or found[-1] < end):
                    new = positions(await heard(client))
                    found += new
                    got += len(new)
        return found

    async def run() -> list[list[int]]:
        threads = [
            threading.Thread(target=add_schools, args=(served.operator, f"{name}{n}", each))
            for n in range(writers)
        ]
        for thread in threads:
            thread.start()
        found = await asyncio.gather(*(read(start - back, *rest) for back, *rest in readers))
        for thread in threads:
            await asyncio.to_thread(thread.join)
        return found

    for (back, _, _), found in zip(readers, asyncio.run(run()), strict=True):
        assert found == list(range(start - back + 1, end + 1))


def test_all_who_ask_the_same_share_one_execution(served: Served) -> None:
    add_schools(served.operator, "c", 1)
    streams = served.streams

    async def ask() -> tuple[int, int, list[str]]:
        async with (
            socket(served.operator) as one,
            socket(served.operator) as two,
            socket(served.party(Role.BUREAU, RUIAN)) as bureau,
        ):
            head = served.head
            for client, after in ((one, head), (two, head - 1), (bureau, head)):
                await subscribe(client, "x", after=after)
            await heard(two)
            await asyncio.to_thread(add_schools, served.operator, "d", 1)
            texts = [await client.recv() for client in (one, two, bureau)]
            cohorts = list(streams.tail._keys)
            return len(cohorts), max(len(each.followers) for each in cohorts), texts

    cohorts, followers, texts = asyncio.run(ask())
    assert (cohorts, followers) == (2, 2)
    assert len(set(texts)) == 1


def test_the_position_stands_beside_the_data(served: Served) -> None:
    async def ask() -> Any:
        async with socket(served.operator) as client:
            query = "subscription { changes(batchSize: 2) { entries { position } } }"
            await subscribe(client, "x", query)
            return await heard(client)

    said = asyncio.run(ask())["payload"]
    assert said["extensions"] == {"position": 2} and len(said["data"]["changes"]["entries"]) == 2


def test_a_token_that_ends_ends_the_stream_with_a_code(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LEEWAY_SECONDS", -LEEWAY_SECONDS)
    asker = Asker(actor="staff:brief", role=Role.AUDITOR, scope=KINDS["jurisdiction"](RUIAN))
    # It is trusted until the leeway is over, so one that has ended by less is let in.
    token = issue(served.key, asker, valid=timedelta(seconds=-LEEWAY_SECONDS + 2))
    brief = Party(served, token)

    async def ask() -> tuple[int | None, str | None]:
        async with socket(brief) as client:
            await subscribe(client, "x", after=served.head)
            return await closed(client), client.close_reason

    code, reason = asyncio.run(ask())
    assert code == 4403 and "已过期" in (reason or "")


def test_a_token_that_is_no_longer_trusted_ends_the_stream(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "TRUST_SECONDS", 0.0)
    monkeypatch.setattr("api.stream.streams.SWEEP_SECONDS", 0.05)

    def refuse(_: str | None) -> Asker:
        raise BadToken("已吊销", "it was revoked")

    async def ask() -> int | None:
        async with socket(served.operator) as client:
            await subscribe(client, "x", after=served.head)
            for each in served.streams.connections:
                each._trust = refuse
            return await closed(client)

    assert asyncio.run(ask()) == 4403


@pytest.mark.parametrize("seconds", [connections.TRUST_SECONDS, 0.0], ids=["new", "long open"])
@pytest.mark.parametrize("known", [True, False], ids=["operator", "public"])
def test_an_idle_connection_hears_that_it_lives(
    quiet: Served, monkeypatch: pytest.MonkeyPatch, known: bool, seconds: float
) -> None:
    """Also after the time when a token is looked at again, of which the public has none."""
    monkeypatch.setattr("api.stream.streams.SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(connections, "TRUST_SECONDS", seconds)

    async def ask() -> Any:
        async with socket(quiet.operator if known else quiet.public) as client:
            # Not before it was acknowledged, which is what is heard first.
            monkeypatch.setattr(connections, "HEARTBEAT_SECONDS", 0.0)
            return await heard(client)

    assert asyncio.run(ask()) == {"type": "ping"}


def test_a_client_that_does_not_read_for_too_long_is_given_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "STALL_SECONDS", 0.0)
    monkeypatch.setattr("api.stream.streams.SWEEP_SECONDS", 0.05)
    served.house.ledger.ask(
        [town.school(), *(town.teacher(number) for number in range(2_000))], town.OPERATOR
    )
    streams = served.streams

    async def ask() -> None:
        async with socket(served.operator) as client:
            client.transport.pause_reading()
            for number in range(60):  # more than the sockets between us hold
                await subscribe(client, str(number))
            while not streams.connections:
                await asyncio.to_thread(served.public.ask, "{ head }")
            while streams.connections:
                await asyncio.to_thread(served.public.ask, "{ head }")
            client.transport.abort()

    asyncio.run(ask())


def test_when_a_teacher_moves_the_stream_follows_the_reach_of_each_school(served: Served) -> None:
    for name in ("here", "there"):
        add_schools(served.operator, name, 1)
    entered = {"stage": "PRIMARY", "subject": "CHINESE", "entered": "2020-09-01"}
    start = served.head

    async def watch(scope: str) -> list[str]:
        found: list[str] = []
        async with socket(served.party(Role.SCHOOL, scope)) as client:
            await subscribe(client, "x", after=start)
            await subscribe(client, "head", "{ head }")
            while len(found) < (3 if scope.startswith("school:there") else 2):
                message = await heard(client)
                if message["id"] == "x" and message["type"] == "next":
                    for each in message["payload"]["data"]["changes"]["entries"]:
                        found.append(each["data"]["teacher"] + " " + each["type"])
        return found

    def move() -> None:
        party = served.operator
        for command, told in (
            (RegisterTeacher, {"teacher": "teacher:a", "school": "school:here-0", **entered}),
            (
                TransferTeacher,
                {"teacher": "teacher:a", "school": "school:there-0", "since": "2024-03-19"},
            ),
            (RegisterTeacher, {"teacher": "teacher:b", "school": "school:there-0", **entered}),
            (
                TransferTeacher,
                {"teacher": "teacher:b", "school": "school:here-0", "since": "2024-03-19"},
            ),
        ):
            party.mutate(command, told, f"{told['teacher']}{command.__name__}")

    async def run() -> list[list[str]]:
        here, there, _ = await asyncio.gather(
            watch("school:here-0"), watch("school:there-0"), asyncio.to_thread(move)
        )
        return [here, there]

    here, there = asyncio.run(run())
    first, moved = "teacher:a register.teacher-registered", "register.teacher-transferred"
    assert here[:2] == [first, f"teacher:a {moved}"]
    assert first not in there
    assert there[0] == f"teacher:a {moved}"


def test_a_place_that_comes_is_within_the_reach_of_its_city_from_then_on(served: Served) -> None:
    city, fresh = "jurisdiction:330300", "jurisdiction:330399"
    start = served.head

    async def run() -> list[str]:
        async with socket(served.party(Role.BUREAU, city)) as client:
            await subscribe(client, "x", after=start)
            await subscribe(client, "ready", "{ head }")
            while (await heard(client))["type"] != "complete":
                pass
            came = JurisdictionRegistered(
                jurisdiction=JurisdictionId(fresh),
                title="新区",
                level=Level.COUNTY,
                within=JurisdictionId(city),
            )
            put = town.Put(events=(came,))
            await asyncio.to_thread(served.house.ledger.ask, [put], town.OPERATOR)
            await asyncio.to_thread(add_schools, served.operator, "fresh", 1, fresh)
            found: list[str] = []
            while "register.school-registered" not in found:
                message = await heard(client)
                found += [e["type"] for e in message["payload"]["data"]["changes"]["entries"]]
        return found

    assert asyncio.run(run())[-1] == "register.school-registered"

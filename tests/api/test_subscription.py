"""The stream of changes: history first and then live, without a gap and without a repeat."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from graphql import print_ast
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from ledger.command import Role
from ledger.register import RegisterSchool
from ledger.store.feed import TAIL_PAGE
from ledger.teacher import RegisterTeacher
from tests import town
from tests.cast import RUIAN, WENZHOU
from tests.server import Party, Served

CHANGES = (
    "subscription($after: Position! = 0, $filter: EntryFilter, $size: Int! = 100) "
    "{ changes(after: $after, filter: $filter, batchSize: $size) "
    "{ position entries { position id type tags data } } }"
)
TIMEOUT_SECONDS = 20


def add_schools(party: Party, name: str, count: int, place: str = RUIAN) -> None:
    """So many schools, one mutation each."""
    for number in range(count):
        given = {"school": f"school:{name}-{number}", "place": place, "title": "学校"}
        party.mutate(RegisterSchool, given | {"stage": "PRIMARY"}, f"{name}-{number}")


@asynccontextmanager
async def connected(party: Party) -> AsyncIterator[Any]:
    """PyPI gql over graphql-transport-ws."""
    transport = WebsocketsTransport(
        url=party.served.url.replace("http", "ws") + "/graphql",
        init_payload={"authorization": f"Bearer {party.token}"} if party.token else {},
    )
    async with Client(transport=transport) as session:
        yield session


async def entries(session: Any, count: int, **variables: Any) -> list[dict[str, Any]]:
    """The first so many entries of the stream."""
    found: list[dict[str, Any]] = []
    document = gql(CHANGES)
    document.variable_values = variables
    stream = session.subscribe(document)
    async with asyncio.timeout(TIMEOUT_SECONDS):
        async for page in stream:
            found += page["changes"]["entries"]
            if len(found) >= count:
                break
    await stream.aclose()
    return found


def test_history_comes_first_and_then_what_is_new_without_gap_or_repeat(served: Served) -> None:
    start, writers = served.head, 4

    async def watch() -> list[dict[str, Any]]:
        threads = [
            threading.Thread(target=add_schools, args=(served.operator, f"w{n}", 25))
            for n in range(writers)
        ]
        async with connected(served.operator) as session:
            for each in threads:
                each.start()
            found = await entries(session, start + writers * 25)
        for each in threads:
            await asyncio.to_thread(each.join)
        return found

    positions = [each["position"] for each in asyncio.run(watch())]
    assert positions == list(range(1, start + writers * 25 + 1))


def test_a_client_that_comes_back_goes_on_where_it_stopped(served: Served) -> None:
    start = served.head
    add_schools(served.operator, "s", 6)

    async def twice() -> tuple[list[Any], list[Any]]:
        async with connected(served.operator) as session:
            first = await entries(session, 3, after=start, size=3)
        async with connected(served.operator) as session:
            return first, await entries(session, 3, after=first[-1]["position"])

    first, then = asyncio.run(twice())
    assert [each["position"] for each in first + then] == list(range(start + 1, start + 7))


def test_a_batch_has_at_most_as_many_entries_as_asked(served: Served) -> None:
    start = served.head - 28

    async def sizes() -> list[tuple[int, int]]:
        found = []
        async with connected(served.operator) as session, asyncio.timeout(TIMEOUT_SECONDS):
            document = gql(CHANGES)
            document.variable_values = {"after": start, "size": 7}
            stream = session.subscribe(document)
            async for page in stream:
                change = page["changes"]
                found.append((len(change["entries"]), change["position"]))
                if change["position"] >= start + 28:
                    break
            await stream.aclose()
        return found

    assert asyncio.run(sizes()) == [(7, start + each) for each in (7, 14, 21, 28)]


def test_a_client_that_has_enough_is_heard_between_two_batches(served: Served) -> None:
    ledger = served.house.ledger
    entered = [town.teacher(number) for number in range(500)]
    ledger.ask([town.school(), *entered], town.OPERATOR)

    async def pages() -> int:
        url = served.url.replace("http", "ws") + "/graphql"
        async with connect(url, subprotocols=["graphql-transport-ws"]) as socket:
            begin = {"authorization": f"Bearer {served.operator.token}"}
            ask = {"query": CHANGES, "variables": {"size": 1}}
            await socket.send(json.dumps({"type": "connection_init", "payload": begin}))
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": ask}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            assert json.loads(await socket.recv())["type"] == "next"
            await socket.send(json.dumps({"type": "complete", "id": "1"}))
            await socket.send(json.dumps({"type": "ping"}))
            got = 1
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while json.loads(await socket.recv())["type"] != "pong":
                    got += 1
        return got

    assert asyncio.run(pages()) < TAIL_PAGE


def test_a_filter_keeps_the_rest_away(served: Served) -> None:
    start = served.head
    add_schools(served.operator, "a", 2)
    add_schools(served.operator, "b", 2, place=WENZHOU)

    async def watch() -> list[dict[str, Any]]:
        wanted = {"types": ["register.school-registered"], "tags": [WENZHOU]}
        async with connected(served.operator) as session:
            return await entries(session, 2, after=start, filter=wanted)

    assert [each["data"]["school"] for each in asyncio.run(watch())] == ["school:b-0", "school:b-1"]


@pytest.mark.parametrize(
    ("role", "scope", "seen"),
    [
        (Role.BUREAU, RUIAN, {"school:here-0"}),
        (Role.AUDITOR, WENZHOU, {"school:here-0", "school:there-0"}),
        (Role.SCHOOL, "school:there-0", {"school:there-0"}),
        (Role.TEACHER, "teacher:me", set()),
        (Role.PUBLIC, "", set()),
    ],
)
def test_the_stream_stays_within_the_askers_reach(
    served: Served, role: Role, scope: str, seen: set[str]
) -> None:
    start = served.head
    add_schools(served.operator, "here", 1)
    add_schools(served.operator, "there", 1, place="jurisdiction:330382")
    # A teacher's entry, after both schools, reaches everybody asked here but the public, who would
    # wait for ever.
    teacher = {"stage": "PRIMARY", "subject": "CHINESE", "entered": "2020-09-01"}
    for who, school in (("me", "school:here-0"), ("you", "school:there-0")):
        given = teacher | {"teacher": f"teacher:{who}", "school": school}
        served.operator.mutate(RegisterTeacher, given, who)

    async def watch() -> set[str]:
        found: set[str] = set()
        async with connected(served.party(role, scope)) as session:
            document = gql(CHANGES)
            document.variable_values = {"after": start}
            stream = session.subscribe(document)
            try:
                async with asyncio.timeout(1.0 if role is Role.PUBLIC else TIMEOUT_SECONDS):
                    async for page in stream:
                        came = page["changes"]["entries"]
                        found |= {
                            each["data"]["school"]
                            for each in came
                            if each["type"] == "register.school-registered"
                        }
                        if any(each["type"] == "register.teacher-registered" for each in came):
                            break
            except TimeoutError:
                pass
            await stream.aclose()
        return found

    assert asyncio.run(watch()) == seen


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("subscription { nothing }", "GRAPHQL_INVALID"),
        ("subscription { changes(batchSize: 0) { position } }", "BAD_PAGE"),
        ("subscription { changes(batchSize: 501) { position } }", "BAD_PAGE"),
        ('subscription { changes(filter: {types: ["x"]}) { position } }', "UNKNOWN_TYPE"),
        ('subscription { changes(filter: {tags: ["x"]}) { position } }', "MALFORMED_NAME"),
        ("subscription { changes(after: -1) { position } }", "BAD_POSITION"),
        ("subscription { changes(after: 9999999) { position } }", "BEYOND_HEAD"),
        ("subscription { changes(filter: {after: 9999999}) { position } }", "BEYOND_HEAD"),
    ],
)
def test_what_is_wrong_with_a_subscription_is_said_with_a_code(
    quiet: Served, document: str, code: str
) -> None:
    async def ask() -> list[dict[str, Any]]:
        async with connected(quiet.operator) as session, asyncio.timeout(TIMEOUT_SECONDS):
            with pytest.raises(TransportQueryError) as caught:
                async for _ in session.subscribe(gql(document)):
                    pass
            return caught.value.errors or []

    [error] = asyncio.run(ask())
    assert error["extensions"]["code"] == code
    assert {"zh", "en"} <= set(error["extensions"])


def test_a_syntax_error_over_websocket_does_not_hang(quiet: Served) -> None:
    async def ask() -> tuple[int | None, str]:
        async with (
            connect(
                quiet.url.replace("http", "ws") + "/graphql", subprotocols=["graphql-transport-ws"]
            ) as socket,
            asyncio.timeout(TIMEOUT_SECONDS),
        ):
            await socket.send('{"type": "connection_init"}')
            await socket.recv()
            await socket.send('{"type": "subscribe", "id": "1", "payload": {"query": "{"}}')
            async for message in socket:
                return None, json.loads(message)["type"]
            return socket.close_code, ""

    assert asyncio.run(ask()) in ((4400, ""), (None, "error"))


SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": "{ head }"}}


@pytest.mark.parametrize(
    "message",
    ["[" * 50_000, "nonsense", "5", "[]", '{"type": "x"}', "{}", '{"type": []}',
     *(json.dumps(SUBSCRIBE | wrong) for wrong in
       ({"payload": 5}, {"payload": {}}, {"payload": {"query": 5}}, {"id": []}, {"id": None}))],
    ids=lambda each: each[:60],
)  # fmt: skip
def test_a_message_that_is_none_closes_with_4400(quiet: Served, message: str) -> None:
    async def ask() -> int | None:
        async with (
            connect(
                quiet.url.replace("http", "ws") + "/graphql", subprotocols=["graphql-transport-ws"]
            ) as socket,
            asyncio.timeout(TIMEOUT_SECONDS),
        ):
            await socket.send('{"type": "connection_init"}')
            await socket.recv()
            await socket.send(message)
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            return socket.close_code

    assert asyncio.run(ask()) == 4400


def test_queries_and_mutations_go_over_websocket_too(served: Served) -> None:
    document = gql(
        'mutation { registerSchool(requestId: "ws", input: {school: "school:ws", '
        f'place: "{RUIAN}", title: "x", stage: PRIMARY}}) {{ __typename }} }}'
    )

    async def ask() -> Any:
        async with connected(served.operator) as session:
            return await session.execute(document)

    assert asyncio.run(ask()) == {"registerSchool": {"__typename": "Recorded"}}


def test_a_reader_that_went_away_leaves_no_one_waiting(served: Served) -> None:
    async def look() -> None:
        async with connected(served.operator) as session:
            await entries(session, 1)

    tickets = served.house.ledger.feed._wakeup._tickets
    before = {*tickets}  # whoever sends to webhooks waits all the time
    for _ in range(3):
        asyncio.run(look())
    add_schools(served.operator, "after", 1)

    for _ in range(200):
        if tickets <= before and not served.streams.connections:
            break
        served.public.ask("{ head }")
    assert tickets <= before and not served.streams.connections


def test_server_sent_events_carry_the_same_stream(served: Served) -> None:
    start = served.head
    add_schools(served.operator, "sse", 3)
    body = {"query": print_ast(gql(CHANGES).document), "variables": {"after": start, "size": 1}}
    headers = {"accept": "text/event-stream", **served.operator.headers}
    found: list[int] = []
    with served.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line.startswith("data:") and len(line) > 6:
                payload = json.loads(line[5:])
                found += [e["position"] for e in payload["data"]["changes"]["entries"]]
            if len(found) == 3:
                break

    assert found == [start + 1, start + 2, start + 3]


def test_a_subscription_over_plain_http_is_told_how_to_stream(quiet: Served) -> None:
    query = "subscription { changes { position } }"
    answer = httpx.post(f"{quiet.url}/graphql", json={"query": query})

    assert [each["extensions"]["code"] for each in answer.json()["errors"]] == ["NEEDS_A_STREAM"]

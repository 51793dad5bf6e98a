"""What strangers and those with one token may not do with streams: ask for nothing, take all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from api.edge.policy import Policy
from api.stream import door
from api.stream import reservation as reservations
from api.stream import shape as shapes
from api.stream.operation import Operation
from api.stream.streams import Streams
from ledger.command import Role
from schema.allowance import PUBLIC, SIGNED
from tests.api.test_revocation import until_known
from tests.api.test_service_token import issued, revoke
from tests.api.test_stream_events import EVENTS, TOKEN, events, operate, reserved
from tests.api.test_subscription import CHANGES
from tests.server import Served, serving
from tests.town import database

EACH = 5
BY_JSON = {"content-type": "application/json"}
MALFORMED: dict[str, tuple[str, dict[str, Any]]] = {
    "a repeated name": ("POST", {"content": b'{"query": "a", "query": "b"}', "headers": BY_JSON}),
    "no JSON": ("POST", {"content": b"{ no json", "headers": BY_JSON}),
    "no object": ("POST", {"content": b"5", "headers": BY_JSON}),
    "no type": ("POST", {"content": b"{}"}),
    "no query": ("POST", {"json": {"query": 5}}),
    "no position": ("POST", {"json": {"query": CHANGES}, "headers": {"last-event-id": "x"}}),
    "no reservation": ("GET", {"params": {"token": "x"}}),
    "no operation": ("DELETE", {}),
}


@pytest.fixture(scope="module")
def strict(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server that takes few requests of anybody."""
    with (
        database(postgres_url, founded_template) as url,
        serving(
            url, tmp_path_factory.mktemp("strict"), policy=Policy(requests_per_minute=EACH)
        ) as server,
    ):
        yield server


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_request_for_a_stream_that_is_none_counts_as_one(strict: Served, kind: str) -> None:
    method, given = MALFORMED[kind]
    number = list(MALFORMED).index(kind)
    party = strict.party(Role.BUREAU, "jurisdiction:330381", f"staff:n-{number}")
    headers = EVENTS | party.headers | given.get("headers", {})
    found = [
        strict.client.request(method, "/graphql", **given | {"headers": headers}).status_code
        for _ in range(EACH + 2)
    ]

    assert set(found[:EACH]) <= {400, 404}
    assert found[EACH:] == [429, 429]


def test_an_operation_that_is_none_counts_once(strict: Served) -> None:
    token = reserved(strict.operator)
    headers = strict.operator.headers | {TOKEN: token}
    found = [
        strict.client.post("/graphql", json={"query": 5}, headers=headers).status_code
        for _ in range(EACH)
    ]

    assert found == [400] * (EACH - 1) + [429]


def test_who_takes_events_as_well_is_counted_once_and_before_the_document_is_read(
    strict: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, read = door.shape_of, list[str]()
    monkeypatch.setattr(door, "shape_of", lambda *given: (read.append(given[0]), real(*given))[1])
    party = strict.party(Role.BUREAU, "jurisdiction:330381", "staff:both")
    headers = {"accept": "application/json, text/event-stream"} | party.headers
    found = [
        strict.client.post("/graphql", json={"query": "{ head }"}, headers=headers).status_code
        for _ in range(EACH + 2)
    ]

    assert found == [200] * EACH + [429] * 2
    assert len(read) == EACH


def test_of_a_document_no_more_is_read_than_who_asks_may_send(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, read = shapes.parse, list[int]()

    def parse(query: str, *, max_tokens: int) -> Any:
        read.append(max_tokens)
        return real(query, max_tokens=max_tokens)

    monkeypatch.setattr(shapes, "parse", parse)
    body = {"query": f"subscription {{ changes {{ entries {{ {'id ' * 3_900} }} }} }}"}
    for party, most in ((quiet.public, PUBLIC.tokens), (quiet.operator, SIGNED.tokens)):
        headers = EVENTS | party.headers
        with quiet.client.stream("POST", "/graphql", json=body, headers=headers) as response:
            [told, _] = list(events(response))
        assert told["data"]["errors"] and {*read} == {most}
        read.clear()


def test_what_is_reserved_by_one_leaves_room_for_others(served: Served) -> None:
    teacher = served.party(Role.TEACHER, "teacher:nobody")
    most = reservations.OWN_MAX
    for asker in (teacher.headers, {}):
        found = [served.client.put("/graphql", headers=asker) for _ in range(most + 1)]
        assert [each.status_code for each in found] == [201] * most + [503]
        assert "retry-after" in found[-1].headers
    assert reserved(served.operator)


def test_a_stream_that_is_open_takes_no_room_from_what_is_reserved(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reservations, "OWN_MAX", 1)
    party = quiet.party(Role.BUREAU, "jurisdiction:330381")
    headers = EVENTS | {TOKEN: reserved(party)}
    assert quiet.client.put("/graphql", headers=party.headers).status_code == 503
    with quiet.client.stream("GET", "/graphql", headers=headers):
        assert reserved(party)


def test_a_reservation_waits_so_long_and_no_longer(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reservations, "RESERVED_SECONDS", 0.0)
    token = reserved(quiet.operator)

    with quiet.client.stream("GET", "/graphql", headers=EVENTS | {TOKEN: token}) as response:
        assert response.status_code == 404
    assert operate(quiet.operator, token, "a").status_code == 404


def test_what_was_reserved_by_a_token_is_gone_with_it(served: Served) -> None:
    """What comes later would be given to whoever opens it, with no token at all."""
    machine = issued(served)
    token = reserved(machine)
    assert operate(machine, token, "a", after=served.head).status_code == 202
    revoke(served)
    until_known(served, served.operator)

    with served.client.stream("GET", "/graphql", headers=EVENTS | {TOKEN: token}) as response:
        response.read()
        assert response.status_code == 404
    assert not served.streams.tail._keys


def test_an_operation_that_ends_late_leaves_the_next_of_its_number_alone(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, began, go = Streams.results, threading.Event(), threading.Event()

    async def slow(streams: Streams, operation: Operation, *given: Any) -> AsyncIterator[Any]:
        if "slow" not in operation.query:
            async for each in real(streams, operation, *given):
                yield each
            return
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.to_thread(go.wait)

    monkeypatch.setattr(Streams, "results", slow)
    party, token = served.operator, reserved(served.operator)
    headers = party.headers | {TOKEN: token}
    body = {"query": "{ head } # slow", "extensions": {"operationId": "a"}}
    told: list[int] = []

    def ask() -> None:
        answer = httpx.post(f"{served.url}/graphql", json=body, headers=headers, timeout=60)
        told.append(answer.status_code)

    def stop() -> int:
        wanted = {"operationId": "a"}
        return served.client.delete("/graphql", params=wanted, headers=headers).status_code

    thread = threading.Thread(target=ask)
    thread.start()
    began.wait()
    assert stop() == 200
    assert operate(party, token, "a", after=served.head).status_code == 202
    go.set()
    thread.join()
    assert (told, len(served.streams.tail._keys)) == ([202], 1)
    assert stop() == 200
    assert not served.streams.tail._keys


def test_an_operation_that_is_stopped_before_it_begins_is_answered(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, token = quiet.operator, reserved(quiet.operator)
    headers = party.headers | {TOKEN: token}

    async def follow(streams: Streams, *_: Any) -> None:
        [connection] = streams.connections
        asyncio.get_running_loop().call_soon(connection._stream.stop, "a")

    with quiet.client.stream("GET", "/graphql", headers=EVENTS | {TOKEN: token}) as response:
        lines = response.iter_lines()
        next(lines)
        monkeypatch.setattr(Streams, "follow", follow)
        body = {"query": "{ head }", "extensions": {"operationId": "a"}}
        answer = httpx.post(f"{quiet.url}/graphql", json=body, headers=headers, timeout=10)
    assert answer.status_code == 202


def test_what_is_being_answered_over_a_reserved_stream_stops_with_its_token(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, over = threading.Event(), threading.Event()

    async def slow(*_: Any) -> AsyncIterator[Any]:
        began.set()
        try:
            await asyncio.Event().wait()
            yield
        finally:
            over.set()

    monkeypatch.setattr(Streams, "results", slow)
    machine = issued(served)
    token = reserved(machine)
    headers = machine.headers | {TOKEN: token}
    body = {"query": "{ head }", "extensions": {"operationId": "a"}}
    asked = threading.Thread(
        target=httpx.post,
        args=(f"{served.url}/graphql",),
        kwargs={"json": body, "headers": headers},
    )
    with served.client.stream("GET", "/graphql", headers=EVENTS | {TOKEN: token}) as response:
        asked.start()
        assert began.wait(10)
        revoke(served)
        response.read()
    assert over.wait(5)
    asked.join()

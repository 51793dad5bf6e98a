"""A server that is about to stop answers what it was asked over a stream, and then ends it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from api.caller import Caller
from api.stream.operation import Operation
from api.stream.streams import Streams
from tests.api.test_stream import closed, heard, say, socket, subscribe
from tests.api.test_stream_events import EVENTS, TOKEN, events, operate, reserved
from tests.api.test_subscription import CHANGES
from tests.server import Served

SLOW = "{ head } # slow"


class Gate:
    """Where slow questions wait until the streams have been told to leave."""

    def __init__(self, served: Served) -> None:
        self.began, self._left = threading.Event(), threading.Event()
        self._served = served
        self._loop: asyncio.AbstractEventLoop | None = None

    async def passed(self) -> None:
        """Waits, in the loop of the server."""
        self._loop = asyncio.get_running_loop()
        self.began.set()
        await asyncio.to_thread(self._left.wait, 20)

    def leave(self, *, hold: bool = False) -> None:
        """Has the streams leave, once something is being answered; ``hold``: it waits on."""
        assert self.began.wait(20) and self._loop is not None
        end: Callable[[], None] = self._served.streams.end
        self._loop.call_soon_threadsafe(lambda: (end(), hold or self._left.set()))

    def release(self) -> None:
        """Lets what waits go on."""
        self._left.set()


@pytest.fixture
def gate(served: Served, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Holds up what is slow."""
    real, found = Streams.results, Gate(served)

    async def results(streams: Streams, operation: Operation, *given: Any) -> AsyncIterator[Any]:
        if operation.query == SLOW:
            await found.passed()
        async for each in real(streams, operation, *given):
            yield each

    monkeypatch.setattr(Streams, "results", results)
    return found


@pytest.fixture
def callers(monkeypatch: pytest.MonkeyPatch) -> list[Caller]:
    """The server's side of each socket that is opened."""
    real, found = Caller.__init__, list[Caller]()

    def init(caller: Caller, *given: Any, **named: Any) -> None:
        real(caller, *given, **named)
        found.append(caller)

    monkeypatch.setattr(Caller, "__init__", init)
    return found


def shut(callers: list[Caller]) -> None:
    """What a server that stops does with its sockets."""
    [caller] = callers
    caller.loop.call_soon_threadsafe(caller.shutdown)


def test_a_question_over_events_is_answered(served: Served, gate: Gate) -> None:
    with ThreadPoolExecutor(1) as pool:
        left = pool.submit(gate.leave)
        with served.client.stream(
            "POST", "/graphql", json={"query": SLOW}, headers=EVENTS | served.operator.headers
        ) as response:
            found = list(events(response))
        left.result()

    assert [each["event"] for each in found] == ["next", "complete"]
    assert found[0]["data"]["data"] == {"head": served.head}


def test_a_question_over_a_reserved_stream_is_answered_and_what_follows_ends(
    served: Served, gate: Gate
) -> None:
    party, token = served.operator, reserved(served.operator)
    body = {"query": SLOW, "extensions": {"operationId": "slow"}}
    headers = party.headers | {TOKEN: token}
    with (
        ThreadPoolExecutor(1) as pool,
        served.client.stream("GET", "/graphql", headers=EVENTS | {TOKEN: token}) as response,
    ):
        assert operate(party, token, "lasting", after=served.head).status_code == 202
        asked = pool.submit(
            httpx.post, f"{served.url}/graphql", json=body, headers=headers, timeout=60
        )
        gate.leave()
        said = list(response.iter_lines())
        assert asked.result().status_code == 202

    assert any('"slow"' in each and '"head"' in each for each in said)
    assert not any('"lasting"' in each for each in said)
    assert any(each.startswith("retry: ") for each in said)


def test_whoever_comes_back_while_the_server_stops_is_told_when_to_come_again(
    served: Served,
) -> None:
    """An EventSource closes for good where the answer is none, or of another status than 200."""
    party, asked = served.operator, {"query": CHANGES, "variables": f'{{"after": {served.head}}}'}
    served.streams.end()
    with served.client.stream(
        "GET", "/graphql", params=asked, headers=EVENTS | party.headers
    ) as response:
        said = [each for each in response.iter_lines() if each]
    late = party.served.client.put("/graphql", headers=party.headers)

    assert response.status_code == 200
    assert [each.partition(" ")[0] for each in said] == [":", "retry:"]
    assert (late.status_code, "retry-after" in late.headers) == (503, True)


def test_a_question_over_a_socket_is_answered_before_it_closes(served: Served, gate: Gate) -> None:
    async def ask() -> tuple[list[Any], int | None]:
        async with socket(served.operator) as client:
            await subscribe(client, "lasting", after=served.head)
            await say(client, id="slow", type="subscribe", payload={"query": SLOW})
            await asyncio.to_thread(gate.leave)
            return [await heard(client) for _ in range(2)], await closed(client)

    told, code = asyncio.run(ask())
    assert [(each["id"], each["type"]) for each in told] == [("slow", "next"), ("slow", "complete")]
    assert code == 1012


def test_what_is_asked_over_a_socket_that_ends_is_not_begun(served: Served, gate: Gate) -> None:
    async def ask() -> list[Any]:
        async with socket(served.operator) as client:
            await say(client, id="slow", type="subscribe", payload={"query": SLOW})
            await asyncio.to_thread(gate.leave, hold=True)
            await say(client, id="late", type="subscribe", payload={"query": "{ head }"})
            await say(client, type="ping")
            heard_of = [await heard(client)]
            gate.release()
            return [*heard_of, *[await heard(client) for _ in range(2)]]

    told = asyncio.run(ask())
    assert [(each.get("id"), each["type"]) for each in told] == [
        (None, "pong"),
        ("slow", "next"),
        ("slow", "complete"),
    ]


def test_a_socket_of_a_server_that_stops_is_told_so(served: Served, callers: list[Caller]) -> None:
    async def left() -> tuple[int | None, str | None]:
        async with socket(served.operator) as client:
            shut(callers)
            return await closed(client), client.close_reason

    assert asyncio.run(left()) == (1012, "服务即将停止 / the server is about to stop")


def test_a_socket_on_which_something_is_answered_is_not_cut_off(
    served: Served, gate: Gate, callers: list[Caller]
) -> None:
    async def ask() -> tuple[list[Any], int | None, str | None]:
        async with socket(served.operator) as client:
            await say(client, id="slow", type="subscribe", payload={"query": SLOW})
            await asyncio.to_thread(gate.leave, hold=True)
            shut(callers)
            await say(client, type="ping")
            told = [await heard(client)]
            gate.release()
            told += [await heard(client) for _ in range(2)]
            return told, await closed(client), client.close_reason

    told, *end = asyncio.run(ask())
    assert [each["type"] for each in told] == ["pong", "next", "complete"]
    assert end == [1012, "服务即将停止 / the server is about to stop"]

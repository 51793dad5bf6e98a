"""Subscriptions: over WebSocket and in both modes of graphql-sse nobody gets strangers' entries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.api.test_stream import say, socket
from tests.matrix import NAMES, OVER, STAGE, Stages, asked, ending
from tests.server import Party
from tests.walk import Question

STREAMLESS = {"public", "other city", "other province"}
TOKEN = "x-graphql-event-stream-token"
EVENTS = {"accept": "text/event-stream"}


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """Streams that end where they have caught up."""
    with ending():
        yield


def items(payload: Any, field: str) -> list[Any]:
    """What a payload says besides positions, or all of its errors."""
    if payload.get("errors") == [OVER]:
        return []
    if not payload.get("data"):
        return [payload]
    told = payload["data"][field]
    return [value for name in told for value in (told[name] if _many(told[name]) else [])]


def _many(value: Any) -> bool:
    return isinstance(value, list)


def payloads(lines: Iterator[str]) -> Iterator[Any]:
    """The data of events."""
    for line in lines:
        told = line.removeprefix("data:").strip()
        if line.startswith("data:") and told:
            yield json.loads(told)


def ends(payload: Any) -> bool:
    """Whether nothing follows."""
    return not payload.get("data")


def by_events(asker: Party, question: Question) -> list[Any]:
    """Over a distinct connection, by POST."""
    body = {"query": question.document, "variables": question.variables}
    return _distinct(asker, question, "POST", json=body)


def by_get(asker: Party, question: Question) -> list[Any]:
    """Over a distinct connection, by GET as a browser's EventSource asks."""
    given = {"query": question.document, "variables": json.dumps(question.variables)}
    return _distinct(asker, question, "GET", params=given)


def _distinct(asker: Party, question: Question, method: str, **sent: Any) -> list[Any]:
    said: list[Any] = []
    client, headers = asker.served.client, asker.headers | EVENTS
    with client.stream(method, "/graphql", headers=headers, **sent) as response:
        for payload in payloads(response.iter_lines()):
            said += items(payload, question.field)
            if ends(payload):
                break
    return said


def by_reservation(asker: Party, question: Question) -> list[Any]:
    """Over a single connection that was reserved; what is refused at once is what is said."""
    client = asker.served.client
    made = client.put("/graphql", headers=asker.headers)
    own = asker.headers | {TOKEN: made.text}
    body = {"query": question.document, "variables": question.variables}
    body["extensions"] = {"operationId": "1"}
    said: list[Any] = []
    with client.stream("GET", "/graphql", headers=own | EVENTS) as response:
        begun = client.post("/graphql", json=body, headers=own)
        if begun.status_code != 202:
            return [begun.json()]
        for event in payloads(response.iter_lines()):
            said += items(event["payload"], question.field)
            if ends(event["payload"]):
                break
    return said


def by_socket(asker: Party, question: Question) -> list[Any]:
    """Over a WebSocket."""

    async def ask() -> list[Any]:
        said: list[Any] = []
        async with socket(asker) as client:
            body = {"query": question.document, "variables": question.variables}
            await say(client, id="1", type="subscribe", payload=body)
            while True:
                message = json.loads(await client.recv())
                if message["type"] == "error":
                    errors = message["payload"]
                    return said if errors == [OVER] else [*said, {"errors": errors}]
                if message["type"] == "complete":
                    return said
                if message["type"] == "next":
                    said += items(message["payload"], question.field)

    return asyncio.run(ask())


WAYS: dict[str, Callable[[Party, Question], list[Any]]] = {
    "events": by_events,
    "events by GET": by_get,
    "reservation": by_reservation,
    "socket": by_socket,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", STAGE)
def test_no_subscription_gives_more_because_of_strangers(
    stages: Stages, name: str, way: str
) -> None:
    questions = asked(stages.things.strangers, "subscription")
    before, after = ([WAYS[way](asker, each) for each in questions] for asker in stages.pair(name))

    assert after == before
    if name not in STREAMLESS:
        assert '"tags"' in json.dumps(before)


@pytest.mark.parametrize("way", WAYS)
def test_the_operator_gets_strangers_by_each_way(stages: Stages, way: str) -> None:
    """Else a way that gives nothing to anybody would pass for one that keeps to reach."""
    said = [
        WAYS[way](stages.served[1].operator, each)
        for each in asked(stages.things.strangers, "subscription")
    ]

    assert NAMES["teacher"] in json.dumps(said)

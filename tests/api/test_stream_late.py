"""What is asked over a stream and is no subscription has as long for its answer as a request."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.edge.policy import Policy
from api.stream.streams import Streams
from projections.reader import Reader
from tests.api.test_stream import heard, say, socket, subscribe
from tests.api.test_stream_events import EVENTS, events
from tests.api.test_subscription import add_schools
from tests.server import Served, serving
from tests.town import database

SLOW = "{ schools { position totalCount } } # no subscription"
LASTING = "subscription { changes(after: %d) { position } }"


@pytest.fixture
def hurried(
    postgres_url: str, founded_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    """A server with little time, on which counting takes for ever."""
    done = threading.Event()
    monkeypatch.setattr(Reader, "count", lambda *_: done.wait(30))
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path, policy=Policy(execution_seconds=0.2)) as server,
    ):
        yield server
        done.set()


def test_events_end_with_an_answer_that_takes_too_long(hurried: Served) -> None:
    headers = EVENTS | hurried.operator.headers
    with hurried.client.stream("POST", "/graphql", json={"query": SLOW}, headers=headers) as answer:
        told = [each["data"] for each in events(answer) if each["event"] == "next"]

    [[error]] = [each["errors"] for each in told]
    assert error["extensions"]["code"] == "TIMED_OUT"


def test_a_socket_hears_of_it_and_its_subscriptions_go_on(hurried: Served) -> None:
    async def told() -> tuple[list[Any], int, Any]:
        async with socket(hurried.operator) as client:
            await subscribe(client, "lasting", LASTING % hurried.head)
            await say(client, id="slow", type="subscribe", payload={"query": SLOW})
            found: list[Any] = []
            while not found or found[-1] != {"id": "slow", "type": "complete"}:
                found.append(await heard(client))
            await asyncio.to_thread(add_schools, hurried.operator, "late", 1)
            head, more = hurried.head, await heard(client)
            return [each for each in found if each["id"] == "slow"], head, more

    slow, head, more = asyncio.run(told())

    assert [each["type"] for each in slow] == ["next", "complete"]
    assert slow[0]["payload"]["errors"][0]["extensions"]["code"] == "TIMED_OUT"
    assert (more["id"], more["payload"]["data"]["changes"]["position"]) == ("lasting", head)


def test_what_fails_late_ends_no_other_operation_to_which_its_id_was_given(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow, tasks = Streams.follow, list[Any]()
    stopped, begun, over = list[asyncio.Event](), threading.Event(), threading.Event()

    async def late(*given: Any) -> Any:
        if tasks:
            answer = await follow(*given)
            stopped[0].set()
            await asyncio.wait(tasks)
            over.set()
            return answer
        tasks.append(asyncio.current_task())
        stopped.append(asyncio.Event())
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await stopped[0].wait()
        raise RuntimeError("late")

    async def told() -> Any:
        async with socket(served.operator) as client:
            await say(client, id="same", type="subscribe", payload={"query": "{ head }"})
            await asyncio.to_thread(begun.wait, 10)
            await say(client, id="same", type="complete")
            await subscribe(client, "same", LASTING % served.head)
            await asyncio.to_thread(over.wait, 10)
            await asyncio.to_thread(add_schools, served.operator, "same", 1)
            return await heard(client)

    monkeypatch.setattr(Streams, "follow", late)
    message = asyncio.run(told())

    assert (message["id"], message["type"]) == ("same", "next")
    assert message["payload"]["data"]["changes"]["position"] == served.head

"""A reader that lags: it loses nothing, costs no more than its line, and holds nobody up."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from api.stream import line as lines
from api.stream.follower import Follower, Outlet
from api.stream.line import Line
from api.stream.operation import Operation
from api.stream.streams import Streams
from ledger.command import Asker, Role
from ledger.names import LedgerId
from schema.context import Context
from schema.root import build
from tests import town
from tests.api.test_subscription import TIMEOUT_SECONDS
from tests.server import Served

BATCH = "subscription { changes(after: %d, batchSize: 5) { entries { position } } }"
OPERATOR = Asker(actor="staff:op", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
LINE_BYTES = 2_000


class Client:
    """Somebody at the other end of a line, who may stop reading."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.reads.set()
        self.got: list[int] = []
        self.line: Line[str] = Line(self._take)
        self.most = 0

    async def _take(self, message: str) -> None:
        self.most = max(self.most, self.line.pending)
        await self.reads.wait()
        data = msgspec.json.decode(message)["data"]["changes"]["entries"]
        self.got += [each["position"] for each in data]

    async def until(self, position: int) -> None:
        """Waits until it has an entry."""
        while not self.got or self.got[-1] < position:
            await asyncio.sleep(0.01)


async def following(streams: Streams, served: Served, client: Client, after: int) -> Follower:
    """A subscription of a client."""
    outlet = Outlet(client.line, lambda frame: frame.text, lambda errors: None)
    context = Context(house=served.house, asker=OPERATOR)
    follower = await streams.follow(Operation(query=BATCH % after), context, outlet)
    assert isinstance(follower, Follower)
    return follower


def test_who_lags_leaves_the_tail_and_is_caught_up_from_the_table(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LINE_BYTES_MAX", LINE_BYTES)
    monkeypatch.setattr(lines, "LINE_BYTES_LOW", LINE_BYTES // 4)
    start = served.head

    async def run() -> tuple[Client, Client]:
        streams = Streams(served.house, build(), lambda _: OPERATOR)
        stalled, healthy = Client(), Client()
        followers = [
            await following(streams, served, client, start) for client in (stalled, healthy)
        ]
        stalled.reads.clear()
        await asyncio.to_thread(add_many, served, 0, 400)
        await healthy.until(start + 400)
        assert [each.live for each in followers] == [False, True]
        assert len(stalled.got) == 0

        stalled.reads.set()
        await stalled.until(start + 400)
        await asyncio.to_thread(add_many, served, 400, 420)
        await stalled.until(start + 420)
        await healthy.until(start + 420)
        assert [each.live for each in followers] == [True, True]
        for each in followers:
            each.stop()
        assert not streams.tail._keys
        for client in (stalled, healthy):
            client.line.drop()
        await streams.close()
        return stalled, healthy

    async def timed() -> tuple[Client, Client]:
        async with asyncio.timeout(3 * TIMEOUT_SECONDS):
            return await run()

    for client in asyncio.run(timed()):
        assert client.got == list(range(start + 1, start + 421))
        assert client.most < LINE_BYTES + 1_000


def add_many(served: Served, first: int, last: int) -> None:
    """So many entries, by few commits."""
    ledger = served.house.ledger
    if first == 0:
        ledger.ask([town.school()], town.OPERATOR)
        first = 2  # which was two events
    for begin in range(first, last, 40):
        some = [town.teacher(number) for number in range(begin, min(begin + 40, last))]
        ledger.ask(some, town.OPERATOR)

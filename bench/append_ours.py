"""Appends through a recorder of the library's interface, and ours as its callers wait on a loop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import psycopg
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem, DCBRecorder

from bench.append_peers import UmaRecorder
from bench.race import AsyncStep, Cell, Race, Step, expect
from ledger.store.recorder import Recorder

BODY_BYTES = 300
Asked = tuple[list[DCBEvent], DCBAppendCondition]


@dataclass
class Appends:
    """One event after another, each caller a thread."""

    name: str
    recorder: DCBRecorder | UmaRecorder
    seconds: int
    url: str | None = None
    """Ours: where to see that no position is missing."""

    def measure(self, callers: int) -> Cell:
        """Runs a cell."""
        head = self.recorder.read().head if self.url is None else dense(self.url)
        race = Race(self.seconds)
        cell = race.run([self.step(number, head) for number in range(callers)])
        if self.url is not None:
            expect(dense(self.url) - (head or 0), len(race.took) + callers, self.name)
        return cell

    def step(self, caller: int, head: int | None) -> Step:
        """What one caller repeats, who saw the head."""
        seen, turns = head, count()

        def step() -> None:
            nonlocal seen
            seen = self.recorder.append(*asked(caller, turns, seen))

        return step


@dataclass
class AppendsAsync:
    """The same through ours, each caller a task of one event loop, as those of our server are."""

    name: str
    recorder: Recorder
    seconds: int
    url: str

    def measure(self, callers: int) -> Cell:
        """Runs a cell."""
        head, race = dense(self.url), Race(self.seconds)
        cell = race.run_async([self.step(number, head) for number in range(callers)])
        expect(dense(self.url) - head, len(race.took) + callers, self.name)
        return cell

    def step(self, caller: int, head: int) -> AsyncStep:
        """What one caller repeats, who saw the head."""
        seen, turns = head, count()

        async def step() -> None:
            nonlocal seen
            seen = await self.recorder.append_async(*asked(caller, turns, seen))

        return step


def asked(caller: int, turns: Iterator[int], seen: int | None) -> Asked:
    """An event of 300 bytes with three tags, and the condition under which it is appended."""
    turn = next(turns)
    # Teachers are a caller's own, so that conditions are checked but never fail.
    tags = [f"teacher:{caller}-{turn % 50}", f"offering:{turn % 100}", "term:2024H1"]
    data = json.dumps({"teacher": tags[0], "turn": turn}).encode().ljust(BODY_BYTES)
    condition = DCBAppendCondition(DCBQuery([DCBQueryItem(tags=tags[:2])]), after=seen)
    return [DCBEvent("bench.happened", data, tags)], condition


def dense(url: str) -> int:
    """The head. Raises ``AssertionError`` where a position below it is missing."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select count(*), coalesce(max(position), 0) from ledger.events"
        ).fetchone()
    assert row is not None
    expect(row[0], row[1], "events and highest position")
    return int(row[1])

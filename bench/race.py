"""A race: callers that ask, wait for the answer and ask again until the time is up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

Step = Callable[[], None]
AsyncStep = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Cell:
    """What one peer did in one round with one number of callers."""

    rate: float
    p50_ms: float


@dataclass
class Race:
    """The callers of one cell: all start together and stop when the time is up."""

    seconds: float
    took: list[float] = field(default_factory=list)
    trouble: list[BaseException] = field(default_factory=list)
    began: float = 0.0

    def run(self, steps: list[Step]) -> Cell:
        """Lets every caller repeat its step, after one step to warm up."""
        line = threading.Barrier(len(steps), action=self._start)
        threads = [threading.Thread(target=self._call, args=(s, line), daemon=True) for s in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.trouble:
            raise self.trouble[0]
        return self._cell()

    def run_async(self, steps: list[AsyncStep]) -> Cell:
        """The same with callers that are tasks of an event loop."""

        async def race() -> None:
            await asyncio.gather(*(step() for step in steps))
            self._start()
            await asyncio.gather(*map(self._call_async, steps))

        asyncio.run(race())
        return self._cell()

    def _cell(self) -> Cell:
        return Cell(len(self.took) / (perf_counter() - self.began), median(self.took) * 1000)

    def _start(self) -> None:
        self.began = perf_counter()

    def _call(self, step: Step, line: threading.Barrier) -> None:
        took: list[float] = []
        try:
            step()
            line.wait()
            now, deadline = self.began, self.began + self.seconds
            while now < deadline:
                step()
                now, before = perf_counter(), now
                took.append(now - before)
        except threading.BrokenBarrierError:
            pass  # another caller says why
        except BaseException as error:
            self.trouble.append(error)
            line.abort()
        self.took.extend(took)

    async def _call_async(self, step: AsyncStep) -> None:
        now, deadline = self.began, self.began + self.seconds
        while now < deadline:
            await step()
            now, before = perf_counter(), now
            self.took.append(now - before)


def expect(found: int, wanted: int, what: str) -> None:
    """Raises ``AssertionError`` where the numbers differ, also under ``python -O``."""
    if found != wanted:
        raise AssertionError(f"{what}: {found} in the ledger, {wanted} expected")

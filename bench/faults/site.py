"""The site: a PostgreSQL of our own with databases to be broken, and what breaks it from outside.

A site for full disks lies on a small file system in memory (tmpfs), so that PostgreSQL meets the
true error, in its tables as in its log; mounting it takes root on Linux.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
from alembic import command
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from bench.faults.subject import ALL, KEY
from bench.folder import fresh_folder
from ledger.store.connection import open_connection
from ledger.store.embedded import Embedded
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.store.migrate import _config, migrate
from ledger.store.postmaster import postmaster_of
from projections.catalogue import VIEWS
from projections.runner import Runner
from tests.town import Hand, story, tell

DISK_MEGABYTES = 640
LOCK_TIMEOUT = "40ms"
PATIENCE_SECONDS = 60
CARRIED = ("ledger.events", "ledger.tags", "ledger.requests", "vault.proof")


class Site:
    """One server, its templates, and its breakers."""

    def __init__(self, folder: Path, *, small: bool = False) -> None:
        self.folder, self.small = folder, small
        self.server = Embedded(folder / "data")
        self.url = ""
        self._made: set[str] = set()
        self._numbers = iter(range(1_000_000))

    @property
    def socket(self) -> str:
        """Where the server answers."""
        server = postmaster_of(self.server.cluster)
        return f"{server.socket if server else self.server.home}/.s.PGSQL.5432"

    def start(self) -> None:
        """Starts the server, or waits until it is back."""
        self.url = self.server.start()
        if self.small and not self._made:
            with psycopg.connect(self.url, autocommit=True) as connection:
                # How much log is kept is no matter of durability; the disk is small.
                for setting in ("max_wal_size = '96MB'", "min_wal_size = '32MB'"):
                    connection.execute(f"alter system set {setting}")
                connection.execute("select pg_reload_conf()")

    def at(self, name: str) -> str:
        """The URL of a database."""
        return self.url.replace("/postgres?", f"/{name}?")

    @contextmanager
    def database(self, template: str, *, lock_timeout: bool = False) -> Iterator[str]:
        """A copy of a template as long as it is needed; other sessions give locks up soon."""
        self._template(template)
        name = f"run_{next(self._numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"create database {name} template {template}")
            if lock_timeout:
                connection.execute(f"alter database {name} set lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            yield self.at(name)
        finally:
            self.start()
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(f"drop database {name} with (force)")

    def _template(self, name: str) -> None:
        if name in self._made or name == "template0":
            return
        kind, _, revision = name.partition("_")
        if kind == "viewed":
            self._template("told")
        elif kind == "old":
            self._template("viewed")
        source = "told" if kind == "viewed" else "template0"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"create database {name} template {source}")
        if kind == "old":
            _old(self.at(name), self.at("viewed"), revision)
        else:
            _told(self.at(name), viewed=kind == "viewed")
        self._made.add(name)

    def kill(self, how: str) -> None:
        """PostgreSQL dies: ``all`` of it and at once, ``immediate`` by its own word, or ``one``."""
        server = postmaster_of(self.server.cluster)
        if server is None:
            return
        postmaster = psutil.Process(server.pid)
        family = postmaster.children(recursive=True)
        if how == "immediate":
            os.kill(server.pid, signal.SIGQUIT)
        elif how == "one":
            backends = [each for each in family if _serves(each)]
            # Of one that dies the others cannot trust the memory that they share.
            family = backends[-1:]
        else:
            family = [postmaster, *family]
        if how != "immediate":
            for each in family:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
        psutil.wait_procs(family, timeout=PATIENCE_SECONDS)
        if how == "immediate":
            psutil.wait_procs([postmaster], timeout=PATIENCE_SECONDS)

    def fill(self) -> None:
        """Not a byte is left on the small disk."""
        free = shutil.disk_usage(self.folder).free
        with (self.folder / "ballast").open("wb") as ballast:
            with suppress(OSError):
                os.posix_fallocate(ballast.fileno(), 0, free)
            with suppress(OSError):
                while True:
                    ballast.seek(0, os.SEEK_END)
                    ballast.write(b"\0" * 4_096)
                    ballast.flush()

    def free(self) -> None:
        """There is room again."""
        (self.folder / "ballast").unlink(missing_ok=True)


def _serves(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return "run_" in " ".join(process.cmdline())
    return False


def _told(url: str, *, viewed: bool) -> None:
    """A founded ledger with a story, and its views at the beginning or at its end."""
    if not viewed:
        migrate(url)
    with Ledger.found(url, KEY, Hand()) as ledger:
        if not viewed:
            tell(ledger, story())
        runner = Runner(ledger.pool, ledger.feed, ALL)
        if viewed:
            runner.catch_up()


def _old(url: str, source: str, revision: str) -> None:
    """The same ledger in the shape that an earlier program gave it."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: open_connection(url, owner=True),
        poolclass=NullPool,
    )
    with engine.begin() as connection:
        config = _config(from_scratch=True)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    with psycopg.connect(source) as here, psycopg.connect(url) as there:
        for table in CARRIED:
            with (
                here.cursor().copy(f"copy {table} to stdout") as taken,
                there.cursor().copy(f"copy {table} from stdin") as given,
            ):
                for data in taken:
                    given.write(data)


def poisonable(url: str) -> list[tuple[str, int]]:
    """Views with positions at which they fold something."""
    with Ledger(url, KEY) as ledger:
        return [
            (view.name, entry.position)
            for entry in ledger.feed.entries(Filter())
            for view in VIEWS
            if entry.event.NAME in view.own_types and list(view.keys(entry))
        ]


@contextmanager
def site(*, small: bool = False, below: Path = Path("/var/tmp")) -> Iterator[Site]:
    """A site as long as it is needed. Raises ``RuntimeError`` where no small disk can be had."""
    with fresh_folder("faults", below) as folder:
        disk = folder / "disk"
        disk.mkdir()
        made = Site(disk, small=small)
        try:
            if small:
                size = f"size={DISK_MEGABYTES}m,mode=0755"
                done = subprocess.run(
                    ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode != 0:
                    raise RuntimeError(f"a full disk needs a small tmpfs: {done.stderr.strip()}")
            made.start()
            yield made
        finally:
            made.free()
            made.server.stop()
            if small:
                _unmount(disk)


def _unmount(disk: Path) -> None:
    for _ in range(50):
        if subprocess.run(["umount", str(disk)], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)

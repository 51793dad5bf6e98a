"""Embedded PostgreSQL: the server from the wheel, on one data folder, reached by socket only.

It starts when it is first needed, outlives the program that started it, and is shared by every
program that names the same folder. Durability stays as PostgreSQL ships it; where nobody set them,
``shared_buffers`` and ``max_wal_size`` are a share of the machine's memory and of its disk. Two
locks keep the folder safe: one is held while somebody starts or stops the server, the other is
inherited by all of the server's processes and is free only when the last of them is gone, wherever
it ran.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.store.binaries import binaries_for
from ledger.store.folder import (
    CLUSTER,
    LOCK,
    Account,
    claim,
    default_data,
    disk_full,
    first_closed,
    folder_trouble,
    locked,
    make_private,
    server_account,
)
from ledger.store.machine import MIB, buffers_bytes, log_bytes
from ledger.store.postmaster import (
    LOCK_FILE,
    Postmaster,
    lock_file,
    postmaster_of,
    process_exists,
)
from ledger.store.trouble import Trouble

__all__ = ["Embedded", "default_data"]

PORT = 5432
SOCKET_PATH_MAX_BYTES = 100
START_PATIENCE_SECONDS = 900
"""Recovery after a crash reads the log again, which takes minutes on a slow disk."""
ORPHAN_PATIENCE_SECONDS = 60
"""How long the processes of a killed server may take to notice and leave."""
ROOM_MIN_BYTES = 32 * 1024 * 1024
"""Two segments of the write-ahead log: with less, a start that fails, fails for lack of room."""
UNSET = {"shared_buffers": "16384", "max_wal_size": "1024"}
"""What a folder has, in pages and in MiB, for which nobody chose anything else."""
FULL = ("No space left on device", "Disk quota exceeded")


class Embedded:
    """One PostgreSQL on one data folder. ``joined`` tells that it was running already."""

    def __init__(self, data: Path) -> None:
        self.data = data.expanduser().resolve()
        self.cluster = self.data / CLUSTER
        self.home = self.data / "server"
        self.log = self.home / "postgres.log"
        self.joined = False

    @property
    def running(self) -> bool:
        """Is a server alive on this folder?"""
        return postmaster_of(self.cluster) is not None

    def start(self) -> str:
        """Start the server, or join the one that runs, and say where to connect."""
        account = server_account()
        binaries_for(account)
        claim(self.data, account)
        with locked(self.data / LOCK):
            with folder_trouble(self.data):
                make_private(self.home, account)
                server = self._join()
                self.joined = server is not None
                if server is None:
                    if not (self.cluster / "PG_VERSION").exists():
                        self._create(account)
                    server = self._launch(account)
            return server.url

    def stop(self) -> None:
        """Stop the server, whoever started it: open transactions are rolled back."""
        if not self.running:
            return
        with locked(self.data / LOCK):
            server = postmaster_of(self.cluster)
            if server is None:
                return
            patience = str(START_PATIENCE_SECONDS)
            done = self._run(server_account(), "pg_ctl", "stop", "-w", "-m", "fast", "-t", patience)
            if done.returncode != 0 and self.running:
                reason = _last(done.stdout.splitlines())
                raise Trouble(
                    "POSTGRES_NOT_STOPPED",
                    zh=f"PostgreSQL（进程 {server.pid}）没有停止：{reason}。日志：{self.log}",
                    en=f"PostgreSQL (process {server.pid}) did not stop: {reason}. Log: {self.log}",
                )
            self._forget_socket(Path(server.socket))

    def _join(self) -> Postmaster | None:
        """The server that already runs here, once it answers; none if it is gone or going."""
        began = time.monotonic()
        while (server := postmaster_of(self.cluster)) is not None:
            if server.settled and server.answers:
                return server
            patience = ORPHAN_PATIENCE_SECONDS if server.settled else START_PATIENCE_SECONDS
            if time.monotonic() - began > patience:
                state = f"{server.status}, but does not answer at {server.socket}"
                raise self._not_started(f"process {server.pid} is {state}")
            time.sleep(0.02)
        return None

    def _create(self, account: Account) -> None:
        """Make the cluster beside its place and move it there whole: never half of one."""
        fresh = self.data / f"{CLUSTER}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        make_private(fresh, account)
        # The built-in locale sorts the same on every system and after every update of its libc.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        access = ("--username=postgres", "--auth=trust", "--encoding=UTF8")
        done = self._run(account, "initdb", *access, *locale, "--pgdata", str(fresh))
        if done.returncode != 0:
            trouble = self._start_trouble(done.stdout.splitlines())
            shutil.rmtree(fresh, ignore_errors=True)
            raise trouble
        fresh.rename(self.cluster)
        descriptor = os.open(self.data, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _launch(self, account: Account) -> Postmaster:
        with self._life() as life:
            self._sweep()
            door = self._socket_folder(account)
            if self.log.exists():
                self.log.replace(self.log.with_suffix(".log.1"))
            # No -D for pg_ctl itself: it would hand the path to a shell without quoting it.
            options = ["-D", str(self.cluster), "-k", str(door), "-p", str(PORT), "-h", ""]
            # The log may lie on a disk of its own, behind a link.
            written = self.cluster / "pg_wal"
            free = shutil.disk_usage(written if written.exists() else self.cluster).free
            ours = {"shared_buffers": buffers_bytes(), "max_wal_size": log_bytes(free)}
            for name, size in ours.items():
                if self._run(account, "postgres", "-C", name).stdout.strip() == UNSET[name]:
                    options += ["-c", f"{name}={size // MIB}MB"]
            done = self._run(
                account, "pg_ctl", "start", "-w", "-t", str(START_PATIENCE_SECONDS),
                "-l", self.log.name, "-o", shlex.join(options), keep=life,
            )  # fmt: skip
        server = postmaster_of(self.cluster)
        if done.returncode != 0 or server is None:
            self._forget_socket(door)
            log = self.log.read_text(errors="replace") if self.log.exists() else ""
            raise self._start_trouble([*done.stdout.splitlines(), *log.splitlines()])
        return server

    @contextmanager
    def _life(self) -> Iterator[int]:
        """The lock that the server's processes inherit and hold while one of them lives."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.home / "alive.lock", flags, 0o600)
        deadline = time.monotonic() + ORPHAN_PATIENCE_SECONDS
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise self._not_started(
                            "processes of an earlier server, perhaps in another container, "
                            "still work on this folder"
                        ) from None
                    time.sleep(0.02)
            yield descriptor
        finally:
            os.close(descriptor)

    def _sweep(self) -> None:
        """Remove what a crash left; the life lock is ours, so none of our servers uses it.

        A lock file whose process is gone is left to PostgreSQL, which also looks for orphans in
        shared memory. It gives up on one that is damaged or whose number another program has.
        """
        left = lock_file(self.cluster)
        self._forget_socket(left.socket or self.home)
        if left.pid is None or process_exists(left.pid):
            (self.cluster / LOCK_FILE).unlink(missing_ok=True)
        for remnant in self.home.glob(".s.PGSQL.*"):
            remnant.unlink(missing_ok=True)

    def _socket_folder(self, account: Account) -> Path:
        """Beside the data; a short private folder where that path is too long for a socket."""
        if _fits_socket(self.home):
            return self.home
        for shelf in (Path(tempfile.gettempdir()), Path("/tmp")):
            if _fits_socket(shelf / "xuefen-12345678") and not first_closed(shelf / "x", account):
                folder = Path(tempfile.mkdtemp(prefix="xuefen-", dir=shelf))
                os.chown(folder, account.uid, account.gid)
                return folder
        raise self._not_started(f"no folder for the socket is short and open to {account.name}")

    def _forget_socket(self, folder: Path) -> None:
        if folder != self.home and folder.name.startswith("xuefen-"):
            with suppress(OSError):
                for remnant in folder.glob(".s.PGSQL.*"):
                    remnant.unlink()
                folder.rmdir()

    def _run(
        self, account: Account, command: str, *arguments: str, keep: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the account, with nothing of our environment."""
        wanted = ("PATH", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        environment = {name: os.environ[name] for name in wanted if name in os.environ}
        as_root = os.geteuid() == 0
        command_line = [str(binaries_for(account) / command), *arguments]
        try:
            return subprocess.run(
                command_line,
                check=False,
                cwd=self.home,
                env=environment | {"LC_ALL": "C", "PGDATA": str(self.cluster)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                umask=0o077,
                user=account.uid if as_root else None,
                group=account.gid if as_root else None,
                extra_groups=[] if as_root else None,
                pass_fds=() if keep is None else (keep,),
            )
        except OSError as error:
            raise self._not_started(f"{command_line[0]}: {error.strerror}") from error

    def _start_trouble(self, lines: list[str]) -> Trouble:
        for line in reversed(lines):
            if any(sign in line for sign in FULL):
                return disk_full(self.data, line.strip())
        # On a full disk the log cannot be written either, so its silence is no proof.
        if shutil.disk_usage(self.data).free < ROOM_MIN_BYTES:
            return disk_full(self.data, _last(lines))
        fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        return self._not_started(_last(fatal or lines))

    def _not_started(self, reason: str) -> Trouble:
        return Trouble(
            "POSTGRES_NOT_STARTED",
            zh=f"PostgreSQL 未能在 {self.cluster} 启动：{reason}。日志：{self.log}",
            en=f"PostgreSQL did not start on {self.cluster}: {reason}. Log: {self.log}",
        )


def _fits_socket(folder: Path) -> bool:
    path = os.fsencode(folder / f".s.PGSQL.{PORT}")
    return len(path) <= SOCKET_PATH_MAX_BYTES and not set(b",\"'\\") & set(path)


def _last(lines: list[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "no reason given")

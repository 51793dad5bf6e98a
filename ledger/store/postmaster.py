"""The postmaster: what PostgreSQL's lock file says of the server, held against the processes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]
import psycopg

LOCK_FILE = "postmaster.pid"
CONNECT_TIMEOUT_SECONDS = 5


@dataclass(frozen=True)
class Postmaster:
    """A server that is alive in its folder."""

    pid: int
    socket: str
    port: str
    status: str

    @property
    def url(self) -> str:
        """Where to connect; quoting lets the folder have any name."""
        return f"postgresql://postgres@/postgres?host={quote(self.socket)}&port={self.port}"

    @property
    def settled(self) -> bool:
        """Does it say that it takes connections?"""
        return self.status in ("ready", "standby")

    @property
    def answers(self) -> bool:
        """Does it take one? A server that is being killed still says that it is ready."""
        try:
            psycopg.connect(self.url, connect_timeout=CONNECT_TIMEOUT_SECONDS).close()
        except psycopg.OperationalError as error:
            return "too many clients" in str(error) or "connection slots" in str(error)
        return True


@dataclass(frozen=True)
class LockFile:
    """``postmaster.pid`` as it stands, which after a crash may say anything."""

    lines: tuple[str, ...]

    @property
    def pid(self) -> int | None:
        """The number on it; none where there is no file or it is damaged."""
        first = self.lines[0] if self.lines else ""
        return int(first) if first.isdecimal() and int(first) > 0 else None

    @property
    def socket(self) -> Path | None:
        """The folder of the socket."""
        return Path(self.lines[4]) if len(self.lines) > 4 and self.lines[4] else None


def lock_file(cluster: Path) -> LockFile:
    """Read it; a file that is not there has no lines."""
    try:
        text = (cluster / LOCK_FILE).read_text(errors="replace")
    except OSError:
        text = ""
    return LockFile(tuple(line.strip() for line in text.splitlines()))


def postmaster_of(cluster: Path) -> Postmaster | None:
    """The server that is alive on the cluster, if there is one."""
    file = lock_file(cluster)
    if file.pid is None or not _works_in(cluster, file.pid):
        return None
    _, _, _, port, socket, _, _, status = [*file.lines, *[""] * 8][:8]
    return Postmaster(file.pid, socket, port, status or "starting")


def process_exists(pid: int) -> bool:
    """Has any process this number, were it only a dead one that nobody has buried?"""
    return bool(psutil.pid_exists(pid))


def _works_in(cluster: Path, pid: int) -> bool:
    """Is it PostgreSQL, and in this folder? In doubt it is: better no start than two."""
    try:
        process = psutil.Process(pid)
        if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return os.path.samefile(process.cwd(), cluster)
    except psutil.AccessDenied:
        return True
    except (psutil.NoSuchProcess, OSError):
        return False

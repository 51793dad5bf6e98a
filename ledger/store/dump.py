"""Dump: PostgreSQL's own pg_dump and pg_restore, with no password on their command line.

A dump is read by a PostgreSQL of the same or a newer version. The wheel brings the programs of two
versions, so that a server that is older than the embedded one gets a dump that it can read itself.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.store.bound import bound
from ledger.store.connection import FULL
from ledger.store.folder import BINARIES, MAJOR, OLDER, OLDER_BINARIES
from ledger.store.trouble import Trouble

SCHEMAS = ("ledger", "vault")
LEFT_OUT = ("ledger.revision", "vault.progress", "vault.requests")
"""Tables whose rows are not dumped: the manifest names the migration, the others are of a day."""
UMASK = 0o077
UNDUMPING = "xuefen-undump"
"""What a session that reads a dump in is called, so that one whose restore was killed is known."""


def tools_for(server: int) -> tuple[int, Path]:
    """The version of the programs for a server's major version, and where they lie.

    Raises ``Trouble`` (``DUMP_TOO_OLD``) for a server that is newer than all of them.
    """
    if server > MAJOR:
        raise Trouble(
            "DUMP_TOO_OLD",
            zh=f"数据库是 PostgreSQL {server}，而本程序自带的 pg_dump 只到 {MAJOR}。请升级学分。",
            en=f"The database is PostgreSQL {server}, and the pg_dump of this program is that of "
            f"{MAJOR}. Upgrade Xuefen.",
        )
    return (OLDER, OLDER_BINARIES) if server <= OLDER else (MAJOR, BINARIES)


@contextmanager
def dumping(url: str, server: int, snapshot: str, file: Path) -> Iterator[None]:
    """Writes a dump of an exported snapshot while the caller does something else."""
    names = [f"--schema={each}" for each in SCHEMAS]
    left = [f"--exclude-table-data={each}" for each in LEFT_OUT]
    given = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
    with _running(url, server, "pg_dump", *given, *names, *left, f"--file={file}"):
        yield


def undump(url: str, server: int, file: Path) -> None:
    """Reads a dump into an empty database, all of it or nothing."""
    given = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    named = make_conninfo(url, application_name=UNDUMPING)
    with _running(named, server, "pg_restore", *given, str(file)):
        pass


@contextmanager
def _running(url: str, server: int, program: str, *given: str) -> Iterator[None]:
    """Runs a program beside the caller; raises ``Trouble`` (``DUMP_FAILED``) where it fails."""
    told = conninfo_to_dict(url)
    environment = dict(os.environ)
    if password := told.pop("password", None):
        environment["PGPASSWORD"] = str(password)
    command = [
        str(tools_for(server)[1] / program),
        "--no-password",
        f"--dbname={make_conninfo('', **{k: v for k, v in told.items() if v is not None})}",
        *given,
    ]
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603
                bound(command),
                env=environment | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                umask=UMASK,
            )
        except OSError as error:
            raise failed(program, f"{command[0]}: {error.strerror}") from error
        try:
            yield
            status = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        if status != 0:
            said.seek(0)
            lines = said.read().decode(errors="replace").splitlines()
            errors = [line for line in lines if "error:" in line] or lines or [f"status {status}"]
            raise failed(program, errors[0].strip())


def failed(program: str, reason: str) -> Trouble:
    """One of PostgreSQL's programs did not do what it was asked."""
    if any(sign in reason for sign in FULL):
        return Trouble(
            "DISK_FULL",
            zh=f"{program} 写不下了（{reason}）。请腾出空间，或换到更大的磁盘后重试；"
            "没有留下半个备份或半个账本。",
            en=f"{program} has no room left ({reason}). Free some space, or take a larger disk, "
            "and try again; it left neither half a backup nor half a ledger.",
        )
    return Trouble(
        "DUMP_FAILED",
        zh=f"{program} 没有完成：{reason}。请排除原因后重试，没有留下半个备份或半个账本。",
        en=f"{program} did not end well: {reason}. Mend that and try again; it left neither half a "
        "backup nor half a ledger.",
    )

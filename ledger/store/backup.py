"""A backup: one folder that holds the ledger, the vault and the access log as of one position.

Dump, imprints and head are read under one exported snapshot, beside live writers. All is written
into a folder with another name, down to the disk, the manifest last, and moved to its place whole;
so a crash leaves nothing that looks like a backup, and nothing is ever overwritten. Views are not
in it: they are folded from the ledger. The vault's key is not in it either, unless asked for.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from ledger.store.connection import open_connection, unhurried
from ledger.store.dump import dumping, tools_for
from ledger.store.imprint import imprints
from ledger.store.manifest import DUMP, KEYS, NAME, Damage, Manifest, part_of, write_through
from ledger.store.trouble import Trouble

PARTIAL = ".partial"
HEAD = "select coalesce(max(position), 0) from ledger.events"
ACCESSES = "select number, hash from ledger.access_head"
REVISION = "select version_num from ledger.revision"

Connection = psycopg.Connection[Any]
Rooted = Callable[[Connection, int], bytes]
"""The tree hash over the entries up to a position, as a connection sees them."""
Examined = Callable[[Connection], Iterable[Damage]]
"""What is wrong with the ledger, as a connection sees it."""


@dataclass(frozen=True)
class Made:
    """A backup that is whole: where it lies, what it holds, and the hash of its manifest."""

    folder: Path
    manifest: Manifest
    sha256: str


def back_up(
    url: str, place: Path, root: Rooted, examined: Examined, sealed_keys: bytes | None = None
) -> Made:
    """Backs a ledger up to a folder, or into one that exists. Raises ``Trouble``.

    A damaged one too, since there may never be a better: its manifest says what is wrong.
    """
    with _trouble(place):
        into = place.is_dir()
        if place.exists() and (not into or (place / NAME).exists()):
            raise _present(place)
        above = place if into else place.parent
        with _fresh(above, place.name) as fresh:
            manifest = _fill(url, fresh, root, examined, sealed_keys)
            digest = manifest.write(fresh)
            _flush(fresh)
            name = f"xuefen-{manifest.made.translate({45: None, 58: None})}-{manifest.position}"
            target = place / name if into else place
            if target.exists():
                raise _present(target)
            fresh.rename(target)
            with suppress(PermissionError):  # of a folder that one may write into and not list
                _flush(above)
    return Made(target, manifest, digest)


def _fill(
    url: str, folder: Path, root: Rooted, examined: Examined, sealed_keys: bytes | None
) -> Manifest:
    """Writes the parts of one snapshot, and gives what the manifest is to say of them."""
    with open_connection(url, owner=True) as connection, _refusals():
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        unhurried(connection)
        [snapshot] = connection.execute("select pg_export_snapshot()").fetchone() or ("",)
        made = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        server = connection.info.server_version // 10_000
        with dumping(url, server, snapshot, folder / DUMP):
            [revision] = connection.execute(REVISION).fetchone() or ("",)
            [position] = connection.execute(HEAD).fetchone() or (0,)
            [accesses, chained] = connection.execute(ACCESSES).fetchone() or (0, b"")
            hashed, tables = root(connection, position), tuple(imprints(connection))
            damage = tuple(examined(connection))
    if sealed_keys is not None:
        write_through(folder / KEYS, sealed_keys)
    return Manifest(
        program=version("xuefen"),
        made=made,
        postgres=server,
        tools=tools_for(server)[0],
        migration=revision,
        position=position,
        root=hashed.hex(),
        accesses=accesses,
        accesses_hash=bytes(chained).hex(),
        tables=tables,
        parts=tuple(part_of(folder / n) for n in (DUMP, KEYS) if (folder / n).exists()),
        damage=damage,
    )


@contextmanager
def _fresh(above: Path, name: str) -> Iterator[Path]:
    """A private folder beside the place, gone again unless it was moved there."""
    fresh = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=PARTIAL, dir=above))
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise Trouble(
            "OWNER_NEEDED",
            zh="该数据库用户无权读取全部内容，请以数据库所有者备份。",
            en="This database user may not read all of it. Back up as the owner of the database.",
        ) from error


@contextmanager
def _trouble(place: Path) -> Iterator[None]:
    """What the operating system refuses becomes a sentence."""
    try:
        yield
    except OSError as error:
        raise Trouble(
            "BACKUP_NOT_WRITTEN",
            zh=f"无法写入备份 {place}（{error.strerror}）。没有留下半个备份。",
            en=f"The backup {place} cannot be written ({error.strerror}). Half of one was not "
            "left there.",
        ) from error


def _present(place: Path) -> Trouble:
    return Trouble(
        "BACKUP_EXISTS",
        zh=f"{place} 已存在，没有覆盖。请另选名称。",
        en=f"{place} exists and was not overwritten. Choose another name.",
    )

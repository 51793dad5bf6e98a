"""Restoring: a backup becomes a ledger again, in an empty place, equal to the byte or not at all.

The schema comes from the dump, the rights from our own migrations. Until all is verified, and
people who were erased are erased again, the database has the schema ``MARK``, and then the revision
``RESTORING`` too, with which nobody works on it; what does not hold is removed again. The mark is
there before anything of the dump: it stays where all is killed, whatever the dump came to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from ledger.store.backup import ACCESSES, HEAD, Rooted
from ledger.store.connection import ROLE, open_connection, unhurried
from ledger.store.dump import UNDUMPING, undump
from ledger.store.imprint import imprints
from ledger.store.manifest import DUMP, Manifest, Unfit
from ledger.store.migrate import (
    LOCK_KEY,
    MARK,
    MIGRATIONS,
    RESTORING,
    advance,
    known_revisions,
    require_role,
)
from ledger.store.trouble import Trouble

Connection = psycopg.Connection[Any]
OURS = ("ledger", "vault", "projection", MARK)
TAKEN = "select nspname from pg_namespace where nspname = any(%s)"
MAY_CREATE = "select has_database_privilege(current_database(), 'CREATE'), current_user"
FIRST = "0001_ledger.sql"
RIGHTS = re.compile(rf"^(?:grant|revoke)\b(?:[^;']*)\b(?:{ROLE}|public);", re.M)
GONE = "drop schema if exists {} cascade"
LEFT = """
select pg_terminate_backend(pid, 60000) from pg_stat_activity
where datname = current_database() and usename = current_user and application_name = %s
"""
"""Ends what still reads a dump in, of a restore that was killed, and waits until it is gone."""


class Restore:
    """One backup on its way into one empty database, held under the lock of migrations."""

    def __init__(self, url: str, folder: Path, manifest: Manifest) -> None:
        self.url, self.folder, self.manifest = url, folder, manifest

    @contextmanager
    def running(self, root: Rooted, upto: dict[int, str]) -> Iterator[None]:
        """Restores and verifies; ends it after the caller has done what is left to do.

        ``upto``: tree hashes known from outside, by position. Raises ``Unfit`` where the ledger is
        not that of the manifest or of those hashes, ``Trouble`` where the place is not empty or
        the user has no right to fill it.
        """
        with open_connection(self.url, owner=True, autocommit=True) as guard, _refusals():
            unhurried(guard)
            guard.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
            self._require_empty(guard)
            _require_rights(guard)
            try:
                guard.execute(f"create schema {MARK}".encode())
                self._fill(guard)
                self._verify(guard, root, upto)
                advance(self.url, self.manifest.migration)
                yield
                with guard.transaction():
                    last = known_revisions()[-1]
                    guard.execute("update ledger.revision set version_num = %s", (last,))
                    guard.execute(GONE.format(MARK).encode())
            except BaseException:
                self._remove()
                raise

    def _require_empty(self, guard: Connection) -> None:
        server = guard.info.server_version // 10_000
        if server < self.manifest.postgres:
            made = self.manifest.postgres
            raise Trouble(
                "RESTORE_SERVER_OLDER",
                zh=f"备份来自 PostgreSQL {made}，而目标是 {server}。请恢复到 {made} 或更新版本。",
                en=f"The backup is of a PostgreSQL {made}, and the target is {server}. Restore it "
                f"into {made} or a newer one.",
            )
        if guard.execute(TAKEN, (list(OURS),)).fetchone() is not None:
            guard.execute(LEFT, (UNDUMPING,))  # the lock is ours: no other restore goes on
            raise Trouble(
                "RESTORE_NOT_EMPTY",
                zh="目标数据库里已有账本（或中断的恢复），没有覆盖。请用空数据库或新的数据目录。",
                en="The database already holds a ledger, or a restore that was broken off; nothing "
                "was overwritten. Use an empty database, or a new data folder.",
            )

    def _fill(self, guard: Connection) -> None:
        opening = (MIGRATIONS / FIRST).read_text(encoding="utf-8")
        role = opening[: opening.index("end $$;") + len("end $$;")]
        guard.execute(role.encode())
        undump(self.url, guard.info.server_version // 10_000, self.folder / DUMP)
        guard.execute("insert into ledger.revision (version_num) values (%s)", (RESTORING,))
        guard.execute("create schema projection")
        for file in sorted(MIGRATIONS.glob("*.sql")):
            if file.name[:4] <= self.manifest.migration:
                for right in RIGHTS.findall(file.read_text(encoding="utf-8")):
                    guard.execute(right.encode())

    def _verify(self, guard: Connection, root: Rooted, upto: dict[int, str]) -> None:
        with guard.transaction():
            said = {each.table: each for each in self.manifest.tables}
            found = {each.table: each for each in imprints(guard)}
            for table in sorted({*said} | {*found}):
                if said.get(table) != found.get(table):
                    raise _differs(f"表 {table}", f"the table {table}")
            [position] = guard.execute(HEAD).fetchone() or (0,)
            [number, chained] = guard.execute(ACCESSES).fetchone() or (0, b"")
            manifest = self.manifest
            if (position, number) != (manifest.position, manifest.accesses):
                raise _differs("位置", "the position")
            if bytes(chained).hex() != manifest.accesses_hash:
                raise _differs("查阅记录链", "the chain of the access log")
            if root(guard, position).hex() != manifest.root:
                raise _differs("事件的哈希", "the hash over its events")
            for at, hashed in sorted(upto.items()):
                if at <= position and root(guard, at).hex() != hashed:
                    raise other_history(at)

    def _remove(self) -> None:
        """Takes away what was restored; where that fails too, the mark keeps all out."""
        with (
            suppress(Trouble, psycopg.Error),  # why it failed before is what is to be said
            open_connection(self.url, owner=True, autocommit=True) as connection,
        ):
            connection.execute(LEFT, (UNDUMPING,))
            for schema in ("projection", "vault", "ledger", MARK):
                connection.execute(GONE.format(schema).encode())


def _require_rights(guard: Connection) -> None:
    """What the restore will need, asked before anything is made."""
    [may_create, user] = guard.execute(MAY_CREATE).fetchone() or (False, "")
    if not may_create:
        raise _owner_needed(f"{user}: CREATE")
    require_role(guard)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise _owner_needed(error.diag.message_primary or "insufficient privilege") from error


def _owner_needed(reason: str) -> Trouble:
    return Trouble(
        "OWNER_NEEDED",
        zh=f"该数据库用户无权恢复（{reason}）。没有恢复。请以数据库所有者恢复；管理员可先执行 "
        "create database 名称 owner 用户。",
        en=f"This database user may not restore ({reason}). Nothing was restored. Restore as the "
        "owner of the database; its administrator can make one: create database NAME owner USER.",
    )


def other_history(position: int) -> Unfit:
    """The backup is of another history than a head from outside."""
    return Unfit(
        "BACKUP_OF_ANOTHER_HISTORY",
        zh=f"位置 {position} 的哈希与外部保存的不符：备份不是同一份历史，或已被改动。没有恢复。"
        "若用 --expect-hash：只有能看到全部条目者、未加筛选的 digest 才对得上，"
        "其 count 等于 position。",
        en=f"The hash at position {position} is not the one known from outside: the backup is of "
        "another history, or was changed. Nothing was restored. For --expect-hash, only a digest "
        "of somebody who sees all entries, asked without a filter, fits: its count equals its "
        "position.",
    )


def _differs(zh: str, en: str) -> Unfit:
    return Unfit(
        "RESTORED_DIFFERS",
        zh=f"恢复后的账本与备份清单不一致：{zh}。已撤除，没有恢复。",
        en=f"The restored ledger is not what the manifest says: {en} differs. It was removed "
        "again; nothing was restored.",
    )

"""Migrations: bring a database to the shape that this program works with, or say what is amiss.

Each step is a plain SQL file that a database administrator can read and run. A database is
migrated as its owner, in one transaction; the application then works as ``xuefen_app``.

Alembic is loaded where there is a step to run: with SQLAlchemy below it, it takes a sixth of the
start of a program, and hardly any start has a step to run.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from ledger.store.connection import ROLE, open_connection, role_missing, take_role, trouble_of
from ledger.store.trouble import Trouble

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

__all__ = ["check_version", "migrate", "open_connection", "pending_sql", "trouble_of"]

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = MIGRATIONS / "versions"
SCHEMA = "ledger"
REVISION_TABLE = "revision"
GRANT = f"""
-- Whoever xuefen serve connects as must be able to take the role. Run by somebody else than that
-- user, this migration has not granted it yet; put the user's name here and run it as well:
-- grant {ROLE} to <user>;
"""
LOCK_KEY = int.from_bytes(b"xuefen", "big")
RESTORING = "restoring"
"""The revision of a database into which a backup is being restored: nobody works on it."""
MARK = "xuefen_restoring"
"""The schema that says the same before there is a revision, whatever else is there or is not."""


def migrate(url: str) -> None:
    """Bring the database up to date; of two at once, one migrates and the other waits for it."""
    with open_connection(url, owner=True) as asked, _refusals_as_trouble():
        if not _pending(_revision(asked)):
            return
    from alembic import command

    with _refusals_as_trouble(), _begun(url) as connection:
        driver = _driver(connection)
        driver.execute("select pg_advisory_xact_lock(%s)", (LOCK_KEY,))
        found = _revision(driver)
        if not _pending(found):
            return
        if found is None:
            _require_free_names(driver)
        require_role(driver)
        config = _config(from_scratch=found is None)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def pending_sql(url: str | None) -> str:
    """The SQL that would run, in a transaction of its own; empty where nothing is to be done."""
    found = None
    if url is not None:
        with open_connection(url, owner=True) as connection, _refusals_as_trouble():
            found = _revision(connection)
            if not _pending(found):
                return ""
    from alembic import command

    printed = io.StringIO()
    config = _config(from_scratch=found is None)
    config.output_buffer = printed
    command.upgrade(config, f"{found or 'base'}:head", sql=True)
    return printed.getvalue() + GRANT


def known_revisions() -> list[str]:
    """The migrations that this program knows, the oldest first: the numbers of their files."""
    return sorted(each.name.partition("_")[0] for each in VERSIONS.glob("[0-9]*_*.py"))


def advance(url: str, found: str) -> None:
    """Bring a restored database from its migration to ours; it stays marked as ``RESTORING``.

    The caller holds the lock of migrations.
    """
    from alembic import command

    with _refusals_as_trouble(), _begun(url) as connection:
        driver = _driver(connection)
        driver.execute("update ledger.revision set version_num = %s", (found,))
        if _pending(found):
            config = _config(from_scratch=False)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        driver.execute("update ledger.revision set version_num = %s", (RESTORING,))


def check_version(url: str) -> None:
    """The database has the shape that this program works with, and it may work on it."""
    with open_connection(url, owner=True) as connection:
        if _marked(connection):
            raise unfinished()
        if not _has_revisions(connection):
            raise _schema_missing()
        take_role(connection)
        if _pending(_revision(connection)):
            raise _schema_missing()


def run_sql_file(name: str) -> None:
    """Run one file as it stands, or print it. Called by the migration of the same number."""
    from alembic import op

    text = (MIGRATIONS / name).read_text(encoding="utf-8")
    context = op.get_context()
    if context.as_sql:
        context.impl.static_output(text)
    else:
        _driver(op.get_bind()).execute(text.encode())


@contextmanager
def _begun(url: str) -> Iterator[Connection]:
    """A transaction of the owner's, as alembic takes it."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: open_connection(url, owner=True),
        poolclass=NullPool,
    )
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise (error.orig or error) from error


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    """psycopg itself, which takes a file of many statements and leaves every % alone."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _config(*, from_scratch: bool) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["from_scratch"] = from_scratch
    return config


def _has_revisions(connection: psycopg.Connection[Any]) -> bool:
    """Asked of the catalogue, which also answers a user who may not enter the schema."""
    return (
        connection.execute(
            "select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = %s and c.relname = %s",
            (SCHEMA, REVISION_TABLE),
        ).fetchone()
        is not None
    )


def _marked(connection: psycopg.Connection[Any]) -> bool:
    """Is a restore under way, or was one killed? Also where there is no revision, or no right."""
    found = connection.execute("select from pg_namespace where nspname = %s", (MARK,)).fetchone()
    return found is not None


def _revision(connection: psycopg.Connection[Any]) -> str | None:
    if _marked(connection):
        return RESTORING
    if not _has_revisions(connection):
        return None
    row = connection.execute("select version_num from ledger.revision").fetchone()
    return None if row is None else str(row[0])


def _pending(found: str | None) -> bool:
    """Is there a step after the one found? One that we do not know was made by a newer program."""
    known = known_revisions()[::-1]
    if found == RESTORING:
        raise unfinished()
    if found is not None and found not in known:
        raise Trouble(
            "SCHEMA_NEWER",
            zh=f"数据库由更新版本的学分迁移过（版本 {found}，本程序只认识到 {known[0]}）。"
            "请升级本程序；数据库未作任何改动。",
            en=f"A newer Xuefen has migrated this database (to {found}; this program knows steps "
            f"up to {known[0]}). Upgrade this program; nothing in the database was changed.",
        )
    return found != known[0]


def unfinished() -> Trouble:
    """A restore is under way, or was killed; nobody works on what is there."""
    return Trouble(
        "RESTORE_UNFINISHED",
        zh="该数据库的恢复尚未完成，或曾中断。请等待 xuefen restore 结束；若已中断，"
        "请删除该数据库（或数据目录）后重新恢复。",
        en="A backup is being restored into this database, or that was broken off. Wait for "
        "xuefen restore to end; where it was broken off, remove the database (or the data "
        "folder) and restore again.",
    )


def _require_free_names(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute(
        "select string_agg(nspname, ', ' order by nspname) from pg_namespace"
        " where nspname in ('ledger', 'vault', 'projection')"
    ).fetchone()
    if row is not None and row[0] is not None:
        raise Trouble(
            "DATABASE_FOREIGN",
            zh=f"数据库里已有名为 {row[0]} 的模式，却不是学分建立的。请换一个空数据库。",
            en=f"The database already has schemas named {row[0]} that Xuefen did not make. "
            "Use an empty database.",
        )


def require_role(connection: psycopg.Connection[Any]) -> None:
    """The role exists and is ours to take, or we may see to both."""
    row = connection.execute(
        "select rolsuper, rolcreaterole, current_user,"
        " exists (select from pg_roles where rolname = %s)"
        " from pg_roles where rolname = current_user",
        (ROLE,),
    ).fetchone()
    assert row is not None
    superuser, may_create, user, exists = row
    if superuser or (may_create and not exists):
        return
    if not exists or not _may_take_role(connection, may_create=may_create):
        raise role_missing(user)


def _may_take_role(connection: psycopg.Connection[Any], *, may_create: bool) -> bool:
    """From PostgreSQL 16 on, whoever may create roles no longer has a hand in all of them."""
    modern = connection.info.server_version >= 160000
    row = connection.execute(
        "select pg_has_role(%s, %s) or pg_has_role(%s, 'member with admin option')",
        (ROLE, "set" if modern else "member", ROLE),
    ).fetchone()
    return (row is not None and bool(row[0])) or (may_create and not modern)


@contextmanager
def _refusals_as_trouble() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        known = _trouble_in_migration(error)
        if known is None:
            raise
        raise known from error


def _trouble_in_migration(error: psycopg.Error) -> Trouble | None:
    if not isinstance(error, psycopg.errors.InsufficientPrivilege):
        return trouble_of(error)
    reason = error.diag.message_primary or "insufficient privilege"
    return Trouble(
        "OWNER_NEEDED",
        zh=f"该数据库用户无权迁移（{reason}）。"
        "请以数据库所有者执行 xuefen migrate，或用 xuefen migrate --sql 打印 SQL 交给管理员；"
        f"管理员执行后还须 grant {ROLE} to 本用户。",
        en=f"This database user may not migrate ({reason}). Run xuefen migrate as the owner of "
        "the database, or print the SQL for its administrator with xuefen migrate --sql; after "
        f"that the administrator must also grant {ROLE} to <user>, this one.",
    )


def _schema_missing() -> Trouble:
    return Trouble(
        "SCHEMA_MISSING",
        zh="数据库尚未迁移到本程序所需的版本。请先执行 xuefen migrate。",
        en="The database is not migrated to what this program needs. Run xuefen migrate first.",
    )

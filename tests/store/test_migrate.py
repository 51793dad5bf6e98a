"""Migrations bring a database to one shape, and the database keeps the ledger's promises itself."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.store.folder import BINARIES
from ledger.store.migrate import (
    LOCK_KEY,
    MIGRATIONS,
    check_version,
    known_revisions,
    migrate,
    open_connection,
    pending_sql,
    trouble_of,
)
from ledger.store.trouble import Trouble

HOUSE = Path(__file__).parents[2]
INSERT = (
    "insert into ledger.events (position, type, at, on_day, tags, body, leaf_hash)"
    " values (%s, 'a.b', now(), null, '{}', %s, %s)"
)


def trouble(action: Callable[[], object]) -> Trouble:
    """The trouble that the action ends in, said in two languages."""
    with pytest.raises(Trouble) as caught:
        action()
    assert caught.value.zh
    assert caught.value.en
    return caught.value


def leaf(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def append(connection: psycopg.Connection[Any], *positions: int) -> None:
    """One statement with an event at each of the positions."""
    connection.execute(
        "insert into ledger.events (position, type, at, tags, body, leaf_hash)"
        " select p, 'a.b', now(), '{}', %s, %s from unnest(%s::bigint[]) p",
        (b"{}", leaf(b"{}"), list(positions)),
    )


def migrator(url: str) -> subprocess.Popen[str]:
    """Another process that migrates the same database."""
    code = "import sys; from ledger.store.migrate import migrate; migrate(sys.argv[1])"
    return subprocess.Popen(
        [sys.executable, "-c", code, url], cwd=HOUSE, stderr=subprocess.PIPE, text=True
    )


def shape(url: str) -> list[tuple[Any, ...]]:
    """Every table, column, function, trigger and grant of ours."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select 'column', c.oid::regclass::text, a.attname::text, a.atttypid::regtype::text"
            " from pg_class c join pg_attribute a on a.attrelid = c.oid"
            " where c.relnamespace::regnamespace::text in ('ledger', 'vault', 'projection')"
            " and a.attnum > 0"
            " union all select 'function', p.oid::regprocedure::text, md5(p.prosrc), p.proacl::text"
            " from pg_proc p where p.pronamespace::regnamespace::text = 'ledger'"
            " union all select 'trigger', t.tgrelid::regclass::text, t.tgname::text, ''"
            " from pg_trigger t where not t.tgisinternal"
            " union all select 'grants', c.oid::regclass::text, c.relacl::text, ''"
            " from pg_class c where c.relnamespace::regnamespace::text in ('ledger', 'vault')"
            " union all select 'revision', version_num, '', '' from ledger.revision"
            " order by 1, 2, 3, 4"
        ).fetchall()


@contextmanager
def database_user(url: str, attributes: str = "") -> Iterator[tuple[str, str]]:
    """A user without privileges of its own who owns the database, and its URL."""
    name = f"user_{time.monotonic_ns()}"
    database = url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create role {name} login {attributes}".encode())
        connection.execute(f"alter database {database} owner to {name}".encode())
        try:
            yield name, url.replace("postgres@", f"{name}@")
        finally:
            connection.execute(f"alter database {database} owner to postgres".encode())
            connection.execute(f"reassign owned by {name} to postgres".encode())
            connection.execute(f"drop owned by {name} cascade".encode())
            connection.execute(f"drop role {name}".encode())


@contextmanager
def no_application_role(url: str) -> Iterator[None]:
    """A server on which xuefen_app has another name for a while, as if it was never made."""
    with psycopg.connect(url, autocommit=True) as connection:
        exists = "select from pg_roles where rolname = 'xuefen_app'"
        was_there = connection.execute(exists).fetchone() is not None
        if was_there:
            connection.execute("alter role xuefen_app rename to xuefen_app_aside")
        try:
            yield
        finally:
            if was_there:
                if connection.execute(exists).fetchone() is not None:
                    connection.execute("drop owned by xuefen_app cascade; drop role xuefen_app")
                connection.execute("alter role xuefen_app_aside rename to xuefen_app")


def test_the_steps_that_are_known_are_those_that_alembic_would_run_in_its_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    steps = ScriptDirectory.from_config(config).walk_revisions()

    assert known_revisions()[::-1] == [each.revision for each in steps]


def test_a_program_that_has_no_step_to_run_does_not_load_what_runs_them(database_url: str) -> None:
    program = (
        "import sys; from ledger.store.migrate import check_version, migrate\n"
        "migrate(sys.argv[1]); check_version(sys.argv[1])\n"
        "assert not {'alembic', 'sqlalchemy'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", program, database_url], check=True, cwd=HOUSE)


def test_migrate_makes_an_empty_database_ready(empty_database_url: str) -> None:
    assert trouble(lambda: check_version(empty_database_url)).code == "SCHEMA_MISSING"
    migrate(empty_database_url)
    check_version(empty_database_url)


def test_migrating_twice_is_harmless(database_url: str) -> None:
    before = shape(database_url)
    with open_connection(database_url) as connection:
        append(connection, 1)
    migrate(database_url)
    assert shape(database_url) == before
    with open_connection(database_url) as connection:
        assert connection.execute("select count(*) from ledger.events").fetchone() == (1,)


def test_of_two_processes_one_migrates_and_the_other_finds_it_done(
    empty_database_url: str,
) -> None:
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    deadline = time.monotonic() + 60
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
        both = [migrator(empty_database_url), migrator(empty_database_url)]
        while connection.execute(waiting).fetchone() != (2,):
            assert time.monotonic() < deadline, "the two migrations never met at the lock"
        connection.execute("select pg_advisory_unlock(%s)", (LOCK_KEY,))
        for process in both:
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors
    check_version(empty_database_url)


def test_the_printed_sql_makes_the_same_schema_when_psql_runs_it(
    empty_database_url: str, database_url: str
) -> None:
    printed = pending_sql(None)
    assert pending_sql(empty_database_url) == printed
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("select to_regnamespace('ledger')").fetchone() == (None,)
    psql = [str(BINARIES / "psql"), "-X", "-v", "ON_ERROR_STOP=1", empty_database_url]
    done = subprocess.run(psql, input=printed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert shape(empty_database_url) == shape(database_url)
    check_version(empty_database_url)
    migrate(empty_database_url)


def test_the_printed_sql_contains_the_migration_word_for_word() -> None:
    written = (HOUSE / "ledger/store/migrations/0001_ledger.sql").read_text(encoding="utf-8")
    assert written in pending_sql(None)


def test_the_printed_sql_ends_with_the_grant_that_an_administrator_must_add() -> None:
    assert pending_sql(None).endswith("-- grant xuefen_app to <user>;\n")


def test_an_up_to_date_database_needs_no_sql(database_url: str) -> None:
    assert pending_sql(database_url) == ""


def test_a_migration_that_fails_leaves_nothing_behind(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("create schema vault")
    found = trouble(lambda: migrate(empty_database_url))
    assert found.code == "DATABASE_FOREIGN"
    assert "vault" in found.en
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("select to_regnamespace('ledger')").fetchone() == (None,)


def test_a_database_of_a_newer_program_is_left_alone(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("update ledger.revision set version_num = '9999'")
    before = shape(database_url)
    for action in (migrate, check_version, pending_sql):
        found = trouble(lambda action=action: action(database_url))  # type: ignore[misc]
        assert found.code == "SCHEMA_NEWER"
        assert "9999" in found.en
        assert "Upgrade this program" in found.en
    assert shape(database_url) == before


def test_the_application_may_read_the_revision_but_not_set_it(database_url: str) -> None:
    with open_connection(database_url) as connection:
        assert connection.execute("select version_num from ledger.revision").fetchone() == ("0013",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update ledger.revision set version_num = '0000'")


def test_who_may_not_create_roles_is_told_what_to_ask_for(empty_database_url: str) -> None:
    with no_application_role(empty_database_url), database_user(empty_database_url) as (name, url):
        found = trouble(lambda: migrate(url))
        assert found.code == "ROLE_MISSING"
        for text in (found.zh, found.en):
            assert "create role xuefen_app nologin" in text
            assert f'grant xuefen_app to "{name}"' in text
            assert "xuefen migrate --sql" in text


def test_a_role_that_exists_but_was_not_granted_is_asked_for(empty_database_url: str) -> None:
    migrate(empty_database_url)
    with database_user(empty_database_url) as (_, url):
        assert trouble(lambda: open_connection(url)).code == "ROLE_MISSING"
        assert trouble(lambda: check_version(url)).code == "ROLE_MISSING"


@pytest.mark.usefixtures("migrated_template")
def test_a_user_with_the_role_migrates_without_creating_roles(
    empty_database_url: str,
) -> None:
    with database_user(empty_database_url) as (name, url):
        with psycopg.connect(empty_database_url) as connection:
            connection.execute(f"grant xuefen_app to {name}".encode())
        migrate(url)
        check_version(url)
        with open_connection(url) as connection:
            append(connection, 1)


def test_a_user_who_may_create_roles_makes_the_role_and_takes_it(empty_database_url: str) -> None:
    with (
        no_application_role(empty_database_url),
        database_user(empty_database_url, "createrole") as (_, url),
    ):
        migrate(url)
        check_version(url)


@pytest.mark.usefixtures("migrated_template")
def test_who_may_not_create_schemas_is_sent_to_the_owner(
    empty_database_url: str,
) -> None:
    with database_user(empty_database_url) as (name, url):
        database = empty_database_url.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(empty_database_url) as connection:
            connection.execute(f"alter database {database} owner to postgres".encode())
            connection.execute(f"grant xuefen_app to {name}".encode())
        found = trouble(lambda: migrate(url))
        assert found.code == "OWNER_NEEDED"
        assert "grant xuefen_app to <user>" in found.en


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger.{} set {} = {}",
        "delete from ledger.{}",
        "truncate ledger.{}",
        "truncate ledger.{} cascade",
    ],
)
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("events", "type"),
        ("tags", "hash"),
        ("requests", "answer"),
        ("access_log", "what"),
        ("access_subjects", "subject"),
    ],
)
@pytest.mark.parametrize(
    ("owner", "reason"),
    [(False, "permission denied for table"), (True, "the ledger only grows")],
    ids=["application", "owner"],
)
def test_what_is_written_cannot_be_changed_or_removed(
    database_url: str, statement: str, table: str, column: str, owner: bool, reason: str
) -> None:
    with open_connection(database_url) as connection:
        append(connection, 1)
        connection.execute("insert into ledger.tags values (7, 1)")
        connection.execute("insert into ledger.requests values ('a', 'r', '', '', now())")
        connection.execute(
            "insert into ledger.access_log (at, kind, actor, what, places, body)"
            " values (now(), 'OWN', 'a', 'b', '{}', '')"
        )
        connection.execute("insert into ledger.access_subjects values ('teacher:a', 1)")
    sql = statement.format(table, column, column).encode()
    with open_connection(database_url, owner=owner, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=reason):
            connection.execute(sql)
        count = f"select count(*) from ledger.{table}".encode()
        assert connection.execute(count).fetchone() == (1,)


@pytest.mark.parametrize(
    ("there", "added"),
    [
        ([], [2]),
        ([1], [3]),
        ([1, 2], [3, 5]),
        ([], [1, 3]),
        ([1], [4, 3]),
    ],
)
def test_a_hole_in_the_positions_is_refused(
    database_url: str, there: list[int], added: list[int]
) -> None:
    with open_connection(database_url) as connection:
        append(connection, *there)
        with pytest.raises(psycopg.errors.SerializationFailure, match="do not follow the head"):
            append(connection, *added)


def test_positions_follow_one_another_in_any_order_within_a_statement(database_url: str) -> None:
    with open_connection(database_url) as connection:
        append(connection)
        append(connection, 2, 1, 3)
        append(connection, 4)
        with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
            append(connection, 4)
        with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
            append(connection, 0)


def test_a_wrong_leaf_hash_is_refused(database_url: str) -> None:
    body = b'{"type":"a.b"}'
    with open_connection(database_url) as connection:
        for wrong in (leaf(body + b" "), hashlib.sha256(body).digest(), b""):
            with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
                connection.execute(INSERT, (1, body, wrong))
        connection.execute(INSERT, (1, body, leaf(body)))


hashes = st.integers(min_value=-(2**63), max_value=2**63 - 1) | st.sampled_from([1, 2, 3, 4])
index = st.sets(st.tuples(st.sampled_from([1, 2, 3, 4]), st.integers(1, 40)), max_size=120)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=index,
    wanted=st.lists(hashes, max_size=5),
    after=st.integers(0, 42),
    most=st.none() | st.integers(0, 10),
)
def test_positions_are_those_that_carry_every_hash(
    database_url: str,
    rows: set[tuple[int, int]],
    wanted: list[int],
    after: int,
    most: int | None,
) -> None:
    having = [{position for hash_, position in rows if hash_ == one} for one in wanted]
    common = set.intersection(*having) if having else set()
    expected = sorted(position for position in common if position > after)[:most]
    with open_connection(database_url) as connection:
        with connection.cursor() as cursor:
            cursor.executemany("insert into ledger.tags values (%s, %s)", list(rows))
        found = connection.execute(
            "select * from ledger.positions(%s::bigint[], %s, %s)", (wanted, after, most)
        ).fetchall()
        connection.rollback()
    assert [position for (position,) in found] == expected


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://me:secret-word@127.0.0.1:1/x", "127.0.0.1:1"),
        ("host=127.0.0.1 port=1 password=secret-word dbname=x", "127.0.0.1:1"),
        ("postgresql://me:secret-word@/x?host=/nowhere", "/nowhere:5432"),
        ("postgresql+psycopg://me:secret-word@h/x", ""),
        ("postgresql://me:secret-word@h:port/x", "h:port"),
    ],
)
def test_an_unreachable_database_is_named_without_its_password(url: str, place: str) -> None:
    found = trouble(lambda: open_connection(url))
    assert found.code == ("DATABASE_UNREACHABLE" if place else "DATABASE_URL_WRONG")
    assert place in found.en
    assert place in found.zh
    assert "secret-word" not in found.en + found.zh
    assert trouble(lambda: migrate(url)).code == found.code
    assert trouble(lambda: check_version(url)).code == found.code


def test_a_database_that_does_not_exist_is_unreachable(postgres_url: str) -> None:
    found = trouble(lambda: open_connection(postgres_url.replace("/postgres?", "/nobody?")))
    assert found.code == "DATABASE_UNREACHABLE"
    assert 'database "nobody" does not exist' in found.en


def test_a_database_before_15_is_too_old(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psycopg.ConnectionInfo, "server_version", 140012)
    found = trouble(lambda: open_connection(database_url))
    assert found.code == "POSTGRES_TOO_OLD"
    assert "PostgreSQL 14" in found.en


def test_a_connection_works_as_the_application_even_after_a_rollback(database_url: str) -> None:
    who = "select current_user, current_setting('application_name')"
    with open_connection(database_url) as connection:
        connection.rollback()
        assert connection.execute(who).fetchone() == ("xuefen_app", "xuefen")
    with open_connection(database_url, owner=True) as connection:
        assert connection.execute(who).fetchone() == ("postgres", "xuefen")


def test_a_lost_connection_is_recognised(database_url: str) -> None:
    with open_connection(database_url) as connection, psycopg.connect(database_url) as other:
        other.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))
        for _ in range(2):
            with pytest.raises(psycopg.OperationalError) as caught:
                connection.execute("select 1")
            found = trouble_of(caught.value)
            assert found is not None
            assert found.code == "DATABASE_LOST"


def test_a_read_only_database_is_recognised(database_url: str) -> None:
    with open_connection(database_url) as connection:
        connection.read_only = True
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as caught:
            append(connection, 1)
        found = trouble_of(caught.value)
    assert found is not None
    assert found.code == "DATABASE_READ_ONLY"


def test_a_write_that_the_database_gave_up_is_told_as_not_recorded(database_url: str) -> None:
    with open_connection(database_url) as connection, psycopg.connect(database_url) as other:
        other.execute("lock table ledger.events in exclusive mode")
        connection.execute("set statement_timeout = '20ms'")
        with pytest.raises(psycopg.errors.QueryCanceled) as caught:
            append(connection, 1)
        connection.rollback()
        other.rollback()
        left = connection.execute("select count(*) from ledger.events").fetchone()
    found = trouble_of(caught.value)
    assert found is not None
    assert found.code == "TIMED_OUT"
    assert "没有写入" in found.zh
    assert "nothing was recorded" in found.en
    assert left == (0,)


def test_too_many_connections_are_recognised_when_connecting(empty_database_url: str) -> None:
    held: list[psycopg.Connection[Any]] = []
    with database_user(empty_database_url) as (_, url):

        def crowd() -> None:
            for _ in range(1000):
                held.append(open_connection(url, owner=True))

        try:
            assert trouble(crowd).code == "TOO_MANY_CONNECTIONS"
        finally:
            for connection in held:
                connection.close()


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("53100", "DISK_FULL"),
        ("53300", "TOO_MANY_CONNECTIONS"),
        ("25006", "DATABASE_READ_ONLY"),
        ("57014", "TIMED_OUT"),
        ("08006", "DATABASE_LOST"),
        ("57P01", "DATABASE_LOST"),
        ("57P02", "DATABASE_LOST"),
        ("57P03", "DATABASE_LOST"),
        ("57P05", "DATABASE_LOST"),
        ("55P03", "DATABASE_BUSY"),
        ("40P01", "DATABASE_BUSY"),
        ("40001", "DATABASE_BUSY"),
        ("23505", None),
    ],
)
def test_an_error_of_the_database_is_told_by_its_state(
    database_url: str, state: str, code: str | None
) -> None:
    with open_connection(database_url) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(f"do $$ begin raise sqlstate '{state}'; end $$".encode())
    found = trouble_of(caught.value)
    assert (found.code if found else None) == code

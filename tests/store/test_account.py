"""The embedded PostgreSQL of an ordinary user, run as one also where the tests run as root."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from ledger.store import binaries as binaries_module
from ledger.store import folder as folder_module
from ledger.store.embedded import Embedded
from ledger.store.trouble import Trouble
from tests.disk import new_folder

AS_ROOT = os.geteuid() == 0
# Root becomes this one; who is not root is ordinary already.
ORDINARY = "nobody"


@pytest.fixture
def above() -> Iterator[Path]:
    """A folder of the ordinary user's own."""
    folder = new_folder("user")
    if AS_ROOT:
        os.chown(folder, pwd.getpwnam(ORDINARY).pw_uid, pwd.getpwnam(ORDINARY).pw_gid)
    yield folder
    shutil.rmtree(folder)


def ordinary(action: Callable[[], str]) -> str:
    """What an action says that an ordinary user takes, in a process of its own."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reads)
            if AS_ROOT:
                account = pwd.getpwnam(ORDINARY)
                os.setgroups([])
                os.setgid(account.pw_gid)
                os.setuid(account.pw_uid)
            os.chdir("/")
            os.write(writes, _said(action).encode())
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


def _said(action: Callable[[], str]) -> str:
    try:
        return action()
    except Trouble as trouble:
        return f"{trouble.code}: {trouble.en}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def test_the_server_runs_as_the_user_who_starts_it_in_a_folder_of_its_own(above: Path) -> None:
    data = above / "data"

    def action() -> str:
        server = Embedded(data)
        try:
            with psycopg.connect(server.start()) as connection:
                connection.execute("create table kept (number int)")
                connection.execute("insert into kept values (42)")
            again = Embedded(data)
            with psycopg.connect(again.start()) as connection:
                row = connection.execute("select number from kept").fetchone()
            owners = {each.stat().st_uid for each in (data, data / "postgres", data / "server")}
            modes = {oct(each.stat().st_mode & 0o777) for each in (data, data / "server")}
            return f"{row} {again.joined} {owners == {os.geteuid()}} {sorted(modes)} {os.geteuid()}"
        finally:
            server.stop()

    own = pwd.getpwnam(ORDINARY).pw_uid if AS_ROOT else os.geteuid()
    assert ordinary(action) == f"(42,) True True ['0o700'] {own}"


def test_a_folder_that_the_user_may_not_write_is_named(above: Path) -> None:
    closed = above / "closed"
    closed.mkdir()
    if AS_ROOT:
        os.chown(closed, 0, 0)
    closed.chmod(0o555)

    said = ordinary(lambda: Embedded(closed / "data").start())

    assert said.startswith("DATA_FOLDER_CLOSED: ")
    assert str(closed) in said
    assert os.listdir(closed) == []


def test_a_folder_that_the_user_may_not_enter_is_named(above: Path) -> None:
    closed = above / "closed"
    closed.mkdir(mode=0o000)

    said = ordinary(lambda: Embedded(closed / "below" / "data").start())

    assert said.startswith("DATA_FOLDER_CLOSED: ")
    assert str(closed) in said
    closed.chmod(0o700)
    assert os.listdir(closed) == []


def test_an_ordinary_user_copies_no_programs_to_a_shelf(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = above / "venv"
    (closed / "bin").mkdir(parents=True)
    (closed / "bin" / "postgres").touch(mode=0o755)
    closed.chmod(0o600)
    if AS_ROOT:
        os.chown(closed, 0, 0)
    shelf = above / "shelf"
    monkeypatch.setattr(folder_module, "BINARIES", closed / "bin")
    monkeypatch.setattr(binaries_module, "SHELF", shelf)

    said = ordinary(lambda: Embedded(above / "data").start())

    assert said.startswith("PROGRAMS_CLOSED: ")
    assert f"chmod o+rx {closed}" in said
    assert not shelf.exists()
    assert not (above / "data").exists()
    closed.chmod(0o700)


@pytest.mark.usefixtures("as_root")
def test_a_cluster_of_another_user_is_not_taken_over_by_an_ordinary_one(above: Path) -> None:
    cluster = above / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("18\n")
    os.chown(above / "data", pwd.getpwnam(ORDINARY).pw_uid, -1)
    os.chown(cluster, 12345, 12345)

    said = ordinary(lambda: Embedded(above / "data").start())

    assert said.startswith("DATA_FOLDER_CLOSED: ")
    assert "12345" in said

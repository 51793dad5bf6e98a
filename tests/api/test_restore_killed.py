"""A restore that is killed: whatever it came to, nobody works on what it left."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ledger.store import restore as restoring
from ledger.store.dump import UNDUMPING
from ledger.store.folder import UNFINISHED
from ledger.store.ledger import Ledger
from ledger.store.migrate import MARK, check_version, pending_sql
from ledger.store.restore import OURS, Restore
from ledger.store.trouble import Trouble
from tests.api.test_backup import data, kept, on
from tests.api.test_cli import PATIENCE_SECONDS, code, command, environment, inside
from tests.api.test_cli import data as folder
from tests.told import told_template, told_url
from tests.town import KEY, rows

__all__ = ["data", "folder", "kept", "told_template", "told_url"]

COMMANDS = ("migrate", "check", "backup", "head", "serve", "history")
HELD = 8330
HOLD = f"""
create function public.hold() returns event_trigger language plpgsql as $$ begin
    if current_setting('application_name') ~ 'undump|pg_restore' then
        perform pg_advisory_xact_lock_shared({HELD});
    end if;
end $$;
create event trigger hold on ddl_command_end when tag in ('CREATE TABLE') execute function hold();
"""
WAITING = "select pid from pg_stat_activity where datname = current_database() "
WAITING += "and application_name ~ 'undump|pg_restore'"
SCHEMAS = "select nspname::text from pg_namespace where nspname = any(%s) order by nspname"


def worked_on_by_nobody(url: str, data: Path, tmp_path: Path) -> None:
    """Each command says what is the matter, and changes nothing."""
    before = rows(url, SCHEMAS, list(OURS))
    for each in COMMANDS:
        more = (tmp_path / "never",) if each == "backup" else ()
        assert code(on(url, data, each, *more, status=2)[1]) == "RESTORE_UNFINISHED", each
    for work in (check_version, pending_sql, lambda each: Ledger.found(each, KEY)):
        with pytest.raises(Trouble) as refusal:
            work(url)
        assert refusal.value.code == "RESTORE_UNFINISHED"
    assert rows(url, SCHEMAS, list(OURS)) == before


@pytest.mark.parametrize(("read_in", "left"), [(False, [MARK]), (True, ["ledger", "vault", MARK])])
def test_a_restore_killed_while_the_dump_is_read_in_or_just_after_is_known_by_every_command(
    empty_database_url: str,
    data: Path,
    kept: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_in: bool,
    left: list[str],
) -> None:
    undump: Callable[..., None] = restoring.undump

    def die(*given: Any) -> None:
        if read_in and len(given) > 1:
            undump(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "undump", die)
        patch.setattr(Restore, "_remove", die)  # as where the whole process is killed
        on(empty_database_url, data, "restore", kept, "--no-head", status=130)

    assert rows(empty_database_url, SCHEMAS, list(OURS)) == [(each,) for each in left]
    worked_on_by_nobody(empty_database_url, data, tmp_path)
    _, said = on(empty_database_url, data, "restore", kept, "--no-head", status=2)
    assert code(said) == "RESTORE_NOT_EMPTY"


def test_a_restore_that_ends_well_leaves_no_mark(
    empty_database_url: str, data: Path, kept: Path
) -> None:
    on(empty_database_url, data, "restore", kept, "--no-head")

    assert (MARK,) not in rows(empty_database_url, SCHEMAS, list(OURS))
    check_version(empty_database_url)


@contextmanager
def killed(url: str, data: Path, place: Path) -> Iterator[None]:
    """Kills a restore whose pg_restore waits for a lock until the end."""
    given = ("--data", data, "--database-url", url, "restore", place, "--no-head")
    with psycopg.connect(url, autocommit=True) as holding:
        holding.execute(HOLD)
        holding.execute("select pg_advisory_lock(%s)", (HELD,))
        process = subprocess.Popen(command(*given), cwd="/", env=environment())
        while not rows(url, f"{WAITING} and wait_event_type = 'Lock'"):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait(PATIENCE_SECONDS)
        yield


def ended(url: str) -> None:
    """Waits until no session reads a dump in."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while rows(url, WAITING):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_database_whose_restore_was_killed_is_worked_on_by_nobody_then_and_later(
    empty_database_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    with killed(empty_database_url, data, kept):
        worked_on_by_nobody(empty_database_url, data, tmp_path)
    ended(empty_database_url)

    worked_on_by_nobody(empty_database_url, data, tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a program outlives its parent")
def test_what_a_killed_restore_had_started_ends_with_it_and_is_taken_back(
    empty_database_url: str, data: Path, kept: Path
) -> None:
    with killed(empty_database_url, data, kept):
        ended(empty_database_url)

    assert rows(empty_database_url, SCHEMAS, list(OURS)) == [(MARK,)]


def test_the_next_restore_ends_the_session_that_a_killed_one_left(
    empty_database_url: str, data: Path, kept: Path
) -> None:
    named = make_conninfo(empty_database_url, application_name=UNDUMPING)
    with psycopg.connect(named, autocommit=True) as left:
        left.execute(f"create schema {MARK}".encode())

        _, said = on(empty_database_url, data, "restore", kept, "--no-head", status=2)

        assert code(said) == "RESTORE_NOT_EMPTY"
        assert rows(empty_database_url, WAITING) == []


def test_a_restore_killed_while_it_makes_a_database_is_known_by_every_command_and_tried_again(
    folder: Path, kept: Path
) -> None:
    restore = ("--data", folder, "restore", kept, "--no-head")
    process = subprocess.Popen(command(*restore), cwd="/", env=environment())
    while not (folder / UNFINISHED).exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.wait(PATIENCE_SECONDS)

    for each in ("head", "check", "migrate", "serve", "history"):
        assert code(inside("--data", folder, each, status=2)[1]) == "RESTORE_UNFINISHED", each
    inside(*restore)

    assert not (folder / UNFINISHED).exists()
    inside("--data", folder, "head")


def test_a_folder_with_a_ledger_is_not_marked_by_a_restore_that_is_refused(
    folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside("--data", folder, "migrate")

    def refuse(*_: object) -> None:
        assert not (folder / UNFINISHED).exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(Restore, "_require_empty", refuse)
    inside("--data", folder, "restore", kept, "--no-head", status=130)

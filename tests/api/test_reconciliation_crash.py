"""A trial put on record by many at once, or killed in the middle: once and whole, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg

from ledger.command import Role
from ledger.reconciliation import DifferencesFound, SheetCompared, SheetReceived
from ledger.store.feed import Filter
from ledger.store.statements import LOCK
from tests.api.test_command_reconcile import sheet
from tests.api.test_reconciliation import RECONCILE, bureau, desk, tried
from tests.cast import RUIAN
from tests.server import Party, Served, codes

__all__ = ["bureau", "desk", "sheet"]
AT_ONCE = 8
POLLS_MAX = 6_000


def told(desk: Served) -> list[str]:
    """The events about reconciliations, in order."""
    kinds = (SheetReceived.NAME, SheetCompared.NAME, DifferencesFound.NAME)
    return [each.event.NAME for each in desk.house.ledger.feed.entries(Filter(types=kinds))]


ONCE = [SheetReceived.NAME, SheetCompared.NAME, DifferencesFound.NAME]


def at_once(asked: list[tuple[Party, dict[str, Any]]]) -> list[list[str]]:
    """What each is answered who puts a trial on record at the very same moment."""
    ready = Barrier(len(asked))

    def ask(number: int, party: Party, given: dict[str, Any]) -> list[str]:
        ready.wait()
        return codes(party.ask(RECONCILE, i=given, r=f"at-once-{number}")["answer"])

    with ThreadPoolExecutor(len(asked)) as pool:
        futures = [pool.submit(ask, number, *each) for number, each in enumerate(asked)]
        return [each.result() for each in futures]


def test_one_token_put_on_record_by_many_at_once_is_spent_once(bureau: Party, desk: Served) -> None:
    token = tried(bureau)["token"]
    names = [f"reconciliation:{number % 4}" for number in range(AT_ONCE)]
    answers = at_once(
        [(bureau, {"reconciliation": e, "token": token, "again": "再对"}) for e in names]
    )

    assert answers.count([]) == 1
    assert {code for each in answers for code in each} == {"TOKEN_SPENT"}
    assert told(desk) == ONCE


def test_two_officers_who_put_one_file_on_record_at_once_do_it_once(
    bureau: Party, desk: Served
) -> None:
    officers = [
        desk.party(Role.BUREAU, str(RUIAN), f"staff:officer-{number}") for number in range(4)
    ]
    asked = [
        (each, {"reconciliation": "reconciliation:a", "token": tried(each)["token"]})
        for each in officers
    ]
    answers = at_once(asked)

    assert answers.count([]) == 1
    assert {code for each in answers for code in each} == {"ALREADY_REGISTERED"}
    assert told(desk) == ONCE


def test_who_is_killed_while_putting_it_on_record_leaves_nothing_half_and_may_begin_again(
    desk: Served, sheet: Path, tmp_path: Path
) -> None:
    url = desk.house.ledger.pool.conninfo
    env = {name: value for name, value in os.environ.items() if not name.startswith("XUEFEN_")}
    env["XUEFEN_VAULT_KEY"] = str(tmp_path / "vault.key")
    command = [sys.executable, "-m", "api.cli", "--database-url", url, "reconcile", str(sheet)]
    command += ["--bureau", "330381", "--commit", "reconciliation:killed"]
    head = desk.head
    with psycopg.connect(url) as holder:
        # Nobody may append while this is held, so the child stands in the middle of its commit.
        holder.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            waits = _waits(url, child)
            kept = holder.execute("select count(*) from vault.results where kept").fetchone()
        finally:
            child.send_signal(signal.SIGKILL)
            child.communicate()
        holder.rollback()
    assert waits, "it was killed while it waited to append"
    assert kept == (1,), "what the event would have spoken of was there before it"
    assert (told(desk), desk.head) == ([], head)

    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert done.returncode == 4, done.stderr
    assert told(desk) == ONCE
    again = subprocess.run(command, env=env, capture_output=True, check=False)
    assert again.returncode == 2
    assert b"ALREADY_REGISTERED" in again.stderr or b"SAME_FILE" in again.stderr
    assert told(desk) == ONCE


def _waits(url: str, child: subprocess.Popen[bytes]) -> bool:
    """Whether somebody waits for the lock, as soon as that is so; not if the child ended."""
    query = (
        "select count(*) from pg_locks where locktype = 'advisory' and not granted and database = "
        "(select oid from pg_database where datname = current_database())"
    )
    with psycopg.connect(url, autocommit=True) as watcher:
        for _ in range(POLLS_MAX):
            row = watcher.execute(query).fetchone()
            if row and row[0]:
                return True
            try:
                child.wait(timeout=0.01)
            except subprocess.TimeoutExpired:
                continue
            return False
    return False

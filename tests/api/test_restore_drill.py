"""The restore drill: live writers, a backup in their midst, a crash, a restore, writers again."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from ledger.store.embedded import Embedded
from ledger.store.postmaster import postmaster_of
from tests.api.test_cli import (
    PATIENCE_SECONDS,
    code,
    command,
    data,
    enter,
    environment,
    inside,
    lines,
    serving,
    token_of,
    xuefen,
)
from tests.told import told_template, told_url
from tests.town import rows

__all__ = ["data", "told_template", "told_url"]

EVENTS = "select position, type, at, on_day, id, channel, tags, body, leaf_hash from ledger.events "
UPTO = EVENTS + "where position <= %s order by position"
TAGS = "select hash, position from ledger.tags where position <= %s order by hash, position"
WAITING = (
    "select count(*) from pg_stat_activity where application_name = 'pg_dump' "
    "and wait_event_type = 'Lock'"
)


class Writer(threading.Thread):
    """Registers schools until the server is gone, and notes what was acknowledged."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self.url, self.headers = url, headers
        self.acknowledged: list[dict[str, Any]] = []
        self.more = threading.Condition()

    def run(self) -> None:
        while True:
            try:
                made = enter(self.url, self.headers, f"drill-{len(self.acknowledged)}")
            except httpx.HTTPError:
                return
            with self.more:
                self.acknowledged.append(made)
                self.more.notify()

    def goes_on(self) -> None:
        """Waits until ten more were acknowledged."""
        with self.more:
            wanted = len(self.acknowledged) + 10
            assert self.more.wait_for(lambda: len(self.acknowledged) >= wanted, PATIENCE_SECONDS)


def crash(data: Path, process: subprocess.Popen[str]) -> None:
    """SIGKILL for the server and for the whole of PostgreSQL."""
    server = postmaster_of(Embedded(data).cluster)
    assert server is not None
    postmaster = psutil.Process(server.pid)
    family = [postmaster, *postmaster.children(recursive=True)]
    process.kill()
    for each in family:
        each.kill()
    psutil.wait_procs(family, timeout=PATIENCE_SECONDS)


def test_a_ledger_is_lost_in_a_crash_and_goes_on_from_a_backup_of_its_busy_day(
    data: Path, tmp_path: Path
) -> None:
    place, head, fresh = tmp_path / "kept", tmp_path / "head.json", data.parent / "fresh"
    with serving("--data", data, folder=tmp_path) as server:
        writer = Writer(server.url, token_of(data))
        writer.start()
        writer.goes_on()
        [made] = lines(xuefen("--data", data, "backup", place, "--json")[0])
        writer.goes_on()
        xuefen("--data", data, "head", head)
        crash(data, server.process)
    writer.join(PATIENCE_SECONDS)
    fresh.mkdir(mode=0o711)
    (fresh / "vault.key").write_bytes((data / "vault.key").read_bytes())
    restore = ("--data", fresh, "restore", place, "--head", head)

    assert code(xuefen(*restore, status=1)[1]) == "BACKUP_OLDER"
    [told] = lines(xuefen(*restore, "--older", "--json")[0])

    position = made["position"]
    before = [each for each in writer.acknowledged if each["position"] <= position]
    after = [each for each in writer.acknowledged if each["position"] > position]
    assert before
    assert after
    assert told["events_lost"] == json.loads(head.read_text())["position"] - position > 0
    try:
        original = Embedded(data).start()
        restored = Embedded(fresh).start()
        assert rows(restored, UPTO, 2**62) == rows(original, UPTO, position)
        assert rows(restored, TAGS, 2**62) == rows(original, TAGS, position)
        kept = {row[0]: str(row[4]) for row in rows(restored, UPTO, 2**62)}
        assert all(kept[each["position"]] == each["id"] for each in before)
        with serving("--data", fresh, folder=tmp_path) as server:
            again = enter(server.url, token_of(fresh), "drill-again")
        assert again["position"] == position + 1
        assert inside("--data", fresh, "check") == ("", "")
    finally:
        Embedded(fresh).stop()


def test_a_backup_that_is_killed_in_the_middle_is_none(told_url: str, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    given = ("--data", tmp_path / "data", "--database-url", told_url)
    with psycopg.connect(told_url) as blocking:
        blocking.execute("lock table ledger.tags in access exclusive mode")
        process = subprocess.Popen(command(*given, "backup", place), cwd="/", env=environment())
        while rows(told_url, WAITING) == [(0,)]:
            assert process.poll() is None
        process.kill()
        process.wait(PATIENCE_SECONDS)
        [left] = [each for each in tmp_path.iterdir() if each.name != "data"]
        assert left.name.endswith(".partial")
        assert left.name.startswith(".")

    assert not place.exists()
    _, said = inside(*given, "restore", left, "--no-head", "--check", status=1)
    assert code(said) == "BACKUP_NOT_WHOLE"
    inside(*given, "backup", place)
    inside(*given, "restore", place, "--no-head", "--check")

"""Progress: what one process says of its work, another one hears."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from ledger.store.feed import open_pool
from ledger.store.progress import STALE_SECONDS, Progress, Underway, Work

HOUSE = Path(__file__).parents[2]
UPLOAD = str(uuid4())
ELSEWHERE = """
import sys
from ledger.store.feed import open_pool
from ledger.store.progress import Progress, Work

pool = open_pool(sys.argv[1])
with Progress(pool, every=0.0).of(sys.argv[2], Work.COMMITTING, 7) as told:
    told(3)
    print("told", flush=True)
    sys.stdin.readline()
pool.close()
"""


@pytest.fixture
def progress(database_url: str) -> Iterator[Progress]:
    """What this process hears and says."""
    pool = open_pool(database_url)
    yield Progress(pool, every=0.0)
    pool.close()


def test_another_process_is_heard_until_its_work_ends(
    progress: Progress, database_url: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, database_url, UPLOAD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HOUSE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "told\n"
        during = progress.stages(UPLOAD)
        other.communicate("go on\n", timeout=30)

    assert during == [Underway(work=Work.COMMITTING, done=3, total=7)]
    assert other.returncode == 0
    assert progress.stages(UPLOAD) == []


def test_works_are_told_apart_and_end_also_where_they_fail(progress: Progress) -> None:
    with progress.of(UPLOAD, Work.READING) as told:
        told(40)
        with pytest.raises(ValueError, match="no"), progress.of(UPLOAD, Work.PLANNING):
            assert progress.done(UPLOAD, Work.PLANNING) == 0
            raise ValueError("no")
        assert progress.stages(UPLOAD) == [Underway(work=Work.READING, done=40)]
        assert progress.done(str(uuid4()), Work.READING) is None

    assert progress.done(UPLOAD, Work.READING) is None


def test_it_is_written_now_and_then_only(database_url: str) -> None:
    now = [0.0]
    pool = open_pool(database_url)
    spare = Progress(pool, clock=lambda: now[0], every=0.5)
    with spare.of(UPLOAD, Work.READING) as told:
        told(10)
        assert spare.done(UPLOAD, Work.READING) == 0
        now[0] = 0.5
        told(20)
        assert spare.done(UPLOAD, Work.READING) == 20
    pool.close()


def test_what_a_process_left_that_died_counts_for_nothing_after_a_while(
    progress: Progress, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "insert into vault.progress (upload, work, done, at) values "
            "(%s, 'READING', 5, now() - make_interval(secs => %s))",
            (UPLOAD, STALE_SECONDS - 60),
        )
        assert progress.done(UPLOAD, Work.READING) == 5
        assert progress.purge() == 0
        connection.execute("update vault.progress set at = at - interval '1 minute'")

    assert progress.done(UPLOAD, Work.READING) is None
    assert progress.purge() == 1

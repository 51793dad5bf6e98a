"""A share: two processes fold the views of a rebuild, and either may die."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from ledger.store.ledger import Ledger
from ledger.store.machine import cores
from projections import share
from projections.catalogue import INDEXES, RECORDS, TEACHERS, TRAILS, VIEWS
from projections.projection import Projection
from projections.rebuild import Rebuild, RebuildRunning
from projections.runner import Runner
from projections.share import LOCK, Share, parted
from tests.projections.test_rebuild import KILLED, STRAY, tables, told, viewed
from tests.town import rows

__all__ = ["told", "viewed"]
ALL = (*VIEWS, *INDEXES)
# A process that shares a rebuild of all views, and kills itself once its own part is folded.
KILLING = """
import os, signal, sys
from projections import rebuild, shadow, share
from ledger.store.feed import Feed, open_pool
from projections.catalogue import INDEXES, VIEWS
from projections.runner import Runner

share.ENTRIES_MIN, share.CORES_MIN = 0, 1
rebuild.PAGE, rebuild.PAUSE_ENTRIES, shadow.DELAY = 50, 100, 100

def killing(self, seconds):
    os.kill(os.getpid(), signal.SIGKILL)

share.Share.ended = killing
pool = open_pool(sys.argv[1])
Runner(pool, Feed(sys.argv[1], pool), (*VIEWS, *INDEXES)).rebuild()
"""


@pytest.fixture
def shares(monkeypatch: pytest.MonkeyPatch) -> list[Share]:
    """The processes that rebuilds begin, however little there is to read."""
    begun: list[Share] = []
    begin = Share.__init__

    def beginning(self: Share, order: share.Order) -> None:
        begin(self, order)
        begun.append(self)

    monkeypatch.setattr(share, "ENTRIES_MIN", 0)
    monkeypatch.setattr(share, "CORES_MIN", 1)
    monkeypatch.setattr(Share, "__init__", beginning)
    return begun


def test_two_processes_end_in_the_rows_of_one(told: Ledger, shares: list[Share]) -> None:
    live = tables(told.url)
    done: list[tuple[int, int]] = []

    head = Runner(told.pool, told.feed, ALL).rebuild(told=lambda *at: done.append(at))

    assert tables(told.url) == live
    assert [each.reached for each in shares] == [head]
    assert done[-1] == (head, head)
    assert 0 < len(shares[0].names) < len(ALL)
    assert rows(told.url, "select view from projection.rebuilds") == []
    assert rows(told.url, STRAY) == []


def test_what_else_is_said_on_its_output_is_passed_over(
    told: Ledger, shares: list[Share], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = share.START.replace("main()", "print('a line of a log', flush=True)\nmain()")
    monkeypatch.setattr(share, "START", said)

    head = Runner(told.pool, told.feed, ALL).rebuild()

    assert [each.reached for each in shares] == [head]


def test_what_a_share_leaves_undone_is_done_by_whoever_began_it(
    told: Ledger, shares: list[Share], monkeypatch: pytest.MonkeyPatch
) -> None:
    live = tables(told.url)
    monkeypatch.setattr(share, "START", "raise SystemExit(1)")

    assert Runner(told.pool, told.feed, ALL).rebuild() == told.feed.head()

    assert [each.reached for each in shares] == [0]
    assert tables(told.url) == live


def test_a_view_that_the_other_process_has_in_another_version_is_not_folded_by_it(
    told: Ledger, shares: list[Share], monkeypatch: pytest.MonkeyPatch
) -> None:
    live = tables(told.url, (RECORDS, TEACHERS))
    for each in (RECORDS, TEACHERS):
        monkeypatch.setattr(type(each), "version", each.version + 1)

    Runner(told.pool, told.feed, ALL).rebuild([RECORDS.name, TEACHERS.name])

    assert [each.reached for each in shares] == [0]
    assert tables(told.url, (RECORDS, TEACHERS)) == live


def test_a_share_ends_with_whoever_began_it_and_the_next_run_goes_on(
    told: Ledger, shares: list[Share]
) -> None:
    live = tables(told.url)
    given = [sys.executable, "-c", KILLING, told.url]
    died = subprocess.run(given, check=False, capture_output=True)
    assert died.returncode == KILLED, died.stderr.decode()
    assert tables(told.url) == live
    began: list[Rebuild] = []

    head = Runner(told.pool, told.feed, ALL).rebuild(begun=began.append)

    assert head == told.feed.head()
    # The part of the process that died was folded, whatever became of the other's.
    assert head in began[0].resumed.values()
    assert tables(told.url) == live
    assert rows(told.url, STRAY) == []


def test_a_rebuild_is_refused_while_a_share_of_another_is_at_work(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "PATIENCE", "10ms")
    runner = Runner(told.pool, told.feed, ALL)
    with psycopg.connect(told.url, autocommit=True) as other:
        other.execute("select pg_advisory_lock_shared(%s)", (LOCK,))
        with pytest.raises(RebuildRunning):
            runner.rebuild()

    assert runner.rebuild() == told.feed.head()


def test_one_core_folds_alone(
    told: Ledger, shares: list[Share], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "CORES_MIN", cores() + 1)

    Runner(told.pool, told.feed, ALL).rebuild()

    assert shares == []


@pytest.mark.parametrize("views", [ALL, VIEWS, (RECORDS, TRAILS)])
def test_every_view_is_in_one_part_and_neither_is_empty(
    told: Ledger, views: Sequence[Projection[Any]]
) -> None:
    with told.pool.connection() as connection:
        one, other = parted(connection, views, told.feed.head())

    assert sorted(one + other) == sorted(each.name for each in views)
    assert one and other

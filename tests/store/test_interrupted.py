"""Whoever is interrupted, or forked, leaves the others and the ledger in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from eventsourcing.dcb.api import DCBEvent

from ledger.store.bell import Bell
from ledger.store.clock import system_clock
from ledger.store.committer import Committer
from ledger.store.recorder import Recorder
from ledger.store.work import Plain
from tests.town import rows

PATIENCE_SECONDS = 5
FORKED_LEDGER = """
import asyncio, os, sys
from eventsourcing.persistence import OperationalError
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from tests.town import KEY, OPERATOR, school, teacher


async def followed():
    return await anext(ledger.feed.follow(Filter()))


def sessions():
    with ledger.pool.connection() as connection:
        return {pid for (pid,) in connection.execute("select pid from pg_stat_activity")}


ledger = Ledger(sys.argv[1], KEY)
ledger.ask([school()], OPERATOR)
feed = ledger.feed
acts = (
    feed.head, lambda: feed.page(Filter(), 9), lambda: feed.wait_for(0, 9), feed.rouse, sessions,
    lambda: asyncio.run(followed()), lambda: ledger.ask([teacher(1)], OPERATOR),
    lambda: ledger.requests._pool.getconn(),
)
held = {each.info.backend_pid for each in ledger.pool._pool}
# Whoever forks may hold what the child would wait for.
with feed._wakeup._changed, feed._wakeup._lock, ledger.pool._lock:
    child = os.fork()
    if not child:
        for act in acts:
            try:
                act()
            except OperationalError as error:
                print("refused:", error, flush=True)
        ledger.close()
        sys.exit(0)
print("child ended with", os.waitpid(child, 0)[1])
ledger.ask([teacher(2)], OPERATOR)
print("woken" if feed.wait_for(3, 60) else "asleep")
print("read" if held and held <= sessions() else "lost", len(feed.page(Filter(), 9)))
ledger.close()
"""
TAGS = "select tags[1] from ledger.events order by position"
FORKED = """
import os, sys
from eventsourcing.dcb.api import DCBEvent
from eventsourcing.persistence import OperationalError
from ledger.store.recorder import Recorder

recorder = Recorder(sys.argv[1])
recorder.append([DCBEvent("n", b"{}", ["before"])])


def tried(act):
    try:
        return act()
    except OperationalError as error:
        print("refused:", error, flush=True)


def sessions():
    with recorder._pool.connection() as connection:
        return {pid for (pid,) in connection.execute("select pid from pg_stat_activity")}


tried(recorder.read)
held, child = {each.info.backend_pid for each in recorder._pool._pool}, os.fork()
for tag in ("parent", "again") if child else ("child", "child"):
    tried(lambda: recorder.append([DCBEvent("n", b"{}", [tag])]))
tried(recorder.read)
if not child:
    recorder.close()
    os._exit(0)
print("child ended with", os.waitpid(child, 0)[1])
print("read" if held and held <= sessions() else "lost", len(list(recorder.read())))
recorder.close()
"""


def event(tag: str) -> list[DCBEvent]:
    """One event with a tag."""
    return [DCBEvent("n", b"{}", [tag])]


@pytest.fixture(params=[KeyboardInterrupt, TimeoutError])
def signalled(request: pytest.FixtureRequest) -> Iterator[type[BaseException]]:
    """What the main thread raises at SIGALRM."""

    def stop(*_: object) -> None:
        raise request.param

    before = signal.signal(signal.SIGALRM, stop)
    yield request.param
    signal.signal(signal.SIGALRM, before)


def test_an_append_that_is_interrupted_leaves_nothing_half_way(
    database_url: str, signalled: type[BaseException]
) -> None:
    main, armed = threading.main_thread().ident, False

    def clock() -> datetime:
        nonlocal armed
        if armed:
            armed = False
            assert main is not None
            signal.pthread_kill(main, signal.SIGALRM)
        return system_clock()

    recorder = Recorder(database_url, Committer(database_url, clock))
    recorder.append(event("first"))
    armed = True
    with pytest.raises(signalled):
        recorder.append(event("interrupted"))
    later = [recorder.append(event(f"later:{n}")) for n in range(3)]
    seen = rows(database_url, TAGS)
    recorder.close()

    assert [tag for (tag,) in seen] == ["first", "interrupted", "later:0", "later:1", "later:2"]
    assert later == [3, 4, 5]


def test_who_is_interrupted_before_the_bell_rings_leaves_that_to_the_next(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring, recorder = Bell.ring, Recorder(database_url)

    def interrupted(_: Bell) -> None:
        monkeypatch.setattr(Bell, "ring", ring)
        raise KeyboardInterrupt

    recorder.append(event("first"))
    while recorder.committer._queue._wanted != 1:
        time.sleep(0.001)
    monkeypatch.setattr(Bell, "ring", interrupted)
    with pytest.raises(KeyboardInterrupt):
        recorder.append(event("interrupted"))
    works = [Plain(event(f"later:{n}"), None) for n in range(2)]
    for each in works:
        recorder.committer.submit(each)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not all(each.future.done() for each in works) and time.monotonic() < deadline:
        time.sleep(0.001)
    heard = [each.future.done() for each in works]
    recorder.close()

    assert heard == [True, True]
    assert [each.future.result() for each in works] == [3, 4]


def test_a_forked_process_is_refused_and_its_parent_goes_on(database_url: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKED, database_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert "child ended with 0" in done.stdout
    assert done.stdout.count("refused: the ledger was opened before") == 3
    assert done.stdout.endswith("\nread 3\n")
    assert rows(database_url, TAGS) == [("before",), ("parent",), ("again",)]


def test_a_forked_process_is_refused_all_of_a_ledger_and_leaves_it_to_its_parent(
    database_url: str,
) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKED_LEDGER, database_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("refused: the ledger was opened before a fork") == 8
    assert done.stdout.endswith("child ended with 0\nwoken\nread 3\n")


def test_nobody_rings_a_bell_that_is_gone(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of its pipe may be that of something else by then."""
    recorder = Recorder(database_url)
    recorder.append(event("first"))
    ring = Bell.ring
    heard: list[bytes] = []

    def late(bell: Bell) -> None:
        if threading.current_thread() is not asking:
            ring(bell)
            return
        closing.start()
        closing.join()  # it closes although who asks has yet to ring
        theirs = os.pipe()
        assert set(theirs) & {bell._heard, bell._rung}
        ring(bell)
        os.close(theirs[1])
        heard.append(os.read(theirs[0], 1))
        os.close(theirs[0])

    work = Plain(event("second"), None)
    asking = threading.Thread(target=recorder.committer.submit, args=(work,))
    closing = threading.Thread(target=recorder.close)
    monkeypatch.setattr(Bell, "ring", late)
    while recorder.committer._queue._wanted != 1:
        pass
    asking.start()
    asking.join()

    assert work.future.result() == 2
    assert heard == [b""]

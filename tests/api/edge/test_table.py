"""The table counts as memory does, by as many processes as there are."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.edge import table
from api.edge.table import SharedWindows, Table
from api.edge.window import Windows

STEPS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 6), st.sampled_from("abc"), st.booleans()),
    max_size=40,
)
MINUTE = 60
TRIES, PROCESSES, LIMIT = 400, 4, 1_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a table lies."""
    return tmp_path / "purses"


@pytest.fixture
def shared(file: Path) -> Iterator[SharedWindows]:
    """Counters in a file."""
    windows = SharedWindows(file)
    yield windows
    windows.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, start=st.integers(10**9, 10**9 + 120))
def test_it_counts_as_memory_does(
    steps: list[tuple[int, int, str, bool]], start: int, shared: SharedWindows
) -> None:
    now = float(start)
    ours = Windows(lambda: now)
    shared._clock = lambda: now
    for key in "abc":
        shared.clear_sliding_window(key, MINUTE)
    for later, amount, key, back in steps:
        now += later
        if back:
            for each in (ours, shared):
                each.give_back(key, amount, MINUTE)
        said = [e.acquire_sliding_window_entry(key, 10, MINUTE, amount) for e in (ours, shared)]
        assert said[0] == said[1]
        told = [each.get_sliding_window(key, MINUTE) for each in (ours, shared)]
        assert told[0] == told[1]


def take(file: Path, start: float, taken: multiprocessing.Queue[int]) -> None:
    """As many as there are, until nobody gets more."""
    windows = SharedWindows(file)
    windows._clock = lambda: start
    found = sum(windows.acquire_sliding_window_entry("k", LIMIT, MINUTE) for _ in range(TRIES))
    windows.close()
    taken.put(found)


def test_several_processes_take_together_what_there_is_and_not_one_more(
    file: Path, shared: SharedWindows
) -> None:
    spawn = multiprocessing.get_context("spawn")
    taken: multiprocessing.Queue[int] = spawn.Queue()
    now = float(int(time.time()) // MINUTE * MINUTE)
    processes = [spawn.Process(target=take, args=(file, now, taken)) for _ in range(PROCESSES)]
    for each in processes:
        each.start()
    found = [taken.get() for _ in processes]
    for each in processes:
        each.join()
    taken.close()

    assert sum(found) == LIMIT < PROCESSES * TRIES
    shared._clock = lambda: now
    assert shared.get_sliding_window("k", MINUTE)[2] == LIMIT


def test_where_there_are_too_many_the_oldest_is_forgotten(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "BLOCKS", 1)
    rows = Table(file)
    for number in range(table.ROWS):
        rows[f"k{number}"] = (number + 5, 1, 0)
    rows["k0"] = (99, 1, 0)  # comes again
    rows["new"] = (50, 7, 0)

    assert rows["new"] == (50, 7, 0) and rows["k0"] == (99, 1, 0)
    assert "k1" not in rows and "k2" in rows
    del rows["k2"]
    assert "k2" not in rows
    rows.close()

"""Windows: what was spent comes again bit by bit, as in the library's own store."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, memory
from limits.strategies import SlidingWindowCounterRateLimiter

from api.edge import window
from api.edge.window import Windows

STEPS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 6), st.sampled_from("ab")), max_size=30
)


class _Time:
    """Stands for the module ``time`` in the library."""

    now = 0.0

    def time(self) -> float:
        """The time that was set."""
        return self.now


@given(steps=STEPS, start=st.integers(10**9, 10**9 + 120))
def test_it_lets_as_many_pass_as_the_library_does(
    steps: list[tuple[int, int, str]], start: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = _Time()
        patch.setattr(memory, "time", clock)
        patch.setattr("limits.storage.base.time", clock, raising=False)
        theirs = SlidingWindowCounterRateLimiter(MemoryStorage())
        ours = SlidingWindowCounterRateLimiter(Windows(clock.time))
        # A little past the second: the two round a share of a minute in different places.
        item, clock.now = RateLimitItemPerMinute(10), start + 0.37
        for later, amount, name in steps:
            clock.now += later
            said = [each.hit(item, name, cost=amount) for each in (theirs, ours)]
            left = [each.get_window_stats(item, name).remaining for each in (theirs, ours)]
            assert said[0] == said[1]
            assert left[0] == left[1]


@given(steps=STEPS, start=st.integers(10**9, 10**9 + 120))
def test_what_is_given_back_may_be_taken_again_and_no_more(
    steps: list[tuple[int, int, str]], start: int
) -> None:
    clock = _Time()
    clock.now = start + 0.37
    held = Windows(clock.time)
    for later, amount, name in steps:
        clock.now += later
        before = held.get_sliding_window(name, 60)[::2]
        if held.acquire_sliding_window_entry(name, 10, 60, amount):
            held.give_back(name, amount, 60)
        assert held.get_sliding_window(name, 60)[::2] == before
        held.acquire_sliding_window_entry(name, 10, 60, amount)
    held.give_back("a", 10**6, 60)
    held.give_back("nobody", 5, 60)

    assert held.get_sliding_window("a", 60)[::2] == (0, 0)


def test_it_holds_no_more_keys_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "KEYS_MAX", 3)
    clock = _Time()
    held = Windows(clock.time)
    for number in range(10):
        assert held.acquire_sliding_window_entry(f"k{number}", 5, 60)

    assert not held.acquire_sliding_window_entry("k9", 5, 60, 5)  # the last ones are known still
    assert held.reset() == 3


def test_who_spent_nothing_for_two_windows_is_forgotten_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(window, "KEYS_MAX", 3)
    clock = _Time()
    held = Windows(clock.time)
    for name, at in (("lately", 0), ("old", 0), ("older", 0), ("lately", 130)):
        clock.now = float(at)
        held.acquire_sliding_window_entry(name, 5, 60)
    held.acquire_sliding_window_entry("new", 5, 60)

    assert held.reset() == 2

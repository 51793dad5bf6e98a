"""The verdict of a soak: what grows is told, what merely shakes is not."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import soak_watch
from bench.soak import verdict
from bench.soak_watch import Trend


def window(minute: float, **changes: Any) -> dict[str, Any]:
    """A quiet window."""
    quiet: dict[str, Any] = {"minute": minute, "errors": 0, "stopped": 0, "behind": 2, "age": 0.1}
    quiet["blocks"] = 2_000.0
    quiet["kept"] = {"names": (1_000, 1_000), "titles": (20, 500)}
    return quiet | {"read_ms": [5.0, 20.0, 40.0], "memory": {"server": 130.0}} | changes


def hour(seed: int, leak: float = 0.0, **last: Any) -> list[dict[str, Any]]:
    """Sixty windows whose memory shakes by half a MiB, and leaks so many MiB an hour."""
    rng = random.Random(seed)
    rows = [
        window(float(at), memory={"server": 130 + leak * at / 60 + rng.uniform(-0.5, 0.5)})
        for at in range(60)
    ]
    rows[-1] |= last
    return rows


@pytest.mark.parametrize("seed", range(5))
def test_what_shakes_is_well_and_what_leaks_a_twentieth_in_an_hour_is_not(seed: int) -> None:
    assert verdict(hour(seed))[1]
    said, well = verdict(hour(seed, leak=10))
    assert not well
    assert [each for each in said if "GROWS" in each and "server" in each]


@pytest.mark.parametrize("last", [{"errors": 1}, {"stopped": 1}])
def test_an_error_or_a_view_that_stopped_is_not_well(last: dict[str, int]) -> None:
    assert not verdict(hour(1, **last))[1]


def test_a_lag_that_grows_is_told() -> None:
    rows = [window(float(at), behind=at * 10, age=at * 0.5) for at in range(20)]
    said, well = verdict(rows)
    assert not well
    assert [each.partition(":")[0] for each in said if "GROWS" in each] == [
        "lag, positions",
        "lag, seconds",
    ]


def test_nothing_is_proved_while_what_is_kept_still_fills() -> None:
    rows = [window(float(at), kept={"names": (100 + at, 1_000)}) for at in range(60)]
    assert verdict(rows)[1]
    rows = [window(float(at), kept={"names": (100 + 2 * at, 1_000)}) for at in range(60)]
    said, well = verdict(rows)
    assert not well
    assert said[0].startswith("names still filled, from 130 to 218 of 1,000 kept")


def test_a_few_windows_are_no_line_and_therefore_no_verdict() -> None:
    assert not verdict([window(0.0), window(1.0), window(2.0)])[1]


@given(
    st.integers(-1_000, 1_000), st.integers(-1_000, 1_000), st.integers(min_value=3, max_value=50)
)
def test_of_a_straight_line_the_slope_is_exact(slope: int, start: int, count: int) -> None:
    hours = [float(at) for at in range(count)]
    trend = Trend.of(hours, [start + slope * at for at in hours])
    assert trend.slope == pytest.approx(slope)
    assert trend.margin == pytest.approx(0, abs=1e-6)


def test_the_interval_of_a_slope_is_that_of_a_worked_example() -> None:
    # y = 1, 2, 2: slope 1/2, residual variance 1/6, so t(1) = 12.706 times sqrt(1/12).
    trend = Trend.of([0.0, 1.0, 2.0], [1.0, 2.0, 2.0])
    assert (trend.slope, trend.margin) == pytest.approx((0.5, 12.706 / 12**0.5))


def test_a_process_that_ends_while_it_is_looked_at_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(_: Path) -> str:
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))

    monkeypatch.setattr(Path, "read_text", gone)

    assert soak_watch._anonymous([psutil.Process()]) == 0

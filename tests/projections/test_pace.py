"""Pace: when the states of a rebuild may come to more than they may."""

from __future__ import annotations

from projections.catalogue import RECORDS
from projections.pace import Pace
from projections.shadow import DELAY, Shadow


def holding(size: int) -> Shadow:
    """A shadow whose states weighed so much when they were written last."""
    shadow = Shadow(RECORDS)
    shadow.held = size
    return shadow


def test_before_anything_is_weighed_a_state_is_as_long_as_its_entries() -> None:
    pace = Pace(1_000)
    pace.read(10, 5_000, 1_000)
    assert not pace.full([holding(0)])

    pace.read(1, 500, 1)

    assert pace.full([holding(0)])


def test_what_is_weighed_grows_as_it_did() -> None:
    pace = Pace(1_000)
    pace.read(10, 800, 800)
    pace.paused(whole=True)
    pace.read(10, 800, 800)

    assert not pace.full([holding(500)])
    assert pace.full([holding(501)])


def test_what_hardly_grew_is_taken_to_grow_by_a_third_of_what_is_read() -> None:
    pace = Pace(1_000)
    pace.read(10, 9_000, 9_000)
    pace.paused(whole=True)
    pace.read(10, 3_000, 2_997)

    assert not pace.full([holding(1)])
    assert pace.full([holding(2)])


def test_where_states_were_let_go_those_to_come_are_as_long_as_their_entries() -> None:
    pace = Pace(1_000)
    pace.read(10, 800, 800)
    pace.paused(whole=True)
    pace.read(10, 800, 800)
    shadow = holding(201)
    shadow.spilled = True

    assert pace.full([shadow])


def test_a_pause_in_which_not_all_is_written_leaves_it_unweighed() -> None:
    pace = Pace(1_000)
    pace.read(10, 900, 900)
    pace.paused(whole=False)
    assert (pace.since, pace.weight) == (0, 0)

    pace.read(1, 101, 101)

    assert pace.full([holding(0)])


def test_once_states_were_let_go_rows_are_written_four_times_as_often() -> None:
    shadow = holding(0)
    shadow.position = 1
    quarter = DELAY // 4 + 1
    assert not shadow.due(quarter, 10 * DELAY)

    shadow.spilled = True

    assert shadow.due(quarter, 10 * DELAY)
    assert not shadow.due(quarter - 1, 10 * DELAY)

"""Turns: a view that is far behind catches up, and the others hear of what is new meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from ledger.event import Entry, decode
from ledger.fault import Fault
from ledger.store.ledger import Ledger
from projections import runner as module
from projections import turn
from projections.catalogue import SCHOOLS, TEACHERS
from projections.reader import ANY, Reader, Where
from projections.runner import Runner
from schema.export import stream
from tests.cast import SCHOOL
from tests.projections.test_runner import Counted, add, counted, town
from tests.town import OPERATOR

__all__ = ["town"]
PAGE = 10
MANY = 10 * PAGE
WAIT_SECONDS = 30


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages so short that a ledger of some hundred events has many."""
    monkeypatch.setattr(module, "PAGE", PAGE)


def stands(runner: Runner) -> dict[str, int]:
    """Where each view is."""
    return {name: position for name, position, _ in runner.progress()}


def set_back(town: Ledger, name: str, position: int = 0) -> None:
    """As if a view were mended after it had stopped there, or were new."""
    with town.pool.connection() as connection:
        connection.execute(f"truncate projection.{name}")
        connection.execute(
            "update projection.progress set position = %s where view = %s", (position, name)
        )


@pytest.fixture
def runner(town: Ledger) -> Runner:
    """A runner whose view of counts is far behind."""
    add(town, 0, MANY)
    made = Runner(town.pool, town.feed, (TEACHERS, SCHOOLS, Counted()))
    made.catch_up()
    set_back(town, "counted")
    return made


def test_views_at_the_head_hear_of_what_is_new_while_one_catches_up(
    town: Ledger, runner: Runner
) -> None:
    for number in range(MANY, MANY + 5):
        head = add(town, number, 1).position
        before = stands(runner)["counted"]
        assert runner.step() and runner.step()

        found = stands(runner)
        assert found["teachers"] == found["schools"] == head
        assert before < found["counted"] <= before + PAGE

    assert runner.catch_up() == head
    assert counted(town.url) == list(range(3, head + 1))


def test_under_a_stream_of_events_who_is_behind_goes_on_as_well(
    town: Ledger, runner: Runner
) -> None:
    for number in range(10):
        add(town, MANY + number * PAGE, PAGE)
        assert runner.step() and runner.step()

    found = stands(runner)
    assert found["teachers"] == found["schools"] == town.feed.head()
    assert found["counted"] == 10 * PAGE


def test_each_of_several_that_are_behind_has_its_turn(town: Ledger, runner: Runner) -> None:
    set_back(town, "schools", 50)
    head = add(town, MANY, 1).position
    for _ in range(3):
        assert runner.step()

    assert stands(runner) == {"counted": PAGE, "schools": 50 + PAGE, "teachers": head}


def test_who_has_caught_up_with_another_goes_on_with_it(town: Ledger, runner: Runner) -> None:
    folded: list[list[str]] = []
    head = town.feed.head()
    set_back(town, "counted", head - 4)
    add(town, MANY, 2 * PAGE)
    runner.folded = lambda names, *_: folded.append(list(names))
    runner.catch_up()

    together = ["counted", "schools", "teachers"]
    assert folded == [["counted"], together, together]
    assert counted(town.url) == list(range(head - 3, head + 2 * PAGE + 1))


def test_a_page_beside_others_is_short(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "BESIDE_ENTRIES", 3)
    assert runner.step()

    assert stands(runner)["counted"] == 3


def test_what_is_found_by_way_of_a_view_that_catches_up_goes_no_further_than_that_view(
    town: Ledger, runner: Runner
) -> None:
    set_back(town, "teachers", PAGE)
    reader = Reader(town.pool, town.feed)
    where = Where(through=(("place", "teachers", ("key", "teacher:t1")),))
    with reader.stream(SCHOOLS, where) as (streamed, _):
        assert streamed == PAGE

    assert reader.page(SCHOOLS, where, first=1).position == PAGE
    assert reader.page(SCHOOLS, ANY, first=1).position == town.feed.head()


def test_an_export_that_is_gone_on_with_finds_its_rows_as_of_its_position(
    town: Ledger, runner: Runner
) -> None:
    with town.pool.connection() as connection:
        connection.execute("update projection.progress set position = 10 where view = 'schools'")
    house = SimpleNamespace(reader=Reader(town.pool, town.feed), ledger=town)
    context: Any = SimpleNamespace(house=house, asker=OPERATOR)
    asked: Any = SimpleNamespace(resumed=True, effective=None, position=10, places=())
    found: dict[str, list[str]] = {}
    for name in ("teacher:t1", "teacher:t50"):
        where = Where(through=(("place", "teachers", ("key", name)),))
        with stream(context, SCHOOLS, where, asked) as (position, rows):
            found[name] = [key for key, _ in rows]
        assert position == 10

    assert found == {"teacher:t1": [str(SCHOOL)], "teacher:t50": []}


def test_an_event_that_this_program_cannot_read_keeps_nobody_waiting_who_is_behind_it(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = town.feed.head()
    add(town, MANY, 1)

    def reading(position: int, body: bytes) -> Entry:
        if position > head:
            raise Fault("UNKNOWN_EVENT", zh="不认识", en="does not know it")
        return decode(position, body)

    with monkeypatch.context() as patch:
        patch.setattr(turn, "decode", reading)
        with pytest.raises(Fault, match="does not know"):
            while runner.step():
                pass
        assert stands(runner) == dict.fromkeys(("counted", "schools", "teachers"), head)

    assert runner.catch_up() == head + 1
    assert counted(town.url) == list(range(3, head + 2))


def test_what_views_wait_for_is_told_also_while_others_catch_up(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = town.feed.head()
    add(town, MANY, 1)
    set_back(town, "schools", 50)
    told: list[str | None] = []
    step = runner.step

    def reading(position: int, body: bytes) -> Entry:
        if position > head:
            raise Fault("UNKNOWN_EVENT", zh="不认识", en="does not know it")
        return decode(position, body)

    def stepping() -> bool:
        told.append(runner.trouble)
        return step()

    with monkeypatch.context() as patch, capture_logs() as lines:
        patch.setattr(turn, "decode", reading)
        patch.setattr(runner, "step", stepping)
        runner.start()
        assert runner.wait_for(head, WAIT_SECONDS)
        runner.close()
        # Until those at the head have had their turn nobody knows of it.
        assert {*told[3:]} == {"does not know it"}
    assert [each["why"] for each in lines] == ["Fault: does not know it"]

    runner.catch_up()
    assert runner._turns.unread is None


def test_a_view_that_raises_far_behind_is_tried_alone_and_stops(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Counted.apply

    def apply(self: Counted, state, entry):  # type: ignore[no-untyped-def]
        if entry.position == 25:
            raise ValueError("no such stage")
        return original(self, state, entry)

    monkeypatch.setattr(Counted, "apply", apply)
    for number in range(5):
        add(town, MANY + number, 1)
        assert runner.step()
        runner.step()

    [(_, position, stop)] = runner.progress("counted")
    assert stop is not None
    assert (position, stop.position) == (24, 25)
    assert stands(runner)["teachers"] == town.feed.head()

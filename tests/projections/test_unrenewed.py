"""A view that cannot be written anew: it stays as it was, others are swapped, and it is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql
from structlog.testing import capture_logs

from api.checkup import Checkup
from ledger.store.ledger import Ledger
from projections import renewal
from projections import runner as module
from projections.catalogue import SCHOOLS, TEACHERS
from projections.check import check
from projections.reader import Reader
from projections.rebuild import Rebuild
from projections.register import Teachers
from projections.renewal import Renewal
from projections.runner import Runner
from projections.shadow import Shadow
from projections.stop import Stop, Stopped
from projections.verdict import Rules
from schema.context import House
from tests.projections.test_runner import Counted, add, counted, poisoned, table, town

__all__ = ["town"]
WAIT_SECONDS = 30


@pytest.fixture
def runner(town: Ledger) -> Iterator[Runner]:
    """A runner whose views are up with a ledger of some events."""
    add(town, 0, 20)
    made = Runner(town.pool, town.feed, (TEACHERS, SCHOOLS, Counted()))
    made.catch_up()
    yield made
    made.close()


@contextmanager
def unwritable(what: str, name: str = "teacher:t7") -> Iterator[None]:
    """The view of teachers cannot be written: over one of its rows, by Python or by PostgreSQL."""
    original = Teachers.facet_values

    def raising(self: Teachers, state: Any) -> dict[str, Any]:
        found = original(self, state)
        if str(state.teacher) != name:
            return found
        if what == "raises":
            raise KeyError("school")
        return found | {"school": "\0"}

    def indexes(self: Teachers, table: str) -> list[sql.Composed]:
        return [sql.SQL("create index on projection.{} (nothing)").format(sql.Identifier(table))]

    with pytest.MonkeyPatch.context() as patch:
        if what == "settle":
            patch.setattr(Teachers, "indexes", indexes)
        else:
            patch.setattr(Teachers, "facet_values", raising)
        yield


WAYS = {"raises": "KeyError", "refused": "CharacterNotInRepertoire", "settle": "UndefinedColumn"}


@pytest.mark.parametrize("what", WAYS)
def test_a_rebuild_leaves_out_the_view_that_cannot_be_written_and_swaps_the_others(
    town: Ledger, runner: Runner, what: str
) -> None:
    before = table(town.url, TEACHERS)
    with town.pool.connection() as connection:
        connection.execute("delete from projection.counted")

    with unwritable(what), pytest.raises(Stopped) as caught:
        runner.rebuild()

    [stop] = caught.value.stops
    assert (stop.view, stop.error) == ("teachers", WAYS[what])
    assert "stopped somewhere after 0" in stop.en and "位置 0 之后某处" in stop.zh
    assert table(town.url, TEACHERS) == before
    assert counted(town.url) == list(range(3, 23))
    # What it could not be made of is no matter of the rows that it has.
    assert runner.standing() == (22, None)
    assert runner.rebuild() == 22
    assert table(town.url, TEACHERS) == before


def test_a_row_that_cannot_be_written_at_the_swap_stops_one_view_at_its_event(
    town: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = Rebuild.fold

    def folded(self: Rebuild, *given: Any) -> None:
        fold(self, *given)
        if town.feed.head() == 22:
            add(town, 50, 3)

    monkeypatch.setattr(Rebuild, "fold", folded)
    with unwritable("refused", "teacher:t51"), pytest.raises(Stopped) as caught:
        runner.rebuild()

    [stop] = caught.value.stops
    assert (stop.view, stop.position, stop.type) == ("teachers", 24, "register.teacher-registered")
    assert counted(town.url) == list(range(3, 26))


@pytest.mark.parametrize("place", ["write", "settle"])
def test_an_outage_while_rows_are_written_is_no_fault_of_the_view(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise errors.DiskFull("no space left")

    monkeypatch.setattr(Shadow, f"_{place}", away)
    with pytest.raises(errors.DiskFull):
        runner.rebuild()

    assert runner.standing() == (22, None)


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is of a later version, by which two of the views differ."""
    monkeypatch.setattr(Teachers, "version", Teachers.version + 1)
    monkeypatch.setattr(Counted, "version", Counted.version + 1)
    monkeypatch.setattr(renewal, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(renewal, "AGAIN_SECONDS_MAX", 0.01)


def upgraded(town: Ledger) -> Runner:
    """The runner of the later version."""
    return Runner(town.pool, town.feed, (TEACHERS, SCHOOLS, Counted()))


@pytest.mark.parametrize("what", ["apply", *WAYS])
def test_an_upgrade_tells_the_view_that_it_could_not_build_anew_and_swaps_the_others(
    town: Ledger, runner: Runner, newer: None, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    tried, rebuild = threading.Semaphore(0), module.Runner.rebuild

    def counting(self: Runner, *given: Any, **named: Any) -> int:
        try:
            return rebuild(self, *given, **named)
        finally:
            tried.release()

    monkeypatch.setattr(module.Runner, "rebuild", counting)
    before = table(town.url, TEACHERS)
    after = upgraded(town)
    with poisoned(10) if what == "apply" else unwritable(what), capture_logs() as lines:
        after.start()
        for _ in range(2):
            assert tried.acquire(timeout=WAIT_SECONDS)
        after.close()

    assert after.outdated() == ["teachers"]
    assert table(town.url, TEACHERS) == before
    [(_, position, stop)] = after.progress("teachers")
    assert stop is not None
    assert (position, stop.view) == (22, "teachers")
    assert stop.error == ("ValueError" if what == "apply" else WAYS[what])
    assert [stop for _, _, stop in after.progress("counted", "schools")] == [None, None]
    assert {each["event"] for each in lines if each["log_level"] == "error"} == {
        "views were not built anew"
    }

    # Whoever runs the older version beside it goes on, and does not hear that its own has stopped.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Teachers, "version", Teachers.version - 1)
        patch.setattr(Counted, "version", Counted.version - 1)
        older = upgraded(town)
        add(town, 100, 1)
        older.catch_up()
        assert older.progress("teachers") == [("teachers", 23, None)]

    # Once it is mended, the next start builds it anew, and nothing is told any more.
    assert upgraded(town).catch_up() == 23
    assert after.standing() == (23, None)
    assert after.outdated() == []


def test_a_check_names_the_view_that_was_not_built_anew(
    town: Ledger, runner: Runner, newer: None
) -> None:
    after = upgraded(town)
    with unwritable("refused"), pytest.raises(Stopped):
        after.catch_up()

    [problem] = check(town.pool, town.feed, ["progress"])
    assert (problem.code, problem.subject) == ("VIEW_STOPPED", "teachers")
    assert "CharacterNotInRepertoire" in problem.en

    after.catch_up()
    assert list(check(town.pool, town.feed, ["progress"])) == []
    with town.pool.connection() as connection:
        connection.execute("drop table projection.unrenewed")  # an earlier program made none
    assert list(check(town.pool, town.feed, ["progress"])) == []


def test_what_a_later_version_could_not_build_is_no_matter_of_who_runs_the_older_one(
    town: Ledger, runner: Runner, newer: None
) -> None:
    after = upgraded(town)
    with unwritable("refused"), pytest.raises(Stopped):
        after.catch_up()
    assert stopped(town, after) == ["teachers"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Teachers, "version", Teachers.version - 1)
        patch.setattr(Counted, "version", Counted.version - 1)
        assert stopped(town, runner) == []
        assert list(check(town.pool, town.feed, ["progress"])) == []


def stopped(town: Ledger, runner: Runner) -> list[str]:
    """The views of which a server's readiness and metrics say that they stopped."""
    reader = Reader(town.pool, town.feed)
    checkup = Checkup(House(ledger=town, reader=reader, runner=runner, rules=Rules(reader)))

    async def found() -> list[str]:
        try:
            progress = (await checkup.found()).progress
        finally:
            await checkup.close()
        return [view for view, _, stop in progress if stop is not None]

    return asyncio.run(found())


def test_what_fails_alike_is_tried_ever_more_seldom_and_an_outage_as_often_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop = Stop(view="x", position=1, type="?", error="KeyError", why="7")
    away = psycopg.OperationalError("the connection is lost")
    raised: list[Exception | None] = [away, away, *[Stopped([stop])] * 4, away, Stopped([stop])]
    raised += [ValueError("other"), None]
    waited: list[float] = []
    monkeypatch.setattr(renewal, "AGAIN_SECONDS_MAX", 30.0)

    def rebuild(*_: Any) -> int:
        error = raised.pop(0)
        if error is not None:
            raise error
        return 1

    made = Renewal(lambda: ["x"] if raised else [], rebuild)
    monkeypatch.setattr(made._closing, "wait", lambda seconds: waited.append(seconds))
    with capture_logs() as lines:
        made._run()

    assert waited == [5, 5, 5, 10, 20, 30, 5, 30, 5, 5]
    assert len([each for each in lines if each["log_level"] == "error"]) == 6

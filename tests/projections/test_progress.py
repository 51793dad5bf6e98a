"""Progress: how far views are folded anew is told between two checkpoints as well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from ledger.store.ledger import Ledger
from projections import rebuild as module
from projections.catalogue import INDEXES, VIEWS
from projections.rebuild import Rebuild
from projections.refold import Refold
from projections.runner import Runner
from tests.projections.test_rebuild import tables, told, viewed

__all__ = ["told", "viewed"]
ALL = (*VIEWS, *INDEXES)


def test_others_see_how_far_it_is_although_little_is_written(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 50)
    monkeypatch.setattr(module, "PAUSE_ENTRIES", 50)
    runner = Runner(told.pool, told.feed, ALL)
    seen: list[tuple[int, list[Refold]]] = []

    runner.rebuild(told=lambda reached, _: seen.append((reached, runner.rebuilding())))

    assert len(seen) > 3
    for reached, views in seen:
        assert {each.position for each in views} == {reached}
        assert all(each.running and each.seconds_left is not None for each in views)


def test_what_a_rebuild_left_that_died_is_not_running_beside_another(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 50)
    monkeypatch.setattr(module, "PAUSE_ENTRIES", 50)
    runner = Runner(told.pool, told.feed, ALL)
    Rebuild(told.pool, told.feed, VIEWS).begin()
    assert not any(each.running for each in runner.rebuilding())

    seen: list[Refold] = []
    runner.rebuild([VIEWS[0].name], told=lambda *_: seen.extend(runner.rebuilding()))

    assert {each.view for each in seen if each.running} == {VIEWS[0].name}
    assert {each.view for each in seen if not each.running} == {each.name for each in VIEWS[1:]}
    assert not any(each.running for each in runner.rebuilding())


def test_the_time_that_is_left_is_told_by_what_this_run_did() -> None:
    def left(**how: Any) -> float | None:
        given = {"position": 300, "of": 500, "since": 200, "seconds": 10.0, "running": True} | how
        return Refold(view="records", begun=datetime.now(UTC), **given).seconds_left

    assert left() == 20
    assert left(running=False) is None
    assert left(position=200) is None
    assert left(position=500) == 0


def test_the_table_of_an_earlier_program_learns_it(told: Ledger) -> None:
    live = tables(told.url)
    with psycopg.connect(told.url, autocommit=True) as connection:
        connection.execute("alter table projection.rebuilds drop column folded, drop column since")

    assert Runner(told.pool, told.feed, ALL).rebuild() == told.feed.head()

    assert tables(told.url) == live

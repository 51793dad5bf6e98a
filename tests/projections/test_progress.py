"""Progress: how far views are folded anew is told between two checkpoints as well."""

from __future__ import annotations

import psycopg
import pytest

from ledger.store.ledger import Ledger
from projections import rebuild as module
from projections.catalogue import INDEXES, VIEWS
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
    seen: list[tuple[int, set[int]]] = []

    runner.rebuild(
        told=lambda reached, _: seen.append((reached, {at for _, at, _ in runner.rebuilding()}))
    )

    assert len(seen) > 3
    assert all(at == {reached} for reached, at in seen)


def test_the_table_of_an_earlier_program_learns_it(told: Ledger) -> None:
    live = tables(told.url)
    with psycopg.connect(told.url, autocommit=True) as connection:
        connection.execute("alter table projection.rebuilds drop column folded")

    assert Runner(told.pool, told.feed, ALL).rebuild() == told.feed.head()

    assert tables(told.url) == live

"""A backlog: entries whose states do not fit into memory are folded at the end, slice by slice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ledger.event import Entry
from ledger.store.ledger import Ledger
from projections import backlog
from projections import rebuild as module
from projections.catalogue import RECORDS
from projections.rebuild import Rebuild
from projections.refold import refolds
from projections.runner import Runner
from projections.stop import Stopped
from tests.projections.test_rebuild import ALL, STRAY, killed, tables, told, viewed
from tests.town import rows

__all__ = ["told", "viewed"]
MADE = "select to_regclass('projection.records__backlog')::text"
COUNTED = "select count(*) from projection.records__backlog"
POSITIONS = "select position from projection.records__backlog"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages so small and so little memory that records do not fit."""
    monkeypatch.setattr(module, "PAGE", 10)
    monkeypatch.setattr(module, "PAUSE_ENTRIES", 10)
    monkeypatch.setattr(module, "HELD_BYTES_MAX", 1_000)
    monkeypatch.setattr(backlog, "PAGE", 10)


def test_of_states_that_do_not_fit_each_is_read_back_once_at_most(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = tables(told.url)
    read: Counter[str] = Counter()
    decode = type(RECORDS).decode

    def counted(self: Any, body: bytes) -> Any:
        state = decode(self, body)
        read[state.teacher] += 1
        return state

    monkeypatch.setattr(type(RECORDS), "decode", counted)
    monkeypatch.setattr(backlog, "PAGE", 1_000)
    Runner(told.pool, told.feed, ALL).rebuild()

    assert set(read.values()) == {1}
    assert tables(told.url) == live


@pytest.mark.parametrize("slices", [1, 2, 1_000])
@pytest.mark.parametrize(
    ("page", "bytes_max"), [(1, 2**26), (7, 2**26), (1_000, 2**26), (1_000, 1), (1_000, 3_000)]
)
def test_whatever_is_folded_together_the_rows_are_the_same(
    told: Ledger, monkeypatch: pytest.MonkeyPatch, slices: int, page: int, bytes_max: int
) -> None:
    monkeypatch.setattr(backlog, "SLICES", slices)
    monkeypatch.setattr(backlog, "PAGE", page)
    monkeypatch.setattr(backlog, "BYTES_MAX", bytes_max)
    live = tables(told.url, (RECORDS,))

    Runner(told.pool, told.feed, ALL).rebuild([RECORDS.name])

    assert tables(told.url, (RECORDS,)) == live


@pytest.mark.parametrize("nth", [1, 2])
def test_what_was_folded_of_a_backlog_is_not_folded_again(
    told: Ledger, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    live = tables(told.url)
    killed(told.url, "Rebuild", "_work_off", "after", nth, held=1_000)
    left = {position for (position,) in rows(told.url, POSITIONS)}
    began: list[Rebuild] = []
    folded: list[int] = []
    leave_out = backlog.Backlog.leave_out

    def leaving(self: backlog.Backlog, connection: Any, found: list[backlog.Row]) -> None:
        folded.extend(position for _, position, _ in found)
        leave_out(self, connection, found)

    monkeypatch.setattr(backlog.Backlog, "leave_out", leaving)
    Runner(told.pool, told.feed, ALL).rebuild(begun=began.append)

    assert left
    assert sorted(folded) == sorted(left)
    assert began[0].resumed[RECORDS.name] == told.feed.head()
    assert tables(told.url) == live


def test_what_is_put_off_counts_as_left_until_it_is_folded(told: Ledger) -> None:
    head, heard = told.feed.head(), list[tuple[int, int, int]]()

    def hear(done: int, _: int) -> None:
        put_off = rows(told.url, COUNTED) if rows(told.url, MADE) != [(None,)] else [(0,)]
        with told.pool.connection() as connection:
            [found] = refolds(connection)
        heard.append((done, found.position, put_off[0][0]))

    Runner(told.pool, told.feed, ALL).rebuild([RECORDS.name], hear)

    said = [done for done, _, _ in heard]
    assert said == sorted(said) and said[-1] == head
    assert any(put_off for _, _, put_off in heard)
    assert all(max(done, shown) <= head - put_off for done, shown, put_off in heard)


def test_who_begins_afresh_leaves_nothing_of_what_was_put_off(told: Ledger) -> None:
    live = tables(told.url)
    killed(told.url, "LastingShadow", "work_off", "after", 2, held=1_000)

    Runner(told.pool, told.feed, ALL).rebuild(afresh=True)

    assert tables(told.url) == live
    assert rows(told.url, STRAY) == []


def test_a_view_that_cannot_take_in_what_was_put_off_stops_alone_at_its_event(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = tables(told.url)
    with told.pool.connection() as connection:
        found = "select max(position) from ledger.events where type = any(%s)"
        row = connection.execute(found, (list(RECORDS.types),)).fetchone()
    apply = type(RECORDS).apply

    def failing(self: Any, state: Any, entry: Entry) -> Any:
        if row and entry.position == row[0]:
            raise ValueError("no")
        return apply(self, state, entry)

    monkeypatch.setattr(type(RECORDS), "apply", failing)
    with pytest.raises(Stopped) as caught:
        Runner(told.pool, told.feed, ALL).rebuild()

    assert row is not None
    assert [(each.view, each.position) for each in caught.value.stops] == [(RECORDS.name, row[0])]
    assert tables(told.url) == live

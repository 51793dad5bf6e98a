"""The lane: whatever it remembers of what it wrote, it decides as if it read everything anew."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.popo import InMemoryDCBRecorder
from eventsourcing.persistence import IntegrityError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.store import horizon, insertion, lane, reading, tail
from ledger.store.ledger import Ledger
from ledger.store.recorder import Recorder
from tests.town import KEY, OPERATOR, codes, rows, school, teacher

TYPES = ["a", "b"]
TAGS = ["t:1", "t:2", "t:3"]
ITEMS = st.builds(
    DCBQueryItem,
    types=st.lists(st.sampled_from(TYPES), max_size=1),
    tags=st.lists(st.sampled_from(TAGS), max_size=2, unique=True),
)
EVENTS = st.builds(
    DCBEvent,
    type=st.sampled_from(TYPES),
    data=st.just(b"{}"),
    tags=st.lists(st.sampled_from(TAGS), max_size=2, unique=True),
)
# By which of two processes, what, and under which condition; ``after`` counts back from the head.
STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.lists(EVENTS, min_size=1, max_size=3),
        st.none()
        | st.tuples(st.lists(ITEMS, max_size=2), st.none() | st.integers(min_value=0, max_value=9)),
    ),
    min_size=1,
    max_size=25,
)


def outcome(recorder: Recorder | InMemoryDCBRecorder, events, condition) -> int | None:
    """The position, or nothing where the condition failed."""
    try:
        return recorder.append(events, condition)
    except IntegrityError:
        return None


@pytest.mark.parametrize("held", [1, 4, 100])
def test_appends_of_two_processes_fare_as_in_one_memory(database_url, monkeypatch, held) -> None:
    """However little of its own past the lane still knows by heart."""
    monkeypatch.setattr(tail, "EVENTS_MAX", held)
    both = [Recorder(database_url), Recorder(database_url)]
    base = 0

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(STEPS)
    def holds(steps):
        nonlocal base
        model, mark = InMemoryDCBRecorder(), f"run:{base}"
        for which, events, asked in steps:
            # Every run has tags of its own, so that it does not see the earlier ones.
            marked = [DCBEvent(e.type, e.data, [mark, *e.tags]) for e in events]
            head = model.read().head or 0
            ours = theirs = None
            if asked is not None:
                items = [DCBQueryItem(i.types, [mark, *i.tags]) for i in asked[0]]
                after = None if asked[1] is None else max(head - asked[1], 0)
                query = DCBQuery(items or [DCBQueryItem(tags=[mark])])
                theirs = DCBAppendCondition(query, after)
                ours = DCBAppendCondition(query, base if after is None else base + after)
            expected = outcome(model, marked, theirs)
            found = outcome(both[which], marked, ours)
            assert found == (None if expected is None else base + expected)
        base += model.read().head or 0

    try:
        holds()
    finally:
        for each in both:
            each.close()
    found = rows(database_url, "select count(*), max(position) from ledger.events")
    assert found == [(base, base)]


def test_appends_about_what_the_lane_just_wrote_take_one_statement(
    database_url, monkeypatch
) -> None:
    reads = []
    original = reading.sent

    def sent(*given):
        reads.append(given)
        return original(*given)

    for module in (horizon, lane, reading):
        monkeypatch.setattr(module, "sent", sent)
    recorder = Recorder(database_url)
    event = DCBEvent("a", b"{}", ["t:1"])
    query = DCBQuery([DCBQueryItem(tags=["t:1"])])
    seen = recorder.append([event])
    seen = recorder.append([event], DCBAppendCondition(query, seen))
    first = len(reads)
    for _ in range(20):
        seen = recorder.append([event], DCBAppendCondition(query, seen))
    assert outcome(recorder, [event], DCBAppendCondition(query, seen - 1)) is None
    recorder.close()

    assert (seen, len(reads)) == (22, first)


def test_a_lane_that_was_alone_notices_who_writes_meanwhile(ledger: Ledger) -> None:
    ledger.ask([school()], OPERATOR)
    with Ledger(ledger.url, KEY) as other:
        for number in range(6):
            assert codes(ledger.ask([teacher(2 * number)], OPERATOR)) == [[]]
            assert codes(ledger.ask([teacher(2 * number)], OPERATOR)) == [["ALREADY_REGISTERED"]]
            assert codes(other.ask([teacher(2 * number)], OPERATOR)) == [["ALREADY_REGISTERED"]]
            assert codes(other.ask([teacher(2 * number + 1)], OPERATOR)) == [[]]
            assert codes(ledger.ask([teacher(2 * number + 1)], OPERATOR)) == [
                ["ALREADY_REGISTERED"]
            ]

    assert rows(ledger.url, "select count(*), max(position) from ledger.events") == [(14, 14)]


def test_a_request_answered_by_another_process_is_answered_again_alike(ledger: Ledger) -> None:
    ledger.ask([school()], OPERATOR)
    with Ledger(ledger.url, KEY) as other:
        for number in range(5):
            asked = ([teacher(number)], OPERATOR)
            first = ledger.ask(*asked, request=f"r{number}")
            second = other.ask(*asked, request=f"r{number}")
            assert (first.replayed, second.replayed) == (False, True)
            assert first.outcomes == second.outcomes


def test_threads_that_append_at_once_and_alone_leave_no_gap(database_url) -> None:
    """One who is alone carries its own work; none is overtaken, lost or done twice."""
    recorder = Recorder(database_url)
    line = threading.Barrier(4)

    def append(number: int) -> list[int]:
        found = []
        for turn in range(50):
            if turn % 10 == 0:
                line.wait()
            found.append(recorder.append([DCBEvent("a", b"%d" % number, [f"t:{number}"])]))
        return found

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(append, range(4)))
    recorder.close()

    assert all(each == sorted(each) for each in found)
    assert sorted(at for each in found for at in each) == list(range(1, 201))


@pytest.mark.parametrize("tags", [["t:1"], ["t:1", "t:2"]])
def test_events_of_other_tags_with_the_same_hash_hide_none(database_url, monkeypatch, tags) -> None:
    for module in (insertion, reading):
        monkeypatch.setattr(module, "tag_hash", lambda tag: len(tag))
    recorder = Recorder(database_url)
    for found in (["t:3"], ["t:4"], tags, ["t:5"]):
        recorder.append([DCBEvent("a", b"{}", found)])
    recorder.close()

    recorder = Recorder(database_url)
    query, other = (DCBQuery([DCBQueryItem(tags=each)]) for each in (tags, ["t:3", *tags]))
    assert outcome(recorder, [DCBEvent("a", b"{}", [])], DCBAppendCondition(query, 0)) is None
    assert outcome(recorder, [DCBEvent("a", b"{}", [])], DCBAppendCondition(query, 3)) == 5
    assert outcome(recorder, [DCBEvent("a", b"{}", [])], DCBAppendCondition(other, 0)) == 6
    recorder.close()


def test_an_append_after_closing_is_refused(database_url) -> None:
    recorder = Recorder(database_url)
    recorder.append([DCBEvent("a", b"{}", [])])
    recorder.close()

    with pytest.raises(Exception, match="closing"):
        recorder.append([DCBEvent("a", b"{}", [])])
    assert rows(database_url, "select count(*) from ledger.events") == [(1,)]

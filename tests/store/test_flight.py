"""Batches that fly one behind the other: written in order or not at all, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from secrets import token_hex

import psycopg
import pytest
from eventsourcing.dcb.api import DCBEvent
from eventsourcing.persistence import IntegrityError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.store import queue, tail
from ledger.store.flight import Flight
from ledger.store.recorder import Recorder
from ledger.store.trouble import Trouble
from ledger.store.work import Plain
from tests.appending import outcome, together, work
from tests.town import rows

MANY = 40
"""So many that half of them fly while the other half is decided."""


@pytest.fixture
def recorder(database_url: str) -> Iterator[Recorder]:
    """A recorder that has written before, so that it knows all about what is after."""
    opened = Recorder(database_url)
    for _ in range(2):
        opened.append([DCBEvent("first", b"{}", ["n:0"])])
    yield opened
    opened.close()


def before_sending(
    monkeypatch: pytest.MonkeyPatch, number: int, act: Callable[[Flight], object]
) -> list[int]:
    """Has something happen before a flight of a number is sent; gives how many were sent."""
    sent: list[int] = []
    original = Flight.send

    def send(self: Flight, settled, given, *more, ends: bool = False) -> None:
        if not ends:
            sent.append(len(given))
            if len(sent) == number:
                act(self)
        original(self, settled, given, *more, ends=ends)

    monkeypatch.setattr(Flight, "send", send)
    return sent


def test_many_appends_fly_in_halves_and_are_answered_in_order(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = before_sending(monkeypatch, 0, lambda _: None)
    works = [work(f"n:{n}") for n in range(MANY)]
    together(recorder, works)

    assert [outcome(each) for each in works] == list(range(3, MANY + 3))
    assert sum(sent) == MANY and sent[:2] == [MANY // 2] * 2


def test_a_batch_sees_what_flies_before_it(recorder: Recorder) -> None:
    works = [work(f"n:{n}") for n in range(1, MANY)]
    works.append(work("n:last", unless="n:1", after=2))
    works.append(work("n:other", unless="n:9999", after=2))
    together(recorder, works)

    assert outcome(works[-2]) is IntegrityError
    assert outcome(works[-1]) == MANY + 2


@pytest.mark.parametrize(
    "large",
    [
        [DCBEvent("n", b"{}", ["n:large"])] * (tail.EVENTS_MAX + 1),
        [DCBEvent("n", b"x" * (tail.BYTES_MAX + 1), ["n:large"])],
    ],
    ids=["events", "bytes"],
)
def test_more_than_the_tail_holds_hides_nothing_from_its_own_batch(
    recorder: Recorder, large: list[DCBEvent]
) -> None:
    taken = recorder.append([DCBEvent("n", b"{}", ["seat:1"])])
    works = [Plain(large, None), work("seat:1", unless="seat:1", after=taken - 1)]
    together(recorder, works)

    assert outcome(works[0]) == taken + len(large)
    assert outcome(works[1]) is IntegrityError


@pytest.mark.parametrize("count", [1, MANY // 2, MANY])
@pytest.mark.parametrize("number", [1, 2])
def test_what_another_process_writes_meanwhile_is_seen_by_all_that_fly(
    recorder: Recorder, database_url: str, monkeypatch: pytest.MonkeyPatch, number: int, count: int
) -> None:
    """As many events as the batch before has would leave the head where the next expects it."""
    other = Recorder(database_url)
    foreign = [DCBEvent("n", b"{}", ["n:foreign"])] * count
    before_sending(monkeypatch, number, lambda _: other.append(foreign))
    works = [work(f"n:{n}", unless="n:foreign" if n >= MANY // 2 else None, after=2)
             for n in range(MANY)]  # fmt: skip
    together(recorder, works)
    found = [outcome(each) for each in works]
    other.close()

    kept = [each for each in found if each is not IntegrityError]
    assert found[MANY // 2 :] == [IntegrityError] * (MANY // 2)
    assert kept == sorted(kept) and len(kept) == MANY // 2
    head = 2 + count + MANY // 2
    assert rows(database_url, "select count(*), max(position) from ledger.events") == [(head, head)]


@pytest.mark.usefixtures("unlooked")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("\ud800", UnicodeEncodeError),
        ("a\0b", psycopg.errors.CharacterNotInRepertoire),
        # Too long for its index; to the driver an error of operation, as a lost connection is.
        (token_hex(4_000), psycopg.errors.ProgramLimitExceeded),
    ],
    ids=["half a character", "nul", "too long"],
)
@pytest.mark.parametrize("at", [3, MANY - 3])
def test_what_cannot_be_written_takes_nothing_else_down(
    recorder: Recorder, database_url: str, at: int, name: str, told: type[BaseException]
) -> None:
    works = [work(f"n:{n}", name=name if n == at else "n") for n in range(MANY)]
    together(recorder, works)
    found = [outcome(each) for each in works]

    assert found.pop(at) is told
    assert sorted(found) == list(range(3, MANY + 2))  # type: ignore[type-var]
    assert rows(database_url, "select count(*), max(position) from ledger.events") == [
        (MANY + 1, MANY + 1)
    ]


@pytest.mark.parametrize("number", [1, 2])
def test_a_connection_lost_in_flight_answers_everybody_and_holds_what_it_said(
    recorder: Recorder, database_url: str, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def kill(flight: Flight) -> None:
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", (flight._pgconn.backend_pid,))

    before_sending(monkeypatch, number, kill)
    works = [work(f"n:{n}") for n in range(MANY)]
    together(recorder, works)
    found = [outcome(each) for each in works]

    lost = [each for each in found if not isinstance(each, int)]
    assert set(lost) == {Trouble}
    tags = dict(rows(database_url, "select position, tags[1] from ledger.events"))
    assert [tags.get(each) for each in found if isinstance(each, int)] == [
        f"n:{n}" for n, each in enumerate(found) if isinstance(each, int)
    ]
    assert sorted(tags) == list(range(1, len(tags) + 1))
    assert recorder.append([DCBEvent("n", b"{}", ["n:after"])]) == len(tags) + 1


# By which of two processes, under which tag, unless which of them came after how far back.
STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.none() | st.sampled_from("abc"), st.integers(0, 12)),
    min_size=1,
    max_size=30,
)


def test_what_flies_is_decided_as_one_by_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process writes at any moment: every answer is true of the ledger it left."""
    monkeypatch.setattr(queue, "CROWD_MIN", 2)
    both = [Recorder(database_url), Recorder(database_url)]

    @settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(STEPS, STEPS, st.integers(0, 3))
    def holds(ours, theirs, meddling) -> None:
        head = both[0].append([DCBEvent("n", b"{}", ["n:start"])])
        asked: list[tuple[Plain, str | None, int]] = []
        for tag, unless, back in ours:
            after = max(head - back, 0)
            named = None if unless is None else f"n:{unless}"
            asked.append((work(f"n:{tag}", unless=named, after=after), named, after))
        with monkeypatch.context() as patch:
            meddle = [DCBEvent("n", b"{}", [f"n:{tag}"]) for tag, *_ in theirs]
            before_sending(patch, meddling, lambda _: both[1].append(meddle))
            together(both[0], [each for each, *_ in asked])
            found = [outcome(each) for each, *_ in asked]
        log = rows(database_url, "select position, tags[1] from ledger.events order by 1")
        assert [position for position, _ in log] == list(range(1, len(log) + 1))
        for (_, unless, after), position in zip(asked, found, strict=True):
            until = position if isinstance(position, int) else len(log) + 1
            met = any(after < at < until and tag == unless for at, tag in log)
            assert met == (position is IntegrityError)

    try:
        holds()
    finally:
        for each in both:
            each.close()

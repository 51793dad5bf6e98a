"""Appends of two processes at once: the database decides them, as each would have one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.persistence import IntegrityError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.store import queue
from ledger.store.abreast import TURNS_ALONE, Abreast
from ledger.store.committer import Committer
from ledger.store.flight import Flight
from ledger.store.lane import Lane
from ledger.store.recorder import Recorder
from ledger.store.statements import CHANNEL
from ledger.store.trouble import Trouble
from ledger.store.work import Plain
from tests.appending import outcome, together, work
from tests.town import rows

FOREIGN = DCBEvent("n", b"{}", ["n:foreign", "n:common"])


def tagged(*tags: str) -> DCBQuery:
    """Whatever has the tags."""
    return DCBQuery([DCBQueryItem(tags=list(tags))])


class Beside:
    """A recorder that knows of others: positions 1 to 3 are written."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.recorder = Recorder(url)
        self.give(work("n:first"))
        self.meet()

    def give(self, *works: Plain) -> list[int | type[BaseException]]:
        """What becomes of appends that are given up together."""
        together(self.recorder, list(works))
        return [outcome(each) for each in works]

    def foreign(self) -> None:
        """Another writes, who knows of nobody."""
        other = Recorder(self.url)
        other.append([FOREIGN])
        other.close()

    def meet(self) -> None:
        """Has the recorder see that another wrote: from now on it does not wait for that."""
        self.foreign()
        self.give(work("n:turn"))

    def found(self, *tags: str) -> list[int]:
        """Where tags are."""
        return [each.position for each in self.recorder.read(tagged(*tags))]


@pytest.fixture
def beside(database_url: str) -> Iterator[Beside]:
    """Two on one ledger."""
    found = Beside(database_url)
    yield found
    found.recorder.close()


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many each batch wrote that was sent off beside others; 0 where it was refused."""
    heard: list[int] = []
    original = Abreast.landed

    def landed(self: Abreast, settled, head):
        heard.append(0 if head is None else sum(isinstance(each, int) for _, each in settled))
        return original(self, settled, head)

    monkeypatch.setattr(Abreast, "landed", landed)
    return heard


def test_beside_another_appends_follow_whatever_it_wrote(beside: Beside, apart: list[int]) -> None:
    beside.foreign()
    works = [work(f"n:{n}", unless=f"n:{n}", after=1) for n in range(5)]
    assert beside.give(*works) == [5, 6, 7, 8, 9]
    beside.foreign()
    assert beside.give(*(work(f"n:{n}") for n in range(5))) == [11, 12, 13, 14, 15]

    assert apart == [5, 5]
    assert rows(beside.url, "select count(*), max(position) from ledger.events") == [(15, 15)]
    assert beside.found("n:3") == [8, 14]
    assert beside.found("n:foreign") == [2, 4, 10]


def test_whoever_listens_hears_of_it(beside: Beside, apart: list[int]) -> None:
    with psycopg.connect(beside.url, autocommit=True) as listener:
        listener.execute(f"listen {CHANNEL}")
        beside.give(work("n:a"), work("n:b"))
        heard = [each.payload for each in listener.notifies(timeout=5, stop_after=1)]

    assert heard == ["5"] and apart == [2]


def test_of_a_batch_only_what_is_forbidden_is_refused(beside: Beside, apart: list[int]) -> None:
    beside.foreign()
    found = beside.give(
        work("n:a", unless="n:foreign", after=3),
        work("n:b", unless="n:foreign", after=4),
        work("n:c", unless="n:b", after=3),
        work("n:d", unless="n:a", after=3),
    )

    assert found == [IntegrityError, 5, IntegrityError, 6]
    assert apart == [0], "the database has refused it before it was decided in turn"


def test_what_one_of_a_batch_writes_forbids_a_later_one(beside: Beside, apart: list[int]) -> None:
    found = beside.give(
        work("n:a"), work("n:b", unless="n:a", after=1), work("n:c", unless="n:b", after=1)
    )

    assert found == [4, IntegrityError, 5]
    assert apart == [2]


def test_one_of_the_tags_forbids_nothing(beside: Beside, apart: list[int]) -> None:
    condition = DCBAppendCondition(tagged("n:common", "n:rare"), after=0)
    found = beside.give(Plain([DCBEvent("n", b"{}", ["n:a"])], condition), work("n:rare"))

    assert found == [4, 5]
    assert apart == [2]


@pytest.mark.parametrize(
    "query",
    [
        DCBQuery([DCBQueryItem(types=["absent"])]),
        DCBQuery([DCBQueryItem(tags=["n:absent"]), DCBQueryItem(types=["absent"])]),
    ],
    ids=["types", "types or tags"],
)
def test_what_more_than_tags_decides_goes_in_turn(
    beside: Beside, apart: list[int], query: DCBQuery
) -> None:
    asked = Plain([DCBEvent("n", b"{}", ["n:a"])], DCBAppendCondition(query, after=0))

    assert beside.give(asked, work("n:b")) == [4, 5]
    assert not apart


def test_nothing_at_all_may_have_come(beside: Beside, apart: list[int]) -> None:
    event = DCBEvent("n", b"{}", ["n:a"])
    works = [Plain([event], DCBAppendCondition(DCBQuery(), after=after)) for after in (3, 2)]

    assert beside.give(*works) == [4, IntegrityError]
    assert not apart


def test_a_position_that_is_not_there_yet_is_no_position_to_follow(
    beside: Beside, apart: list[int]
) -> None:
    works = [work("n:a"), work("n:b", unless="n:a", after=1_000), work("n:c", unless="n:c")]

    assert beside.give(*works) == [4, 5, 6]
    assert apart == [0], "the database has refused it before it was decided in turn"


@pytest.mark.parametrize("after", [2**63 - 1, 2**63 - 2, -(2**63)])
def test_a_position_at_the_end_of_all_numbers_takes_nothing_else_down(
    beside: Beside, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    forgotten: list[Lane] = []
    original = Lane.forget

    def forget(self: Lane) -> None:
        forgotten.append(self)
        original(self)

    monkeypatch.setattr(Lane, "forget", forget)
    found = beside.give(work("n:a"), work("n:b", unless="n:absent", after=after), work("n:c"))
    monkeypatch.undo()

    assert found == [4, 5, 6] and not forgotten


def test_an_event_under_a_name_of_ours_is_an_application_s_like_any_other(
    beside: Beside, apart: list[int]
) -> None:
    assert beside.give(work("n:a", name="regulation.adopted"), work("n:b")) == [4, 5]
    assert apart == [2]


def test_time_does_not_go_back_where_the_other_clock_is_ahead(
    beside: Beside, apart: list[int]
) -> None:
    ahead = datetime(2090, 1, 1, tzinfo=UTC)
    other = Recorder(beside.url, Committer(beside.url, lambda: ahead))
    other.append([FOREIGN])
    other.close()
    found = beside.give(work("n:a"), work("n:b"))

    assert found == [5, 6] and apart == [2]
    assert rows(beside.url, "select at from ledger.events where position > 3") == [(ahead,)] * 3


def test_who_is_alone_again_decides_by_itself(beside: Beside, apart: list[int]) -> None:
    for n in range(TURNS_ALONE + 5):
        assert beside.give(work(f"n:{n}")) == [4 + n]
    assert len(apart) == TURNS_ALONE + 1, "the first could not tell what came before"

    beside.meet()
    assert beside.give(work("n:last", unless="n:last")) == [4 + TURNS_ALONE + 7]
    assert len(apart) == TURNS_ALONE + 2


def test_a_lost_connection_is_told_to_all_whose_fate_nobody_knows(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Flight.send_apart

    def send_apart(self: Flight, settled, given, statement) -> None:
        with psycopg.connect(beside.url, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", (self._pgconn.backend_pid,))
        original(self, settled, given, statement)

    monkeypatch.setattr(Flight, "send_apart", send_apart)

    assert beside.give(*(work(f"n:{n}") for n in range(3))) == [Trouble] * 3
    assert beside.recorder.append([DCBEvent("n", b"{}", ["n:after"])]) == 4


@pytest.mark.usefixtures("unlooked")
@pytest.mark.parametrize("name", ["\ud800", "a\0b"], ids=["half a character", "nul"])
def test_what_cannot_be_written_takes_nothing_else_down(beside: Beside, name: str) -> None:
    found = beside.give(*(work(f"n:{n}", name=name if n == 1 else "n") for n in range(3)))

    assert isinstance(found.pop(1), type)
    assert found == [4, 5]


# By which of two processes, under which tags, unless which of them came after how far back (or
# ahead of what is there).
ASKED = st.tuples(
    st.sampled_from("abc"), st.none() | st.sets(st.sampled_from("abc"), min_size=1),
    st.integers(-2, 9),
)  # fmt: skip
TURNS = st.lists(st.tuples(st.booleans(), st.lists(ASKED, min_size=1, max_size=6)), max_size=8)


def test_two_that_write_in_turns_have_every_answer_true_of_the_ledger(
    database_url: str, monkeypatch: pytest.MonkeyPatch, apart: list[int]
) -> None:
    monkeypatch.setattr(queue, "CROWD_MIN", 2)
    both = [Recorder(database_url), Recorder(database_url)]

    @settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(TURNS)
    def holds(turns) -> None:
        asked: list[tuple[Plain, set[str], int]] = []
        head = both[0].append([DCBEvent("n", b"{}", ["n:start"])])
        for second, given_up in turns:
            works = []
            for tag, unless, back in given_up:
                after, tags = max(head - back, 0), [f"n:{each}" for each in sorted(unless or ())]
                condition = DCBAppendCondition(tagged(*tags), after=after) if tags else None
                event = DCBEvent("n", b"{}", [f"n:{tag}", f"n:{'abc'[len(works) % 3]}"])
                works.append(Plain([event], condition))
                asked.append((works[-1], set(tags), after))
            together(both[second], works)
        found = [outcome(each) for each, *_ in asked]
        log = rows(database_url, "select position, tags from ledger.events order by 1")
        assert [position for position, _ in log] == list(range(1, len(log) + 1))
        for (each, tags, after), position in zip(asked, found, strict=True):
            until = position if isinstance(position, int) else len(log) + 1
            if isinstance(position, int):
                assert set(log[position - 1][1]) == set(each.events[0].tags)
            met = any(after < at < until and tags <= set(those) for at, those in log)
            assert (bool(tags) and met) == (position is IntegrityError)

    try:
        holds()
    finally:
        for each in both:
            each.close()
    assert any(apart), "some were decided by the database"

"""The recorder keeps the library's contract: its own suite runs on it, from the package."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.application import DCBApplication
from eventsourcing.dcb.tests import DCBRecorderTestCase
from eventsourcing.persistence import (
    DataError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
)

from ledger.store.recorder import Factory, Recorder
from tests.town import terminate

RECORDED = Path(__file__).parents[1] / "recorded"


class LibrarySuite(DCBRecorderTestCase):
    """The library's checks, called one by one with a recorder of ours."""

    __test__ = False


@pytest.fixture
def recorder(database_url: str) -> Iterator[Recorder]:
    made = Recorder(database_url)
    yield made
    made.close()


def test_the_library_suite_on_append_and_read_passes(recorder: Recorder) -> None:
    LibrarySuite()._test_append_read(recorder)


def test_the_library_suite_on_append_and_read_passes_after_other_events(
    recorder: Recorder,
) -> None:
    recorder.append([DCBEvent(type="other", data=b"x", tags=["tagO"]) for _ in range(3)])

    suite = LibrarySuite()
    # The suite appends events with conditions that name positions 1 and 3 of an empty ledger.
    assert [e.position for e in recorder.read()] == [1, 2, 3]
    suite._test_append_subscribe(recorder, initial_position=3)


def test_the_library_suite_on_subscriptions_passes(recorder: Recorder) -> None:
    LibrarySuite()._test_append_subscribe(recorder)


def test_a_library_application_runs_on_this_store_unchanged(database_url: str) -> None:
    env = {
        "PERSISTENCE_MODULE": "ledger.store.recorder",
        "XUEFEN_DATABASE_URL": database_url,
    }
    with DCBApplication(env) as application:
        assert isinstance(application.factory, Factory)
        position = application.recorder.append([DCBEvent(type="a", data=b"{}", tags=["t"])])
        assert position == 1
        assert [e.event.data for e in application.recorder.read()] == [b"{}"]


def test_appending_nothing_is_a_mistake(recorder: Recorder) -> None:
    with pytest.raises(ProgrammingError):
        recorder.append([])


@pytest.mark.parametrize("word", ["", "a\x1fb", "a\0b", "\ud800"])
def test_a_type_or_tag_that_could_not_be_told_from_others_is_a_mistake(
    recorder: Recorder, word: str
) -> None:
    """In an event, in a condition and in a query, whatever is known of the past without asking."""
    event = DCBEvent("n", b"{}", ["n:1"])
    asked = [
        DCBQuery([DCBQueryItem(types=[word], tags=["n:1"])]),
        DCBQuery([DCBQueryItem(types=[word])]),
        DCBQuery([DCBQueryItem(tags=["n:1", word])]),
    ]
    for wrong in (DCBEvent(word, b"{}", ["n:1"]), DCBEvent("n", b"{}", ["n:1", word])):
        with pytest.raises(ProgrammingError, match="types and tags"):
            recorder.append([wrong])
    for query in asked:
        with pytest.raises(ProgrammingError, match="types and tags"):
            recorder.append([event], DCBAppendCondition(query))
        with pytest.raises(ProgrammingError, match="types and tags"):
            recorder.read(query)

    assert list(recorder.read()) == []


@pytest.mark.parametrize("known", [True, False], ids=["by its tail", "by the database"])
@pytest.mark.parametrize("after", [None, -(2**70), -1, 0, 1, 2, 2**63 - 1, 2**63, 2**70])
@pytest.mark.parametrize(
    "query",
    [
        DCBQuery([DCBQueryItem(tags=["n:1", "m"])]),
        DCBQuery([DCBQueryItem(types=["n"])]),
        DCBQuery([DCBQueryItem(types=["n"], tags=["n:1"])]),
        DCBQuery(),
    ],
    ids=["tags", "types", "both", "all"],
)
def test_a_position_may_be_any_number(
    recorder: Recorder, database_url: str, query: DCBQuery, after: int | None, known: bool
) -> None:
    event = DCBEvent("n", b"{}", ["n:1", "m"])
    recorder.append([event])
    recorder.append([event])
    given = list(recorder.read(query, after=after))
    asked = recorder if known else Recorder(database_url)
    try:
        asked.append([event], DCBAppendCondition(query, after=after))
        refused = False
    except IntegrityError:
        refused = True
    finally:
        if not known:
            asked.close()

    assert [each.position for each in given] == [n for n in (1, 2) if n > (after or 0)]
    assert refused == bool(given)


def test_a_limit_may_be_any_number_that_counts(recorder: Recorder) -> None:
    recorder.append([DCBEvent("n", b"{}", ["n:1"])])

    assert len(list(recorder.read(limit=2**70))) == 1
    with pytest.raises(ProgrammingError, match="limit"):
        recorder.read(limit=-1)


def test_data_that_are_no_bytes_are_a_mistake(recorder: Recorder) -> None:
    wrong: Any = "{}"
    with pytest.raises(ProgrammingError, match="bytes"):
        recorder.append([DCBEvent("n", wrong, ["n:1"])])


def test_a_database_that_is_away_is_told_as_the_library_tells_it() -> None:
    away = Recorder("postgresql:///nowhere?host=/nowhere/at/all")
    with pytest.raises(OperationalError):
        away.append([DCBEvent("n", b"{}", ["n:1"])])
    away.close()


def test_an_event_of_a_type_of_ours_that_went_through_no_command_is_no_entry(
    recorder: Recorder, database_url: str
) -> None:
    body = (RECORDED / "register.school-registered.v1.json").read_bytes()
    recorder.append([DCBEvent("register.school-registered", body, ["school:z"])])
    recorder.append([DCBEvent("finding.made", body, ["school:z"])])
    other = Recorder(database_url)  # one that reads them after the head that it knew
    other.append([DCBEvent("n", b"{}", [])])
    other.close()

    with psycopg.connect(database_url) as connection:
        assert connection.execute("select id from ledger.events").fetchall() == 3 * [(None,)]


def test_threads_that_read_and_end_leave_no_connection_behind(
    recorder: Recorder, database_url: str
) -> None:
    recorder.append([DCBEvent("n", b"{}", ["n:1"])])
    for _ in range(30):
        thread = threading.Thread(target=recorder.read)
        thread.start()
        thread.join()
    with psycopg.connect(database_url) as connection:
        [open_now] = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
        ).fetchone() or (0,)

    assert open_now < 30


def test_of_many_appends_with_one_condition_exactly_one_gets_in(recorder: Recorder) -> None:
    condition = DCBAppendCondition(DCBQuery([DCBQueryItem(types=["seat"], tags=["seat:1"])]))
    event = DCBEvent(type="seat", data=b"{}", tags=["seat:1"])

    def take(_: int) -> bool:
        try:
            recorder.append([event], condition)
        except IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(32) as pool:
        taken = list(pool.map(take, range(200)))

    assert taken.count(True) == 1
    assert len(list(recorder.read())) == 1


def test_two_committers_on_one_database_leave_no_gap_and_no_double(database_url: str) -> None:
    recorders = [Recorder(database_url), Recorder(database_url)]
    got: list[int] = []
    lock = threading.Lock()

    def add(number: int) -> None:
        at = recorders[number % 2].append(
            [DCBEvent(type="n", data=str(number).encode(), tags=[f"n:{number}"])]
        )
        with lock:
            got.append(at)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(400)))
    rows = [(e.position, e.event.data) for e in recorders[0].read()]
    for each in recorders:
        each.close()

    assert sorted(got) == list(range(1, 401))
    assert [at for at, _ in rows] == list(range(1, 401))
    assert {data for _, data in rows} == {str(n).encode() for n in range(400)}


def test_a_reader_that_follows_skips_nothing_while_many_write(database_url: str) -> None:
    recorders = [Recorder(database_url), Recorder(database_url)]
    seen: list[int] = []
    with recorders[0].subscribe(after=0) as subscription, ThreadPoolExecutor(8) as pool:
        events = [DCBEvent(type="n", data=b"{}", tags=["n:1"])]
        futures = [pool.submit(recorders[n % 2].append, events) for n in range(300)]
        for entry in subscription:
            seen.append(entry.position)
            if len(seen) == 300:
                break
        for each in futures:
            each.result()
    for each in recorders:
        each.close()

    assert seen == list(range(1, 301))


def test_whoever_follows_over_a_connection_that_is_lost_hears_of_it(recorder: Recorder) -> None:
    recorder.append([DCBEvent(type="n", data=b"{}", tags=["n:1"])])
    with recorder.subscribe(after=0) as subscription:
        assert next(subscription).position == 1
        assert terminate(recorder.url, "listen%") == 1
        subscription._listening.join()
        assert subscription._has_been_stopped
        with pytest.raises(psycopg.OperationalError):
            next(subscription)


@pytest.mark.usefixtures("unlooked")
def test_a_poisoned_event_fails_alone_and_its_neighbours_get_in(recorder: Recorder) -> None:
    def add(number: int) -> bool:
        tag = "bad\x00tag" if number == 7 else f"n:{number}"
        try:
            recorder.append([DCBEvent(type="n", data=b"{}", tags=[tag])])
        except DataError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(add, range(40)))

    assert [n for n, ok in enumerate(taken) if not ok] == [7]
    assert [e.position for e in recorder.read()] == list(range(1, 40))

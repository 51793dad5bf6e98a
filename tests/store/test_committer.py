"""The committer: one lane, one answer a request, whatever happens to processes and connections."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from secrets import token_hex
from typing import Any
from uuid import UUID

import psycopg
import pytest
from eventsourcing.dcb.api import DCBEvent
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import structs

from ledger.admission import ConfirmEnrollment
from ledger.adoption import AdoptRegulation
from ledger.command import Asker, Command, Refused, Role, Selector
from ledger.cycle import CycleTotal
from ledger.event import BODY_BYTES_MAX, Entry, Event, decode, encode, leaf_hash
from ledger.fault import Fault
from ledger.names import TeacherId
from ledger.register import RegisterJurisdiction
from ledger.regulation import Rulebook
from ledger.screening import ApplicantPlaced, ScreenApplicants
from ledger.store import lane, memory, statements, work
from ledger.store.answer import Answer
from ledger.store.committer import ATTEMPTS_MAX
from ledger.store.connection import OURS, open_connection
from ledger.store.embedded import Embedded
from ledger.store.feed import Filter
from ledger.store.founding import FOUNDER, documents, founding_commands
from ledger.store.lane import Lane, Settled, Work
from ledger.store.ledger import Ledger
from ledger.store.memory import Memory
from ledger.store.recorder import Recorder
from ledger.store.tray import Row, Tray
from ledger.store.trouble import Trouble
from ledger.store.work import Asked, Plain
from ledger.term import OpenTerm
from ledger.transfer import TransferTeacher
from tests import cast
from tests.cast import COUNTY_SCHOOL, OFFERING, OTHER_SCHOOL, SCHOOL
from tests.given import all_rules
from tests.town import (
    KEY,
    OPERATOR,
    OTHER,
    Hand,
    Move,
    Put,
    Stumble,
    asked,
    codes,
    database,
    histories,
    rows,
    school,
    teacher,
    terminate,
    together,
)

SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@pytest.fixture
def town(ledger: Ledger) -> Ledger:
    """A ledger with the school, at position 2."""
    ledger.ask([school()], OPERATOR)
    return ledger


def positions(url: str) -> list[int]:
    """All positions in the database."""
    return [each for (each,) in rows(url, "select position from ledger.events order by 1")]


def teachers(url: str) -> list[str]:
    """The teachers registered, in order."""
    found = rows(
        url,
        "select tags[1] from ledger.events where type = 'register.teacher-registered' order by "
        "position",
    )
    return [each for (each,) in found]


# One request, one answer.


def test_a_request_asked_twice_gives_one_event_and_the_same_answer(town: Ledger) -> None:
    first = town.ask([teacher(1)], OPERATOR, request="r1")
    second = town.ask([teacher(1)], OPERATOR, request="r1")

    assert not first.replayed
    assert second.replayed
    assert (second.position, second.outcomes) == (first.position, first.outcomes)
    assert positions(town.url) == [1, 2, 3]


def test_a_request_asked_twice_in_one_batch_gives_one_event(town: Ledger) -> None:
    answers = [
        each.result()
        for each in together(town, [asked(teacher(1), request="r1") for _ in range(5)])
    ]

    assert [each.replayed for each in answers] == [False, True, True, True, True]
    assert len({each.outcomes for each in answers}) == 1
    assert positions(town.url) == [1, 2, 3]


def test_a_request_id_with_other_content_is_a_fault_and_writes_nothing(town: Ledger) -> None:
    town.ask([teacher(1)], OPERATOR, request="r1")
    for options in ({}, {"whole": True}, {"source": "elsewhere/1"}):
        answer = town.ask([teacher(2), teacher(3)], OPERATOR, request="r1", **options)
        assert codes(answer) == [["REQUEST_REUSED"], ["REQUEST_REUSED"]]
        assert {each.refusals[0].kind for each in answer.outcomes} == {"FAULT"}

    assert positions(town.url) == [1, 2, 3]
    assert town.ask([teacher(1)], OPERATOR, request="r1").replayed


def test_a_request_id_with_other_content_in_the_same_batch_is_a_fault(town: Ledger) -> None:
    one, two = together(town, [asked(teacher(1), request="r"), asked(teacher(2), request="r")])

    assert codes(one.result()) == [[]]
    assert codes(two.result()) == [["REQUEST_REUSED"]]
    assert positions(town.url) == [1, 2, 3]


def test_a_request_id_of_another_actor_is_another_request(town: Ledger) -> None:
    town.ask([teacher(1)], OPERATOR, request="r1")
    answer = town.ask([teacher(2)], OTHER, request="r1")

    assert (answer.replayed, codes(answer)) == (False, [[]])
    assert teachers(town.url) == ["teacher:t1", "teacher:t2"]


def test_a_refused_request_writes_nothing_and_its_id_may_be_used_again(town: Ledger) -> None:
    stray = replace(teacher(1), school=OTHER_SCHOOL)
    refused = town.ask([stray], OPERATOR, request="r1")
    accepted = town.ask([teacher(1)], OPERATOR, request="r1")

    assert codes(refused) == [["UNKNOWN_REFERENCE"]]
    assert refused.position == 2
    assert (accepted.replayed, codes(accepted), accepted.position) == (False, [[]], 3)
    assert rows(town.url, "select count(*) from ledger.requests where request = 'r1'") == [(1,)]


def test_a_request_is_remembered_by_the_next_process(town: Ledger) -> None:
    first = town.ask([teacher(1)], OPERATOR, request="r1")
    town.close()
    with Ledger(town.url, KEY) as next_one:
        second = next_one.ask([teacher(1)], OPERATOR, request="r1")

    assert (second.replayed, second.outcomes) == (True, first.outcomes)


def test_an_answer_names_what_stands_at_its_positions(town: Ledger) -> None:
    answer = town.ask([teacher(1), teacher(2)], OPERATOR)

    for written in [each for outcome in answer.outcomes for each in outcome.written]:
        entry = town.feed.find(written.id)
        assert entry is not None
        assert (entry.position, entry.event.NAME) == (written.position, written.type)
    assert answer.position == 4


# Many commands under one request.


def test_a_bulk_answers_each_command_and_later_ones_see_earlier_ones(town: Ledger) -> None:
    move = TransferTeacher(teacher=TeacherId("teacher:t1"), school=SCHOOL, since=date(2024, 3, 1))
    answer = town.ask([teacher(1), teacher(1), teacher(2), move], OPERATOR)

    assert codes(answer) == [[], ["ALREADY_REGISTERED"], [], ["ALREADY_REGISTERED"]]
    assert teachers(town.url) == ["teacher:t1", "teacher:t2"]


@dataclass(kw_only=True)
class Barred(Put):
    """Refused by a rule, whatever happens."""

    def decide(self) -> Iterator[Event]:
        rule = all_rules().find(CycleTotal, cast.RUIAN, date(2024, 3, 19))
        yield from self.gate(Refused(zh="不可", en="no", rule=rule))


def test_a_bulk_keeps_the_rule_of_a_refusal_beside_what_was_written(town: Ledger) -> None:
    bulk = [teacher(1), Barred(events=())]
    answer = town.ask(bulk, OPERATOR, request="mixed")
    [refusal] = answer.outcomes[1].refusals

    assert (refusal.rule, refusal.chosen_for) == ("RA19-01", str(cast.RUIAN))
    assert first_time(town.ask(bulk, OPERATOR, request="mixed")) == answer


def first_time(answer: Answer) -> Answer:
    """The answer as it was given the first time."""
    assert answer.replayed
    return structs.replace(answer, replayed=False)


def test_works_of_one_batch_see_each_other_in_order(town: Ledger) -> None:
    answers = together(town, [asked(teacher(1), request=f"r{n}") for n in range(20)])

    assert [codes(each.result()) for each in answers] == [
        [[]],
        *[[["ALREADY_REGISTERED"]]] * 19,
    ]
    assert positions(town.url) == [1, 2, 3]


def test_a_whole_bulk_writes_nothing_if_one_is_refused(town: Ledger) -> None:
    answer = town.ask([teacher(1), teacher(1), teacher(2)], OPERATOR, request="r", whole=True)

    assert codes(answer) == [["WITHHELD"], ["ALREADY_REGISTERED"], ["WITHHELD"]]
    assert answer.position == 2
    assert positions(town.url) == [1, 2]
    assert codes(town.ask([teacher(1), teacher(2)], OPERATOR, request="r", whole=True)) == [[], []]


def test_what_a_whole_bulk_withheld_is_not_seen_by_its_batch(town: Ledger) -> None:
    first, bulk, again, other = together(
        town,
        [
            asked(teacher(0), request="a"),
            asked(teacher(1), teacher(2), teacher(2), request="b", whole=True),
            asked(teacher(1), request="c"),
            asked(teacher(1), teacher(2), request="d", whole=True),
        ],
    )

    assert codes(first.result()) == [[]]
    assert codes(bulk.result()) == [["WITHHELD"], ["WITHHELD"], ["ALREADY_REGISTERED"]]
    assert codes(again.result()) == [[]]
    assert codes(other.result()) == [["ALREADY_REGISTERED"], ["WITHHELD"]]
    assert teachers(town.url) == ["teacher:t0", "teacher:t1"]


def test_rules_that_a_whole_bulk_withheld_are_not_in_force(ledger: Ledger) -> None:
    zj24 = next(each for each in documents() if each.id == "document:zj24")
    term = OpenTerm(term=cast.H1_2024, title="2024 上半年")
    adopt = AdoptRegulation(document=zj24)
    ledger.ask(
        [RegisterJurisdiction(jurisdiction=cast.PROVINCE, title="浙江省")], OPERATOR, request="p"
    )
    withheld, early = together(
        ledger,
        [
            asked(adopt, adopt, request="a", whole=True),
            asked(term, request="b"),
        ],
    )
    adopted = ledger.ask([adopt, term], OPERATOR, request="c", whole=True)

    assert codes(withheld.result()) == [["WITHHELD"], ["ALREADY_ADOPTED"]]
    assert codes(early.result()) == [["TERM_WITHOUT_CALENDAR"]]
    assert codes(adopted) == [[], []]


def test_rules_adopted_by_another_process_count_at_once(database_url: str) -> None:
    commands = founding_commands()
    term = OpenTerm(term=cast.H1_2024, title="2024 上半年")
    with Ledger(database_url, KEY) as one, Ledger(database_url, KEY) as two:
        before = two.ask([term], OPERATOR)
        one.ask(commands, FOUNDER, whole=True)
        # A plain append must not make the second committer believe that it has read the rules.
        two.committer.submit(Plain([DCBEvent(type="n", data=b"x", tags=["n:1"])], None)).result()
        after = two.ask([term], OPERATOR)

    assert codes(before) == [["TERM_WITHOUT_CALENDAR"]]
    assert codes(after) == [[]]


# What goes wrong goes wrong alone.


def test_a_mistake_in_one_decision_leaves_its_neighbours_alone(town: Ledger) -> None:
    works = [asked(Stumble() if n == 7 else teacher(n), request=f"r{n}") for n in range(40)]
    futures = together(town, works)

    assert isinstance(futures.pop(7).exception(), ZeroDivisionError)
    assert [codes(each.result()) for each in futures] == [[[]]] * 39
    assert positions(town.url) == list(range(1, 42))


def test_an_event_too_large_is_a_fault_and_writes_nothing(town: Ledger) -> None:
    title = "x" * BODY_BYTES_MAX
    large = Put(events=(replace_title(title),))
    answer = town.ask([teacher(1), large, teacher(2)], OPERATOR)

    assert codes(answer) == [[], ["EVENT_TOO_LARGE"], []]
    assert teachers(town.url) == ["teacher:t1", "teacher:t2"]


def test_the_largest_event_that_fits_is_written_and_read(town: Ledger) -> None:
    frame = town.ask([Put(events=(replace_title("x"),))], OPERATOR, request="r1")
    (size,) = rows(town.url, "select length(body) from ledger.events where position = 3")[0]
    exact = Put(events=(replace_title("x" * (BODY_BYTES_MAX - size + 1)),))
    over = Put(events=(replace_title("x" * (BODY_BYTES_MAX - size + 2)),))

    assert codes(frame) == [[]]
    assert codes(town.ask([over], OPERATOR, request="r2")) == [["EVENT_TOO_LARGE"]]
    assert codes(town.ask([exact], OPERATOR, request="r3")) == [[]]
    assert rows(town.url, "select length(body) from ledger.events where position = 4") == [
        (BODY_BYTES_MAX,)
    ]


def replace_title(title: str) -> Event:
    """A school with such a title."""
    return cast.school(OTHER_SCHOOL, title=title)


@pytest.mark.parametrize("title", ["a\x00b", "e\u0301"])
def test_text_that_cannot_be_kept_is_a_fault(town: Ledger, title: str) -> None:
    answer = town.ask([Put(events=(replace_title(title),))], OPERATOR)

    assert codes(answer) == [["UNSOUND_EVENT"]]
    assert positions(town.url) == [1, 2]


def test_half_a_character_is_a_fault_before_anything_is_asked(town: Ledger) -> None:
    with pytest.raises(Fault) as caught:
        town.ask([Put(events=(replace_title("\ud800"),))], OPERATOR)

    assert caught.value.code == "UNSOUND_TEXT"
    assert positions(town.url) == [1, 2]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "a\nb"])
def test_a_request_id_that_cannot_be_kept_is_a_fault(town: Ledger, text: str) -> None:
    for options in ({"request": text}, {"source": text}):
        with pytest.raises(Fault) as caught:
            town.ask([teacher(1)], OPERATOR, **options)
        assert caught.value.code == "UNSOUND_TEXT"


def test_every_row_holds_its_bytes_and_their_hash(town: Ledger) -> None:
    town.ask([teacher(1)], OPERATOR, request="r", cause="some-event")
    for position, body, hashed, at, day, tags, kind in rows(
        town.url,
        "select position, body, leaf_hash, at, on_day, tags, type from ledger.events order by 1",
    ):
        entry = decode(position, body)
        assert encode(entry) == body
        assert leaf_hash(body) == hashed
        assert (entry.at, entry.on, list(entry.tags)) == (at, day, tags)
        assert kind == entry.event.NAME
    assert entry.cause == "some-event"


# Time.


def test_a_clock_that_goes_back_never_decreases_the_time(town: Ledger, clock: Hand) -> None:
    for number, shift in enumerate([0, -3600, 7200, -86_400, 1]):
        clock.now += timedelta(seconds=shift)
        town.ask([teacher(number)], OPERATOR)
    times = [at for (at,) in rows(town.url, "select at from ledger.events order by position")]

    assert times == sorted(times)
    assert len(times) == 7


def test_a_process_whose_clock_is_behind_follows_the_last_time(town: Ledger) -> None:
    town.ask([teacher(1)], OPERATOR)
    with Ledger(town.url, KEY, lambda: datetime(1999, 1, 1, tzinfo=UTC)) as late:
        late.ask([teacher(2)], OPERATOR)
    one, two = rows(town.url, "select at from ledger.events where position > 2 order by position")

    assert one == two


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2024, 3, 18, 15, 59, 59, tzinfo=UTC), date(2024, 3, 18)),
        (datetime(2024, 3, 18, 16, tzinfo=UTC), date(2024, 3, 19)),
    ],
)
def test_the_day_changes_at_midnight_in_shanghai(
    database_url: str, instant: datetime, day: date
) -> None:
    with Ledger(database_url, KEY, lambda: instant) as opened:
        opened.ask([school()], OPERATOR)
        assert opened.today() == day

    assert [(day,)] * 2 == rows(database_url, "select on_day from ledger.events")


# Several processes.


def test_of_two_ledgers_that_register_one_teacher_exactly_one_wins(database_url: str) -> None:
    with Ledger(database_url, KEY) as one, Ledger(database_url, KEY) as two:
        one.ask([school()], OPERATOR)
        pairs = [
            (one.submit([teacher(n)], OPERATOR), two.submit([teacher(n)], OPERATOR))
            for n in range(100)
        ]
        won = [
            sorted(outcome.accepted for future in pair for outcome in future.result().outcomes)
            for pair in pairs
        ]

    assert won == [[False, True]] * 100
    assert sorted(teachers(database_url)) == sorted(f"teacher:t{n}" for n in range(100))


def test_two_ledgers_lose_nothing_double_nothing_and_leave_no_gap(database_url: str) -> None:
    with Ledger(database_url, KEY) as one, Ledger(database_url, KEY) as two:
        one.ask([school()], OPERATOR)
        ledgers = (one, two)
        with ThreadPoolExecutor(16) as pool:
            answers = list(
                pool.map(lambda n: ledgers[n % 2].ask([teacher(n)], OPERATOR), range(400))
            )

    assert all(codes(each) == [[]] for each in answers)
    written = [each.outcomes[0].written[0].position for each in answers]
    assert sorted(written) == list(range(3, 403))
    assert positions(database_url) == list(range(1, 403))
    assert len(set(teachers(database_url))) == 400


def test_one_request_sent_to_two_ledgers_at_once_is_written_once(database_url: str) -> None:
    with Ledger(database_url, KEY) as one, Ledger(database_url, KEY) as two:
        one.ask([school()], OPERATOR)
        pairs = [
            [each.submit([teacher(n)], OPERATOR, request=f"r{n}") for each in (one, two)]
            for n in range(100)
        ]
        answers = [[future.result() for future in pair] for pair in pairs]

    assert all(a.outcomes == b.outcomes and a.replayed != b.replayed for a, b in answers)
    assert positions(database_url) == list(range(1, 103))


# Connections that break.


def test_a_lost_connection_is_replaced_and_the_request_stands_once(town: Ledger) -> None:
    assert terminate(town.url) > 0
    answer = town.ask([teacher(1)], OPERATOR, request="r1")

    assert (codes(answer), answer.replayed) == ([[]], False)
    assert positions(town.url) == [1, 2, 3]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_connection_lost_around_the_commit_leaves_the_request_standing_once(
    town: Ledger, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    carrying, original = town.committer.lane, Lane.commit
    killed: list[bool] = []

    def kill() -> None:
        assert carrying._connection is not None
        with psycopg.connect(town.url, autocommit=True) as other:
            other.execute(
                "select pg_terminate_backend(%s, 5000)",
                (carrying._connection.info.backend_pid,),
            )

    class Lost(psycopg.OperationalError):
        """The answer to the commit did not arrive."""

    def commit(self: Lane, batch: Sequence[Work]) -> Settled:
        if killed:
            return original(self, batch)
        killed.append(True)
        if moment == "before":
            kill()
            return original(self, batch)
        # The batch is committed, but nobody hears of it.
        original(self, batch)
        raise Lost("server closed the connection unexpectedly")

    monkeypatch.setattr(Lane, "commit", commit)
    futures = together(town, [asked(teacher(n), request=f"r{n}") for n in range(5)])
    answers = [each.result() for each in futures]

    assert [codes(each) for each in answers] == [[[]]] * 5
    assert {each.replayed for each in answers} == {moment == "after"}
    assert positions(town.url) == list(range(1, 8))


def test_a_decision_made_before_the_connection_was_lost_is_forgotten(
    town: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try decides and is lost; meanwhile another process takes the teacher."""
    original = lane.requests_of

    def lost(*_: object) -> list[Any]:
        raise psycopg.OperationalError("the connection is lost")

    def meanwhile(self: Lane) -> None:
        forget(self)
        monkeypatch.setattr(lane, "requests_of", original)
        monkeypatch.setattr(Lane, "forget", forget)
        with Ledger(town.url, KEY) as other:
            other.ask([teacher(1)], OPERATOR)

    forget = Lane.forget
    monkeypatch.setattr(lane, "requests_of", lost)
    monkeypatch.setattr(Lane, "forget", meanwhile)
    one, two = together(town, [asked(teacher(1), request="a"), asked(teacher(2), request="b")])

    assert codes(one.result()) == [["ALREADY_REGISTERED"]]
    assert codes(two.result()) == [[]]
    assert teachers(town.url) == ["teacher:t1", "teacher:t2"]
    assert rows(town.url, "select request from ledger.requests where request in ('a', 'b')") == [
        ("b",)
    ]


def test_connections_killed_again_and_again_under_load_lose_no_request(town: Ledger) -> None:
    done = threading.Semaphore(0)

    def kill() -> None:
        for _ in range(15):
            for _ in range(30):
                done.acquire()
            terminate(town.url, "%")

    killer = threading.Thread(target=kill)
    killer.start()
    with ThreadPoolExecutor(16) as pool:

        def ask(number: int) -> Answer:
            # Each is answered, after another try of the client at most.
            for _ in range(10):
                try:
                    return town.ask([teacher(number)], OPERATOR, request=f"r{number}")
                except Trouble:
                    continue
                finally:
                    done.release()
            raise AssertionError("no answer")

        answers = list(pool.map(ask, range(600)))
    killer.join()

    assert all(codes(each) == [[]] for each in answers)
    assert positions(town.url) == list(range(1, 603))
    assert len(set(teachers(town.url))) == 600
    assert sorted(each.outcomes[0].written[0].position for each in answers) == list(range(3, 603))


def test_after_so_many_lost_connections_the_trouble_is_told(
    town: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def commit(self: Lane, batch: Sequence[Work]) -> Settled:
        tries.append(len(batch))
        raise psycopg.OperationalError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(Lane, "commit", commit)
        futures = together(town, [asked(teacher(n), request=f"r{n}") for n in range(3)])
        wait(futures)

    assert tries == [3] * ATTEMPTS_MAX
    assert [type(each.exception()) for each in futures] == [Trouble] * 3
    assert codes(town.ask([teacher(1)], OPERATOR)) == [[]]


def test_what_is_too_long_for_an_index_takes_no_other_append_down(town: Ledger) -> None:
    """To the driver it is an error of operation, as a lost connection is."""
    names = ("a", token_hex(4_000), "b")
    works = [Plain([DCBEvent(type=name, data=b"", tags=["x:1"])], None) for name in names]
    with town.committer._busy:
        answer = town.committer.submit(asked(teacher(1), request="r1"))
        for each in works:
            town.committer.submit(each)

    assert codes(answer.result()) == [[]]
    said = [type(each.future.exception()) for each in works]
    assert said == [type(None), psycopg.errors.ProgramLimitExceeded, type(None)]


def test_a_database_that_goes_away_and_comes_back_is_used_again(open_folder: Path) -> None:
    server = Embedded(open_folder / "away")
    url = server.start()
    try:
        with Ledger.found(url, KEY) as opened:
            opened.ask([Put(events=(cast.school(),))], OPERATOR)
            assert codes(opened.ask([teacher(1)], OPERATOR, request="r1")) == [[]]
            server.stop()
            futures = together(opened, [asked(teacher(n), request=f"r{n}") for n in range(1, 60)])
            assert {type(each.exception()) for each in futures} == {Trouble}
            assert server.start() == url
            again = [opened.ask([teacher(n)], OPERATOR, request=f"r{n}") for n in range(1, 60)]
            assert [codes(each) for each in again] == [[[]]] * 59
            assert [each.replayed for each in again] == [True, *[False] * 58]
            assert len(set(teachers(url))) == 59
    finally:
        server.stop()


def test_a_committer_that_freezes_holds_the_others_up_only_so_long(
    town: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sleeps with the lock in hand; the server takes it away, and the sleeper asks again."""
    monkeypatch.setattr(
        statements, "UNFROZEN", ("set idle_in_transaction_session_timeout = '100ms'",)
    )
    frozen, thawed = threading.Event(), threading.Event()
    original = Lane._decide

    def decide(self: Lane, *given: Any) -> Any:
        if self is sleeper.committer.lane and not frozen.is_set():
            frozen.set()
            assert thawed.wait(30)
        return original(self, *given)

    monkeypatch.setattr(Lane, "_decide", decide)
    with Ledger(town.url, KEY) as sleeper, Ledger(town.url, KEY) as other:
        first = sleeper.submit([teacher(1)], OPERATOR, request="r1")
        assert frozen.wait(30)
        second = other.ask([teacher(2)], OPERATOR, request="r2")
        thawed.set()

        assert (codes(second), second.position) == ([[]], 3)
        assert (codes(first.result()), first.result().position) == ([[]], 4)
    assert teachers(town.url) == ["teacher:t2", "teacher:t1"]


def test_a_line_that_swallows_packets_is_given_up(town: Ledger) -> None:
    """The limits are on the socket where there is one that can have them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        wanted = f"postgresql://x@{host}:{port}/x"
        dialled = psycopg.pq.PGconn.connect_start(
            psycopg.conninfo.make_conninfo(wanted, **OURS).encode()
        )
        line = socket.socket(fileno=os.dup(dialled.socket))
        with line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 25_000
        dialled.finish()
    with open_connection(town.url) as connection:
        assert connection.info.get_parameters()["tcp_user_timeout"] == "25000"


def test_closing_answers_what_is_queued(database_url: str) -> None:
    opened = Ledger(database_url, KEY)
    opened.ask([school()], OPERATOR)
    futures = [opened.submit([teacher(n)], OPERATOR) for n in range(300)]
    opened.close()

    assert [codes(each.result(0)) for each in futures] == [[[]]] * 300


# Founding.


def test_founding_twice_founds_once(database_url: str) -> None:
    with Ledger.found(database_url, KEY) as first:
        founded = first.feed.head()
        again = first.ask(founding_commands(), founder(), request="founding", whole=True)
    with Ledger.found(database_url, KEY) as second:
        assert second.feed.head() == founded > 0
    assert again.replayed
    assert all(each.accepted for each in again.outcomes)


def founder() -> Asker:
    """The system itself."""
    return Asker(
        actor="staff:system",
        role=Role.OPERATOR,
        scope=OPERATOR.scope,
        channel=OPERATOR.channel,
    )


def test_a_ledger_is_founded_after_what_a_library_application_appended(database_url: str) -> None:
    recorder = Recorder(database_url)
    recorder.append([DCBEvent("n", b"{}", ["n:1"])])
    recorder.close()
    with Ledger.found(database_url, KEY) as ledger:
        assert ledger.feed.begun
        head = ledger.feed.head()
    Ledger.found(database_url, KEY).close()

    assert head > 1
    assert rows(database_url, "select max(position) from ledger.events") == [(head,)]


def test_founding_from_several_processes_at_once_founds_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(Ledger.found, empty_database_url, KEY) for _ in range(4)]
        ledgers = [each.result() for each in found]
    heads = {each.feed.head() for each in ledgers}
    for each in ledgers:
        each.close()
    names = [
        each
        for (each,) in rows(
            empty_database_url,
            "select tags[1] from ledger.events where type = 'register.jurisdiction-registered'",
        )
    ]

    assert len(heads) == 1
    assert len(names) == len(set(names)) > 90
    assert positions(empty_database_url) == list(range(1, heads.pop() + 1))


def test_the_rules_of_a_committer_are_those_of_the_events(founded: Ledger) -> None:
    adopted = [each.event for each in founded.feed.entries(Filter())]
    fresh = Rulebook(adopted)
    founded.ask([OpenTerm(term=cast.H1_2024, title="2024 上半年")], OPERATOR)

    assert founded.committer.lane._horizon.rules.rules == fresh.rules
    assert founded.committer.lane._horizon.rules.learned == fresh.learned


# A rush on one offering.


@pytest.mark.parametrize("ledgers", [1, 2])
def test_two_hundred_confirmations_on_fifty_seats_give_exactly_fifty(
    founded_url: str, ledgers: int
) -> None:
    people = [TeacherId(f"teacher:t{n}") for n in range(200)]
    past = [cast.school(), cast.opened(seats=50)]
    for who in people:
        past += [cast.registered(who), cast.selected(who), cast.passed(who)]
    opened = [
        Ledger(founded_url, KEY, Hand(datetime(2024, 3, 30, 1, tzinfo=UTC))) for _ in range(ledgers)
    ]
    opened[0].ask([Put(events=tuple(past))], OPERATOR)
    provider = Asker(actor="staff:desk", role=Role.PROVIDER, scope=COUNTY_SCHOOL)
    # More wait than there are seats, so the order is recorded before the rush.
    assert codes(opened[0].ask([ScreenApplicants(offering=OFFERING)], provider)) == [[]]
    futures = [
        opened[n % ledgers].submit(
            [ConfirmEnrollment(teacher=who, offering=OFFERING, admitted=True)], provider
        )
        for n, who in enumerate(people)
    ]
    answers = [codes(each.result())[0] for each in futures]
    for each in opened:
        each.close()

    assert answers.count([]) == 50
    refused = [each for each in answers if each]
    assert len(refused) == 150
    assert {code for each in refused for code in each} <= {"AGAINST_THE_ORDER", "NO_SEAT_LEFT"}
    assert rows(
        founded_url, "select count(*) from ledger.events where type = 'enrollment.confirmed'"
    ) == [(50,)]


def waiting_for_two_seats(ledger: Ledger, people: list[TeacherId]) -> Asker:
    """A class of two seats for which so many wait in a recorded order; gives who decides."""
    past = [cast.school(), cast.opened(seats=2)]
    for who in people:
        past += [cast.registered(who), cast.selected(who), cast.passed(who)]
    ledger.ask([Put(events=tuple(past))], OPERATOR)
    provider = Asker(actor="staff:desk", role=Role.PROVIDER, scope=COUNTY_SCHOOL)
    assert codes(ledger.ask([ScreenApplicants(offering=OFFERING)], provider)) == [[]]
    return provider


def admitted(who: TeacherId) -> ConfirmEnrollment:
    return ConfirmEnrollment(teacher=who, offering=OFFERING, admitted=True)


def test_what_was_taken_back_is_forgotten_by_the_facts_that_commands_share(
    founded_url: str,
) -> None:
    people = [TeacherId(f"teacher:t{n}") for n in range(4)]
    with Ledger(founded_url, KEY, Hand(datetime(2024, 3, 30, 1, tzinfo=UTC))) as ledger:
        provider = waiting_for_two_seats(ledger, people)
        placed = [
            each.event
            for each in ledger.feed.entries(Filter(types=(ApplicantPlaced.NAME,)))
            if isinstance(each.event, ApplicantPlaced)
        ]
        order = [each.teacher for each in sorted(placed, key=lambda each: each.rank)]
        # All or none: the third has no seat, so the first two have none either.
        three = ledger.submit([admitted(who) for who in order[:3]], provider, whole=True)
        singly = [ledger.submit([admitted(who)], provider) for who in order]

    assert [[e.code for e in o.refusals] for o in three.result().outcomes][2]
    assert [codes(each.result())[0] == [] for each in singly] == [True, True, False, False]


# Memory.


def test_memory_stays_within_its_bounds_and_decides_the_same(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "SELECTORS_MAX", 7)
    monkeypatch.setattr(memory, "ENTRIES_MAX", 5)
    with Ledger(database_url, KEY) as small:
        small.ask([school()], OPERATOR)
        for number in [*range(30), *range(30)]:
            answer = small.ask([teacher(number)], OPERATOR)
            assert codes(answer)[0] in ([], ["ALREADY_REGISTERED"])
            held = small.committer.lane._memory
            assert len(held._recalls) <= 7
            assert held._held == sum(len(each.entries) for each in held._recalls.values()) <= 5
    assert len(teachers(database_url)) == 30


def test_memory_drops_the_selector_used_least_recently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SELECTORS_MAX", 2)
    held = Memory()
    [one], [two], [three] = ([teacher(n).boundary()[0]] for n in (1, 2, 3))
    for each in (one, two, one, three):
        held.recall(each)
    held.trim()

    assert list(held._recalls) == [one, three]


_ENVELOPE: dict[str, Any] = {
    "id": "e", "at": datetime(2024, 3, 1, tzinfo=UTC), "on": date(2024, 3, 1), "actor": "staff:s",
    "channel": "API", "event": cast.school(),
}  # fmt: skip


def test_memory_tells_whether_it_passes_a_position() -> None:
    one, two = (Selector(types=("t",), tags=(f"s:{n}",)) for n in range(2))
    held = Memory()
    held.take(held.recall(one), Entry(**_ENVELOPE, position=7))

    assert [held.passes([one, two], at) for at in (6, 7)] == [True, False]
    assert not held.passes([two], 0)


# The same events, however they come to be batched.


@pytest.fixture(scope="module")
def fated() -> Iterator[None]:
    """Ids that follow from positions, and no chance; draws are made of both."""
    made, place = Asked._rows, threading.local()

    def rows_of(self: Asked, events: list[Event], command: Command, tray: Tray) -> list[Row]:
        place.next = tray.position
        return made(self, events, command, tray)

    def next_id() -> UUID:
        place.next += 1
        return UUID(int=(7 << 76) | (2 << 62) | place.next)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Asked, "_rows", rows_of)
        patch.setattr(work, "uuid7", next_id)
        patch.setattr(work, "token_hex", lambda count: "5a" * count)
        yield


def bare(url: str) -> list[tuple[object, ...]]:
    """All events without instants and requests."""
    found = rows(url, "select position, body from ledger.events order by position")
    told = [decode(position, body) for position, body in found]
    return [(e.position, e.id, e.on, e.actor, e.event, e.cause, e.source, e.place) for e in told]


HALF = 0.5


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=SLOW,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(told=histories(), seed=st.integers(0, 2**32 - 1))
def test_however_commands_are_batched_the_events_are_the_same(
    fated: None, postgres_url: str, founded_template: str, told: list[Move], seed: int
) -> None:
    # Some batches come from another process, so that memories have to catch up.
    chance = Random(seed)
    batches = [
        (chance.randint(1, 40), chance.randrange(4) > 0, chance.random() < HALF) for _ in told
    ]
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as one:
        singly = [one.ask([m.command], OPERATOR, **circumstances(m)) for m in told]
        alone = bare(url)
    with (
        database(postgres_url, founded_template) as url,
        Ledger(url, KEY, Hand()) as many,
        Ledger(url, KEY, Hand()) as other,
    ):
        futures: list[Future[Answer]] = []
        start = 0
        for size, ours, waits in batches:
            batch = told[start : start + size]
            start += size
            works = [
                asked(m.command, request=f"r{start}-{n}", **circumstances(m))
                for n, m in enumerate(batch)
            ]
            if not ours:
                wait(futures)
                futures += together(other, works)
                wait(futures)
            else:
                futures += together(many, works)
                if waits:
                    wait(futures)
            if start >= len(told):
                break
        answers = [each.result() for each in futures]
        batched = bare(url)

    assert [codes(each) for each in answers] == [codes(each) for each in singly]
    assert batched == alone


def circumstances(move: Move) -> dict[str, Any]:
    """The day and the source of a move."""
    return {"on": move.day, "source": "other-system/1" if move.reported else None}

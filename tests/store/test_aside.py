"""Whoever is told of what the committer does may fail at it; all that is asked is answered."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import structlog
from eventsourcing.dcb.api import DCBEvent

from ledger.store.ledger import Ledger
from ledger.store.trouble import Trouble
from ledger.store.work import Asked, Plain
from tests.town import OPERATOR, Hand, codes, school, teacher, together
from tests.town import asked as asking

SECONDS = 30
"""After which what is not answered never will be."""


class Deaf(logging.Handler):
    """A handler of some program that uses the library, on a disk that is full."""

    def emit(self, record: logging.LogRecord) -> None:
        raise OSError("no space left")


@pytest.fixture
def deaf() -> Iterator[None]:
    """What is said on the committer's thread goes to a handler that raises."""
    handler, heard = Deaf(), [logging.getLogger(each) for each in ("xuefen", "concurrent.futures")]
    for each in heard:
        each.addHandler(handler)
    structlog.configure(
        processors=[structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    yield
    for each in heard:
        each.removeHandler(handler)


@contextmanager
def closed(url: str) -> Iterator[None]:
    """The database takes no connections meanwhile."""
    name = url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as other:
        other.execute(f"alter database {name} allow_connections false".encode())
        ended = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s"
        other.execute(ended, (name,))
        try:
            yield
        finally:
            other.execute(f"alter database {name} allow_connections true".encode())


def answered(ledger: Ledger, number: int) -> list[list[str]]:
    return codes(ledger.submit([teacher(number)], OPERATOR).result(SECONDS))


@pytest.mark.usefixtures("deaf")
def test_a_log_that_fails_where_writes_fail_and_go_on_stops_nobody(ledger: Ledger) -> None:
    ledger.ask([school()], OPERATOR)
    with closed(ledger.url), pytest.raises(Trouble):
        ledger.submit([teacher(1)], OPERATOR).result(SECONDS)
    assert ledger.committer.lane.outcome.failing is not None

    works = [Plain([DCBEvent("n", b"{}", [f"n:{n}"])], None) for n in range(3)]
    found = [ledger.committer.submit(each) for each in works]

    assert [each.result() for each in found] == [3, 4, 5]
    assert answered(ledger, 2) == [[]]
    assert ledger.feed.head() == 6


@pytest.mark.usefixtures("deaf")
def test_a_log_that_fails_where_the_clock_is_behind_stops_nobody(
    ledger: Ledger, clock: Hand
) -> None:
    ledger.ask([school()], OPERATOR)
    clock.now -= timedelta(hours=1)

    assert answered(ledger, 1) == answered(ledger, 2) == [[]]


@pytest.mark.usefixtures("deaf")
def test_who_fails_when_called_back_takes_no_neighbour_down(ledger: Ledger) -> None:
    ledger.ask([school()], OPERATOR)
    works = [asking(teacher(n), request=f"r{n}") for n in range(3)]

    def fails(_: Future[Any]) -> None:
        raise ValueError("it cannot be kept")

    works[0].future.add_done_callback(fails)
    found = together(ledger, works)

    assert [codes(each.result(SECONDS)) for each in found] == [[[]]] * 3
    assert answered(ledger, 4) == [[]]


@pytest.mark.parametrize("where", ["carried", "heard"])
def test_who_counts_and_fails_stops_nobody(ledger: Ledger, where: str) -> None:
    ledger.ask([school()], OPERATOR)

    def fails(_: object) -> None:
        raise ValueError("it cannot be counted")

    committer = ledger.committer
    setattr(committer if where == "carried" else committer.lane.outcome, where, fails)
    with closed(ledger.url), pytest.raises(Trouble):
        ledger.submit([teacher(0)], OPERATOR).result(SECONDS)

    assert answered(ledger, 1) == answered(ledger, 2) == [[]]


class Blind:
    """Watches, and fails where it is told to."""

    def __init__(self, where: str) -> None:
        self._where = where

    def asked(self, work: Plain | Asked) -> None:
        pass

    @contextmanager
    def carried(self, batch: Sequence[Plain | Asked]) -> Iterator[None]:
        if self._where == "before":
            raise ValueError("it cannot be seen")
        yield
        if self._where == "after":
            raise ValueError("it cannot be seen")

    def decided(self, work: Plain | Asked) -> None:
        if self._where == "decided":
            raise ValueError("it cannot be seen")


@pytest.mark.parametrize("where", ["before", "decided", "after"])
def test_who_watches_and_fails_may_fail_a_command_and_no_later_one(
    ledger: Ledger, where: str
) -> None:
    ledger.ask([school()], OPERATOR)
    ledger.committer.lane.watch = Blind(where)
    error = ledger.submit([teacher(1)], OPERATOR).exception(SECONDS)
    ledger.committer.lane.watch = None

    assert isinstance(error, ValueError) is (where != "after")
    assert answered(ledger, 2) == [[]]

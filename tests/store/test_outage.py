"""An outage in the log: a line when it begins, one a minute, one at its end, never the driver's."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import psycopg
import pytest
from structlog.testing import capture_logs

from ledger.store import outage
from ledger.store.connection import open_connection, trouble_behind
from ledger.store.feed import open_pool
from ledger.store.outage import away, back, heed_driver, outside
from ledger.store.seldom import AGAIN_SECONDS, Seldom
from ledger.store.trouble import Trouble

NOWHERE = "postgresql://postgres@/postgres?host=/nowhere/at/all"
WAIT_SECONDS = 30
FULL_DISK = """connection failed: connection to server on socket "/x/.s.PGSQL.5432" failed:
FATAL:  could not write init file: No space left on device
"""


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The seconds, to be moved by hand."""
    seconds = [0.0]
    monkeypatch.setattr(outage, "SELDOM", Seldom(lambda: seconds[0]))
    driver, pool = logging.getLogger(outage.DRIVER), logging.getLogger("psycopg.pool")
    before, level = (driver.handlers, driver.propagate), pool.level
    pool.setLevel(logging.NOTSET)  # the faults of the bench have it silent
    yield seconds
    driver.handlers, driver.propagate = before
    pool.setLevel(level)


def test_an_outage_has_a_line_at_first_one_a_minute_and_one_at_its_end(clock: list[float]) -> None:
    with capture_logs() as lines:
        back()
        for _ in range(2 * int(AGAIN_SECONDS)):
            away("first\nsecond")
            clock[0] += 1
        back()
        back()

    said = [(each["event"], each.get("why"), each.get("seconds")) for each in lines]
    assert said == [
        ("database away", "first", None),
        ("database away", "first", None),
        ("database back", None, 2 * AGAIN_SECONDS),
    ]


def test_what_the_driver_warns_of_in_many_lines_is_one_of_ours(
    clock: list[float], capfd: pytest.CaptureFixture[str]
) -> None:
    heed_driver()
    with capture_logs() as lines:
        for name in ("psycopg.pool", "psycopg"):
            logging.getLogger(name).warning("error connecting in 'pool-1': refused\n\tIs it there?")

        away("gone")
        clock[0] += 2 * AGAIN_SECONDS
        logging.getLogger("psycopg.pool").warning("error connecting in 'pool-1': refused")

    said = [(each["event"], each["why"]) for each in lines]
    # Once the database is known to be away its pools need not say so as well.
    assert said == [
        ("connections fail", "error connecting in 'pool-1': refused"),
        ("database away", "gone"),
    ]
    assert capfd.readouterr().err == ""


def test_a_pool_without_a_database_says_so_once() -> None:
    heed_driver()
    with capture_logs() as lines:
        pools = [open_pool(NOWHERE) for _ in range(3)]
        for pool in pools:
            with pytest.raises(Exception, match="couldn't get a connection") as caught:
                pool.getconn(timeout=0.2)
        deadline = time.monotonic() + WAIT_SECONDS
        while not lines and time.monotonic() < deadline:
            with pytest.raises(Exception, match="couldn't get a connection"):
                pools[0].getconn(timeout=0.2)
        for pool in pools:
            pool.close()

    assert [each["event"] for each in lines] == ["connections fail"]
    assert "\n" not in lines[0]["why"] and "/nowhere/at/all" in lines[0]["why"]
    found = trouble_behind(caught.value)
    assert found is not None and found.code == "DATABASE_LOST"


def test_what_is_withheld_outside_stands_in_the_log_once(clock: list[float]) -> None:
    with pytest.raises(Trouble) as caught:
        open_connection(NOWHERE)
    with capture_logs() as lines:
        told = [outside(caught.value) for _ in range(5)]

    assert "/nowhere" in caught.value.en and "\n" not in caught.value.en
    assert {each.code for each in told} == {"DATABASE_UNREACHABLE"}
    assert not any("/nowhere" in each.zh + each.en for each in told)
    [line] = lines
    assert line["code"] == "DATABASE_UNREACHABLE" and "/nowhere/at/all" in line["why"]


def test_a_trouble_that_nobody_foresaw_says_nothing_of_its_places() -> None:
    told = outside(Trouble("ANY", zh="目录 /var/lib", en="the folder /var/lib"))

    assert told.code == "ANY"
    assert "/var/lib" not in told.zh + told.en


def test_a_connection_that_a_full_disk_refuses_is_told_as_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither has a state of its own: the server says it while somebody connects."""

    def refused(*_: object, **__: object) -> None:
        raise psycopg.OperationalError(FULL_DISK)

    monkeypatch.setattr(psycopg, "connect", refused)
    with pytest.raises(Trouble) as caught:
        open_connection(NOWHERE)

    assert caught.value.code == "DISK_FULL"
    assert "No space left on device" in caught.value.en and "\n" not in caught.value.en
    found = trouble_behind(psycopg.OperationalError(FULL_DISK))
    assert found is not None and found.code == "DISK_FULL"

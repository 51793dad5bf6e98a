"""The access log: a chain of readings that grows only, beside the ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from msgspec import structs

from ledger.fault import Fault
from ledger.store.access_log import (
    GENESIS,
    PURPOSE_CHARACTERS_MAX,
    Access,
    AccessKind,
    AccessLog,
    Wanted,
    chained,
    checked_purpose,
    read,
    trace_of,
)
from ledger.store.feed import open_pool

WHEN = datetime(2024, 3, 19, 1, 2, 3, 456789, tzinfo=UTC)
LOOKED = Access(
    at=WHEN,
    kind=AccessKind.REVEAL,
    actor="staff:zhou",
    role="BUREAU",
    scope="jurisdiction:330381",
    channel="API",
    what="person",
    purpose="联系学员",
    clear=True,
    places=("jurisdiction:330381",),
)


def rows(url: str) -> list[tuple[Any, ...]]:
    """What stands in the table."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select number, body, hash from ledger.access_log order by number"
        ).fetchall()


@pytest.fixture
def log(database_url: str) -> Any:
    """A log on a database of its own."""
    with open_pool(database_url) as pool:
        yield AccessLog(pool)


def test_each_row_is_chained_to_the_one_before(log: AccessLog, database_url: str) -> None:
    for each in range(3):
        told = log.write(structs.replace(LOOKED, rows=each), ["teacher:b", "teacher:a"])
        assert (told.number, told.rows, told.subjects) == (each + 1, each, 2)

    before = GENESIS
    for number, body, hash_ in rows(database_url):
        before = chained(before, body)
        assert (bytes(hash_), read(body).rows) == (before, number - 1)


def test_writers_at_once_leave_no_hole(log: AccessLog, database_url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: log.write(LOOKED, ["teacher:a"]), range(40)))

    assert sorted(each.number for each in told) == list(range(1, 41))
    assert [number for number, _, _ in rows(database_url)] == list(range(1, 41))


def test_a_row_that_fails_takes_no_number(log: AccessLog) -> None:
    with pytest.raises(psycopg.Error):
        log.write(LOOKED, ["teacher:\x00"])

    assert log.write(LOOKED).number == 1


def test_number_and_hash_are_not_the_applications_to_choose(
    log: AccessLog, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("set role xuefen_app")
        connection.execute(
            "insert into ledger.access_log (number, at, kind, actor, what, places, body, hash) "
            "values (77, now(), 'OWN', 'a', 'b', '{}', 'x', 'y')"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update ledger.access_head set number = 0")

    [(number, body, hash_)] = rows(database_url)
    assert (number, bytes(hash_)) == (1, chained(GENESIS, body))


def test_it_is_asked_by_who_what_whom_where_and_when(log: AccessLog) -> None:
    log.write(LOOKED, ["teacher:a"])
    log.write(structs.replace(LOOKED, actor="staff:other", places=("jurisdiction:330382",)))
    log.write(structs.replace(LOOKED, kind=AccessKind.EXPORT, what="teachers"), ["teacher:a"])

    def numbers(**wanted: Any) -> list[int]:
        asked = replace(Wanted(), **wanted)
        found = [each.number for each in log.page(asked, 10)]
        assert log.count(asked) == len(found)
        return found

    assert numbers() == [3, 2, 1]
    assert numbers(actor="staff:zhou") == [3, 1]
    assert numbers(kind=AccessKind.EXPORT) == [3]
    assert numbers(what="person") == [2, 1]
    assert numbers(subject="teacher:a") == [3, 1]
    assert numbers(reach=("jurisdiction:330382",)) == [2]
    assert numbers(reach=()) == []
    assert numbers(since=WHEN, until=WHEN) == [3, 2, 1]
    assert numbers(since=WHEN.replace(microsecond=456790)) == []
    assert [each.number for each in log.page(Wanted(), 1, after=1, latest_first=False)] == [2]
    assert [each.number for each in log.page(Wanted(), 5, after=3)] == [2, 1]


@pytest.mark.parametrize("text", ["", " ", "x", "a\nb", "x" * (PURPOSE_CHARACTERS_MAX + 1), None])
def test_a_purpose_says_something(text: str | None) -> None:
    with pytest.raises(Fault) as refused:
        checked_purpose(text)

    assert refused.value.code == "BAD_PURPOSE"


def test_a_purpose_is_kept_as_it_was_said() -> None:
    assert checked_purpose(" 抽查 ") == "抽查"
    assert checked_purpose("x" * PURPOSE_CHARACTERS_MAX) == "x" * PURPOSE_CHARACTERS_MAX


def test_a_number_of_a_request_is_bounded_and_printable() -> None:
    assert (trace_of(None), trace_of(""), trace_of("a\r\nb")) == (None, None, None)
    assert trace_of("x" * 500) == "x" * 100

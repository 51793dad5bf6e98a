"""Postings: a row stands for exactly the entries that have its word, however they are crossed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Composed

from ledger.names import tag_hash
from ledger.store.ledger import Ledger
from projections import shadow_kind
from projections.catalogue import INDEXES, TRAILS
from projections.pace import Pace
from projections.posting import PLACES, Postings, block_of, positions_of, row_start
from projections.runner import Runner
from projections.shadow import copy_in
from projections.shadow_kind import IndexShadow
from tests.town import KEY, database, rows

RECORDED = Path(__file__).parent.parent / "recorded"
# Near the ends of blocks, where a place is the first, the last, or of the next one.
POSITIONS = st.lists(
    st.sampled_from([1, 2, PLACES - 1, PLACES, PLACES + 1, 3 * PLACES]) | st.integers(1, 400),
    min_size=1,
    unique=True,
)
SAID = st.dictionaries(st.sampled_from(["one", "two", "three"]), POSITIONS, min_size=1)
LAST = 500
CROSSED = """
select * from projection.crossing(
    %s::bigint[], '{}', null, '{}', %s, %s, %s, %s, 100000
)
"""
INSERTED = "insert into projection.trails select * from unnest(%s::bigint[], %s::bigint[], %s)"


@pytest.fixture(scope="module")
def index_url(postgres_url: str, founded_template: str) -> Iterator[str]:
    """A ledger whose index holds nothing."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY) as opened:
        Runner(opened.pool, opened.feed, INDEXES).catch_up()
        yield url


def postings_of(said: dict[str, list[int]]) -> Postings:
    """Those of words that stand at positions."""
    postings = Postings()
    for word, positions in said.items():
        for position in positions:
            start = row_start(tag_hash(word).to_bytes(8, "big", signed=True))
            postings.add(position, [start])
    return postings


def gathered(said: dict[str, list[int]]) -> list[tuple[int, int, int]]:
    """The rows of words, in order."""
    return sorted(postings_of(said).values())


@given(SAID)
def test_what_was_added_in_any_order_is_what_the_rows_stand_for(said: dict[str, list[int]]) -> None:
    found = gathered(said)

    assert len({(word, block) for word, block, _ in found}) == len(found)
    stood = {word: set[int]() for word, _, _ in found}
    for word, block, places in found:
        stood[word].update(positions_of(block, places))
    assert stood == {tag_hash(word): {*positions} for word, positions in said.items()}


def test_rows_are_given_once() -> None:
    postings = Postings()
    postings.add(7, [row_start(bytes(8))])

    assert list(postings.values()) == [(0, 0, 1 << (PLACES - 7))]
    assert list(postings.values()) == list(postings.rows()) == []


@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(SAID)
def test_a_copy_takes_in_the_same_rows(index_url: str, said: dict[str, list[int]]) -> None:
    with psycopg.connect(index_url) as connection:
        connection.execute("delete from projection.trails")
        copied = Composed([SQL("copy projection.trails from stdin (format binary)")])
        copy_in(connection, copied, postings_of(said).rows())
        found = connection.execute("select * from projection.trails order by 1, 2").fetchall()
        connection.rollback()

    assert found == gathered(said)


@pytest.mark.parametrize(
    ("position", "expected"),
    [(1, (0, 0)), (64, (0, 63)), (65, (1, 0)), (128, (1, 63)), (129, (2, 0))],
)
def test_blocks_begin_at_the_first_position_and_follow_each_other(
    position: int, expected: tuple[int, int]
) -> None:
    assert block_of(position) == expected


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    said=SAID,
    window=st.tuples(st.integers(0, LAST), st.integers(0, LAST)).map(sorted),
    most=st.integers(1, 8),
    latest=st.booleans(),
)
def test_words_are_crossed_at_the_positions_that_have_them_all(
    index_url: str, said: dict[str, list[int]], window: list[int], most: int, latest: bool
) -> None:
    after, before = window
    together = set.intersection(*map(set, said.values()))
    expected = sorted((each for each in together if after < each < before), reverse=latest)
    with psycopg.connect(index_url) as connection:
        connection.execute("delete from projection.trails")
        connection.execute(INSERTED, [list(each) for each in zip(*gathered(said), strict=True)])
        words = [tag_hash(each) for each in said]
        found = connection.execute(CROSSED, (words, after, before, most, latest)).fetchall()
        connection.rollback()

    assert [each for (each,) in found] == expected[:most]


@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=SAID, parts=st.lists(st.integers(1, 60), min_size=1, max_size=8).map(accumulate))
def test_a_block_that_is_written_in_parts_ends_as_one_row(
    index_url: str, said: dict[str, list[int]], parts: Iterator[int]
) -> None:
    """As the runner does that follows live, and a rebuild that was killed within a block."""
    whole = gathered(said)
    ends = [*parts, LAST]
    with psycopg.connect(index_url) as connection:
        connection.execute("delete from projection.trails")
        for begins, ends_at in zip([0, *ends], ends, strict=False):
            part = {
                word: kept
                for word, positions in said.items()
                if (kept := [each for each in positions if begins < each <= ends_at])
            }
            TRAILS.add(connection, TRAILS.name, gathered(part))
        found = connection.execute("select * from projection.trails order by 1, 2").fetchall()
        connection.rollback()

    assert found == whole


def test_a_rebuild_writes_before_the_words_of_long_texts_take_much_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shadow_kind, "ROWS_MAX", 20)
    shadow, pace = IndexShadow(TRAILS), Pace(10**9)

    assert not pace.over([shadow])
    for position, body in enumerate(sorted(RECORDED.glob("*.json")), 1):
        shadow.pass_over(position, body.read_bytes())
    assert pace.over([shadow])


def test_a_row_that_stands_for_nothing_cannot_be_written(index_url: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        rows(index_url, "insert into projection.trails values (1, 1, 0) returning 1")

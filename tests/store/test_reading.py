"""Reading the past of a batch: just what a selector picks, whichever of its tags is rare."""

from __future__ import annotations

import pytest

from ledger.command import Selector
from ledger.store.ledger import Ledger
from ledger.store.memory import Memory
from ledger.store.reading import read_selectors
from ledger.teacher import TeacherRegistered
from tests.town import OPERATOR, SCHOOL, school, teacher

TEACHERS = 70  # more than are looked at one by one


@pytest.fixture
def town(ledger: Ledger) -> Ledger:
    """A ledger with a school whose tag is dense."""
    answer = ledger.ask([school(), *(teacher(n) for n in range(TEACHERS))], OPERATOR)
    assert all(each.accepted for each in answer.outcomes)
    return ledger


def read(ledger: Ledger, wanted: list[Selector], *, after: int = 0) -> list[list[int]]:
    """The positions that each selector picks after one."""
    memory, head = Memory(), ledger.feed.head()
    for each in wanted:
        memory.recall(each).upto = after
    with ledger.pool.connection() as connection, connection.cursor(binary=True) as cursor:
        read_selectors(cursor, set(wanted), memory, head)
    return [[entry.position for entry in memory.recall(each).entries] for each in wanted]


def of(*tags: str) -> Selector:
    """The registrations that carry tags."""
    return Selector(types=(TeacherRegistered.NAME,), tags=tags)


@pytest.mark.parametrize("number", [0, 40, TEACHERS - 1])
def test_a_rare_tag_and_a_dense_one_pick_the_same_in_either_order(
    town: Ledger, number: int
) -> None:
    rare, dense = f"teacher:t{number}", str(SCHOOL)
    first, second = read(town, [of(rare, dense), of(dense, rare)])
    assert first == second == [3 + number]


def test_a_dense_tag_is_read_whole_alone_and_with_another_as_dense(town: Ledger) -> None:
    dense, place = str(SCHOOL), "by:" + OPERATOR.actor
    expected = list(range(3, 3 + TEACHERS))
    assert read(town, [of(dense), of(dense, place)]) == [expected, expected]


@pytest.mark.parametrize("after", [3, 20, 50, 2 + TEACHERS])
def test_only_what_came_after_is_read(town: Ledger, after: int) -> None:
    dense, place = str(SCHOOL), "by:" + OPERATOR.actor
    expected = list(range(max(after + 1, 3), 3 + TEACHERS))
    assert read(town, [of(dense), of(dense, place)], after=after) == [expected, expected]


def test_tags_that_no_entry_has_together_pick_nothing(town: Ledger) -> None:
    assert read(town, [of("teacher:t1", "teacher:t2"), of(str(SCHOOL), "teacher:nobody")]) == [
        [],
        [],
    ]

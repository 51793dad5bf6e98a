"""The tree hash over events that lie in any order, as those of a dump may."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from ledger.event import leaf_hash
from projections.digest import Tree
from projections.head import roots_of

POSITIONS = st.sets(st.integers(1, 40), min_size=1)


def body(position: int) -> bytes:
    return b"body %d" % position


@given(POSITIONS.flatmap(lambda some: st.permutations(sorted(some))), st.sets(st.integers(1, 45)))
def test_the_order_of_events_and_a_gap_among_them_are_nothing_to_the_hash(
    lying: list[int], wanted: set[int]
) -> None:
    found = roots_of(((each, body(each)) for each in lying), wanted)

    assert found == {
        at: Tree().grown(leaf_hash(body(each)) for each in sorted(lying) if each <= at).root.hex()
        for at in wanted
    }


def test_no_event_is_read_beyond_the_one_after_what_is_wanted() -> None:
    read: list[int] = []

    def events() -> Iterator[tuple[int, bytes]]:
        for position in range(1, 100):
            read.append(position)
            yield position, body(position)

    roots_of(events(), {3, 7})

    assert read[-1] == 8

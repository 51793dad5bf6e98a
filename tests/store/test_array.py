"""Arrays: what goes in as one parameter comes out as the values that it was made of."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.store.array import numbers, words

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
AWKWARD = ["", "NULL", "null", "{}", "{a,b}", ',"', "\\", '\\"', " a ", "\x1f", "一\n二", None]
BIG = st.integers(min_value=-(2**63), max_value=2**63 - 1)


def test_texts_come_out_of_an_array_as_they_went_in(ledger):
    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.one_of(st.none(), TEXTS, st.sampled_from(AWKWARD))))
    def holds(values):
        row = connection.execute("select %t::text[]", (words(values),)).fetchone()
        assert row[0] == values

    with ledger.pool.connection() as connection:
        holds()
        holds.hypothesis.inner_test(AWKWARD)


def test_numbers_come_out_of_an_array_as_they_went_in(ledger):
    @settings(max_examples=50, deadline=None)
    @given(st.lists(BIG))
    def holds(values):
        row = connection.execute("select %t::bigint[]", (numbers(values),)).fetchone()
        assert row[0] == values

    with ledger.pool.connection() as connection:
        holds()

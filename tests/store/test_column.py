"""Columns: what goes in as one parameter comes out as the values that it was made of."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.store.column import blobs, days, ids, numbers, texts
from ledger.store.connection import open_connection

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
KINDS = [
    (numbers, "bigint", st.integers(min_value=-(2**63), max_value=2**63 - 1)),
    (texts, "text", st.none() | TEXTS),
    (blobs, "bytea", st.binary(max_size=40)),
    (days, "date", st.none() | st.dates(min_value=date(1, 1, 1))),
    (ids, "uuid", st.none() | st.uuids().map(str)),
]


@pytest.mark.parametrize(("made", "kind", "values"), KINDS, ids=[kind for _, kind, _ in KINDS])
def test_values_come_out_of_a_column_as_they_went_in(database_url, made, kind, values):
    connection = open_connection(database_url, autocommit=True)
    asked = f"select array_agg(v::text order by n) from unnest($1::{kind}[]) with ordinality a(v,n)"
    plain = f"select array_agg(v::{kind}::text order by n) from unnest(%s::text[]) with ordinality"

    @settings(max_examples=60, deadline=None)
    @given(st.lists(values, max_size=30))
    def holds(given_values):
        done = connection.pgconn.exec_params(asked.encode(), [made(given_values)], None, [1])
        assert not done.error_message, done.error_message
        told = [_told(each) for each in given_values]
        (expected,) = connection.execute(f"{plain} a(v,n)", (told,)).fetchone()
        found = done.get_value(0, 0)
        assert found == (None if expected is None else _array(connection, expected))

    with connection:
        holds()


def _told(value):
    return (
        "\\x" + value.hex() if isinstance(value, bytes) else None if value is None else str(value)
    )


def _array(connection, values):
    (found,) = connection.execute("select %s::text[]::text", (values,)).fetchone()
    return found.encode()


def test_ids_are_read_with_and_without_hyphens():
    one = UUID("0190a5c2-7d1e-7b3c-8a4f-123456789abc")
    assert ids([str(one)]) == ids([one.hex])

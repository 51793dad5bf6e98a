"""Breadth: a small document that spreads out to a huge one is refused at once."""

from __future__ import annotations

import asyncio

import pytest
from graphql import parse

from schema.breadth import FIELDS_MAX, breadth
from schema.root import build


def chain(links: int) -> str:
    """Fragments of which each spreads the next one twice."""
    parts = ["{ ...f0 }"]
    parts += [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(links)]
    return " ".join([*parts, f"fragment f{links} on Query {{ head }}"])


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ("{ head }", 1),
        ("{ a { b c } }", 3),
        ("{ ...f } fragment f on Query { head }", 2),
        ("{ ...f ...f } fragment f on Query { a b }", 6),
        ("{ ... on Query { a } }", 2),
        ("{ ...f } fragment f on Query { ...f }", 2),
        ("{ ...none }", 1),
        (chain(60), FIELDS_MAX + 1),
    ],
)
def test_fields_are_counted_as_they_spread_out(document, fields):
    assert breadth(parse(document)) == fields


def test_a_chain_of_sixty_doubling_fragments_is_answered_with_a_code():
    result = asyncio.run(build().execute(chain(60)))

    assert result.data is None
    assert [error.extensions["code"] for error in result.errors or []] == ["QUERY_TOO_BROAD"]

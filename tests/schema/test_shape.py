"""Shape and cost: a small document that comes to much is refused before it is carried out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import parse

from schema.cost import cost_of
from schema.price import Cost
from schema.root import build
from schema.shape import COUNTED_MAX, shape_of


def chain(links: int) -> str:
    """Fragments of which each spreads the next one twice."""
    parts = ["{ ...f0 }"]
    parts += [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(links)]
    return " ".join([*parts, f"fragment f{links} on Query {{ head }}"])


def codes(document: str, **variables: Any) -> list[str]:
    """The codes of the errors of a document that nobody meters."""
    result = asyncio.run(build().execute(document, variables))
    return [(error.extensions or {})["code"] for error in result.errors or []]


@pytest.mark.parametrize(
    ("document", "name", "number"),
    [
        ("{ head }", "fields", 1),
        ("{ a { b c } }", "fields", 3),
        ("{ ...f } fragment f on Query { head }", "fields", 1),
        ("{ ...f ...f } fragment f on Query { a b }", "fields", 4),
        ("{ ... on Query { a } }", "fields", 1),
        ("{ ...f } fragment f on Query { ...f }", "fields", 0),
        ("{ ...none }", "fields", 0),
        (chain(60), "fields", COUNTED_MAX),
        ("{ a { b { c } } }", "depth", 3),
        ("{ a ...f } fragment f on Query { b { c } }", "depth", 2),
        ("{ x: a { y: b } z: c d }", "aliases", 3),
        ("{ a a x: b ... { a } ...f } fragment f on Query { a }", "repeats", 4),
        ("{ a { b b } a { b } }", "repeats", 2),
        ("query @a { b @c ... @d { e } }", "directives", 3),
        ("{ ...f ...f } fragment f on Query { ...g } fragment g on Query { a }", "spreads", 4),
    ],
)
def test_a_document_is_counted_as_it_spreads_out(document: str, name: str, number: int) -> None:
    assert shape_of(parse(document)).counts[name] == number


@pytest.mark.parametrize("document", ["{ __schema { x } }", '{ a { ... { __type(name: "a") } } }'])
def test_what_asks_for_the_schema_is_known_wherever_it_stands(document: str) -> None:
    assert shape_of(parse(document)).asks_schema
    assert not shape_of(parse("{ __typename }")).asks_schema


DEEP = "signOffs(first: 500) { edges { node { drift { teachers { edges { cursor } } } } } }"
PAGE = "schools(first: {}) {{ edges {{ node {{ id title }} }} }}"


@pytest.mark.parametrize(
    ("document", "variables", "points", "nodes"),
    [
        ("{ head }", {}, 5, 0),
        # Five for the question, one for the list, and for each of ten rows: three, the edge's
        # node, and its two fields.
        ("{ " + PAGE.format(10) + " }", {}, 5 + 1 + 10 * (3 + 1 + 2), 10),
        ("query($n: Int) { " + PAGE.format("$n") + " }", {"n": 10}, 66, 10),
        ("query($n: Int = 10) { " + PAGE.format("$n") + " }", {}, 66, 10),
        ("{ ...f } fragment f on Query { " + PAGE.format(10) + " }", {}, 66, 10),
        ("{ " + PAGE.format(0) + " }", {}, 6, 0),
        ("{ " + PAGE.format(-1) + " }", {}, 6, 0),
        ("{ schools { edges { node { id title } } } }", {}, 5 + 1 + 50 * 6, 50),
        ("{ " + PAGE.format(2_000_000_000) + " }", {}, 5 + 1 + 500 * 6, 500),
        ("{ a: " + PAGE.format(10) + " b: " + PAGE.format(10) + " }", {}, 132, 20),
        ('{ node(id: "a") { ... on School { id title } ... on Teacher { id } } }', {}, 7, 0),
        ("query a { head } query b { a: head b: head }", {}, 5, 0),
    ],
)
def test_the_cost_is_known_before_anything_is_read(
    document: str, variables: dict[str, Any], points: int, nodes: int
) -> None:
    found = cost_of(build()._schema, parse(document), "a", variables)

    assert found == Cost(points, nodes)


@pytest.mark.parametrize(
    "document",
    [
        chain(60),
        "{" + " head" * 101 + "}",
        "{" + " ".join(f"a{n}: head" for n in range(31)) + "}",
        "{ a " * 13 + "}" * 13,
        "{ head } #" + "x" * 200_000,
        "{ head " + "@skip(if: false) " * 201 + "}",
        " ".join(f"query q{n} {{ head }}" for n in range(201)),
        "{ " + " ".join(f"a{n}: {DEEP}" for n in range(20)) + " }",
    ],
    ids=lambda each: each[:30],
)  # fmt: skip
def test_a_document_over_a_limit_is_answered_with_a_code(document: str) -> None:
    assert codes(document) == ["QUERY_TOO_LARGE"]


def test_a_document_is_answered_alike_when_it_comes_again() -> None:
    for _ in range(2):
        assert codes("{ nothing }") == ["GRAPHQL_INVALID"]
        assert codes("{ nothing") == ["GRAPHQL_SYNTAX"]

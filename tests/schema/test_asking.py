"""A root field is asked with the arguments that the reference gives, or by the reference."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import parse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.compiled.asking import Asking
from schema.compiled.executor import CompiledExecutor
from schema.gate import Parsed, Validated
from schema.scalars import CONFIG, Position, Text


@strawberry.enum
class Shade(Enum):
    """A shade."""

    LIGHT = "l"
    DARK = "d"


@strawberry.input
class Inner:
    """An input in an input."""

    text: Text | None = None
    needed: int


@strawberry.input
class Wish:
    """An input with fields of all kinds."""

    name: strawberry.ID | None = None
    shade: Shade | None
    on: date | None = None
    often: int = 3
    inner: Inner | None = None
    many: list[int] | None = None


@strawberry.type
class Query:
    """Says what it was given."""

    @strawberry.field
    async def told(
        self,
        info: strawberry.Info,
        id: strawberry.ID,
        first: int | None = None,
        after: str | None = "x",
        at_least: Position | None = None,
        flag: bool = False,
        amount: Decimal | None = None,
        on: date | None = None,
        shade: Shade | None = None,
        wish: Wish | None = None,
        names: list[str] | None = None,
        size: int = 7,
    ) -> str:
        """All of it, with the classes."""
        given_ = {name: each for name, each in locals().items() if name not in ("self", "info")}
        if id == "broken":
            raise ValueError(repr(given_))
        return f"{info.field_name} {info.path.key} {given_!r}"

    @strawberry.field
    async def bare(self) -> int:
        """Nothing is asked here."""
        return 1


@strawberry.type
class Subscription:
    """Counts."""

    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        """Up to a number."""
        for number in range(to):
            yield number


COMPILED = strawberry.Schema(
    query=Query,
    subscription=Subscription,
    config=CONFIG,
    execution_context_class=CompiledExecutor,
    extensions=[Parsed, Validated],
)
REFERENCE = copy.copy(COMPILED)
REFERENCE.execution_context_class = StrawberryGraphQLCoreExecutionContext
DOCUMENT = """query Q($id: ID!, $first: Int, $after: String, $at: Position, $flag: Boolean = true,
    $amount: Decimal, $on: Date, $shade: Shade, $wish: Wish, $names: [String!], $size: Int = 5,
    $need: Int! = 4) {
  plain: told(id: $id, first: $first, after: $after, atLeast: $at, flag: $flag, amount: $amount,
    on: $on, shade: $shade, size: $size)
  made: told(id: "made", wish: { name: $id, shade: $shade, on: $on, inner: { needed: $need } })
  left: told(id: $id, wish: { shade: DARK, often: $need, inner: null })
  given: told(id: $id, wish: $wish, names: $names)
  fixed: told(id: "fixed", first: 2, after: null, on: "2024-03-19", amount: "1.50", shade: LIGHT)
  listed: told(id: "listed", names: ["a"], wish: { many: [1, 2] shade: null })
  again: told(id: $id) @skip(if: $flag)
  bare
}"""
IDS = st.sampled_from(["a", "broken", 5, None, ""])
WISHES = st.fixed_dictionaries({"shade": st.just("DARK")}, optional={"often": st.none()})
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "first": st.none() | st.integers(-3, 2**32),
    "after": st.none() | st.text(max_size=3) | st.integers(),
    "at": st.none() | st.integers(0, 2**54),
    "flag": st.none() | st.booleans(),
    "amount": st.none() | st.sampled_from(["1.5", "x", 2]),
    "on": st.none() | st.sampled_from(["2024-02-30", "2024-02-29"]),
    "shade": st.none() | st.sampled_from(["LIGHT", "DARK", "NONE"]),
    "wish": st.none() | WISHES,
    "names": st.none() | st.lists(st.text(max_size=2), max_size=2) | st.just("one"),
    "size": st.none() | st.integers(0, 9),
    "need": st.none() | st.integers(0, 9),
}  # fmt: skip
GIVEN = st.fixed_dictionaries({"id": IDS}, optional=VALUES)


def answer(schema: strawberry.Schema, document: str, variables: Any) -> str:
    """The whole answer as JSON."""
    result = asyncio.run(schema.execute(document, variable_values=variables))
    errors = [each.formatted for each in result.errors or []]
    return json.dumps({"data": result.data, "errors": errors}, ensure_ascii=False)


def agree(document: str, variables: Any) -> None:
    """Both give one answer; the compiled one is asked until it is planned."""
    expected = answer(REFERENCE, document, variables)
    for _ in range(3):
        assert answer(COMPILED, document, variables) == expected


@settings(max_examples=150, deadline=None)
@given(variables=GIVEN)
def test_arguments_are_those_of_the_reference(variables):
    agree(DOCUMENT, variables)


@settings(max_examples=60, deadline=None)
@given(document=queries(COMPILED._schema, allow_x00=False))
def test_a_generated_query_is_asked_as_by_the_reference(document):
    agree(document, {})


@pytest.mark.parametrize(
    "field",
    [
        "told(id: $id, first: $n, shade: $s)",
        'told(id: "x", first: 2, shade: DARK, on: "2024-03-19")',
        "told(id: $id, wish: { shade: $s, inner: { needed: 1 } })",
        "bare",
    ],
)
def test_plain_arguments_never_come_to_the_reference(field):
    assert Asking(COMPILED._schema, *_asked(field))._readers is not None


def test_the_messages_of_a_stream_are_not_asked_for():
    async def read() -> list[Any]:
        found = await COMPILED.subscribe("subscription { count(to: 3) }")
        return [each.data async for each in found]  # type: ignore[union-attr]

    for _ in range(3):
        assert asyncio.run(read()) == [{"count": 0}, {"count": 1}, {"count": 2}]


def _asked(field: str) -> tuple[Any, Any]:
    [operation] = parse(f"query ($id: ID!, $n: Int, $s: Shade) {{ {field} }}").definitions
    node: Any = operation.selection_set.selections[0]  # type: ignore[attr-defined]
    return COMPILED._schema.query_type.fields[node.name.value], node  # type: ignore[union-attr]

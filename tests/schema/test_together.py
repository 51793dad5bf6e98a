"""Fields of a query that wait for each other in one task less give what the reference gives."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest
import strawberry
from strawberry.extensions import ParserCache
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.compiled.executor import CompiledExecutor

CLOSED: list[str] = []


async def _given(name: str, turns: int, fails: bool) -> str:
    """A word after some turns of the loop, or an error; who is given up leaves its name."""
    try:
        for _ in range(turns):
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        CLOSED.append(name)
        raise
    if fails:
        raise ValueError(name)
    return name


@strawberry.type
class Query:
    """Words that come sooner or later."""

    @strawberry.field
    async def maybe(self, name: str, turns: int = 0, fails: bool = False) -> str | None:
        """A word, or nothing."""
        return await _given(name, turns, fails)

    @strawberry.field
    async def surely(self, name: str, turns: int = 0, fails: bool = False) -> str:
        """A word, or nothing at all."""
        return await _given(name, turns, fails)


# An operation is known by its document, which has to be the same one again.
OURS = strawberry.Schema(Query, execution_context_class=CompiledExecutor, extensions=[ParserCache])
REFERENCE = copy.copy(OURS)
REFERENCE.execution_context_class = StrawberryGraphQLCoreExecutionContext


def told(schema: Any, document: str, **variables: Any) -> Any:
    """The answer with its errors, in the order of its keys."""

    async def run() -> Any:
        found = await schema.execute(document, variable_values=variables)
        assert len(asyncio.all_tasks()) == 1  # nobody goes on for an answer that is given
        return found

    found = asyncio.run(run())
    errors = [(each.message, each.path) for each in found.errors or []]
    keys = None if found.data is None else [*found.data.items()]
    return keys, errors


@pytest.mark.parametrize(
    "fields",
    [
        'a: maybe(name: "a") b: maybe(name: "b")',
        'a: maybe(name: "a", turns: 3) b: maybe(name: "b") c: maybe(name: "c", turns: 1)',
        'a: maybe(name: "a", fails: true) b: maybe(name: "b", turns: 2)',
        'a: maybe(name: "a") b: maybe(name: "b", fails: true)',
        'a: maybe(name: "a", fails: true) b: maybe(name: "b", fails: true)',
        'a: surely(name: "a", fails: true) b: maybe(name: "b", turns: 9)',
        'a: surely(name: "a", fails: true, turns: 2) b: maybe(name: "b", fails: true)',
        'a: maybe(name: "a", turns: 9) b: surely(name: "b", fails: true)',
        'a: maybe(name: "a", turns: 9, fails: true) b: surely(name: "b", fails: true)',
        '__typename a: maybe(name: "a") b: maybe(name: "b")',
        'a: maybe(name: "a") __typename b: surely(name: "b")',
        'a: maybe(name: "a") @include(if: $yes) b: maybe(name: "b") @skip(if: $yes)',
        'a: maybe(name: "a") @skip(if: $yes)',
        'a: maybe(name: "a") b: maybe(name: $missing)',
        'a: maybe(name: "a") b: maybe(name: "b") c: nobody',
    ],
)
def test_it_is_what_the_reference_gives(fields: str) -> None:
    given = {"$yes": "$yes: Boolean!", "$missing": "$missing: String!"}
    declared = [each for name, each in given.items() if name in fields]
    head = f"({', '.join(declared)})" if declared else ""
    document = f"query{head} {{ {fields} }}"
    for variables in ({"yes": True}, {"yes": False}):
        expected = told(REFERENCE, document, **variables)
        for _ in range(3):  # it is planned when it comes again
            assert told(OURS, document, **variables) == expected


def test_who_gives_the_whole_up_gives_up_all_that_is_waited_for() -> None:
    document = '{ a: maybe(name: "a", turns: 9999) b: maybe(name: "b", turns: 9999) }'

    async def run(schema: Any) -> list[str]:
        CLOSED.clear()
        task = asyncio.ensure_future(schema.execute(document))
        for _ in range(9):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        for _ in range(3):  # the reference cancels what it does not wait for
            await asyncio.sleep(0)
        return sorted(CLOSED)

    for schema in (REFERENCE, OURS, OURS, OURS):
        assert asyncio.run(run(schema)) == ["a", "b"]

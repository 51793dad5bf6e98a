"""Compiled completion says what the reference says, byte for byte, of whatever a resolver gives."""

from __future__ import annotations

import asyncio
import copy
import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLError, parse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from ledger.names import TeacherId
from schema.compiled.executor import CompiledExecutor
from schema.compiled.leaf import Unusual
from schema.compiled.operation import CONDITIONS_MAX, Operations
from schema.compiled.plan import BATCH
from schema.gate import Parsed, Validated
from schema.scalars import CONFIG, Position, Text


class Colour(Enum):
    """A colour."""

    RED = "r"
    BLUE = "b"


@dataclass
class Seen:
    """What resolvers did in a request."""

    batches: list[int] = field(default_factory=list)
    singles: int = 0
    mutations: int = 0


async def _children(context: Any, parents: list[Any]) -> list[Any]:
    context.batches.append(len(parents))
    if any(each.writes for each in parents):
        raise Unusual
    return [each.nested for each in parents]


async def _one_child(root: strawberry.Parent[Any], info: strawberry.Info) -> Any:
    info.context.singles += 1
    return root.nested


@strawberry.interface
class Named:
    """What has a name."""

    name: str


@strawberry.type
class Odd(Named):
    """Whose values may be anything."""

    id: strawberry.ID
    text: Text | None
    count: int | None
    position: Position
    flag: bool | None
    amount: Decimal | None
    day: date
    colour: Colour | None
    data: strawberry.scalars.JSON | None
    names: list[str] | None
    grid: list[list[int | None]] | None
    peer: Odd | None
    peers: list[Odd]
    loose: list[Odd | None] | None
    either: Annotated[Odd | Even, strawberry.union("Either")] | None
    named: list[Named] | None
    nested: strawberry.Private[Any] = None
    writes: strawberry.Private[bool] = False

    @strawberry.field
    def shout(self) -> str:
        """A reading that works something out."""
        return self.name.upper()

    @strawberry.field
    def told(self, times: int = 1) -> str:
        """A field with an argument, which is the reference's."""
        return self.name * (times % 3)

    child: Odd | None = strawberry.field(resolver=_one_child, metadata={BATCH: _children})


@strawberry.type
class Even(Named):
    """Another one."""

    half: int


@strawberry.type
class Query:
    """What may be asked."""

    @strawberry.field
    def odd(self, info: strawberry.Info) -> Odd | None:
        """One."""
        return info.context.given

    @strawberry.field
    async def odds(self, info: strawberry.Info) -> list[Odd]:
        """The same twice."""
        await asyncio.sleep(0)
        return [info.context.given, info.context.given]


@strawberry.type
class Mutation:
    """What may be done."""

    @strawberry.mutation
    def make(self, info: strawberry.Info) -> Odd:
        """Counts how often it is called."""
        info.context.mutations += 1
        return info.context.given


COMPILED = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    types=[Even],
    config=CONFIG,
    execution_context_class=CompiledExecutor,
    extensions=[Parsed, Validated],
)
REFERENCE = copy.copy(COMPILED)
REFERENCE.execution_context_class = StrawberryGraphQLCoreExecutionContext


@dataclass
class Context(Seen):
    """What a request is given."""

    given: Any = None


def plain(**values: Any) -> Odd:
    """One whose values are all in order."""
    held: dict[str, Any] = {
        "name": "甲",
        "id": TeacherId("teacher:lin"),
        "text": "文",
        "count": 3,
        "position": 7,
        "flag": True,
        "amount": Decimal("1.50"),
        "day": date(2024, 3, 19),
        "colour": Colour.BLUE,
        "data": {"b": [1, None], "a": "x"},
        "names": ["x", "y"],
        "grid": [[1, None], []],
        "peer": None,
        "peers": [],
        "loose": None,
        "either": Even(name="乙", half=2),
        "named": [Even(name="丙", half=1)],
    }
    return Odd(**held | values)


def answer(schema: strawberry.Schema, document: str, context: Context, **variables: Any) -> str:
    """The whole answer as JSON, in the order of its keys."""

    async def execute() -> Any:
        return await schema.execute(document, variable_values=variables, context_value=context)

    result = asyncio.run(execute())
    errors = [each.formatted for each in result.errors or []]
    return json.dumps({"data": result.data, "errors": errors}, default=str, ensure_ascii=False)


def agree(document: str, given_: Any, **variables: Any) -> str:
    """The answer that both give; the compiled one is asked until it is compiled."""
    expected = answer(REFERENCE, document, Context(given=given_), **variables)
    for _ in range(3):
        assert answer(COMPILED, document, Context(given=given_), **variables) == expected
    return expected


async def _awaited() -> str:
    return "awaited"


# What a resolver may give by mistake, or by right, in any place.
ANYTHING = st.one_of(
    st.none(),
    st.just(""),
    st.text(max_size=3),
    st.integers(-(2**40), 2**40),
    st.booleans(),
    st.floats(allow_nan=False),
    st.just(Decimal("2.0")),
    st.sampled_from([date(2024, 1, 1), Colour.RED, TeacherId("teacher:x"), ValueError("no"), []]),
    st.builds(GraphQLError, st.just("said")),
    st.builds(plain),
    st.lists(st.one_of(st.none(), st.integers(), st.builds(plain)), max_size=2),
    st.builds(lambda: Even(name="e", half=1)),
)
FIELDS = [each for each in plain().__dict__ if each not in ("nested", "writes")]
ODDITIES = st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=4)
DOCUMENTS = queries(COMPILED._schema, allow_x00=False)
LEAVES = "name id text count position flag amount day colour data names grid shout __typename"
WHOLE = f"""{{
  odds {{ {LEAVES} peer {{ {LEAVES} }} peers {{ name }} loose {{ id count }}
    either {{ ... on Odd {{ id name }} ... on Even {{ name half }} }}
    named {{ name ... on Even {{ half }} ... on Odd {{ day }} }} }}
}}"""


@settings(max_examples=120, deadline=None)
@given(document=DOCUMENTS, odd=ODDITIES, deep=ODDITIES)
def test_a_generated_query_is_answered_as_by_the_reference(document, odd, deep):
    inner = plain(**deep)
    agree(document, plain(**{"peer": inner, "peers": [inner], "loose": [None, inner]} | odd))


@settings(max_examples=200, deadline=None)
@given(odd=ODDITIES, deep=ODDITIES)
def test_any_value_in_any_place_is_completed_as_by_the_reference(odd, deep):
    inner = plain(**deep)
    given_ = {"peer": inner, "peers": [plain(), inner], "loose": [None, inner], "either": inner}
    agree(WHOLE, plain(**given_ | odd))


def test_plain_values_never_come_to_the_reference(monkeypatch):
    context = Context(given=plain(peer=plain(), peers=[plain()]))
    for _ in range(2):
        answer(COMPILED, WHOLE, context)
    gone: list[str] = []
    complete = StrawberryGraphQLCoreExecutionContext.complete_value

    def counted(self: Any, kind: Any, *more: Any) -> Any:
        gone.append(str(kind))
        return complete(self, kind, *more)

    monkeypatch.setattr(StrawberryGraphQLCoreExecutionContext, "complete_value", counted)

    answer(COMPILED, WHOLE, context)

    assert gone == []


def test_keys_stand_in_the_order_of_the_query_with_aliases_and_fragments():
    said = agree(
        "query { odd { z: name ...f a: day ... on Named { name z: name } id } } "
        "fragment f on Odd { count z: name shout }",
        plain(),
    )

    assert list(json.loads(said)["data"]["odd"]) == ["z", "count", "shout", "a", "name", "id"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
def test_what_hangs_on_variables_is_compiled_for_each_of_their_values(first, second):
    agree(
        "query($a: Boolean!, $b: Boolean = true) "
        "{ odd { name @include(if: $a) peer @skip(if: $b) { id } id } }",
        plain(peer=plain()),
        a=first,
        b=second,
    )


def test_a_value_awaited_where_none_is_expected_is_awaited_by_the_reference():
    class Late(Even):
        @property
        def half(self) -> Any:
            return _number()

        @half.setter
        def half(self, value: Any) -> None:
            del value

    async def _number() -> int:
        return 4

    said = agree(
        "{ odd { named { ... on Even { half } } } }", plain(named=[Late(name="l", half=0)])
    )

    assert json.loads(said)["data"]["odd"]["named"] == [{"half": 4}]


def test_a_list_that_can_be_gone_through_once_is_left_to_the_reference():
    async def execute() -> list[Any]:
        document = "{ odd { names } }"
        return [
            await COMPILED.execute(document, context_value=Context(given=plain(names=iter("ab"))))
            for _ in range(3)
        ]

    assert [each.data for each in asyncio.run(execute())] == [{"odd": {"names": ["a", "b"]}}] * 3


def test_a_batch_is_read_once_a_level():
    inner = plain(nested=plain(name="last"))
    context = Context(given=plain(nested=inner))
    document = "{ odds { child { name child { name child { name } } } } }"
    agree(document, context.given)

    answer(COMPILED, document, context)

    assert (context.batches, context.singles) == ([2, 2, 2], 0)


def test_where_a_batch_would_write_the_reference_reads_one_by_one():
    context = Context(given=plain(nested=plain(), writes=True))
    document = "{ odds { name child { name } } }"
    agree(document, context.given)

    answer(COMPILED, document, context)

    assert context.singles == 2


def test_an_error_below_a_batch_is_told_as_by_the_reference():
    wrong = plain(nested=plain(day=None, peers=[plain(id=None)]))

    agree("{ odds { name child { name peers { id } } } odd { child { day } } }", wrong)


def test_a_mutation_is_carried_out_once_even_where_its_answer_fails():
    context = Context(given=plain(day=None))
    document = "mutation { make { name day } }"
    for _ in range(3):
        answer(COMPILED, document, context)
    before = context.mutations

    answer(COMPILED, document, context)

    assert context.mutations == before + 1


def test_a_document_that_comes_once_is_not_compiled():
    operations = Operations(most=2)

    assert operations.find(_executor("{ odd { name } }")) is None


def test_operations_are_forgotten_the_oldest_first():
    operations = Operations(most=2)
    one, two, three = (_executor(f"{{ odd {{ {each} }} }}") for each in ("id", "name", "day"))
    for each in (one, two, three):
        operations.find(each)

    assert operations.find(two) is not None
    assert operations.find(three) is not None
    assert operations.find(one) is None


def test_too_many_sets_of_conditions_are_left_to_the_reference():
    names = [f"v{number}" for number in range(5)]
    given_ = ", ".join(f"${each}: Boolean!" for each in names)
    fields = " ".join(f"{each}: name @include(if: ${each})" for each in names)
    document = f"query({given_}) {{ odd {{ {fields} id }} }}"
    assert 2 ** len(names) > CONDITIONS_MAX
    for number in range(2 ** len(names)):
        values = {each: bool(number >> at & 1) for at, each in enumerate(names)}
        agree(document, plain(), **values)


def _executor(document: str) -> Any:
    return CompiledExecutor.build(COMPILED._schema, parse(document), is_awaitable=lambda _: False)

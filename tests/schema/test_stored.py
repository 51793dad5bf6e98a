"""Rows shown from what is kept are the rows that would be read, whatever a client selects."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec
import pytest
import strawberry
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries
from msgspec import Struct
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from ledger.event import express, revive
from ledger.names import JurisdictionId, TeacherId
from schema.compiled.executor import CompiledExecutor
from schema.compiled.stored import Rows
from schema.gate import Parsed, Validated
from schema.outputs import NODES, Slice, connection, output
from schema.scalars import CONFIG


class Shade(Enum):
    """A colour whose words are kept otherwise than they are shown."""

    LIGHT = "l"
    DARK = "d"


class Size(Enum):
    """A size whose words are kept as they are shown."""

    SMALL = "SMALL"
    LARGE = "LARGE"


class Bit(Struct, kw_only=True):
    """A part."""

    whose_name: TeacherId
    weight: Decimal | None = None
    at: date


class Thing(Struct, kw_only=True):
    """A row."""

    thing: TeacherId
    place: JurisdictionId | None = None
    long_title: str = ""
    shade: Shade | None = None
    size: Size = Size.SMALL
    heavy: bool = False
    number: int = 0
    position: int = 0
    bits: tuple[Bit, ...] = ()
    first: Bit | None = None
    names: tuple[TeacherId, ...] = ()
    shades: list[Shade] = []


def _own() -> str:
    return "own"


ThingType = output(Thing, key="thing", fields={"own": strawberry.field(resolver=_own)})
del NODES["thing"]  # the schema of the house has no such node
KEEPER = msgspec.json.Encoder(order="sorted", enc_hook=express)
READER = msgspec.json.Decoder(Thing, dec_hook=revive)


@strawberry.type
class Query:
    """What may be asked."""

    @strawberry.field(graphql_type=connection(ThingType))
    async def things(self, info: strawberry.Info) -> Any:
        """A page."""
        kept = [(f"key{number}", body) for number, body in enumerate(info.context["kept"])]
        read = info.context["read"]

        def decode(body: bytes) -> Thing:
            read.append(body)
            return READER.decode(body)

        return Slice(rows=Rows(Thing, decode, kept), more=False, position=1)


COMPILED = strawberry.Schema(
    query=Query,
    config=CONFIG,
    execution_context_class=CompiledExecutor,
    extensions=[Parsed, Validated],
)
BITS = st.builds(
    Bit,
    whose_name=st.just(TeacherId("teacher:b")),
    weight=st.none() | st.sampled_from([Decimal("1.50"), Decimal("0"), Decimal("1E+2")]),
    at=st.dates(),
)
THINGS = st.builds(
    Thing,
    thing=st.just(TeacherId("teacher:a")),
    place=st.none() | st.just(JurisdictionId("jurisdiction:330381")),
    long_title=st.text(),
    shade=st.none() | st.sampled_from(Shade),
    size=st.sampled_from(Size),
    heavy=st.booleans(),
    number=st.integers(-(2**40), 2**40),
    position=st.integers(0, 2**50),
    bits=st.lists(BITS, max_size=2).map(tuple),
    first=st.none() | BITS,
    names=st.just((TeacherId("teacher:c"),)),
    shades=st.lists(st.sampled_from(Shade), max_size=2),
)


async def answers(document: str, kept: list[bytes]) -> tuple[list[str], list[bytes]]:
    """What the reference says and what is compiled, and the rows that were read whole in the end.

    The compiled one is asked until it is compiled.
    """
    said, read = [], []
    for kind in (StrawberryGraphQLCoreExecutionContext, *[CompiledExecutor] * 3):
        COMPILED.execution_context_class = kind
        read = []
        result = await COMPILED.execute(document, context_value={"kept": kept, "read": read})
        errors = [each.formatted for each in result.errors or []]
        said.append(json.dumps({"data": result.data, "errors": errors}, ensure_ascii=False))
    return said, read


def run(document: str, kept: list[bytes]) -> tuple[list[str], list[bytes]]:
    """The same in a loop of its own."""
    return asyncio.run(answers(document, kept))


@settings(max_examples=150, deadline=None)
@given(
    document=queries(COMPILED._schema, allow_x00=False),
    things=st.lists(THINGS, max_size=3),
)
def test_a_generated_query_is_answered_as_by_the_reference(document, things):
    said, _ = run(document, [KEEPER.encode(each) for each in things])

    assert len(set(said)) == 1


WHOLE = (
    "{ things { edges { cursor node { __typename id place longTitle shade size heavy position "
    "bits { whoseName weight at } first { at } names shades } } pageInfo { endCursor } } }"
)
ROW = Thing(
    thing=TeacherId("teacher:a"),
    shade=Shade.DARK,
    shades=[Shade.LIGHT],
    bits=(Bit(whose_name=TeacherId("teacher:b"), at=date(2024, 1, 2)),),
)


def test_of_what_is_shown_as_it_is_kept_no_row_is_read_whole():
    said, read = run(WHOLE, [KEEPER.encode(ROW)])

    assert len(set(said)) == 1
    assert read == []
    [edge] = json.loads(said[0])["data"]["things"]["edges"]
    assert (edge["node"]["shade"], edge["node"]["shades"]) == ("DARK", ["LIGHT"])


@pytest.mark.parametrize(
    "selected", ["own", "id a: own", "number bits { at } more: bits { weight }"]
)
def test_what_is_not_kept_as_it_is_shown_is_read_whole(selected: str):
    said, read = run(f"{{ things {{ edges {{ node {{ {selected} }} }} }} }}", [KEEPER.encode(ROW)])

    assert len(set(said)) == 1
    assert len(read) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("thing", None), ("size", "HUGE"), ("shade", 5), ("position", "x"), ("longTitle", None)],
)
def test_a_row_that_is_not_as_it_should_be_is_told_as_by_the_reference(field: str, value: Any):
    name = {"longTitle": "long_title"}.get(field, field)
    body = json.dumps(json.loads(KEEPER.encode(ROW)) | {name: value}).encode()
    asked = "id" if field == "thing" else field
    said, _ = run(f"{{ things {{ edges {{ node {{ {asked} }} }} }} }}", [body])

    assert len(set(said)) == 1
    assert json.loads(said[0])["errors"]


def test_a_row_of_before_a_field_was_there_is_read_whole():
    body = json.loads(KEEPER.encode(ROW))
    del body["heavy"]
    said, read = run("{ things { edges { node { heavy } } } }", [json.dumps(body).encode()])

    assert len(set(said)) == 1
    assert len(read) == 1

"""Typed events: one type for each of the catalogue, and every golden record through all of them."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
)
from msgspec import Struct

from ledger.event import CATALOGUE, Entry, decode
from schema.context import Context
from schema.event import event_types, name_of
from schema.history import EntryType, shown
from schema.outputs import NODES
from schema.root import build
from schema.scalars import CONFIG
from tests.given import asker_for
from tests.ledger.test_recorded import FILES, RECORDED

OWN = ("type", "version", "effectiveOn")


def camel(name: str) -> str:
    """A field's name as GraphQL spells it."""
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


def served() -> GraphQLSchema:
    """The schema as it is served."""
    schema: GraphQLSchema = build()._schema
    return schema


def selection(kind: Any, prefix: str = "") -> str:
    """Every field of a type, under a name that no other type's field has."""
    asked = []
    for name, field in kind.fields.items():
        named = get_named_type(field.type)
        inner = f" {{ {selection(named)} }}" if is_composite_type(named) else ""
        asked.append(f"{prefix}{name}: {name}{inner}" if prefix else f"{name}{inner}")
    return " ".join(asked)


def whole(schema: GraphQLSchema) -> str:
    """A query that asks every field of every type of event."""
    parts = []
    for event in CATALOGUE.values():
        name = name_of(event)
        kind = schema.type_map[name]
        parts.append(f"... on {name} {{ {selection(kind, name + '_')} }}")
    return "{ golden { id event { __typename type version effectiveOn " + " ".join(parts) + " } } }"


def told(value: Any) -> Any:
    """What GraphQL says of a value in an event."""
    match value:
        case Struct():
            return {camel(each): told(getattr(value, each)) for each in value.__struct_fields__}
        case tuple() | list():
            return [told(each) for each in value]
        case dict():
            return {key: told(each) for key, each in value.items()}
        case Enum():
            return value.name
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case str():
            return str(value)
        case _:
            return value


def golden() -> list[Entry]:
    """Every golden record, old versions too, each at a position."""
    return [
        decode(at, (RECORDED / f"{name}.json").read_bytes())
        for at, name in enumerate(FILES, start=1)
    ]


@strawberry.type
class Records:
    """The golden records, as a reader sees them who may see everything."""

    @strawberry.field
    def golden(self) -> list[EntryType]:
        operator = Context(house=None, asker=asker_for(None))
        return [shown(operator, each) for each in golden()]


def test_every_type_of_event_is_a_type_of_the_schema():
    schema = served()
    interface = schema.type_map["Event"]
    assert isinstance(interface, GraphQLInterfaceType)

    found = {each.name for each in schema.get_possible_types(interface)}

    assert found == {name_of(each) for each in CATALOGUE.values()}
    assert len(found) == len(CATALOGUE)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_type_has_every_field_of_its_event(name):
    kind = served().type_map[name_of(CATALOGUE[name])]
    assert isinstance(kind, GraphQLObjectType)

    assert set(kind.fields) == {*OWN, *map(camel, CATALOGUE[name].__struct_fields__)}


def test_every_golden_record_is_told_by_a_query_over_the_interface():
    schema = strawberry.Schema(
        query=Records, types=[*NODES.values(), *event_types()], config=CONFIG
    )

    answer = schema.execute_sync(whole(schema._schema))

    assert answer.errors is None
    rows = json.loads(json.dumps(answer.data))["golden"]
    assert len(rows) == len(FILES)
    for entry, row in zip(golden(), rows, strict=True):
        event, name = entry.event, name_of(type(entry.event))
        said = {
            key.removeprefix(name + "_"): value
            for key, value in row["event"].items()
            if key.startswith(name + "_")
        }
        assert row["event"]["__typename"] == name
        assert row["event"]["type"] == event.NAME == said.pop("type")
        assert row["event"]["version"] == event.VERSION == said.pop("version")
        assert row["event"]["effectiveOn"] == told(event.effective_on) == said.pop("effectiveOn")
        assert within(said, told(event)) == told(event)
        assert set(said) == set(told(event))


def within(answer: Any, expected: Any) -> Any:
    """An answer without the fields that a type has besides those of the event, as a rule does."""
    if isinstance(answer, list) and isinstance(expected, list):
        return [within(a, e) for a, e in zip(answer, expected, strict=True)]
    if isinstance(answer, dict) and isinstance(expected, dict):
        return {key: within(answer[key], expected[key]) for key in expected if key in answer}
    return answer

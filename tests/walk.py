"""Every question that a schema lets one ask, made from the schema itself, and what answers betray.

A question's arguments are names of strangers. Who may not see them has to hear exactly what was
said before the strangers were there: no row, no count, no cursor, no other error. So a new query
is walked as soon as it is in the schema, and nobody has to know what its answer means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from schema.outputs import cursor_of

DEPTH, SLIGHT = 8, 3
PLAIN = {
    "Int": 2024, "Position": 1, "Boolean": True, "Date": "2024-05-31", "Decimal": "1",
    "DateTime": "2024-05-31T00:00:00Z", "String": "PROVINCE", "Text": "canary",
}  # fmt: skip
KINDS = {"place": "jurisdiction", "trainer": "staff", "of": "jurisdiction", "by": "staff"}
KINDS |= {"actor": "staff", "signOff": "signoff", "auditSample": "sample"}


@dataclass(frozen=True)
class Question:
    """One document with its variables, about one field of a root type."""

    field: str
    document: str
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Strangers:
    """Names of strangers by kind, and ids of events about them."""

    names: dict[str, str]
    events: tuple[str, ...] = ()

    def of(self, argument: str, asked: str) -> list[str]:
        """What an argument may be given: names of its kind, or of each where it does not say."""
        kind = KINDS.get(argument, argument)
        if argument == "id":
            kind = KINDS.get(asked, asked)
        if kind in self.names:
            return [self.names[kind]]
        return [*self.names.values(), *self.events]


def questions(schema: GraphQLSchema, root: GraphQLObjectType, who: Strangers) -> list[Question]:
    """All questions of a root type: each with what it has to have, and with each option alone."""
    return [each for name in root.fields for each in _of_field(schema, root, name, who)]


def _of_field(
    schema: GraphQLSchema, root: GraphQLObjectType, name: str, who: Strangers
) -> Iterator[Question]:
    asked = root.fields[name]
    bodies = list(selections(schema, get_named_type(asked.type)))
    slight = next(selections(schema, get_named_type(asked.type), SLIGHT))
    must = [arg for arg, each in asked.args.items() if is_required_argument(each)]
    bases: list[dict[str, Any]] = [{}]
    for arg in must:
        values = list(_values(asked.args[arg].type, arg, who, name))
        # Names of one question go together; else there would be too many.
        bases = [
            base | {arg: value} for base in bases for value in values[: 1 if len(bases) > 1 else 99]
        ]
    for base in bases:
        yield _question(root, name, asked, base, bodies[0] if len(bodies) == 1 else slight)
    for body in bodies[1:]:
        yield _question(root, name, asked, bases[0], body)
    for arg, each in asked.args.items():
        if arg not in must:
            for value in _options(each.type, arg, who):
                yield _question(root, name, asked, bases[0] | {arg: value}, slight)


def _question(
    root: GraphQLObjectType, name: str, asked: GraphQLField, given: dict[str, Any], body: str
) -> Question:
    kind = "subscription" if root.name == "Subscription" else "query"
    heads = ", ".join(f"${arg}: {asked.args[arg].type}" for arg in given)
    passed = ", ".join(f"{arg}: ${arg}" for arg in given)
    head = f"{kind}({heads})" if given else kind
    return Question(name, f"{head} {{ {name}{f'({passed})' if given else ''} {body} }}", given)


def _values(kind: Any, name: str, who: Strangers, asked: str = "") -> Iterator[Any]:
    """What is given to an argument or a field of an input."""
    plain = get_nullable_type(kind)
    if isinstance(plain, GraphQLList):
        yield from ([each] for each in _values(plain.of_type, name.removesuffix("s"), who))
    elif plain.name == "AsOf":
        yield {"effective": PLAIN["Date"]}
    elif isinstance(plain, GraphQLInputObjectType):
        yield from _inputs(plain, who)
    elif isinstance(plain, GraphQLEnumType):
        yield next(iter(plain.values))
    elif name == "after" and plain.name == "String":
        yield from map(cursor_of, (who.names["teacher"], "1"))
    elif plain.name == "ID":
        yield from who.of(name, asked)
    else:
        yield PLAIN[plain.name]


def _options(kind: Any, name: str, who: Strangers) -> Iterator[Any]:
    """What is given to an argument that may be left out: what names somebody, or another way in."""
    plain = get_named_type(kind)
    if plain.name in ("ID", "Text", "String") or isinstance(plain, GraphQLInputObjectType):
        yield from _values(kind, name, who)
    elif name == "first":
        yield 1


def _inputs(kind: GraphQLInputObjectType, who: Strangers) -> Iterator[dict[str, Any]]:
    must = {
        name: next(_values(each.type, name, who))
        for name, each in kind.fields.items()
        if is_required_input_field(each)
    }
    if must or not kind.fields:
        yield must
    for name, each in kind.fields.items():
        if name not in must:
            for value in _options(each.type, name, who):
                yield must | {name: value}


def selections(schema: GraphQLSchema, kind: Any, depth: int = DEPTH) -> Iterator[str]:
    """All fields of a type, as deep as they go; of an interface or union one type at a time."""
    if is_leaf_type(kind):
        yield ""
    elif isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        for each in schema.get_possible_types(kind):
            yield f"{{ __typename ... on {each.name} {_selection(schema, each, depth)} }}"
    else:
        yield _selection(schema, kind, depth)


def _selection(schema: GraphQLSchema, kind: Any, depth: int) -> str:
    if depth == 0:
        return "{ __typename }"
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        parts = [
            f"... on {each.name} {_selection(schema, each, depth - 1)}"
            for each in schema.get_possible_types(kind)[:1]
        ]
        return "{ __typename " + " ".join(parts) + " }"
    chosen = ["__typename"]
    for name, each in kind.fields.items():
        if any(is_required_argument(arg) for arg in each.args.values()):
            continue
        inner = get_named_type(each.type)
        rest = "" if is_leaf_type(inner) else f" {_selection(schema, inner, depth - 1)}"
        chosen.append(name + rest)
    return "{ " + " ".join(chosen) + " }"


def differences(before: Any, after: Any, heads: tuple[int, int], path: str = "") -> list[str]:
    """Where two answers differ, other than that each says where the ledger stands."""
    if before == after or (before, after) == heads:
        return []
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        return [
            found
            for name in before
            for found in differences(before[name], after[name], heads, f"{path}.{name}")
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            found
            for number, (one, other) in enumerate(zip(before, after, strict=True))
            for found in differences(one, other, heads, f"{path}.{number}")
        ]
    return [f"{path}: {str(before)[:160]} -> {str(after)[:160]}"]

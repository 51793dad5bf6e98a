"""Inquiry: a query of GraphQL asked from within, with its own arguments, reach and sentences.

What is asked for in return is every field of the rows, so that a field that is added to the schema
is read here as well.
"""

from __future__ import annotations

from functools import cached_property
from inspect import isawaitable
from typing import Any

import msgspec
from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    execute,
    get_named_type,
    get_nullable_type,
    is_required_argument,
    parse,
)
from msgspec import structs

from ledger.fault import Fault
from schema.answers import spelt
from schema.column import Part, parts_of, whole
from schema.complaint import complaint, path_of
from schema.context import Context
from schema.errors import root_of

MOMENT = "AsOf"
MOMENTS = ("position", "instant", "effective", "on")
UNASKED = ("first", "after", "atLeast")
WORDS = {"true": True, "false": False}


class Inquiry:
    """A query whose rows are the nodes of a connection, or a list ``of`` the object it gives."""

    def __init__(
        self, query: str, of: str | None, above: tuple[str, ...], without: tuple[str, ...]
    ) -> None:
        self.query = query
        self.of = of
        self._above = above
        self._without = without

    @cached_property
    def field(self) -> GraphQLField:
        """The query."""
        asked = whole().query_type
        assert asked is not None
        found: GraphQLField = asked.fields[self.query]
        return found

    @cached_property
    def moment(self) -> str | None:
        """The argument that is the moment; one that must be given is a question of its own."""
        arguments = self.field.args.items()
        return next((name for name, each in arguments if str(each.type) == MOMENT), None)

    @cached_property
    def kind(self) -> str:
        """The type of a row."""
        return _node(_object(self._answer.fields[self.of]) if self.of else self._answer).name

    @cached_property
    def rows(self) -> tuple[Part, ...]:
        """What a row has."""
        return parts_of(self.kind, without=self._without)

    @cached_property
    def above(self) -> tuple[Part, ...]:
        """What stands above the rows, in the object."""
        if not self._above:
            return ()
        return tuple(each for each in parts_of(self._answer.name) if each.key in self._above)

    @cached_property
    def inner(self) -> Part:
        """The rows as a part of the object, where something stands above them."""
        found = next(each for each in parts_of(self._answer.name) if each.key == self.of)
        return structs.replace(found, many=False, parts=self.rows)

    @property
    def _answer(self) -> GraphQLObjectType:
        return _object(self.field)

    def filters(self) -> tuple[str, ...]:
        """The names of what narrows it; those of a moment one by one."""
        found: list[str] = []
        for name, argument in self.field.args.items():
            if get_named_type(argument.type).name != MOMENT:
                found += [] if name in UNASKED else [name]
            elif name != self.moment:
                found += [name + part.capitalize() for part in MOMENTS]
        return tuple(found)

    def given(self, filters: dict[str, str]) -> dict[str, Any]:
        """The filters as arguments. Raises ``Fault`` for one that is missing or cannot be read."""
        found: dict[str, Any] = {}
        for name, argument in self.field.args.items():
            kind = get_named_type(argument.type).name
            if name == self.moment:
                continue
            if kind == MOMENT:
                parts = {each: name + each.capitalize() for each in MOMENTS}
                found[name] = {
                    each: _value("Position" if each == "position" else kind, filters[one], one)
                    for each, one in parts.items()
                    if one in filters
                }
            elif name in filters:
                many = isinstance(get_nullable_type(argument.type), GraphQLList)
                values = filters[name].split(",") if many else [filters[name]]
                read = [_value(kind, each, name) for each in values]
                found[name] = read if many else read[0]
            elif is_required_argument(argument):
                raise Fault(
                    "BAD_FILTER",
                    zh=f"须给条件 {name}",
                    en=f"the filter {name} is needed",
                    field=f"filters.{name}",
                )
        return found

    async def ask(self, context: Context, given: dict[str, Any]) -> Any:
        """What it answers. Raises the ``Fault`` that it has, also where a draft is refused."""
        declared = ", ".join(f"${name}: {self.field.args[name].type}" for name in given)
        passed = ", ".join(f"{name}: ${name}" for name in given)
        head, call = (f"({declared})", f"({passed})") if given else ("", "")
        document = f"query{head} {{ {self.query}{call} {self._selected} }}"
        found: Any = execute(whole(), parse(document), context_value=context, variable_values=given)
        if isawaitable(found):
            found = await found
        for error in found.errors or ():
            raise _said(error)
        # A name is a text of its own kind to Python, and plain text in a file.
        answer = msgspec.to_builtins(found.data[self.query], enc_hook=str)
        for each in (answer or {}).get("refusals", ()):
            raise Fault(each["code"], zh=each["zh"], en=each["en"], field="filters.draft")
        return answer

    @cached_property
    def _selected(self) -> str:
        rows = _spread(self.rows)
        if self.of is None:
            return _connected(rows) if _paged(self._answer) else rows
        fields = self._answer.fields
        beside = [each for each in ("position",) if each in fields]
        beside += ["refusals { code zh en }"] if "refusals" in fields else []
        beside += [_spread(self.above).strip("{}")] if self.above else []
        nested = _connected(rows) if _paged(_object(fields[self.of])) else rows
        return f"{{ {' '.join(beside)} {self.of} {nested} }}"


def _value(kind: str, given: str, name: str) -> Any:
    """A filter's text as the argument has it; what only the schema can read stays a text."""
    if kind == "Boolean":
        read: Any = WORDS.get(given)
    elif kind in ("Int", "Position"):
        read = int(given) if given.isascii() and given.isdigit() else None
    else:
        return given
    if read is None:
        raise Fault(
            "BAD_FILTER",
            zh=f"条件 {name} 的值 {given[:80]!r} 不合要求",
            en=f"the filter {name} cannot be {given[:80]!r}",
            field=f"filters.{name}",
        )
    return read


def _said(error: GraphQLError) -> Exception:
    """An error as an export says it: the sentence of the query, with the filter."""
    cause = root_of(error)
    path = path_of(error.message)
    if isinstance(cause, Fault):
        field = path or spelt(cause.field)
        zh, en = (f"{path}：{cause.zh}", f"{path}: {cause.en}") if path else (cause.zh, cause.en)
        return type(cause)(cause.code, zh=zh, en=en, field=field and f"filters.{field}")
    if not isinstance(cause, GraphQLError):
        return cause
    zh, en = complaint(error.message), error.message
    return Fault("BAD_FILTER", zh=zh, en=en, field=f"filters.{path}" if path else "filters")


def _object(field: GraphQLField) -> GraphQLObjectType:
    kind = get_named_type(field.type)
    assert isinstance(kind, GraphQLObjectType)
    return kind


def _paged(kind: GraphQLObjectType) -> bool:
    return "pageInfo" in kind.fields


def _node(kind: GraphQLObjectType) -> GraphQLObjectType:
    return _object(_object(kind.fields["edges"]).fields["node"]) if _paged(kind) else kind


def _spread(parts: tuple[Part, ...]) -> str:
    told = (f"{each.key} {_spread(each.parts)}" if each.parts else each.key for each in parts)
    return f"{{ {' '.join(told)} }}"


def _connected(rows: str) -> str:
    return f"{{ position pageInfo {{ hasNextPage endCursor }} edges {{ node {rows} }} }}"

"""Asking: a root field's resolver called with a request's arguments, by a plan made once.

The reference looks up, coerces and converts each argument anew with each request, by the types that
it has. Which values are to be had from the variables as they are, and which stand in the document,
is known once. Whatever is not of these, or lacks where it must not, is the reference's business.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import MISSING
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import partial
from types import NoneType
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_leaf_type,
)
from graphql.utilities.coerce_input_value import coerce_input_literal
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from schema.compiled.leaf import Unusual

# The value of an argument by those of the variables; ``Undefined``: it is not given.
Reader = Callable[[dict[str, Any]], Any]
PLAINLY = "plainly"
"""The attribute of an input's ``from_input`` that needs nothing but the values of its fields."""
# Of these a value in the document is the same in every request, and nobody can change it.
FIXED = (str, int, Decimal, date, Enum, NoneType)


class Unasked(Exception):
    """A field whose arguments are the reference's business."""


class Asking:
    """How one root field of an operation is asked. Raises ``Unasked`` where it is not ours."""

    def __init__(self, schema: Any, defined: GraphQLField, node: FieldNode) -> None:
        own = defined.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(own, StrawberryField) or own.base_resolver is None or not own.is_async:
            raise Unasked
        resolver = own.base_resolver
        if own.extensions or resolver.parent_parameter or resolver.root_parameter:
            raise Unasked
        self.defined, self._own = defined, own
        self._resolve: Any = resolver.wrapped_func
        self._self = resolver.self_parameter is not None
        told = resolver.info_parameter
        self._told = None if told is None else told.name
        self._config = schema._strawberry_schema.config
        self._readers = list(self._arguments(node))

    def ask(self, source: Any, info: Any, variables: dict[str, Any]) -> Coroutine[Any, Any, Any]:
        """What the resolver will give. Raises ``Unusual`` before it is called."""
        try:
            given = _read(self._readers, variables)
        except Exception:  # whatever is wrong with an argument, the reference says it better
            raise Unusual from None
        if self._told is not None:
            given[self._told] = self._config.info_class(_raw_info=info, _field=self._own)
        asked: Coroutine[Any, Any, Any]
        asked = self._resolve(source, **given) if self._self else self._resolve(**given)
        return asked

    def _arguments(self, node: FieldNode) -> Iterator[tuple[str, Reader]]:
        """The arguments by the resolver's names, each with how it is read."""
        given = {each.name.value: each.value for each in node.arguments or ()}
        spelt = self._config.name_converter.from_argument
        python = {spelt(each): each.python_name for each in self._own.arguments}
        for name, argument in self.defined.args.items():
            if argument.out_name is not None:
                raise Unasked
            if name in given:
                yield python[name], self._reader(given[name], argument.type)
            else:
                _left_out(argument)

    def _reader(self, node: ValueNode, kind: Any) -> Reader:
        bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(node, ObjectValueNode) and isinstance(bare, GraphQLInputObjectType):
            return self._object(node, bare)
        if not is_leaf_type(bare):
            raise Unasked
        if isinstance(node, VariableNode):
            return _of_variable(node.name.value, needed=bare is not kind)
        fixed = coerce_input_literal(node, kind)
        if not isinstance(fixed, FIXED):
            raise Unasked
        return lambda _: fixed

    def _object(self, node: ObjectValueNode, kind: GraphQLInputObjectType) -> Reader:
        """An input of which all that is given is a leaf, or such an input again."""
        definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if definition is None or kind.is_one_of:
            raise Unasked
        given = {each.name.value: each.value for each in node.fields}
        spelt = {self._config.name_converter.from_field(each): each for each in definition.fields}
        fill = definition.from_input
        if fill is not None and not getattr(fill, PLAINLY, False):
            raise Unasked
        blank: dict[str, Any] = {}
        readers: list[tuple[str, Reader]] = []
        for name, each in kind.fields.items():
            own, default = spelt[name], _default(each)
            key = own.python_name if fill is None else name
            if fill is not None and default not in (None, Undefined):
                raise Unasked
            lacks = own.default_value is own.default_factory is MISSING
            if lacks if fill is None else default is None:
                blank[key] = None  # as the reference has it
            if name in given:
                readers.append((key, self._reader(given[name], each.type)))
            else:
                _left_out(each)
        make: Any = definition.origin
        if fill is not None:
            make = partial(_filled, fill, make)
        return lambda variables: make(**(blank | _read(readers, variables)))


def _filled(fill: Callable[..., Any], kind: type, /, **given: Any) -> Any:
    return fill(kind, given, None)


def _of_variable(name: str, needed: bool) -> Reader:
    def read(variables: dict[str, Any]) -> Any:
        value = variables.get(name, Undefined)
        if needed and (value is None or value is Undefined):
            raise Unusual
        return value

    return read


def _read(readers: list[tuple[str, Reader]], variables: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, read in readers:
        value = read(variables)
        if value is not Undefined:
            found[name] = value
    return found


def _default(argument: Any) -> Any:
    return argument.default_value if argument.default is None else argument.default.value


def _left_out(argument: Any) -> None:
    """Raises ``Unasked`` for what must be given, or has a default that is made anew each time."""
    needed, default = isinstance(argument.type, GraphQLNonNull), _default(argument)
    leaf = is_leaf_type(argument.type.of_type if needed else argument.type)
    if (default is Undefined and needed) or not (leaf or default is None or default is Undefined):
        raise Unasked

"""Plan: one Python function for a value of a type and all that is selected below it.

The source is made of our own words only: what a client wrote, such as an alias, is bound to a name
and never spelt in it. Fields that the house does not know to be plain readings make the selection
set around them the reference's business; what lies below it is planned again from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    Undefined,
    is_leaf_type,
)
from graphql.execution.executor import Executor
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from schema.compiled.leaf import Unusual, drop, expression
from schema.compiled.rendering import FLEETING
from schema.compiled.source import Source
from schema.compiled.stored import EDGES, edges

FIELDS_MAX = 2_000
BATCH = "batch"
"""The key in a field's metadata of the function that reads it for many parents at once.

It is called with the context and the parents, in their order, and gives as many values. It may be
called again for the same parents by the reference's resolver, so it must write nothing; where its
resolver would write, it raises ``Unusual``.
"""

SPLICED = "spliced"
"""The key in a field's metadata of a function that gives its value for splicing; see there."""

Complete = Callable[[Any, "Run"], Any]
Batch = Callable[[Any, list[Any]], Any]


class Unplanned(Exception):
    """A selection that is left to the reference executor."""


@dataclass(slots=True)
class Later:
    """A field that is read for many parents at once, when all that is at hand is done."""

    key: str
    batch: Batch
    complete: Complete
    nullable: bool
    waiting: list[tuple[dict[str, Any], Any]] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """One value on its way: the executor and field it is of, and what is to be read later."""

    executor: Executor[Any]
    info: Any
    later: dict[int, Later] = field(default_factory=dict)


@dataclass
class Plan:
    """Makes functions for the selection sets of one operation under one set of conditions."""

    executor: Any
    fields: int = 0
    fleeting: bool = False
    """Whether anything is selected that changes while its object stays the same."""

    def value(self, kind: GraphQLOutputType, details: list[Any]) -> Complete:
        """The function for a field's value. Raises ``Unplanned``."""
        source = Source()
        body = self._expression(source, kind, details, "value", "v")
        return source.function([f"return {body}"])

    def _expression(
        self, source: Source, kind: GraphQLOutputType, details: list[Any], value: str, name: str
    ) -> str:
        """An expression that completes ``value``; ``name`` begins the names that it may use."""
        if not isinstance(kind, GraphQLNonNull):
            return self._nullable(source, kind, details, value, name)
        inner = self._nullable(source, kind.of_type, details, value, name)
        needed = source.bind(_needed)
        return f"({name}n if ({name}n := {inner}) is not None else {needed}())"

    def _nullable(
        self, source: Source, kind: GraphQLOutputType, details: list[Any], value: str, name: str
    ) -> str:
        if is_leaf_type(kind):
            assert isinstance(kind, GraphQLLeafType)
            return expression(kind, source.bind, name, value)
        read = f"({name} := {value})"
        if isinstance(kind, GraphQLList):
            each = self._expression(source, kind.of_type, details, f"{name}e", f"{name}i")
            listed = source.bind(_listed)
            return f"(None if {read} is None else [{each} for {name}e in {listed}({name})])"
        if isinstance(kind, GraphQLObjectType):
            complete = source.bind(self.object(kind, details))
        elif isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            complete = source.bind(Abstract(self, kind, details))
            self.fleeting = True  # nobody knows yet what of
        else:
            raise Unplanned
        return f"(None if {read} is None else {complete}({name}, run))"

    def object(self, kind: GraphQLObjectType, details: list[Any]) -> Complete:
        """The function for an object of a type. Raises ``Unplanned``."""
        source, lines = Source(), []
        known = source.bind(_Known())
        lines.append(f"if value.__class__ not in {known}: {known}.check(value)")
        if kind.is_type_of:
            test = source.bind(kind.is_type_of)
            lines.append(f"if {test}(value, run.info) is not True: raise {source.bind(Unusual)}")
        members, later = [], []
        for number, (key, chosen) in enumerate(self.selected(kind, details)):
            found = self._field(source, kind, chosen, f"v{number}")
            if isinstance(found, Later):
                found.key = key
                later.append(f"run_later(run, {source.bind(found)}, answer, value)")
            members.append(f"{source.bind(key)}: {'None' if isinstance(found, Later) else found}")
        source.names["run_later"] = _later
        lines += [f"answer = {{{', '.join(members)}}}", *later, "return answer"]
        return source.function(lines)

    def selected(
        self, kind: GraphQLObjectType, details: list[Any]
    ) -> Iterator[tuple[str, list[Any]]]:
        """The response names below an object with their fields. Raises ``Unplanned``."""
        selected = self.executor.collect_subfields(kind, details)
        if selected.new_defer_usages or selected.forbidden_directive_instances:
            raise Unplanned
        for key, chosen in selected.grouped_field_set.items():
            self.fields += 1
            if self.fields > FIELDS_MAX or any(e.fragment_variable_values for e in chosen):
                raise Unplanned
            yield key, chosen

    def defined(
        self, parent: GraphQLObjectType, details: list[Any]
    ) -> tuple[StrawberryField, GraphQLField]:
        """What a field is that needs no argument. Raises ``Unplanned`` for any other."""
        defined = self.executor.schema.get_field(parent, details[0].node.name.value)
        if defined is None or defined.args:
            raise Unplanned
        own = defined.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(own, StrawberryField) or own.extensions:
            raise Unplanned
        return own, defined

    def _field(
        self, source: Source, parent: GraphQLObjectType, details: list[Any], name: str
    ) -> str | Later:
        if details[0].node.name.value == "__typename":
            return source.bind(parent.name)
        own, defined = self.defined(parent, details)
        metadata: Any = own.metadata or {}
        self.fleeting = self.fleeting or FLEETING in metadata
        if BATCH in metadata:
            return self._later(defined, details, metadata[BATCH])
        if SPLICED in metadata and self.executor.splicing:
            return f"{source.bind(metadata[SPLICED])}(value)"
        found = self._expression(source, defined.type, details, _reading(source, own), name)
        if EDGES not in metadata:
            return found
        return edges(self, source, defined.type, details, found)

    def _later(self, defined: GraphQLField, details: list[Any], batch: Batch) -> Later:
        kind = defined.type
        nullable = not isinstance(kind, GraphQLNonNull)
        return Later(key="", batch=batch, complete=self.value(kind, details), nullable=nullable)


class Abstract:
    """Completes values of an interface or a union by the function of the type they turn out as."""

    def __init__(
        self, plan: Plan, kind: GraphQLInterfaceType | GraphQLUnionType, details: list[Any]
    ) -> None:
        if kind.resolve_type is None:
            raise Unplanned
        # The plan itself is not kept: it holds the request that it was made in.
        self._fields, self._kind, self._details = plan.fields, kind, details
        self._made: dict[str, Complete] = {}

    def __call__(self, value: Any, run: Run) -> Any:
        """The completed value. Raises ``Unusual``."""
        assert self._kind.resolve_type is not None
        name = self._kind.resolve_type(value, run.info, self._kind)
        made = self._made.get(name) if isinstance(name, str) else None
        if made is None:
            made = self._make(name, run.executor)
        return made(value, run)

    def _make(self, name: Any, executor: Executor[Any]) -> Complete:
        kind = executor.schema.get_type(name) if isinstance(name, str) else None
        if not isinstance(kind, GraphQLObjectType) or not executor.schema.is_sub_type(
            self._kind, kind
        ):
            drop(name)
            raise Unusual
        try:
            made = Plan(executor, self._fields).object(kind, self._details)
        except Unplanned:
            made = _unusual
        self._made[name] = made
        return made


class _Known(set[type]):
    """Classes of whose objects it is known that they are neither awaited nor errors nor nothing."""

    def check(self, value: Any) -> None:
        """Learns a class. Raises ``Unusual`` for what is no object to be read."""
        if value is None or value is Undefined or isinstance(value, Exception):
            raise Unusual
        if optimized_is_awaitable(value):
            drop(value)
            raise Unusual
        self.add(type(value))


def _reading(source: Source, own: StrawberryField) -> str:
    """An expression for what a field's resolver gives. Raises ``Unplanned`` for one that asks."""
    resolver = own.base_resolver
    if resolver is None:
        if own.default_resolver is not getattr or not _plain(own.python_name):
            raise Unplanned
        return f"value.{own.python_name}"
    if own.is_async or resolver.info_parameter is not None or resolver.arguments:
        raise Unplanned
    given = ["value"] if resolver.self_parameter else []
    parents = (resolver.parent_parameter, resolver.root_parameter)
    # One parameter may be both, by its name and by its annotation.
    given += sorted({f"{each.name}=value" for each in parents if each is not None})
    return f"{source.bind(resolver.wrapped_func)}({', '.join(given)})"


def _plain(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _listed(value: Any) -> Any:
    # What can be gone through only once must be left for the reference.
    if not isinstance(value, list | tuple):
        drop(value)
        raise Unusual
    return value


def _needed() -> Any:
    raise Unusual


def _unusual(value: Any, run: Run) -> Any:
    raise Unusual


def _later(run: Run, found: Later, answer: dict[str, Any], parent: Any) -> None:
    held = run.later.get(id(found))
    if held is None:
        held = Later(found.key, found.batch, found.complete, found.nullable)
        run.later[id(found)] = held
    held.waiting.append((answer, parent))

"""Operation: the functions made for each operation and each set of its conditions.

An operation is known by its node, which stays the same as long as its document is remembered. It
is planned when it comes a second time, so a document that is asked once costs nothing here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DirectiveNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)
from graphql.execution.executor import Executor

from schema.compiled.asking import Asking, Unasked
from schema.compiled.plan import Complete, Plan, Unplanned

OPERATIONS_MAX = 256
CONDITIONS_MAX = 8

Made = dict[tuple[Any, ...], Complete | None]


@dataclass
class Operation:
    """What was made for one operation."""

    node: OperationDefinitionNode
    conditions: tuple[str, ...]
    """The variables on which ``@skip`` and ``@include`` hang."""
    held: list[Any] = field(default_factory=list)
    """Nodes whose identity is part of a key, so that they stay what they are."""
    made: dict[tuple[Any, ...], Made] = field(default_factory=dict)
    asked: dict[int, Asking | None] = field(default_factory=dict)
    """How root fields are asked, by their nodes; ``None``: not by us."""
    steady: set[Complete] = field(default_factory=set)
    """The functions that make the same of an object as long as it is the same."""

    def under(self, executor: Any) -> Made | None:
        """What was made under this request's conditions; ``None`` where there are too many."""
        coerced = executor.variable_values.coerced
        values = (executor.splicing, *(coerced.get(name) for name in self.conditions))
        found = self.made.get(values)
        if found is None and len(self.made) < CONDITIONS_MAX:
            found = self.made[values] = {}
        return found

    def complete(
        self, made: Made, executor: Executor[Any], kind: GraphQLOutputType, details: list[Any]
    ) -> Complete | None:
        """The function for a field's value, made at its first use; ``None``: not ours."""
        key = (kind, *(id(each.node) for each in details))
        try:
            return made[key]
        except KeyError:
            pass
        plan = Plan(executor)
        try:
            found = plan.value(kind, details)
            if not plan.fleeting:
                self.steady.add(found)
        except (Unplanned, RecursionError, GraphQLError):
            # The reference says at its own place what is wrong with a condition.
            found = None
        self.held.append([each.node for each in details])
        made[key] = found
        return found

    def asking(
        self, schema: GraphQLSchema, parent: GraphQLObjectType, details: list[Any]
    ) -> Asking | None:
        """How a root field is asked, found out at its first use; ``None``: not by us."""
        node = details[0].node
        number = id(node)
        if number in self.asked:
            return self.asked[number]
        defined = schema.get_field(parent, node.name.value)
        try:
            if defined is None or details[0].fragment_variable_values:
                raise Unasked
            found = Asking(schema, defined, node)
        except Unasked:
            found = None
        self.held.append([node])
        self.asked[number] = found
        return found

    def nullable(
        self, schema: GraphQLSchema, parent: GraphQLObjectType, fields: list[list[Any]]
    ) -> bool:
        """Whether any of these root fields can be nothing without the others being nothing too."""
        for details in fields:
            asking = self.asking(schema, parent, details)
            if asking is None or isinstance(asking.defined.type, GraphQLNonNull):
                return False
        return True


class Operations:
    """The operations that were seen last."""

    def __init__(self, most: int = OPERATIONS_MAX) -> None:
        self._most = most
        self._known: OrderedDict[int, Operation | None] = OrderedDict()
        self._nodes: dict[int, OperationDefinitionNode] = {}

    def find(self, executor: Executor[Any]) -> Operation | None:
        """What is known of the executor's operation; ``None`` when it comes for the first time."""
        node = executor.operation
        number = id(node)
        if number not in self._nodes:
            self._keep(number, node)
            return None
        self._known.move_to_end(number)
        known = self._known[number]
        if known is None:
            names = conditions(node.selection_set, executor.fragment_definitions)
            known = self._known[number] = Operation(node, names)
        return known

    def _keep(self, number: int, node: OperationDefinitionNode) -> None:
        # The node is held, so no other can come to have its number meanwhile.
        self._nodes[number], self._known[number] = node, None
        if len(self._known) > self._most:
            oldest, _ = self._known.popitem(last=False)
            del self._nodes[oldest]


def conditions(
    selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    """The names of the variables on which it hangs what is selected, sorted."""
    sets = [selected, *(each.selection_set for each in fragments.values())]
    return tuple(sorted({name for each in sets for name in _conditions(each)}))


def _conditions(selected: SelectionSetNode) -> Iterator[str]:
    for each in selected.selections:
        for directive in each.directives or ():
            yield from _variables(directive)
        inner = getattr(each, "selection_set", None)
        if inner is not None:
            yield from _conditions(inner)


def _variables(directive: DirectiveNode) -> Iterator[str]:
    for argument in directive.arguments or ():
        if isinstance(argument.value, VariableNode):
            yield argument.value.name.value

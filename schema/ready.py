"""Ready: queries that were found valid before, with all that need not be found out again.

A query that comes again has the same tokens, shape, and validity, and the same cost where the
variables that say how many are the same. So it goes to the executor at once, past the hooks that
found all of that out; its points are taken, and its errors coded, as there. What is unusual is not
ready: mutations, questions about the schema, long documents, variables that do not fit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.execute import default_field_resolver, default_type_resolver
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.utilities import coerce_input_value, get_operation_ast
from strawberry.execution.is_awaitable import optimized_is_awaitable

from schema.allowance import Allowance
from schema.compiled.executor import CompiledExecutor
from schema.cost import counting, price_of, whole
from schema.errors import CodedErrors
from schema.price import LONGEST, Cost, Price

READY_MAX = 512
PRICES_MAX = 64
COERCION_ERRORS_MAX = 50  # graphql-core's own

Spend = Callable[[Any, Cost], tuple[dict[str, Any], GraphQLError | None]]
Variables = dict[str, Any] | None


@dataclass(slots=True)
class Carried:
    """What became of a query: ``data`` may hold ``msgspec.Raw``, which goes out as it stands.

    ``done``: whether it was carried out, and not only refused.
    """

    data: dict[str, Any] | None
    errors: list[GraphQLError]
    cost: dict[str, Any]
    done: bool = True


@dataclass
class Ready:
    """A query of a valid document."""

    schema: GraphQLSchema
    document: DocumentNode
    operation: OperationDefinitionNode
    name: str | None
    fragments: dict[str, FragmentDefinitionNode]
    details: dict[str, FragmentDetails]
    counting: tuple[str, ...]
    leaves: list[GraphQLVariableSignature] | None
    """Its variables, where all are scalars and words of lists."""
    prices: dict[tuple[object, ...], Price] = field(default_factory=dict)
    version: int = LONGEST.version

    def variables(self, given: Variables) -> VariableValues | None:
        """The values of its variables; ``None`` where some do not fit."""
        return _leaves(self.leaves, given or {}) or self._variables(given)

    def _variables(self, given: Variables) -> VariableValues | None:
        found = get_variable_values(
            self.schema,
            self.operation.variable_definitions or (),
            given or {},
            max_errors=COERCION_ERRORS_MAX,
        )
        return None if isinstance(found, list) else found

    def price(self, given: Variables) -> Price:
        """What it may come to with these variables, reckoned once for those that say how many."""
        if self.version != LONGEST.version:
            self.version = LONGEST.version
            self.prices.clear()
        told = given or {}
        # What is not given has the default of its variable; a null that is given has none.
        key = tuple(_many(told[each]) if each in told else MISSING for each in self.counting)
        found = self.prices.get(key)
        if found is None:
            found = price_of(self.schema, self.document, self.name, given)
            if len(self.prices) < PRICES_MAX:
                self.prices[key] = found
        return found

    async def carry_out(
        self, context: Any, values: VariableValues, given: Variables, spend: Spend
    ) -> Carried:
        """What became of it. It raises what the reference executor would raise."""
        told, wrong = spend(context, self.price(given).most)
        if wrong is not None:
            return Carried(None, _coded([wrong]), told, done=False)
        executor = CompiledExecutor(
            self.schema,
            self.fragments,
            self.details,
            None,
            context,
            self.operation,
            values,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,
            splicing=True,
        )
        try:
            found = executor.execute_operation()
            result: Any = await found if isinstance(found, Awaitable) else found
        except Exception as error:
            said = error if isinstance(error, GraphQLError) else None
            wrong = said or GraphQLError(str(error), original_error=error)
            result = ExecutionResult(None, [wrong])
        return Carried(result.data, _coded(result.errors or []), told)


class Readiness:
    """The queries that came last, by their text, name, and what their askers may send."""

    def __init__(self, most: int = READY_MAX) -> None:
        self._most = most
        self._known: OrderedDict[tuple[object, ...], Ready] = OrderedDict()

    def find(
        self, schema: GraphQLSchema, text: str, name: str | None, allowance: Allowance
    ) -> Ready | None:
        """The query, where it was found valid under this allowance."""
        key = (id(schema), text, name, id(allowance))
        found = self._known.get(key)
        if found is None or found.schema is not schema:
            return None
        self._known.move_to_end(key)
        return found

    def keep(
        self,
        schema: GraphQLSchema,
        text: str,
        name: str | None,
        allowance: Allowance,
        document: DocumentNode,
    ) -> None:
        """Keeps what was found valid, where it is a query; ``name``: that of its operation."""
        operation = get_operation_ast(document, name)
        if operation is None or operation.operation is not OperationType.QUERY:
            return
        fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        if any(each.variable_definitions for each in fragments.values()):
            return
        ready = Ready(
            schema=schema,
            document=document,
            operation=operation,
            name=name,
            fragments=fragments,
            details={key: FragmentDetails(each, None) for key, each in fragments.items()},
            counting=counting(operation, fragments),
            leaves=_signatures(schema, operation),
        )
        first = next(e for e in document.definitions if isinstance(e, OperationDefinitionNode))
        # Who names none means the first.
        for each in (name, None) if operation is first else (name,):
            self._known[id(schema), text, each, id(allowance)] = ready
        while len(self._known) > self._most:
            self._known.popitem(last=False)


READINESS = Readiness()


def _signatures(
    schema: GraphQLSchema, operation: OperationDefinitionNode
) -> list[GraphQLVariableSignature] | None:
    found: list[GraphQLVariableSignature] = []
    for each in operation.variable_definitions or ():
        signature = get_variable_signature(schema, each)
        if isinstance(signature, GraphQLError) or not is_leaf_type(
            get_nullable_type(signature.type)
        ):
            return None
        found.append(signature)
    return found


def _leaves(
    signatures: list[GraphQLVariableSignature] | None, given: dict[str, Any]
) -> VariableValues | None:
    """The values, where all are given and fit."""
    if signatures is None:
        return None
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for each in signatures:
        value = given.get(each.name, Undefined)
        found = Undefined if value is Undefined else coerce_input_value(value, each.type)
        if found is Undefined:
            return None
        sources[each.name], coerced[each.name] = VariableValueSource(each, value), found
    return VariableValues(sources, coerced)


MISSING = object()


def _many(value: Any) -> object:
    """What of a value the cost may hang on: a number, or how many it lists."""
    if isinstance(value, list):
        return len(value), "list"
    found = whole(value)
    return found if isinstance(found, int) else None


def _coded(errors: list[GraphQLError]) -> list[GraphQLError]:
    return [CodedErrors().anonymise_error(each) for each in errors]

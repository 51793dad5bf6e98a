"""The gate: what a document must pass before it is carried out, as extensions of Strawberry.

In this order: its length, its tokens, its shape, whether it may ask for the schema, validation, its
cost, and what the asker has left. Parsed and validated documents are kept, but for long ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any, Protocol

from graphql import ASTValidationRule, DocumentNode, GraphQLError, GraphQLSchema, parse, validate
from graphql import ExecutionResult as CarriedOut
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.graphql import OperationType

from schema.allowance import allowance_of, excess
from schema.cost import price_of
from schema.price import Cost, Price
from schema.ready import READINESS
from schema.shape import Shape, shape_of

KEPT = 256
KEPT_CHARACTERS_MAX = 8_000
MISFITS_MAX = 20
UNREAD = parse("{ __typename }")  # stands for a document that is too long


class Purse(Protocol):
    """What an asker has to spend."""

    @property
    def may_ask_schema(self) -> bool:
        """Whether the schema is told."""

    def spend(self, points: int) -> dict[str, float]:
        """Takes points; Shopify's ``throttleStatus``. Raises ``Throttled`` where they lack."""

    def give_back(self, points: int) -> dict[str, float]:
        """Gives points back that were taken and not needed; ``throttleStatus`` after that."""


class Throttled(Exception):
    """The asker has spent what there was; ``status`` says how much there is and comes again."""

    def __init__(self, status: dict[str, float]) -> None:
        super().__init__("THROTTLED")
        self.status = status


class Gate(SchemaExtension):
    """Refuses what is too large, before it is parsed and before it is validated."""

    _too_long: GraphQLError | None = None

    def on_operation(self) -> Iterator[None]:
        """Tells the parser how many tokens it may read."""
        context = self.execution_context
        context.parse_options["max_tokens"] = allowance_of(context.context).tokens
        yield

    def on_parse(self) -> Iterator[None]:
        """Leaves a document that is too long unread; a hook that raised would be silence to some.

        Over a WebSocket the library tells of an error that a hook raises as the end of the answer.
        """
        context = self.execution_context
        length = len(context.query or "")
        self._too_long = excess(allowance_of(context.context), characters=length)
        if self._too_long is not None:
            context.graphql_document = UNREAD
        yield

    def on_validate(self) -> Iterator[None]:
        """Refuses a document of a shape that would take long to validate."""
        context = self.execution_context
        document = context.graphql_document
        if self._too_long is not None:
            context.pre_execution_errors = [self._too_long]
        elif document is not None:
            shape = _shape(document, len(context.query or ""))
            purse: Purse | None = getattr(context.context, "purse", None)
            definitions = len(document.definitions)
            wrong = excess(allowance_of(context.context), definitions=definitions, **shape.counts)
            if wrong is None and shape.asks_schema and purse and not purse.may_ask_schema:
                wrong = _untold()
            if wrong is not None:
                context.pre_execution_errors = [wrong]
        yield


class Parsed(ParserCache):
    """Keeps parsed documents, but for long ones, which would take up much memory."""

    def __init__(self) -> None:
        super().__init__(maxsize=KEPT)

    def on_parse(self) -> Iterator[None]:
        """Takes a document that was parsed before."""
        context = self.execution_context
        length = len(context.query or "")
        if context.graphql_document is None and length <= KEPT_CHARACTERS_MAX:
            with suppress(GraphQLError):  # the library reads it again, and tells of it
                context.graphql_document = self.cached_parse_document(
                    context.query, **context.parse_options
                )
        yield


class Validated(ValidationCache):
    """Keeps what validation said, and stops it after some misfits, of which each costs much."""

    def __init__(self) -> None:
        super().__init__(maxsize=KEPT)
        self.cached_validate_document = _validated

    def on_validate(self) -> Iterator[None]:
        """Validates, unless the gate refused."""
        context = self.execution_context
        if context.pre_execution_errors:
            yield
        elif len(context.query or "") > KEPT_CHARACTERS_MAX:
            assert context.graphql_document is not None
            context.pre_execution_errors = list(
                _validate(
                    context.schema._schema, context.graphql_document, context.validation_rules
                )
            )
            yield
        else:
            yield from super().on_validate()


class Metered(SchemaExtension):
    """Reckons the cost of a valid document, takes it from the asker, and tells it.

    The answer's ``extensions.cost`` has Shopify's shape: ``requestedQueryCost``, ``nodeCount``,
    ``actualQueryCost`` where it was carried out, and ``throttleStatus`` with ``maximumAvailable``,
    ``currentlyAvailable`` and ``restoreRate``. What was taken and not needed is given back.
    """

    _told: dict[str, Any] | None = None
    _price = Price()

    def on_validate(self) -> Iterator[None]:
        """Comes last: a document that does not fit costs nothing here."""
        context = self.execution_context
        if not context.pre_execution_errors and context.graphql_document is not None:
            self._price = price_of(
                context.schema._schema,
                context.graphql_document,
                context.operation_name,
                context.variables,
            )
            self._told, wrong = spent(context.context, self._price.most)
            if wrong is not None:
                context.pre_execution_errors = [wrong]
            else:
                self._ready()
        yield

    def get_results(self) -> dict[str, Any]:
        """The cost, but with each message of a subscription, where nothing is spent."""
        if self._told is None:
            return {}
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            return {}
        result = self.execution_context.result
        if isinstance(result, CarriedOut):
            settle(self.execution_context.context, self._price, result.data, self._told)
        return {"cost": self._told}

    def _ready(self) -> None:
        """What is valid, not long, and no question about the schema need not be looked at again."""
        context = self.execution_context
        text, document = context.query or "", context.graphql_document
        assert document is not None
        if 0 < len(text) <= KEPT_CHARACTERS_MAX and not _kept_shape(document).asks_schema:
            allowance = allowance_of(context.context)
            READINESS.keep(
                context.schema._schema, text, context.operation_name, allowance, document
            )


def spent(context: Any, cost: Cost) -> tuple[dict[str, Any], GraphQLError | None]:
    """Takes a cost from who asks; what is told of it, and the error where it is too much."""
    wrong = excess(allowance_of(context), cost=cost.points, nodes=cost.nodes)
    told: dict[str, Any] = {"requestedQueryCost": cost.points, "nodeCount": cost.nodes}
    purse: Purse | None = getattr(context, "purse", None)
    if wrong is not None or purse is None:
        return told, wrong
    try:
        told["throttleStatus"] = purse.spend(cost.points)
    except Throttled as error:
        told["throttleStatus"] = error.status
        return told, _throttled()
    return told, None


def settle(context: Any, price: Price, data: dict[str, Any] | None, told: dict[str, Any]) -> None:
    """Tells what an answer came to beside what it might have, and gives the difference back.

    Lists that are longer than lists of their kind mostly are may come to more; nobody pays that.
    """
    actual = price.came_to(data)
    told["actualQueryCost"] = actual
    purse: Purse | None = getattr(context, "purse", None)
    left = price.most.points - actual
    if purse is not None and told.get("throttleStatus") and left > 0:
        told["throttleStatus"] = purse.give_back(left)


@lru_cache(maxsize=KEPT)
def _kept_shape(document: DocumentNode) -> Shape:
    return shape_of(document)


def _shape(document: DocumentNode, length: int) -> Shape:
    return shape_of(document) if length > KEPT_CHARACTERS_MAX else _kept_shape(document)


def _validate(
    schema: GraphQLSchema, document: DocumentNode, rules: tuple[type[ASTValidationRule], ...]
) -> tuple[GraphQLError, ...]:
    every = (*rules, MaybeNullValidationRule, OneOfInputValidationRule)
    # Each name that is wrong would be held against every right one, and nobody is shown the likest.
    found = validate(schema, document, every, max_errors=MISFITS_MAX, hide_suggestions=True)
    return tuple(found)


@lru_cache(maxsize=KEPT)
def _kept(
    schema: GraphQLSchema, document: DocumentNode, rules: tuple[type[ASTValidationRule], ...]
) -> tuple[GraphQLError, ...]:
    return _validate(schema, document, rules)


def _validated(*arguments: Any) -> list[GraphQLError]:
    return list(_kept(*arguments))  # nobody shall change what is kept


def _untold() -> GraphQLError:
    zh = "未登录不能查询接口定义；请带令牌，或查阅发布的 schema.graphql"
    en = "the schema is told to nobody without a token; it is published as schema.graphql"
    said = {"code": "INTROSPECTION_OFF", "zh": zh, "en": en}
    return GraphQLError(f"{zh} / {en}", extensions=said)


def _throttled() -> GraphQLError:
    zh, en = "请求过于频繁，额度已用完，请稍后再试", "the allowance is spent; ask again in a while"
    said = {"code": "THROTTLED", "zh": zh, "en": en}
    return GraphQLError(f"{zh} / {en}", extensions=said)

"""Shape: whether a document subscribes to ``changes``, and what of it decides the answer.

Readers share a cohort where document, variables and reach are the same but for the position after
which they begin; so that is taken out of the document before it is compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    Visitor,
    get_operation_ast,
    parse,
    print_ast,
    visit,
)

from schema.allowance import SIGNED

FIELD, AFTER = "changes", "after"
KEPT_MAX, KEPT_CHARACTERS_MAX = 512, 8_000


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A document that subscribes to ``changes``.

    ``digest`` is that of the document without the position, ``names`` are the variables that
    stand in it, ``after`` is the argument as it was written.
    """

    document: DocumentNode
    digest: bytes
    names: tuple[str, ...]
    after: ValueNode | None
    default: ValueNode | None

    def position(self, variables: dict[str, Any]) -> int | None:
        """The position asked for; ``None`` where it is anything but a plain one."""
        given: object = 0
        if isinstance(self.after, VariableNode):
            name = self.after.name.value
            given = variables[name] if name in variables else _literal(self.default)
        elif self.after is not None:
            given = _literal(self.after)
        plain = isinstance(given, int) and not isinstance(given, bool) and given >= 0
        return given if plain and isinstance(given, int) else None

    def key(self, variables: dict[str, Any]) -> bytes:
        """What is the same for all who share a cohort, but for their reach."""
        given = {name: variables[name] for name in self.names if name in variables}
        try:
            encoded = json.dumps(given, sort_keys=True)
        except RecursionError:
            encoded = ""  # nested as deep as no argument of ours: refused before it is ever shared
        return sha256(self.digest + encoded.encode()).digest()


def shape_of(query: str, operation_name: str | None, tokens: int = SIGNED.tokens) -> Shape | None:
    """The shape of a subscription to ``changes``; ``None`` for every other document.

    ``tokens``: how many whoever asks may send; a document of more is not read to its end.
    """
    if FIELD not in query or "subscription" not in query:
        return None
    if len(query) > KEPT_CHARACTERS_MAX:
        return _shape(query, operation_name, tokens)
    return _kept(query, operation_name, tokens)


def lasting(query: str, operation_name: str | None, tokens: int = SIGNED.tokens) -> bool:
    """Whether an operation is a subscription, which is over when whoever asked wants no more."""
    if "subscription" not in query:
        return False
    try:
        document = parse(query, max_tokens=tokens)
    except (GraphQLError, RecursionError, UnicodeEncodeError):
        return False  # what is wrong with it is said by whoever validates it
    operation = get_operation_ast(document, operation_name)
    return operation is not None and operation.operation is OperationType.SUBSCRIPTION


def _shape(query: str, operation_name: str | None, tokens: int) -> Shape | None:
    try:
        document = parse(query, max_tokens=tokens)
        operation = get_operation_ast(document, operation_name)
        field = _field(document, operation)
        if operation is None or field is None:
            return None
        after = next(
            (each.value for each in field.arguments or () if each.name.value == AFTER), None
        )
        default = _default(operation, after)
        bare: DocumentNode = visit(document, _Without(field))
        digest = sha256(f"{operation_name or ''}\n{print_ast(bare)}".encode()).digest()
        names = tuple(sorted(_Names.of(bare)))
    except (GraphQLError, RecursionError, UnicodeEncodeError):
        return None  # what is wrong with it is said by whoever validates it
    return Shape(document=document, digest=digest, names=names, after=after, default=default)


_kept = lru_cache(maxsize=KEPT_MAX)(_shape)


def _field(document: DocumentNode, operation: OperationDefinitionNode | None) -> FieldNode | None:
    """The one field of a subscription, where it is ``changes`` itself and without directives.

    It may stand in a fragment, as clients write it that keep documents in parts.
    """
    if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
        return None
    fragments = {
        each.name.value: each.selection_set
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    within: SelectionSetNode | None = operation.selection_set
    while within is not None and len(within.selections) == 1:
        [sole] = within.selections
        if sole.directives:
            return None
        if isinstance(sole, FieldNode):
            return sole if sole.name.value == FIELD else None
        if isinstance(sole, InlineFragmentNode):
            within = sole.selection_set
        elif isinstance(sole, FragmentSpreadNode):
            within = fragments.pop(sole.name.value, None)  # once each: they may lead in a circle
    return None


def _default(operation: OperationDefinitionNode, after: ValueNode | None) -> ValueNode | None:
    if not isinstance(after, VariableNode):
        return None
    for each in operation.variable_definitions or ():
        if each.variable.name.value == after.name.value:
            return each.default_value
    return None


def _literal(value: ValueNode | None) -> int | None:
    return int(value.value) if isinstance(value, IntValueNode) else None


class _Without(Visitor):
    """Leaves the position out of the field."""

    def __init__(self, field: FieldNode) -> None:
        super().__init__()
        self._field = field

    def enter_argument(self, node: Any, _: Any, __: Any, ___: Any, ancestors: list[Any]) -> Any:
        within = ancestors[-1] if ancestors else None
        within = ancestors[-2] if isinstance(within, list | tuple) else within
        return self.REMOVE if within is self._field and node.name.value == AFTER else None


class _Names(Visitor):
    """The variables that stand anywhere but in their definitions."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_variable_definition(self, *_: Any) -> Any:
        return self.SKIP

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.found.add(node.name.value)

    @classmethod
    def of(cls, document: Node) -> Iterator[str]:
        """Their names."""
        seen = cls()
        visit(document, seen)
        yield from seen.found

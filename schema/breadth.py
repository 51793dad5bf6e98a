"""Breadth: how many fields a document comes to when its fragments are spread out.

The limits on depth and aliases walk every spread anew, so a chain of fragments that each spread
the next one twice takes twice the time with every link. This count remembers what each fragment
comes to, takes time linear in the document, and goes first.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.extensions import SchemaExtension

FIELDS_MAX = 10_000


class BreadthLimiter(SchemaExtension):
    """Refuses documents that spread out to too many fields, before they are validated."""

    def on_validate(self) -> Iterator[None]:
        """Counts first; a document over the limit is not validated further."""
        context = self.execution_context
        document = context.graphql_document
        known = context.pre_execution_errors is not None
        if document is not None and not known and breadth(document) > FIELDS_MAX:
            zh = f"查询展开后超过 {FIELDS_MAX} 个字段，请减少字段或片段的嵌套"
            en = f"the document comes to more than {FIELDS_MAX} fields; ask for less at once"
            context.pre_execution_errors = [
                GraphQLError(
                    f"{zh} / {en}", extensions={"code": "QUERY_TOO_BROAD", "zh": zh, "en": en}
                )
            ]
        yield


def breadth(document: DocumentNode) -> int:
    """How many fields and spreads the operations come to, at most just over the limit."""
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    known: dict[str, int] = {}
    try:
        return sum(
            _breadth(each.selection_set, fragments, known, ())
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode)
        )
    except RecursionError:
        return FIELDS_MAX + 1  # nested deeper than anything that is allowed


def _breadth(
    selections: SelectionSetNode | None,
    fragments: dict[str, FragmentDefinitionNode],
    known: dict[str, int],
    within: tuple[str, ...],
) -> int:
    if selections is None:
        return 0
    total = 0
    for each in selections.selections:
        total += 1
        if isinstance(each, FieldNode | InlineFragmentNode):
            total += _breadth(each.selection_set, fragments, known, within)
        elif isinstance(each, FragmentSpreadNode):
            name = each.name.value
            # A fragment within itself is refused by validation; here it must only end.
            if name in fragments and name not in within:
                if name not in known:
                    known[name] = _breadth(
                        fragments[name].selection_set, fragments, known, (*within, name)
                    )
                total += known[name]
    return min(total, FIELDS_MAX + 1)

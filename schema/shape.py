"""Shape: how large a document is, counted in one walk before anything else reads it.

Strawberry's own limiters of depth and aliases walk every spread anew, so a chain of fragments that
each spread the next one twice takes twice the time with every link, and they are validation rules
made anew for each request, which no cache of validations can know again. This walk remembers what
each fragment comes to and takes time linear in the document.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

COUNTED_MAX = 1_000_000
INTROSPECTION = ("__schema", "__type")


@dataclass
class Shape:
    """What a document, or a part of it, comes to with its fragments spread out.

    ``names``: how often each response name stands in the selection itself. ``asks_schema``: whether
    it asks what the schema holds.
    """

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    repeats: int = 0
    spreads: int = 0
    directives: int = 0
    asks_schema: bool = False
    names: Counter[str] = field(default_factory=Counter)

    def add(self, other: Shape, *, fields: int = 0, depth: int = 0) -> None:
        """Takes in a part that stands ``depth`` levels below and is ``fields`` more itself."""
        self.fields = min(COUNTED_MAX, self.fields + other.fields + fields)
        self.depth = max(self.depth, other.depth + depth)
        self.aliases = min(COUNTED_MAX, self.aliases + other.aliases)
        self.repeats = max(self.repeats, other.repeats)
        self.spreads = min(COUNTED_MAX, self.spreads + other.spreads)
        self.directives = min(COUNTED_MAX, self.directives + other.directives)
        self.asks_schema = self.asks_schema or other.asks_schema

    @property
    def counts(self) -> dict[str, int]:
        """The numbers that an allowance limits."""
        names = ("fields", "depth", "aliases", "repeats", "spreads", "directives")
        return {name: getattr(self, name) for name in names}


def shape_of(document: DocumentNode) -> Shape:
    """The shape of all operations of a document together; a fragment within itself ends there."""
    walk = _Walk(document)
    total = Shape()
    try:
        for each in document.definitions:
            total.directives += len(getattr(each, "directives", None) or ())
            if isinstance(each, OperationDefinitionNode):
                total.add(walk.of(each.selection_set, ()))
    except RecursionError:
        total.depth = total.fields = COUNTED_MAX  # nested deeper than anything that is allowed
    return total


class _Walk:
    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[str, Shape] = {}

    def of(self, selections: SelectionSetNode | None, within: tuple[str, ...]) -> Shape:
        shape = Shape()
        for each in selections.selections if selections is not None else ():
            shape.directives += len(each.directives or ())
            if isinstance(each, FieldNode):
                self._field(shape, each, within)
            elif isinstance(each, InlineFragmentNode):
                self._merge(shape, self.of(each.selection_set, within))
            elif isinstance(each, FragmentSpreadNode):
                shape.spreads += 1
                self._merge(shape, self._fragment(each.name.value, within))
        shape.repeats = max(shape.repeats, *shape.names.values(), 0, 0)
        return shape

    def _field(self, shape: Shape, node: FieldNode, within: tuple[str, ...]) -> None:
        name = node.name.value
        shape.aliases += node.alias is not None
        shape.asks_schema = shape.asks_schema or name in INTROSPECTION
        shape.names[node.alias.value if node.alias else name] += 1
        part = self.of(node.selection_set, within)
        if name in INTROSPECTION:
            part.depth = 0  # tools go deep here; the cost says how much it comes to
        shape.add(part, fields=1, depth=1)

    def _fragment(self, name: str, within: tuple[str, ...]) -> Shape:
        # A fragment within itself is refused by validation; here it must only end.
        if name not in self._fragments or name in within:
            return Shape()
        if name not in self._known:
            fragment = self._fragments[name]
            self._known[name] = self.of(fragment.selection_set, (*within, name))
        return self._known[name]

    def _merge(self, shape: Shape, part: Shape) -> None:
        shape.add(part)
        for name, times in part.names.items():
            shape.names[name] = min(COUNTED_MAX, shape.names[name] + times)

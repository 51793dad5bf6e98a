"""Document: those that were parsed and found valid, remembered by their text.

Parsing and validating cost more than answering a small query. What is remembered is bounded in
characters, of which the parsed form takes a hundred times as many bytes, and holds valid documents
only. Validity must hang on the text alone: a rule that looks at who asks is no validation rule.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from graphql import DocumentNode
from strawberry.extensions import SchemaExtension

CHARACTERS_MAX = 400_000
DOCUMENT_CHARACTERS_MAX = 20_000


class Documents:
    """Valid documents by their text, the one that was asked longest ago forgotten first."""

    def __init__(self, most: int = CHARACTERS_MAX) -> None:
        self._most, self._held = most, 0
        self._known: OrderedDict[tuple[object, str], DocumentNode] = OrderedDict()

    def find(self, schema: object, text: str | None) -> DocumentNode | None:
        """The document of a text, if it is known to be valid under a schema."""
        found = None if text is None else self._known.get((schema, text))
        if text is not None and found is not None:
            self._known.move_to_end((schema, text))
        return found

    def keep(self, schema: object, text: str | None, document: DocumentNode | None) -> None:
        """Remembers a valid document, unless it is long."""
        if text is None or document is None or (schema, text) in self._known:
            return
        if len(text) > DOCUMENT_CHARACTERS_MAX:
            return
        self._known[schema, text] = document
        self._held += len(text)
        while self._held > self._most:
            (_, forgotten), _ = self._known.popitem(last=False)
            self._held -= len(forgotten)


DOCUMENTS = Documents()


class RememberedDocuments(SchemaExtension):
    """Spares a document that was valid before its parsing and its validation."""

    _known: bool = False

    def on_parse(self) -> Iterator[None]:
        """Puts the known document in place of the text."""
        context = self.execution_context
        found = DOCUMENTS.find(context.schema, context.query)
        if found is not None:
            context.graphql_document, self._known = found, True
        yield

    def on_validate(self) -> Iterator[None]:
        """Says of a known document that it is valid, and remembers a new one that is."""
        context = self.execution_context
        if self._known:
            context.pre_execution_errors = []
        yield
        if not self._known and not context.pre_execution_errors:
            DOCUMENTS.keep(context.schema, context.query, context.graphql_document)

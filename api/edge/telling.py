"""Telling the schema: the usual question for all of it is answered once and kept.

Tools ask for the whole schema in one of a few ways (``get_introspection_query``), which takes over
a tenth of a second to answer. Any other question about the schema goes the way of all questions,
and costs what it costs.
"""

from __future__ import annotations

import zlib
from functools import cache
from itertools import product

import msgspec
from graphql import (
    GraphQLError,
    GraphQLSchema,
    execute_sync,
    get_introspection_query,
    parse,
    strip_ignored_characters,
)

CHARACTERS_MAX = 4_000
OPTIONS = (
    "descriptions",
    "specified_by_url",
    "directive_is_repeatable",
    "schema_description",
    "input_value_deprecation",
    "experimental_directive_deprecation",
    "one_of",
)


class Telling:
    """Keeps what is told of a schema, packed."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: dict[str, bytes] = {}

    def told(self, query: str) -> bytes | None:
        """The whole answer as JSON, or ``None`` where it is not one of the usual questions."""
        if "__schema" not in query or len(query) > CHARACTERS_MAX:
            return None
        try:
            asked = strip_ignored_characters(query)
        except GraphQLError:
            return None
        if asked not in _usual():
            return None
        if asked not in self._kept:
            result = execute_sync(self._schema, parse(asked))
            self._kept[asked] = zlib.compress(msgspec.json.encode({"data": result.data}))
        return zlib.decompress(self._kept[asked])


@cache
def _usual() -> frozenset[str]:
    ways = product((False, True), repeat=len(OPTIONS))
    return frozenset(
        strip_ignored_characters(get_introspection_query(**dict(zip(OPTIONS, each, strict=True))))
        for each in ways
    )

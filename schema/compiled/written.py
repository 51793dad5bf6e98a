"""Written: edges put together from the bytes in which their rows are kept, without an object each.

Most of what an entry shows stands in its body just as it goes out. Where nothing else is selected,
an edge is the text of the selection with those bytes in its gaps. What was written of a row that
never changes is kept by its number, and hangs on nothing but the selection: who may not see a row
is given no such row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from graphql import GraphQLObjectType
from msgspec import Raw
from strawberry.schema.schema_converter import GraphQLCoreConverter

from schema.compiled.source import Source

if TYPE_CHECKING:
    from schema.compiled.plan import Plan
    from schema.compiled.rendering import Rendered

WRITES = "writes"
"""The attribute of an object type's class that says how its rows are written."""
NODE = "{node}"
"""Stands among an edge's members for the node."""

# A row's number, its body, and what else is kept of it.
Kept = tuple[int, bytes, Any]
# The bytes of a field, of a row that was read and of what is kept of it.
Piece = Callable[[Any, Kept], Any]


class Bodies(Protocol):
    """Rows as they are kept, and what was written of such rows before."""

    kept: Sequence[Kept]
    rendered: Rendered


@dataclass(frozen=True)
class Writing:
    """How rows of a class are written.

    ``read`` makes a row of a body; ``pieces`` gives the bytes of a field, or names the row's
    attribute that is those bytes; ``cursor`` gives those of the row's cursor.
    """

    rows: type
    read: Callable[[bytes], Any]
    cursor: Piece
    pieces: dict[str, str | Piece]


class Writer:
    """Writes the edges of one selection, or finds them as they were written before."""

    def __init__(self, make: Callable[[Sequence[Kept]], list[bytes]]) -> None:
        self._make = make

    def __call__(self, rows: Bodies) -> list[Raw | None]:
        """The edges, each as its JSON; there is none that is not written."""
        kept, rendered = rows.kept, rows.rendered
        found = rendered.find(self._make, [each[0] for each in kept])
        if None in found:
            new = [each for each, known in zip(kept, found, strict=True) if known is None]
            bodies = map(Raw, self._make(new))
            made = dict(zip([each[0] for each in new], bodies, strict=True))
            rendered.keep(self._make, made)
            found = [known or made[each[0]] for each, known in zip(kept, found, strict=True)]
        return found


def writer(
    plan: Plan, members: list[tuple[str, str, str]], kind: GraphQLObjectType, details: list[Any]
) -> tuple[type, Writer] | None:
    """The rows that can be written, and what writes them; ``None`` where more is selected.

    ``members``: the edge's response names, what each is, and the name of its type. Raises
    ``Unplanned`` as the plan does.
    """
    definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    how = getattr(getattr(definition, "origin", None), WRITES, None)
    if how is None or not plan.executor.splicing:
        return None
    source = Source()
    node = _pieces(plan, source, how, kind, details)
    if node is None:
        return None
    edge: list[tuple[str, list[str | bytes]]] = []
    for key, what, name in members:
        if what == NODE:
            edge.append((key, _object(node)))
        elif what == "cursor":
            edge.append((key, [b'"', f"{source.bind(how.cursor)}(row, kept)", b'"']))
        else:
            edge.append((key, [_text(name)]))
    gaps = ", ".join(each if isinstance(each, str) else repr(each) for each in _joined(edge))
    read = source.bind(how.read)
    written = f"[b''.join(({gaps},)) for kept in rows for row in ({read}(kept[1]),)]"
    return how.rows, Writer(source.function([f"return {written}"], "rows"))


def _pieces(
    plan: Plan, source: Source, how: Writing, kind: GraphQLObjectType, details: list[Any]
) -> list[tuple[str, list[str | bytes]]] | None:
    """Each response name of a node with its bytes, or the expressions of such."""
    found: list[tuple[str, list[str | bytes]]] = []
    for key, chosen in plan.selected(kind, details):
        name = chosen[0].node.name.value
        piece = how.pieces.get(name)
        if name == "__typename":
            found.append((key, [_text(kind.name)]))
        elif isinstance(piece, str):
            found.append((key, [f"row.{piece}"]))
        elif piece is not None:
            found.append((key, [f"{source.bind(piece)}(row, kept)"]))
        else:
            return None
    return found


def _object(members: list[tuple[str, list[str | bytes]]]) -> list[str | bytes]:
    found: list[str | bytes] = []
    for number, (key, pieces) in enumerate(members):
        found += [(b"," if number else b"{") + _text(key) + b":", *pieces]
    return [*found, b"}"] if members else [b"{}"]


def _joined(edge: list[tuple[str, list[str | bytes]]]) -> Iterator[str | bytes]:
    """The pieces of an edge, where bytes that stand beside each other are one."""
    text = b""
    for each in _object(edge):
        if isinstance(each, bytes):
            text += each
            continue
        if text:
            yield text
        yield each
        text = b""
    yield text


def _text(value: str) -> bytes:
    return msgspec.json.encode(value)

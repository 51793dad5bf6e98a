"""Stored: rows of views that become an answer from the JSON in which they are kept.

A row is kept as the JSON of its struct, and an object type made of that struct shows most of its
fields as they are: names and texts, days, exact numbers, words of lists. Where nothing else is
selected, only what is selected is read, into a struct made for it, without the names, numbers and
parts that a resolver would get; what no such struct fits is the business of the executor, which
reads the whole row.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import count
from types import GenericAlias, NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    is_leaf_type,
)
from msgspec import Struct
from strawberry.schema.schema_converter import GraphQLCoreConverter

from ledger.names import Name
from schema.compiled.leaf import INT_MAX
from schema.compiled.written import NODE, writer

if TYPE_CHECKING:
    from schema.compiled.plan import Plan
    from schema.compiled.source import Source

URL_SAFE = bytes.maketrans(b"+/", b"-_")
STRUCT = "struct"
"""The attribute of an object type's class that holds the struct of which it is made."""
EDGES = "edges"
"""The key in the metadata of a field that shows the rows of a page as edges."""
READS = "reads"
"""The attribute of a resolver that only reads a field of the struct, and says which."""

Int = Annotated[int, msgspec.Meta(ge=-INT_MAX, le=INT_MAX)]
# By scalar, the classes of values that leave just as they were kept, and as what they are read.
KEPT: dict[str, tuple[tuple[type, ...], Any]] = {
    "String": ((str,), str),
    "ID": ((Name, str), str),
    "Text": ((str,), str),
    "Boolean": ((bool,), bool),
    "Int": ((int,), Int),
    "Position": ((int,), int),
    "Decimal": ((Decimal,), str),
    "Date": ((date,), str),
}


class Unstored(Exception):
    """A selection that cannot be read from what is kept."""


class Reading:
    """Reads what is selected of a row: a struct for it, and the expression that shows it."""

    def __init__(self, plan: Plan, source: Source) -> None:
        self._plan, self._source = plan, source
        self._numbers = count()

    def object(
        self, kind: GraphQLObjectType, details: list[Any], struct: type[Struct], value: str
    ) -> tuple[type[Struct], str]:
        """The struct, and an expression of an answer. Raises ``Unstored`` and ``Unplanned``."""
        if struct_of(kind) is not struct or struct.__struct_config__.tag is not None:
            raise Unstored
        hints = get_type_hints(struct)
        fields: dict[str, Any] = {}
        members: list[str] = []
        for key, chosen in self._plan.selected(kind, details):
            name = chosen[0].node.name.value
            bound = self._source.bind(key)
            if name == "__typename":
                members.append(f"{bound}: {self._source.bind(kind.name)}")
                continue
            own, defined = self._plan.defined(kind, chosen)
            read = _read(own)
            if read not in struct.__struct_encode_fields__ or read not in hints:
                raise Unstored
            read_as, shown = self._value(defined.type, chosen, hints[read], f"{value}.{read}")
            if fields.setdefault(read, read_as) != read_as:
                raise Unstored
            members.append(f"{bound}: {shown}")
        made = msgspec.defstruct(struct.__name__, list(fields.items()), gc=False)
        return made, f"{{{', '.join(members)}}}"

    def _value(self, kind: Any, details: list[Any], hint: Any, value: str) -> tuple[Any, str]:
        nullable = not isinstance(kind, GraphQLNonNull)
        kind = kind if nullable else kind.of_type
        bare, optional = _bare(hint)
        if is_leaf_type(kind):
            read_as, shown = self._leaf(kind, bare, value)
        elif isinstance(kind, GraphQLList):
            read_as, shown = self._list(kind, details, bare, value)
        elif isinstance(kind, GraphQLObjectType) and _is_struct(bare):
            read_as, shown = self.object(kind, details, bare, value)
        else:
            raise Unstored
        # What may be missing in the answer may be missing where it is kept; else the row is wrong.
        if nullable and optional:
            plain = shown == value
            return read_as | None, shown if plain else f"(None if {value} is None else {shown})"
        return read_as, shown

    def _list(
        self, kind: GraphQLList[Any], details: list[Any], bare: Any, value: str
    ) -> tuple[Any, str]:
        arguments = [each for each in get_args(bare) if each is not ...]
        if get_origin(bare) not in (tuple, list) or len(arguments) != 1:
            raise Unstored
        inner = f"each{next(self._numbers)}"
        read_as, shown = self._value(kind.of_type, details, arguments[0], inner)
        listed = value if shown == inner else f"[{shown} for {inner} in {value}]"
        return GenericAlias(list, (read_as,)), listed

    def _leaf(self, kind: GraphQLLeafType, bare: Any, value: str) -> tuple[Any, str]:
        if not isinstance(bare, type):
            raise Unstored
        if isinstance(kind, GraphQLEnumType):
            wrapped: Any = getattr(kind, "wrapped_cls", None)
            if not issubclass(bare, Enum) or wrapped is not bare:
                raise Unstored
            names = {each.value: kind.coerce_output_value(each) for each in bare}
            if not all(isinstance(each, str) for each in names):
                raise Unstored
            if all(key == name for key, name in names.items()):
                return _among(names), value
            return _among(names), f"{self._source.bind(names)}[{value}]"
        classes, read_as = KEPT.get(kind.name, ((), None))
        exact = bare in classes or (issubclass(bare, Name) and Name in classes)
        if not exact:
            raise Unstored
        return read_as, value


def struct_of(kind: GraphQLObjectType) -> type[Struct] | None:
    """The struct of which an object type is made, where it is made of one."""
    definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return getattr(getattr(definition, "origin", None), STRUCT, None)


def _read(own: Any) -> str | None:
    """The field of the struct that a field of the type only reads."""
    if own.base_resolver is None:
        return str(own.python_name) if own.default_resolver is getattr else None
    found = getattr(own.base_resolver.wrapped_func, READS, None)
    return found if isinstance(found, str) else None


def _bare(hint: Any) -> tuple[Any, bool]:
    """An annotation without ``None``, and whether it had it."""
    if get_origin(hint) in (Union, UnionType):
        inner = [each for each in get_args(hint) if each is not NoneType]
        if len(inner) != 1:
            raise Unstored
        return inner[0], len(inner) < len(get_args(hint))
    return hint, False


def _among(values: Iterable[str]) -> Any:
    """The annotation of just these texts."""
    return Literal.__getitem__(tuple(values))


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Struct)


def edges(plan: Plan, source: Source, kind: Any, details: list[Any], otherwise: str) -> str:
    """An expression of a page's edges, made from its rows without an object for each edge.

    ``otherwise``: the one for a page where more is selected than the edges' own fields. Raises
    ``Unplanned`` where nodes are the reference's business.
    """
    edge = kind.of_type.of_type.of_type  # of a list that is there, of members that are
    members: list[tuple[str, str]] = []
    selected: list[tuple[str, str, str]] = []
    node: tuple[GraphQLObjectType, list[Any]] | None = None
    for key, chosen in plan.selected(edge, details):
        name, shown = chosen[0].node.name.value, NODE
        if name == "__typename":
            shown = source.bind(edge.name)
        elif name == "cursor":
            shown = f"{source.bind(cursor_of)}(key)"
        else:
            found = plan.defined(edge, chosen)[1].type
            inner = found.of_type if isinstance(found, GraphQLNonNull) else None
            if name != "node" or node is not None or not isinstance(inner, GraphQLObjectType):
                return otherwise
            node = inner, chosen
        members.append((source.bind(key), shown))
        selected.append((key, NODE if shown == NODE else name, edge.name))
    if node is None:
        return otherwise
    whole = source.bind(plan.object(*node))
    listed = _listed(members, f"{whole}(row, run)", "for key, row in value.rows")
    stored = _stored(plan, source, members, *node)
    if stored is not None:
        return f"({stored} else {listed})"
    written = writer(plan, selected, *node)
    if written is None:
        return listed
    rows, write = map(source.bind, written)
    return f"({write}(value.rows) if value.rows.__class__ is {rows} else {listed})"


def _stored(
    plan: Plan,
    source: Source,
    members: list[tuple[str, str]],
    kind: GraphQLObjectType,
    details: list[Any],
) -> str | None:
    """The first half of an expression for ``Rows`` of which only what is selected is read."""
    struct = struct_of(kind)
    if struct is None:
        return None
    try:
        made, shown = Reading(plan, source).object(kind, details, struct, "row")
    except Unstored:
        return None
    read = source.bind(msgspec.json.Decoder(made).decode)
    rows = f"for key, body in value.rows.kept for row in ({read}(body),)"
    ours = f"value.rows.__class__ is {source.bind(Rows)}"
    fits = f"{ours} and value.rows.struct is {source.bind(struct)}"
    return f"{_listed(members, shown, rows)} if {fits}"


def _listed(members: list[tuple[str, str]], node: str, rows: str) -> str:
    shown = ", ".join(f"{key}: {node if each == NODE else each}" for key, each in members)
    return f"[{{{shown}}} {rows}]"


def cursor_of(key: str) -> str:
    """An opaque cursor of a row's key."""
    body = b2a_base64(key.encode(), newline=False)
    if key.isdecimal() and key.isascii():  # as positions are; neither + nor / comes of digits
        return body.rstrip(b"=").decode()
    return body.translate(URL_SAFE, b"=").decode()


class Rows(Sequence[tuple[str, Any]]):
    """Rows with their keys, read whole when somebody looks at them."""

    def __init__(
        self, struct: type, decode: Callable[[bytes], Any], kept: Sequence[tuple[Any, ...]]
    ) -> None:
        self.struct, self.kept = struct, kept
        self._decode = decode
        self._read: list[tuple[str, Any]] | None = None

    def __len__(self) -> int:
        return len(self.kept)

    def __getitem__(self, at: Any) -> Any:
        if self._read is None:
            self._read = self._whole()
        return self._read[at]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self[:])

    def _whole(self) -> list[tuple[str, Any]]:
        return [(key, self._decode(body)) for key, body in self.kept]

    @property
    def ends(self) -> tuple[str, str] | None:
        """The first and the last key; no row is read for that."""
        return (self.kept[0][0], self.kept[-1][0]) if self.kept else None

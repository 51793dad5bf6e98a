"""Object types built from the structs that views, records and answers are made of.

A resolver hands out the struct itself; GraphQL reads its attributes. Names become ``ID``, and a
type that is a node gets its name as ``id``.
"""

from __future__ import annotations

import inspect
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, get_args, get_type_hints

import strawberry
from msgspec import Struct
from strawberry.parent import StrawberryParent

from ledger.fault import Fault
from schema.compiled.plan import BATCH
from schema.compiled.stored import EDGES, READS, STRUCT, Rows, cursor_of
from schema.scalars import Position, Text, annotation, listed

PARENT: Any = Annotated[Any, StrawberryParent()]
FIRST_DEFAULT = 50
FIRST_MAX = 500

# Whole numbers in a struct that are places in the ledger.
POSITIONS: dict[str, Any] = {
    "position": Position,
    "positions": listed(Position),
    "signed_position": Position,
}
_OUTPUTS: dict[type, Any] = {}
NODES: dict[str, Any] = {}


@strawberry.interface(description="Anything with a name of its own. 有标识的对象。")
class Node:
    """Anything with a name of its own."""

    id: strawberry.ID


def output(
    struct: type,
    *,
    name: str | None = None,
    key: str | None = None,
    skip: tuple[str, ...] = (),
    fields: dict[str, Any] | None = None,
) -> Any:
    """The object type of a struct. ``key`` names the field that is its id, and makes it a node."""
    if struct in _OUTPUTS:
        return _OUTPUTS[struct]
    hints = get_type_hints(struct)
    own = [each for each in struct.__annotations__ if each not in (*skip, key)]
    inherited = [each for each in hints if each not in (*own, *skip, key) and each.islower()]
    members: dict[str, Any] = {}
    annotations: dict[str, Any] = {}
    if key is not None:
        annotations["id"] = strawberry.ID
        members["id"] = strawberry.field(
            resolver=_reads(key, strawberry.ID), description="Its name. 标识。"
        )
        members["is_type_of"] = classmethod(lambda cls, obj, info: isinstance(obj, struct))
    for each in (*inherited, *own):
        if not each.startswith("_"):
            annotations[each] = placed(each, hints[each]) or annotation(hints[each], output)
    members.update(fields or {})
    cls = type(
        name or struct.__name__,
        (Node,) if key else (),
        {"__annotations__": annotations, "__doc__": struct.__doc__, **members},
    )
    made = strawberry.type(cls, description=inspect.cleandoc(struct.__doc__ or "").split("\n\n")[0])
    setattr(made, STRUCT, struct)
    _OUTPUTS[struct] = made
    if key:
        NODES[key] = made
    return made


def named_of(struct: type) -> str | None:
    """The name of the object type that shows a struct, or one made of it with more fields."""
    made = _OUTPUTS.get(struct)
    if made is None:
        made = next((kind for each, kind in _OUTPUTS.items() if issubclass(each, struct)), None)
    return None if made is None else str(made.__strawberry_definition__.name)


def placed(name: str, hint: Any) -> Any:
    """The annotation of a whole number that is a place in the ledger; ``None`` of all else."""
    position = POSITIONS.get(name)
    return position | None if position and type(None) in get_args(hint) else position


def _reads(attribute: str, kind: Any) -> Callable[[Any], Any]:
    def resolve(root: Any) -> Any:
        return getattr(root, attribute)

    resolve.__annotations__ = {"root": PARENT, "return": kind}
    setattr(resolve, READS, attribute)
    return resolve


@strawberry.type(description="Where a page stands. 分页信息。")
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


SEARCHED_TO = (
    "Up to here, or with latestFirst from here on, a search looked before it stopped for this "
    "page; it may hold fewer rows than asked for, and endCursor goes on. Null where it was "
    "through. 检索在本页止于此位置（latestFirst 时由后往前），行数可能不足，请以 endCursor "
    "续查；已查完则为空。"
)


class Slice(Struct, kw_only=True):
    """A page on its way out: rows with their cursors, and the position it was read at.

    ``further``: the position after which to go on where a search stopped before it was through.
    """

    rows: Sequence[tuple[str, Any]]
    more: bool
    position: int
    total: Callable[[], Awaitable[int]] | None = None
    begun: bool = False
    further: int | None = None

    @property
    def ends(self) -> tuple[str, str] | None:
        """The keys of the first and the last row, of which none is read for that."""
        if isinstance(self.rows, Rows):
            return self.rows.ends
        return (self.rows[0][0], self.rows[-1][0]) if self.rows else None


_CONNECTIONS: dict[Any, Any] = {}


async def _total(root: strawberry.Parent[Any]) -> int | None:
    # Rows are counted only where somebody wants to know how many.
    return None if root.total is None else await root.total()


async def _totals(_: Any, roots: list[Any]) -> list[int | None]:
    return [None if root.total is None else await root.total() for root in roots]


def _page_info(root: strawberry.Parent[Any]) -> PageInfo:
    ends = root.ends
    last = ends[1] if ends else None
    if root.further is not None:
        last = str(root.further)
    return PageInfo(
        has_next_page=root.more or root.further is not None,
        has_previous_page=root.begun,
        start_cursor=cursor_of(ends[0]) if ends else None,
        end_cursor=None if last is None else cursor_of(last),
    )


def connection(node: Any, *, searched: bool = False) -> Any:
    """The connection type of an object type: edges, page info, position and a total.

    ``searched``: it is of what may be searched for, and tells how far a search came.
    """
    if node in _CONNECTIONS:
        return _CONNECTIONS[node]
    name = node.__strawberry_definition__.name
    edge = _edge(name, node)

    def edges(root: Any) -> Any:
        return [edge(cursor=cursor_of(key), node=row) for key, row in root.rows]

    edges.__annotations__ = {"root": PARENT, "return": listed(edge)}
    members = {
        "__annotations__": {},
        "edges": strawberry.field(
            resolver=edges, description="The rows. 各行。", metadata={EDGES: True}
        ),
        "page_info": strawberry.field(
            resolver=_page_info, description="Where it stands. 分页信息。"
        ),
        "position": strawberry.field(
            resolver=_reads("position", Position),
            description="What was read goes up to here. 数据到此为止。",
        ),
        "total_count": strawberry.field(
            resolver=_total,
            description="How many rows fit; null for history only. 总行数，仅历史为空。",
            metadata={BATCH: _totals},
        ),
    }
    if searched:
        members["searched_to"] = strawberry.field(
            resolver=_reads("further", Position | None), description=SEARCHED_TO
        )
    made = strawberry.type(
        type(f"{name}Connection", (), members), description=f"A page of {name}. 一页 {name}。"
    )
    _CONNECTIONS[node] = made
    return made


def _edge(name: str, node: Any) -> Any:
    members = {"__annotations__": {"cursor": str, "node": node}, "__doc__": f"One {name}."}
    return strawberry.type(
        type(f"{name}Edge", (), members), description=f"One {name} with its cursor. 一行及其游标。"
    )


def key_of(cursor: str | None) -> str | None:
    """The key behind a cursor. Raises ``Fault`` (``BAD_CURSOR``) for one that we did not make."""
    if cursor is None:
        return None
    try:
        key = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise bad_cursor() from None
    if not key.isprintable() or cursor_of(key) != cursor:
        raise bad_cursor()
    return key


def bad_cursor() -> Fault:
    """What is said of a cursor that we did not make."""
    return Fault(
        "BAD_CURSOR",
        zh="游标无效，请使用上一页给出的游标",
        en="this is no cursor of ours; take the one that the page before gave",
        field="after",
    )


def bounded(
    first: int | None, *, least: int = 0, most: int = FIRST_MAX, name: str = "first"
) -> int:
    """How many rows to read. Raises ``Fault`` (``BAD_PAGE``) outside ``least`` to ``most``."""
    wanted = FIRST_DEFAULT if first is None else first
    if not least <= wanted <= most:
        raise Fault(
            "BAD_PAGE",
            zh=f"{name} 须在 {least} 至 {most} 之间",
            en=f"{name} must lie between {least} and {most}",
            field=name,
        )
    return wanted


def paged(
    rows: Sequence[tuple[str, Any]], position: int, first: int | None, after: str | None
) -> Slice:
    """A page of rows that are all there already, in the order of their keys."""
    return sliced(rows, position, bounded(first), key_of(after))


def sliced(rows: Sequence[tuple[str, Any]], position: int, limit: int, key: str | None) -> Slice:
    """So many of the rows that are all there already, after a key."""
    left = [each for each in rows if key is None or each[0] > key]

    async def total() -> int:
        return len(rows)

    return Slice(
        rows=left[:limit],
        more=len(left) > limit,
        position=position,
        total=total,
        begun=key is not None,
    )


__all__ = ["Node", "PageInfo", "Slice", "Text", "bounded", "connection", "cursor_of", "output"]

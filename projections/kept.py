"""Kept: rows as they are kept; what is asked for them, and what is in the database's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from projections.projection import Projection
from projections.statement import beside_of, page_of, values_of

if TYPE_CHECKING:
    from projections.reader import Where

T = TypeVar("T")
PAGE_MAX = 1_000
# A statement with its values, and the rows that it gave.
Asked = tuple[bytes, dict[str, Any]]
Found = list[tuple[Any, ...]]
Pair = tuple[bytes | None, "Page[bytes] | None"]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows with their keys, whether more follow, and the position up to which they go."""

    rows: tuple[tuple[str, T], ...]
    more: bool
    position: int


def paged(
    view: Projection[Any],
    where: Where,
    *,
    first: int,
    after: str | None = None,
    descending: bool = False,
) -> Asked:
    """The statement of a page of kept rows, and one more."""
    statement = page_of(view.name, where, after is not None, descending)
    limit = min(first, PAGE_MAX) + 1
    values = values_of(where) | {"view": view.name, "after": after, "limit": limit}
    if where.others:
        values["views"] = [view.name, *where.others]
    return statement, values


def page_in(found: Found, view: Projection[Any], first: int) -> Page[bytes]:
    """The page in what that statement gave. Raises ``MsgspecError`` for rows of another form."""
    limit = min(first, PAGE_MAX)
    # One row at least says where the view stands, with nothing beside it where nothing fits.
    rows = [(key, state) for _, key, state, _ in found if key is not None]
    if found[0][3] != view.version:
        # Whoever is given them reads of them what is asked only; here they are read whole.
        for _, state in rows:
            view.decode(state)
    return Page(tuple(rows[:limit]), len(rows) > limit, found[0][0] or 0)


def paired(view: Projection[Any], where: Where, other: Projection[Any]) -> Asked:
    """The statement of a row and the one of another view that has its key."""
    return beside_of(view.name, where, other.name), values_of(where) | {"view": other.name}


def pair_in(found: Found, other: Projection[Any]) -> Pair:
    """The two in what that statement gave. Raises ``MsgspecError`` as ``page_in`` does."""
    own, key, state, position, version = found[0] if found else (None, None, None, None, None)
    if key is None:
        return None, None
    if state is not None and version != other.version:
        other.decode(state)
    rows = ((key, state),) if state is not None else ()
    return own, Page(rows, False, position or 0)

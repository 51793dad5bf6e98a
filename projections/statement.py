"""Statement: the SQL by which rows of views are read; one text for all conditions of one shape."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from psycopg import sql

from projections.projection import BEGINNING, LONG, SCHEMA

if TYPE_CHECKING:
    from projections.reader import Where

STATEMENTS_MAX = 500
# By the beginning it is found in the index.
HELD_LONG = f"(left({{0}}, {BEGINNING}) = left({{1}}, {BEGINNING}) and {{0}} = {{1}})"
STANDS = "(select position from projection.progress where view = %(view)s)"
# Rows that are found by way of other views go up to where the last of these stands.
LEAST = "(select min(position) from projection.progress where view = any(%(views)s))"


# The text of a page by the shape of what is asked: making it takes as long as reading the page.
_pages: dict[tuple[object, ...], bytes] = {}


def page_of(view: str, where: Where, after: bool, descending: bool) -> bytes:
    """The statement of a page: the rows are bounded first, and then stand beside the position."""
    shape = (view, after, descending, *_shape_of(where))
    text = _pages.get(shape)
    if text is None:
        if len(_pages) >= STATEMENTS_MAX:
            _pages.clear()
        text = _pages[shape] = _page_of(view, where, after, descending)
    return text


def _page_of(view: str, where: Where, after: bool, descending: bool) -> bytes:
    conditions = conditions_of(where)
    if after:
        operator = sql.SQL("<" if descending else ">")
        conditions.append(sql.SQL("key {} %(after)s").format(operator))
    order = sql.SQL("desc" if descending else "asc")
    return (
        sql.SQL(
            "select stands.position, page.key, page.state, stands.version from (select {}, "
            "(select version from projection.progress where view = %(view)s)"
            ") as stands (position, version) left join (select "
            "key, state from {} {} order by key {} limit %(limit)s) as page on true "
            "order by page.key {}"
        )
        .format(
            sql.SQL(LEAST if where.others else STANDS),
            sql.Identifier(SCHEMA, view),
            where_of(conditions),
            order,
            order,
        )
        .as_bytes()
    )


def beside_of(view: str, where: Where, other: str) -> bytes:
    """The statement of the one row that fits, and of the row of another view that has its key."""
    shape = (view, other, *_shape_of(where))
    text = _besides.get(shape)
    if text is None:
        if len(_besides) >= STATEMENTS_MAX:
            _besides.clear()
        text = _besides[shape] = (
            sql.SQL(
                "select page.state, page.key, other.state, "
                "stands.position, stands.version from (select "
                "(select position from projection.progress where view = %(view)s), "
                "(select version from projection.progress where view = %(view)s)"
                ") as stands (position, version) left join "
                "(select key, state from {} {} limit 1) as page on true "
                "left join {} as other on other.key = page.key"
            )
            .format(
                sql.Identifier(SCHEMA, view),
                where_of(conditions_of(where)),
                sql.Identifier(SCHEMA, other),
            )
            .as_bytes()
        )
    return text


_besides: dict[tuple[object, ...], bytes] = {}


def where_of(conditions: list[sql.Composed]) -> sql.Composable:
    """The clause that all conditions make."""
    if not conditions:
        return sql.SQL("")
    return sql.SQL("where ") + sql.SQL(" and ").join(conditions)


def _shape_of(where: Where) -> tuple[object, ...]:
    """All but the values of conditions, so that those of one shape are one statement."""
    return (
        tuple([name for name, _ in where.equal]),
        tuple([(name, len(values) == 1) for name, values in where.among]),
        tuple([name for name, _ in where.overlap]),
        tuple([(name, view, facet) for name, view, (facet, _) in where.through]),
        tuple([(name, first is None, last is None) for name, first, last in where.between]),
        tuple([(name, view, facet) for name, view, (facet, _) in where.gathered]),
        tuple([name for name, _ in where.holding]),
    )


def values_of(where: Where) -> dict[str, Any]:
    """The values of the conditions, under the names in ``_conditions_of``."""
    found = [bare(value) for _, value in where.equal]
    found += [bare(value[0]) if len(value) == 1 else _list(value) for _, value in where.among]
    found += [_list(value) for _, value in where.overlap]
    found += [value for _, value in where.holding]
    found += [bound for _, *bounds in where.between for bound in bounds if bound is not None]
    found += [bare(value) for *_, (_, value) in (*where.gathered, *where.through)]
    return {f"p{number}": value for number, value in enumerate(found)}


def conditions_of(where: Where) -> list[sql.Composed]:
    """The conditions, with placeholders in the order of ``values_of``."""
    numbers = count()
    named = [(name, HELD_LONG if name in LONG else "{} = {}") for name, _ in where.equal]
    # One of several, of which there is only one, is that one.
    named += [(name, "{} = {}" if len(v) == 1 else "{} = any({})") for name, v in where.among]
    named += [(name, "{} && {}::text[]") for name, _ in where.overlap]
    named += [(name, "strpos({}, {}) > 0") for name, _ in where.holding]
    conditions = [
        sql.SQL(template).format(sql.Identifier(name), sql.Placeholder(f"p{next(numbers)}"))
        for name, template in named
    ]
    conditions += [
        sql.SQL("{} " + operator + " {}").format(
            sql.Identifier(name), sql.Placeholder(f"p{next(numbers)}")
        )
        for name, first, last in where.between
        for operator, bound in ((">=", first), ("<=", last))
        if bound is not None
    ]
    related = (
        (where.gathered, "{0} && (array(select key from {1} where {2} = {3}) || {3}::text)"),
        (where.through, "{0} in (select {0} from {1} where {2} = {3})"),
    )
    conditions += [
        sql.SQL(template).format(
            sql.Identifier(name),
            sql.Identifier(SCHEMA, view),
            sql.Identifier(facet),
            sql.Placeholder(f"p{next(numbers)}"),
        )
        for pairs, template in related
        for name, view, (facet, _) in pairs
    ]
    return conditions


def _list(values: tuple[Any, ...]) -> list[Any]:
    return [bare(each) for each in values]


def bare(value: Any) -> Any:
    """A value as the database takes it."""
    if isinstance(value, str):
        return str(value)
    return getattr(value, "value", value)

"""Statement: the SQL by which rows of views are read; one text for all conditions of one shape."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any

from psycopg import sql

from projections.projection import SCHEMA

if TYPE_CHECKING:
    from projections.reader import Where

STATEMENTS_MAX = 500


@lru_cache(maxsize=STATEMENTS_MAX)
def page_of(view: str, shape: Where, after: bool, descending: bool) -> bytes:
    """The statement of a page: the rows are bounded first, and then stand beside the position."""
    conditions = conditions_of(shape)
    if after:
        operator = sql.SQL("<" if descending else ">")
        conditions.append(sql.SQL("key {} %(after)s").format(operator))
    order = sql.SQL("desc" if descending else "asc")
    return (
        sql.SQL(
            "select stands.position, page.key, page.state, stands.version from (select "
            "(select position from projection.progress where view = %(view)s), "
            "(select version from projection.progress where view = %(view)s)"
            ") as stands (position, version) left join (select "
            "key, state from {} {} order by key {} limit %(limit)s) as page on true "
            "order by page.key {}"
        )
        .format(sql.Identifier(SCHEMA, view), where_of(conditions), order, order)
        .as_bytes()
    )


def where_of(conditions: list[sql.Composed]) -> sql.Composable:
    """The clause that all conditions make."""
    if not conditions:
        return sql.SQL("")
    return sql.SQL("where ") + sql.SQL(" and ").join(conditions)


def shape_of(where: Where) -> Where:
    """The same without its values, so that conditions of one shape are one statement."""
    return replace(
        where,
        equal=tuple((name, None) for name, _ in where.equal),
        among=tuple((name, ()) for name, _ in where.among),
        overlap=tuple((name, ()) for name, _ in where.overlap),
        through=tuple((name, view, (facet, None)) for name, view, (facet, _) in where.through),
        between=tuple(
            (name, None if first is None else "", None if last is None else "")
            for name, first, last in where.between
        ),
        gathered=tuple((name, view, (facet, None)) for name, view, (facet, _) in where.gathered),
        holding=tuple((name, "") for name, _ in where.holding),
    )


def values_of(where: Where) -> dict[str, Any]:
    """The values of the conditions, under the names in ``_conditions_of``."""
    found = [bare(value) for _, value in where.equal]
    found += [[bare(each) for each in value] for _, value in (*where.among, *where.overlap)]
    found += [value for _, value in where.holding]
    found += [bound for _, *bounds in where.between for bound in bounds if bound is not None]
    found += [bare(value) for *_, (_, value) in (*where.gathered, *where.through)]
    return {f"p{number}": value for number, value in enumerate(found)}


def conditions_of(where: Where) -> list[sql.Composed]:
    """The conditions, with placeholders in the order of ``values_of``."""
    numbers = count()
    kinds = (
        (where.equal, "{} = {}"),
        (where.among, "{} = any({})"),
        (where.overlap, "{} && {}::text[]"),
        (where.holding, "strpos({}, {}) > 0"),
    )
    conditions = [
        sql.SQL(template).format(sql.Identifier(name), sql.Placeholder(f"p{next(numbers)}"))
        for pairs, template in kinds
        for name, _ in pairs
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


def bare(value: Any) -> Any:
    """A value as the database takes it."""
    if isinstance(value, str):
        return str(value)
    return getattr(value, "value", value)

"""Walk: the statements that walk one index a short way, and that pick entries by their positions.

Each text is made once for all filters of one shape: making it takes as long as reading a page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from ledger.store.condition import conditions_of
from ledger.store.page import OF_TYPE, OTHER_TAG, TOLD, restrictions, statement_of, values_of

if TYPE_CHECKING:
    from ledger.store.feed import Filter

TEXTS_MAX = 500
Values = dict[str, Any]
_texts: dict[tuple[object, ...], bytes] = {}


def plain(wanted: Filter, limit: int, latest_first: bool, telling: bool) -> tuple[bytes, Values]:
    """The query of a page by the narrowest index, however far it is walked."""
    values = values_of(wanted, limit)
    shape = ("plain", telling, *_shape_of(wanted, values, latest_first))
    text = _texts.get(shape)
    if text is None:
        statement, _ = statement_of(wanted, limit, latest_first, telling=telling)
        text = _hold(shape, statement)
    return text, values


def walking(
    wanted: Filter, limit: int, latest_first: bool, telling: bool
) -> tuple[bytes, Values] | None:
    """The query of a page that walks one index no further than ``%(walk)s`` rows.

    It is led by the first tag or, where there is none, by a lone type, or by the position where
    the filter says nothing of words; ``None``: by none of these.
    """
    return _walk(_WALK, "walk", wanted, limit, latest_first, telling)


def edge(wanted: Filter, latest_first: bool) -> tuple[bytes, Values] | None:
    """The query that counts the rows of such a walk."""
    return _walk(_EDGE, "edge", wanted, 0, latest_first, telling=False)


def picking(
    wanted: Filter, positions: list[int], latest_first: bool, telling: bool
) -> tuple[bytes, Values]:
    """The query of those of some positions that are wanted."""
    values = values_of(wanted, len(positions)) | {"positions": positions}
    shape = ("pick", telling, *_shape_of(wanted, values, latest_first))
    text = _texts.get(shape)
    if text is None:
        conditions = restrictions(wanted, values)
        if wanted.types:
            conditions.append(OF_TYPE)
        composed = _PICK.format(
            conditions=sql.SQL(" and ").join(conditions),
            order=sql.SQL("desc" if latest_first else "asc"),
            told=TOLD if telling else sql.SQL(""),
        )
        text = _hold(shape, composed)
    return text, values


def _walk(
    template: sql.SQL, name: str, wanted: Filter, limit: int, latest_first: bool, telling: bool
) -> tuple[bytes, Values] | None:
    values = values_of(wanted, limit)
    free = not conditions_of(wanted)
    if not values["hashes"] and len(values["types"]) != 1 and not free:
        return None
    shape = (name, telling, *_shape_of(wanted, values, latest_first))
    text = _texts.get(shape)
    if text is None:
        lead = _LEAD_TAG if values["hashes"] else _LEAD_POSITION if free else _LEAD_TYPE
        others: list[sql.Composable] = [sql.SQL("true")]
        further = range(2, len(values["hashes"]) + 1)
        others += [OTHER_TAG.format(n=sql.Literal(number)) for number in further]
        order = sql.SQL("desc" if latest_first else "asc")
        composed = template.format(
            lead=lead.format(order=order),
            conditions=sql.SQL(" and ").join(restrictions(wanted, values)),
            others=sql.SQL(" and ").join(others),
            order=order,
            tags=sql.SQL(", e.tags" if telling else ""),
            told=TOLD if telling else sql.SQL(""),
        )
        text = _hold(shape, composed)
    return text, values


def _shape_of(wanted: Filter, values: Values, latest_first: bool) -> tuple[object, ...]:
    """All but the values of a filter, so that those of one shape are one statement."""
    return (
        len(values["hashes"]),
        len(values["types"]) == 1,
        *(bool(each) for each in (values["types"], values["tags"], wanted.any_tags)),
        *(each is None for each in values.values()),
        *(wanted.any_tags is None, wanted.scattered, latest_first),
    )


def _hold(shape: tuple[object, ...], composed: sql.Composed) -> bytes:
    if len(_texts) >= TEXTS_MAX:
        _texts.clear()
    text = _texts[shape] = composed.as_bytes()
    return text


# Both orders are those of one index of two columns, so that a plan in order reads row by row, and
# ends with the page (``page``).
_LEAD_TAG = sql.SQL(
    "select t.hash as lead, t.position from ledger.tags t "
    "where (t.hash, t.position) > ((%(hashes)s::bigint[])[1], %(after)s) "
    "and (t.hash, t.position) < ((%(hashes)s::bigint[])[1], %(before)s) "
    "order by t.hash {order}, t.position {order} limit %(walk)s"
)
_LEAD_TYPE = sql.SQL(
    "select t.type as lead, t.position from ledger.events t "
    "where (t.type, t.position) > ((%(types)s::text[])[1], %(after)s) "
    "and (t.type, t.position) < ((%(types)s::text[])[1], %(before)s) "
    "order by t.type {order}, t.position {order} limit %(walk)s"
)
_LEAD_POSITION = sql.SQL(
    "select t.position as lead, t.position from ledger.events t "
    "where t.position > %(after)s and t.position < %(before)s "
    "order by t.position {order} limit %(walk)s"
)
_WALK = sql.SQL(
    "select e.position, e.body{told} from ({lead}) t cross join lateral ("
    "select e.position, e.body{tags} from ledger.events e "
    "where e.position = t.position and {conditions} offset 0) e "
    "where {others} order by t.lead {order}, t.position {order} limit %(limit)s"
)
_EDGE = sql.SQL("select count(*) from ({lead}) t")
_PICK = sql.SQL(
    "select e.position, e.body{told} from ledger.events e "
    "where e.position = any(%(positions)s::bigint[]) and {conditions} "
    "order by e.position {order} limit %(limit)s"
)

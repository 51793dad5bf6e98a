"""Page: the statement that reads a page of entries, by whichever index is narrowest.

Every statement has one plan that is in order, so that a page costs what it gives, however many
entries carry the tag or the type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from psycopg import sql

from ledger.event import dated_types
from ledger.store.statements import tag_hash

if TYPE_CHECKING:
    from ledger.store.feed import Filter

POSITION_MAX = 2**63 - 1
# A prime, so that what comes in a rhythm is not always met, or always missed.
SAMPLED, SPARSE = 101, 10


def statement_of(
    wanted: Filter, limit: int, latest_first: bool, *, telling: bool = False
) -> tuple[sql.Composed, dict[str, Any]]:
    """The query that starts from the narrowest index: a tag, a type, or the position.

    ``telling``: each row has its tags, joined by US (0x1F), and the head beside it.
    """
    values = values_of(wanted, limit)
    conditions = restrictions(wanted, values)
    others: list[sql.Composable] = [sql.SQL("true")]
    if values["hashes"]:
        template = _BY_TAG
        further = range(2, len(values["hashes"]) + 1)
        others += [OTHER_TAG.format(n=sql.Literal(number)) for number in further]
    elif wanted.any_tags and (wanted.scattered or not wanted.types):
        template = _BY_ANY_TAG
        if wanted.types:
            conditions.append(OF_TYPE)
    elif wanted.types:
        template = _BY_TYPE
    else:
        template = _BY_POSITION
    order = sql.SQL("desc" if latest_first else "asc")
    both = sql.SQL(" and ")
    composed = template.format(
        conditions=both.join(conditions),
        others=both.join(others),
        order=order,
        tags=sql.SQL(", e.tags" if telling else ""),
        told=TOLD if telling else sql.SQL(""),
    )
    return composed, values


def counting(wanted: Filter, most: int) -> tuple[sql.Composed, dict[str, Any]]:
    """The query that counts the wanted entries up to a number, without reading them."""
    statement, values = statement_of(wanted, most, latest_first=False)
    return sql.SQL("select count(*) from ({}) w").format(statement), values


def bounding(wanted: Filter, most: int) -> Iterator[tuple[sql.Composed, dict[str, Any]]]:
    """Queries that count, up to a number, no less than is wanted; each reads one index only.

    What carries the tags, whatever it is else, and what is of the types, whomever it concerns.
    """
    values = values_of(wanted, most)
    hashes = values["hashes"][:1] or sorted({tag_hash(tag) for tag in wanted.any_tags or ()})
    if hashes:
        yield _TAGGED.format(), values | {"hashes": hashes}
    if wanted.types:
        yield _TYPED.format(), values


def sampling(wanted: Filter, most: int) -> tuple[sql.Composed, dict[str, Any]]:
    """The query that counts the wanted entries at one position in ``SAMPLED``, by tag or type.

    It looks at as many rows of one index as would hold ``most`` if one in ``SPARSE`` is wanted.
    """
    values = values_of(wanted, most * SPARSE)
    hashes = values["hashes"][:1] or sorted({tag_hash(tag) for tag in wanted.any_tags or ()})
    conditions = restrictions(wanted, values)
    if hashes and wanted.types:
        conditions.append(OF_TYPE)
    template = _SAMPLE_OF_TAG if hashes else _SAMPLEOF_TYPE
    return (
        template.format(conditions=sql.SQL(" and ").join(conditions)),
        values | {"hashes": hashes, "sampled": SAMPLED},
    )


def values_of(wanted: Filter, limit: int) -> dict[str, Any]:
    """The values of a query of so many entries, by the names in its text."""
    lone = wanted.any_tags if wanted.any_tags is not None and len(wanted.any_tags) == 1 else ()
    return {
        "after": wanted.after,
        "before": POSITION_MAX if wanted.before is None else wanted.before,
        "types": list(dict.fromkeys(wanted.types)),
        "tags": list(wanted.all_tags),
        "any_tags": list(wanted.any_tags or ()),
        "any_hashes": sorted({tag_hash(tag) for tag in wanted.any_tags or ()}),
        "hashes": [tag_hash(tag) for tag in (*wanted.all_tags, *lone)],
        "channel": wanted.channel,
        "known_from": wanted.known_from,
        "known_to": wanted.known_to,
        "on_from": wanted.on_from,
        "on_to": wanted.on_to,
        "true_by": wanted.true_by,
        "dated": [] if wanted.true_by is None else dated_types(),
        "limit": limit,
    }


def restrictions(wanted: Filter, values: dict[str, Any]) -> list[sql.Composable]:
    """What the index of a statement does not tell, of an event ``e``."""
    # Events that a library application appended have no id and are no entries.
    conditions: list[sql.Composable] = [sql.SQL("e.id is not null")]
    if wanted.types and values["hashes"]:
        conditions.append(OF_TYPE)
    if values["tags"]:
        conditions.append(sql.SQL("e.tags @> %(tags)s::text[]"))
    if wanted.any_tags is not None:
        conditions.append(sql.SQL("e.tags && %(any_tags)s::text[]"))
    for name, condition in _RANGES.items():
        if values[name] is not None:
            conditions.append(sql.SQL(condition))
    return conditions


TOLD = sql.SQL(", array_to_string(e.tags, E'\\x1f'), (select max(position) from ledger.events)")
# An index of two columns is walked in its own order, between two rows of it. Asked in this way the
# planner has no other plan that is in order, however common the tag or the type may be. Each event
# is looked up by its position (offset 0): a plan made for any values would rather read all events
# of the types and look for those of the tag among them.
_BY_TAG = sql.SQL(
    "select e.position, e.body{told} from ledger.tags t cross join lateral ("
    "select e.position, e.body{tags} from ledger.events e "
    "where e.position = t.position and {conditions} offset 0) e "
    "where (t.hash, t.position) > ((%(hashes)s::bigint[])[1], %(after)s) "
    "and (t.hash, t.position) < ((%(hashes)s::bigint[])[1], %(before)s) and {others} "
    "order by t.hash {order}, t.position {order} limit %(limit)s"
)
_TAGGED = sql.SQL(
    "select count(*) from (select from unnest(%(hashes)s::bigint[]) as one(hash) "
    "cross join lateral (select from ledger.tags t "
    "where (t.hash, t.position) > (one.hash, %(after)s) "
    "and (t.hash, t.position) < (one.hash, %(before)s) limit %(limit)s) found "
    "limit %(limit)s) w"
)
_SAMPLE_OF_TAG = sql.SQL(
    "select count(distinct e.position) from ("
    "select found.position from unnest(%(hashes)s::bigint[]) as one(hash) "
    "cross join lateral (select t.position from ledger.tags t "
    "where (t.hash, t.position) > (one.hash, %(after)s) "
    "and (t.hash, t.position) < (one.hash, %(before)s) limit %(limit)s) found limit %(limit)s) w "
    "join ledger.events e on e.position = w.position "
    "where w.position %% %(sampled)s = 0 and {conditions}"
)
_SAMPLEOF_TYPE = sql.SQL(
    "select count(*) from (select found.position from unnest(%(types)s::text[]) as one(type) "
    "cross join lateral (select e.position from ledger.events e "
    "where (e.type, e.position) > (one.type, %(after)s) "
    "and (e.type, e.position) < (one.type, %(before)s) limit %(limit)s) found limit %(limit)s) w "
    "join ledger.events e on e.position = w.position "
    "where w.position %% %(sampled)s = 0 and {conditions}"
)
_TYPED = sql.SQL(
    "select count(*) from (select from unnest(%(types)s::text[]) as one(type) "
    "cross join lateral (select from ledger.events e "
    "where (e.type, e.position) > (one.type, %(after)s) "
    "and (e.type, e.position) < (one.type, %(before)s) limit %(limit)s) found "
    "limit %(limit)s) w"
)
OTHER_TAG = sql.SQL(
    "exists (select from ledger.tags o where o.hash = (%(hashes)s::bigint[])[{n}] "
    "and o.position = t.position offset 0)"  # offset 0: looked up row by row, never joined
)
OF_TYPE = sql.SQL("e.type = any(%(types)s)")
_BY_ANY_TAG = sql.SQL(
    "select e.position, e.body{told} from ("
    "select distinct found.position from unnest(%(any_hashes)s::bigint[]) as one(hash) "
    "cross join lateral (select t.position from ledger.tags t cross join lateral ("
    "select from ledger.events e where e.position = t.position and {conditions} offset 0) e "
    "where (t.hash, t.position) > (one.hash, %(after)s) "
    "and (t.hash, t.position) < (one.hash, %(before)s) "
    "order by t.hash {order}, t.position {order} limit %(limit)s"
    ") found order by found.position {order} limit %(limit)s"
    ") p join ledger.events e on e.position = p.position order by p.position {order}"
)
_BY_TYPE = sql.SQL(
    "select e.position, e.body{told} from ("
    "select found.position from unnest(%(types)s::text[]) as one(type) cross join lateral ("
    "select e.position from ledger.events e where (e.type, e.position) > (one.type, %(after)s) "
    "and (e.type, e.position) < (one.type, %(before)s) and {conditions} "
    "order by e.type {order}, e.position {order} limit %(limit)s"
    ") found order by found.position {order} limit %(limit)s"
    ") p join ledger.events e on e.position = p.position order by p.position {order}"
)
_BY_POSITION = sql.SQL(
    "select e.position, e.body{told} from ledger.events e "
    "where e.position > %(after)s and e.position < %(before)s and {conditions} "
    "order by e.position {order} limit %(limit)s"
)

# Instants never decrease from one position to the next, so a period is a range of positions.
_RANGES = {
    "channel": "e.channel = %(channel)s",
    "known_from": "e.position >= (select position from ledger.events "
    "where at >= %(known_from)s order by at, position limit 1)",
    "known_to": "e.position <= (select position from ledger.events "
    "where at <= %(known_to)s order by at desc, position desc limit 1)",
    "on_from": "e.on_day >= %(on_from)s",
    "on_to": "e.on_day <= %(on_to)s",
    # The day of an event that tells its own is only known once it is read.
    "true_by": "(e.on_day <= %(true_by)s or e.type = any(%(dated)s::text[]))",
}

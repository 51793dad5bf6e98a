"""Crossing: pages of entries under several conditions, which reads little more than it gives.

Where a filter has one condition, its index has the page as it stands (``page``). Where it has
several, the narrowest index is walked a short way, which ends most questions. Otherwise they may be
common alone and rare together: then the bits of their words are crossed, block by block
(``block``), and only what no block holds yet is walked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import ConnectionPool

from ledger.store import block
from ledger.store.array import numbers
from ledger.store.block import BLOCK, places_of
from ledger.store.condition import Words, conditions_of, crosses, entries_alone
from ledger.store.page import POSITION_MAX
from ledger.store.statements import tag_hash
from ledger.store.walk import edge, picking, plain, walking

if TYPE_CHECKING:
    from ledger.store.feed import Filter

# Longer pages are read by those who read on to the end, and walk whatever they are led by.
LIMIT_MAX = 1_001
# How many rows an index is walked for each that is wanted.
WALK = 4
# So many blocks are looked at, and so many times more whenever they did not do.
BLOCKS_FIRST, BLOCKS_MORE = 8, 4
# A condition of more words than these is left to the entries where few are left.
WORDS_MAX = 8

STANDS = """
select coalesce((select max(position) from ledger.events), 0),
    coalesce((select max(block) from ledger.blocks where hash = %(entry)s), -1)
"""
# Instants never decrease from one position to the next, so a period is a range of positions.
KNOWN = """
select (select position from ledger.events where at >= %(known_from)s::timestamptz
        order by at, position limit 1),
    (select position from ledger.events where at > %(known_to)s::timestamptz
        order by at, position limit 1)
"""
BITS = """
select one.hash, b.block, b.bits from unnest(%(hashes)s::bigint[]) as one(hash) cross join lateral (
    select block, bits from ledger.blocks
    where hash = one.hash and block >= %(first)s and block <= %(last)s offset 0
) b
"""
# Of a tag that few entries of a block carry, the tag index has the positions; among them are those
# of events that are no entries, of which there may be many.
SPARSE = """
select t.position from unnest(%t::bigint[], %t::bigint[]) as one(hash, block)
cross join lateral (
    select position from ledger.tags
    where hash = one.hash and position > one.block * %s and position <= (one.block + 1) * %s
    offset 0
) t
"""
THERE = """
select one.hash from unnest(%(hashes)s::bigint[]) as one(hash)
where exists (select from ledger.blocks where hash = one.hash)
"""

Pool = ConnectionPool[psycopg.Connection[Any]]
Rows = list[tuple[Any, ...]]


class Crossing:
    """One page of wanted entries, read over one connection."""

    def __init__(
        self,
        cursor: psycopg.Cursor[Any],
        wanted: Filter,
        conditions: list[Words],
        *,
        latest_first: bool,
        telling: bool,
    ) -> None:
        self._cursor = cursor
        self._wanted = wanted
        self._conditions = conditions
        self._latest_first = latest_first
        self._telling = telling
        # Up to where it looks, and the last block that is sealed; read where a walk did not do.
        self.head, self._sealed = 0, -1

    def page(self, limit: int) -> Rows:
        """At most ``limit`` rows of position and body, in order, with whatever is told beside."""
        found, whole = self._walked(limit)
        if whole or len(found) >= limit:
            return found
        wanted = self._within()
        if wanted is None:
            return found
        if found:
            side = "before" if self._latest_first else "after"
            wanted = replace(wanted, **{side: found[-1][0]})
        found = found + self._searched(wanted, limit - len(found))
        if not self._telling or not found:
            return found
        # What came after the head that was looked at is not among them.
        return [(*row[:3], min(self.head, found[0][3])) for row in found]

    def _walked(self, limit: int) -> tuple[Rows, bool]:
        """What a short walk finds, and whether that is all there is."""
        walk = {"walk": limit * WALK}
        asked = walking(self._wanted, limit, self._latest_first, self._telling)
        counted = edge(self._wanted, self._latest_first)
        if asked is None or counted is None:
            return [], False
        found = self._rows(asked[0], asked[1] | walk)
        if len(found) >= limit:
            return found, False
        ((rows,),) = self._rows(counted[0], counted[1] | walk)
        return found, rows < limit * WALK

    def _rows(self, text: bytes | str, values: dict[str, Any]) -> Rows:
        return self._cursor.execute(text, values).fetchall()

    def _within(self) -> Filter | None:
        """The filter up to the head of this moment; ``None``: nothing fits."""
        ((self.head, self._sealed),) = self._rows(STANDS, {"entry": tag_hash(block.ENTRY)})
        before = min(_before(self._wanted), self.head + 1)
        return replace(self._wanted, before=before) if self._wanted.after + 1 < before else None

    def _searched(self, wanted: Filter, limit: int) -> Rows:
        """What the blocks have and, before or after it, what is in none of them yet."""
        bound = (self._sealed + 1) * BLOCK
        old = replace(wanted, before=min(_before(wanted), bound + 1))
        new = replace(wanted, after=max(wanted.after, bound))
        found: Rows = []
        for part in (new, old) if self._latest_first else (old, new):
            left = limit - len(found)
            if left > 0 and part.after + 1 < _before(part):
                found += self._blocks(part, left) if part is old else self._plain(part, left)
        return found

    def _plain(self, wanted: Filter, limit: int) -> Rows:
        return self._rows(*plain(wanted, limit, self._latest_first, self._telling))

    def _blocks(self, wanted: Filter, limit: int) -> Rows:
        found: Rows = []
        waiting: list[int] = []
        for position in self._candidates(wanted, limit):
            waiting.append(position)
            if len(waiting) >= limit - len(found):
                found += self._picked(wanted, waiting)
                waiting = []
                if len(found) >= limit:
                    return found
        return found + (self._picked(wanted, waiting) if waiting else [])

    def _picked(self, wanted: Filter, positions: list[int]) -> Rows:
        return self._rows(*picking(wanted, positions, self._latest_first, self._telling))

    def _candidates(self, wanted: Filter, limit: int) -> Iterator[int]:
        """The positions where all conditions hold, or all but those that are left to entries."""
        first, last = wanted.after // BLOCK, (_before(wanted) - 2) // BLOCK
        conditions = self._there()
        if conditions is None:
            return
        size = BLOCKS_FIRST
        while first <= last:
            low, high = first, min(last, first + size - 1)
            if self._latest_first:
                low, high = max(first, last - size + 1), last
            alive = self._alive(conditions, wanted, low, high, limit)
            for number in sorted(alive, reverse=self._latest_first):
                for place in places_of(alive[number], latest_first=self._latest_first):
                    yield number * BLOCK + place + 1
            if self._latest_first:
                last = low - 1
            else:
                first = high + 1
            size *= BLOCKS_MORE

    def _there(self) -> list[Words] | None:
        """The conditions without words that no block has; ``None``: one has no word left."""
        found = []
        for each in self._conditions:
            if not each.hashes:
                return None
            if not each.tags and len(each.hashes) > 1:
                rows = self._rows(THERE, {"hashes": list(each.hashes)})
                if not rows:
                    return None
                each = replace(each, hashes=tuple(hash_ for (hash_,) in rows))
            found.append(each)
        return sorted(found, key=lambda each: (len(each.hashes) > 1, each.tags, len(each.hashes)))

    def _alive(
        self, conditions: list[Words], wanted: Filter, low: int, high: int, limit: int
    ) -> dict[int, int]:
        """The bits of each block between two in which all conditions hold."""
        alive = dict.fromkeys(range(low, high + 1), (1 << BLOCK) - 1)
        for number in (low, high):
            alive[number] &= _window(wanted, number)
        for index, each in enumerate(conditions):
            if index and len(each.hashes) > WORDS_MAX:
                left = sum(bits.bit_count() for bits in alive.values())
                if left <= WALK * limit:
                    break
            bits = self._bits(each, sorted(alive))
            alive = {n: both for n in alive if (both := alive[n] & bits.get(n, 0))}
            if not alive:
                break
        return alive

    def _bits(self, words: Words, blocks: list[int]) -> dict[int, int]:
        """The bits of a condition in each of the blocks."""
        found: dict[int, int] = {}
        held: set[tuple[int, int]] = set()
        values = {"hashes": list(words.hashes), "first": blocks[0], "last": blocks[-1]}
        for hash_, number, bits in self._cursor.execute(BITS, values):
            found[number] = found.get(number, 0) | block.read(bytes(bits))
            held.add((hash_, number))
        if words.tags:
            lacking = [(h, n) for n in blocks for h in words.hashes if (h, n) not in held]
            if lacking:
                asked = [numbers(each) for each in zip(*lacking, strict=True)]
                sparse = (*asked, BLOCK, BLOCK)
                for (position,) in self._cursor.execute(SPARSE, sparse):
                    number, place = divmod(position - 1, BLOCK)
                    found[number] = found.get(number, 0) | 1 << place
        return found


def between(cursor: psycopg.Cursor[Any], wanted: Filter) -> Filter | None:
    """A filter by positions in the place of instants; ``None``: nothing was learned then.

    An index that is walked in the order of positions begins and ends where the period does.
    """
    told = {"known_from": wanted.known_from, "known_to": wanted.known_to}
    row = cursor.execute(KNOWN, told).fetchone()
    assert row is not None
    earliest, later = row
    after, before = wanted.after, _before(wanted)
    if wanted.known_from is not None:
        if earliest is None:
            return None
        after = max(after, earliest - 1)
    if later is not None:
        before = min(before, later)
    return replace(wanted, after=after, before=before, known_from=None, known_to=None)


def _before(wanted: Filter) -> int:
    return POSITION_MAX if wanted.before is None else wanted.before


def _window(wanted: Filter, number: int) -> int:
    """The bits of a block's places that lie between the two positions of a filter."""
    low = max(wanted.after - number * BLOCK, 0)
    high = min(_before(wanted) - 1 - number * BLOCK, BLOCK)
    return ((1 << high) - 1) >> low << low if high > low else 0


def read_page(pool: Pool, wanted: Filter, limit: int, *, latest_first: bool = False) -> Rows:
    """A page of positions and bodies."""
    return _page(pool, wanted, limit, latest_first=latest_first, telling=False)[0]


def told_page(
    pool: Pool, wanted: Filter, limit: int, *, latest_first: bool
) -> tuple[Rows, int | None]:
    """The same with tags, and the head; ``None``: nothing was found that would tell it."""
    return _page(pool, wanted, limit, latest_first=latest_first, telling=True)


def _page(
    pool: Pool, wanted: Filter, limit: int, *, latest_first: bool, telling: bool
) -> tuple[Rows, int | None]:
    head: int | None = None
    with pool.connection() as connection, connection.cursor(binary=True) as cursor:
        if wanted.known_from is not None or wanted.known_to is not None:
            within = between(cursor, wanted)
            if within is None:
                return [], None
            wanted = within
        wide = _before(wanted) - wanted.after > BLOCK
        conditions = conditions_of(wanted) if wide and limit <= LIMIT_MAX else []
        if (telling or latest_first) and wide and limit <= LIMIT_MAX and not conditions:
            conditions = entries_alone()
        if crosses(conditions):
            crossing = Crossing(
                cursor, wanted, conditions, latest_first=latest_first, telling=telling
            )
            found = crossing.page(limit)
            head = crossing.head or None
        else:
            found = cursor.execute(*plain(wanted, limit, latest_first, telling)).fetchall()
    return found, found[0][3] if telling and found else head

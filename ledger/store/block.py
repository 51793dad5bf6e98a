"""Blocks: the positions of 8,192 entries in a row as bits, one row for each word they stand under.

A word is a tag, a type, a channel, or a day with the month, year and so on around it. Of words that
are common alone and rare together a reader crosses the bits, and walks neither (``crossing``). A
block is written once, when its last position is there, in a commit of its own beside the runner's:
nothing of it costs the committer anything. Tags that few entries of a block carry have no bits
there; the tag index has them.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from struct import unpack
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from ledger.store.array import numbers
from ledger.store.statements import UNIT, tag_hash

BLOCK = 8_192
# A tag has bits of its own where so many entries of a block carry it.
DENSE = 16
# So many entries are read at once: what a block takes while it is written stays small.
PAGE = 512
# Up to so many positions are listed, in two bytes each; more are a map of bits.
LISTED_MAX = 64
LOCK = 4_207_330_385
# A day stands under itself and what is around it: 2024-03-05, 2024-03, 2024, 202, 20, 2.
DAY_LENGTHS = (10, 7, 4, 3, 2, 1)

NEXT = (
    "select coalesce((select max(block) from ledger.blocks where hash = %s), -1) + 1, "
    "coalesce((select max(position) from ledger.events), 0)"
)
ENTRIES = (
    "select position, type, channel, on_day, array_to_string(tags, E'\\x1f') from ledger.events "
    "where position > %s and position <= %s and id is not null"
)
INSERT = "insert into ledger.blocks select * from unnest(%t::bigint[], %t::int[], %b::bytea[])"
_BIT = (1, 2, 4, 8, 16, 32, 64, 128)
# Every sealed block has this word, for its entries whatever they are.
ENTRY = "entry"

Connection = psycopg.Connection[Any]


def seal(pool: ConnectionPool[Connection]) -> bool:
    """Writes the next block where all of its positions are there; whether it did.

    ``False`` as well while another process does so.
    """
    with pool.connection() as connection, connection.cursor(binary=True) as cursor:
        block, head = _next(cursor)
        if head < (block + 1) * BLOCK:
            return False
        row = cursor.execute("select pg_try_advisory_xact_lock(%s)", (LOCK,)).fetchone()
        # Another process may have sealed it meanwhile.
        if row is None or not row[0] or _next(cursor)[0] != block:
            return False
        found = content(entries(cursor, block), block)
        hashes = sorted(found)
        bits = [found[each] for each in hashes]
        cursor.execute(INSERT, (numbers(hashes), numbers([block] * len(hashes)), bits))
    return True


def entries(cursor: psycopg.Cursor[Any], block: int) -> Iterator[tuple[Any, ...]]:
    """The entries of a block as ``content`` takes them, a page at a time."""
    last = (block + 1) * BLOCK
    for first in range(block * BLOCK, last, PAGE):
        yield from cursor.execute(ENTRIES, (first, min(first + PAGE, last)))


def content(rows: Iterable[tuple[Any, ...]], block: int) -> dict[int, bytes]:
    """What a block of entries (``ENTRIES``) holds: bits by the hash of a word."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for word, places in words(rows, block):
        found[tag_hash(word)] += places
    return {hash_: kept(sorted(places)) for hash_, places in found.items()}


def _next(cursor: psycopg.Cursor[Any]) -> tuple[int, int]:
    """The first block that is not sealed, as all before it are, and the head."""
    row = cursor.execute(NEXT, (tag_hash(ENTRY),)).fetchone()
    assert row is not None
    return row[0], row[1]


def words(rows: Iterable[tuple[Any, ...]], block: int) -> Iterator[tuple[str, list[int]]]:
    """Each word of a block's entries with where they lie in it, from 0."""
    tags: dict[str, list[int]] = {}
    once: dict[str, int] = {}  # most tags are those of one person, for which a list is much
    others: defaultdict[str, list[int]] = defaultdict(list)
    others[ENTRY] = []
    for position, kind, channel, day, tagged in rows:
        at = position - block * BLOCK - 1
        others[ENTRY].append(at)
        others[of_type(kind)].append(at)
        if channel is not None:
            others[of_channel(channel)].append(at)
        if day is not None:
            others[day.isoformat()].append(at)
        for tag in tagged.split(UNIT):
            known = tags.get(tag)
            if known is not None:
                known.append(at)
            elif (before := once.setdefault(tag, at)) != at:
                tags[tag] = [before, at]
    days: defaultdict[str, list[int]] = defaultdict(list)
    for name in [each for each in others if each[:1].isdigit()]:
        for length in DAY_LENGTHS:
            days[of_day(name[:length])] += others[name]
        del others[name]
    yield from others.items()
    yield from days.items()
    for tag, found in tags.items():
        if len(found) >= DENSE:
            yield tag, found


def of_type(name: str) -> str:
    """The word of a type."""
    return f"type {name}"


def of_channel(name: str) -> str:
    """The word of a channel."""
    return f"channel {name}"


def of_day(text: str) -> str:
    """The word of a day, or of the first characters of one."""
    return f"on {text}"


def days_between(first: date, last: date) -> list[str]:
    """The fewest words of which exactly the days of a span stand under one."""
    found: list[str] = []
    ends = last.isoformat()
    if last.day == monthrange(last.year, last.month)[1]:
        ends = f"{ends[:8]}31"  # as each month is taken to end
    _span(first.isoformat(), ends, "", found)
    return [of_day(each) for each in found]


def _span(first: str, last: str, prefix: str, found: list[str]) -> None:
    if prefix and first <= _lowest(prefix) and _highest(prefix) <= last:
        found.append(prefix)
        return
    for part in _parts(prefix):
        low, high = _lowest(prefix + part), _highest(prefix + part)
        if low <= last and high >= first:
            _span(first, last, prefix + part, found)


def _parts(prefix: str) -> list[str]:
    if len(prefix) < 4:
        return [str(digit) for digit in range(10)]
    return [f"-{number:02}" for number in range(1, 13 if len(prefix) == 4 else 32)]


def _lowest(prefix: str) -> str:
    return prefix + "0000-01-01"[len(prefix) :]


def _highest(prefix: str) -> str:
    return prefix + "9999-12-31"[len(prefix) :]


def kept(places: list[int]) -> bytes:
    """Places in a block as they are stored."""
    if len(places) <= LISTED_MAX:
        return b"".join(each.to_bytes(2, "big") for each in places)
    return bits_of(places).to_bytes(BLOCK // 8, "little")


def read(stored: bytes) -> int:
    """What is stored as one number, with a bit for each place."""
    if len(stored) == BLOCK // 8:
        return int.from_bytes(stored, "little")
    return bits_of(unpack(f">{len(stored) // 2}H", stored))


def bits_of(places: Iterable[int]) -> int:
    """One number with a bit for each place."""
    bits = bytearray(BLOCK // 8)
    for place in places:
        bits[place >> 3] |= _BIT[place & 7]
    return int.from_bytes(bits, "little")


def places_of(bits: int, *, latest_first: bool) -> Iterator[int]:
    """The places whose bits are set, in order."""
    while bits:
        place = bits.bit_length() - 1 if latest_first else (bits & -bits).bit_length() - 1
        yield place
        bits ^= 1 << place

"""Check of the blocks: each holds the bits of its entries, and none is left out.

A reader finds entries by them where several conditions meet; a bit that is missing would hide one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg

from ledger.store.block import BLOCK, content, entries
from projections.inspection import PAGE, Books, Problem, WholeCheck

HELD = "select block, hash, bits from ledger.blocks order by block, hash"


class Blocks(WholeCheck):
    """The blocks hold the bits of their entries."""

    name = "blocks"
    codes = ("BLOCK_DIFFERS", "BLOCK_MISSING")
    zh = "历史分块索引与其条目一致"
    en = "the blocks of the history hold the bits of their entries"

    def run(self, books: Books) -> Iterator[Problem]:
        with books.pool.connection() as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            row = connection.execute("select max(position) from ledger.events").fetchone()
            head = (row[0] if row else None) or 0
            due = 0
            for number, held in _held(connection):
                yield from self._left_out(due, number)
                due = number + 1
                full = due * BLOCK <= head
                wanted = _wanted(connection, number) if full else {}
                if held != wanted:
                    wrong = len(held.items() ^ wanted.items())
                    yield self.problem(
                        "BLOCK_DIFFERS",
                        f"历史分块 {number} 有 {wrong} 行与其条目不一致",
                        f"block {number} of the history has {wrong} rows that its entries do not "
                        "bear out",
                        number * BLOCK + 1,
                    )
                books.told("blocks", due * BLOCK, head)

    def _left_out(self, due: int, number: int) -> Iterator[Problem]:
        for missing in range(due, number):
            yield self.problem(
                "BLOCK_MISSING",
                f"历史分块 {missing} 缺失，而其后的分块已有",
                f"block {missing} of the history is missing, and a later one is there",
                missing * BLOCK + 1,
            )


def _held(connection: psycopg.Connection[Any]) -> Iterator[tuple[int, dict[int, bytes]]]:
    """The rows of each block, in the order of blocks."""
    with connection.cursor(name="blocks", binary=True) as cursor:
        cursor.itersize = PAGE
        cursor.execute(HELD)
        for number, rows in groupby(cursor, key=itemgetter(0)):
            yield number, {hash_: bytes(bits) for _, hash_, bits in rows}


def _wanted(connection: psycopg.Connection[Any], number: int) -> dict[int, bytes]:
    with connection.cursor(binary=True) as cursor:
        return content(entries(cursor, number), number)

"""A backlog: entries of a view whose states do not fit into memory, to be folded slice by slice.

A credit record is touched in every term of a career. Where all of them do not fit, whichever are
let go are soon read back, and each costs as much as all that it holds, for one entry more. So their
entries are put into a table, by slices of the keys, and folded once all are there: slice by slice,
each of which fits, each state written once. An entry is thereby decoded twice, and no state is.
"""

from __future__ import annotations

from itertools import takewhile
from struct import Struct
from typing import Any
from zlib import crc32

import psycopg
from psycopg import sql

from ledger.event import Entry
from projections.projection import ASIDE, SCHEMA, Projection
from projections.shadow import copy_in

SLICES = 1_024
# A page has at most so many entries, and of so many bytes.
PAGE, BYTES_MAX = 20_000, 64 * 2**20
CREATE = "create table {table} (slice int not null, position bigint not null, body bytea not null)"
INDEX = "create index on {table} (slice, position)"
COPY = "copy {table} (slice, position, body) from stdin (format binary)"
NEXT = """
select slice, position, body from (
    select slice, position, body,
        sum(octet_length(body)) over (order by slice, position rows unbounded preceding)
            - octet_length(body) as before
    from {table} where (slice, position) > (%s, %s) order by slice, position limit %s
) as page
where before < %s order by slice, position
"""
# How many columns a row has; before each of them, how many bytes it has.
ROW = Struct(">hiiiqi").pack
FOLDED = "delete from {table} where (slice, position) > (%s, %s) and (slice, position) <= (%s, %s)"

Connection = psycopg.Connection[Any]
# A slice, a position, and the bytes of the entry.
Row = tuple[int, int, bytes]


def put_off_of(view: Projection[Any]) -> str:
    """The table of what is put off of a view."""
    return f"{view.name}__backlog"


class Backlog:
    """The entries of a view that are not folded as yet, of which there are so many ``left``."""

    def __init__(self, view: Projection[Any]) -> None:
        self._view = view
        self._table = sql.Identifier(SCHEMA, put_off_of(view))
        self._rows: list[Row] = []
        self._after = (-1, 0)
        self.left = 0

    def stands(self, connection: Connection) -> bool:
        """Whether an earlier run began it."""
        asked = "select to_regclass(%s) is not null"
        row = connection.execute(asked, (self._table.as_string(connection),)).fetchone()
        if not row or not row[0]:
            return False
        counted = connection.execute(self._sql("select count(*) from {table}")).fetchone()
        self.left = counted[0] if counted else 0
        return True

    def create(self, connection: Connection) -> None:
        """Makes its table."""
        connection.execute(self._sql(CREATE) + ASIDE)
        connection.execute(self._sql(INDEX))

    def drop(self, connection: Connection) -> None:
        """Removes its table, if there is one."""
        connection.execute(self._sql("drop table if exists {table}"))

    def take(self, entry: Entry) -> None:
        """Puts the next entry off."""
        (key,) = self._view.keys(entry)
        self._rows.append((crc32(key.encode()) % SLICES, entry.position, entry.kept))
        self.left += 1

    def write(self, connection: Connection) -> None:
        """Adds the rows of what was put off since the last time, those of a slice together."""
        if not self._rows:
            return
        self._rows.sort()
        copy_in(connection, self._sql(COPY), map(_packed, self._rows))
        self._rows.clear()

    def next(self, connection: Connection) -> list[Row]:
        """The entries of the next slices, as many as are about a page; none where all are folded.

        A slice is cut only where it alone is longer than a page.
        """
        with connection.cursor(binary=True) as cursor:
            rows = cursor.execute(self._sql(NEXT), (*self._after, PAGE, BYTES_MAX)).fetchall()
        whole = len(rows) < PAGE and sum(len(body) for _, _, body in rows) < BYTES_MAX
        if not whole and rows[0][0] != rows[-1][0]:
            rows = list(takewhile(lambda row: row[0] != rows[-1][0], rows))
        return rows

    def leave_out(self, connection: Connection, rows: list[Row]) -> None:
        """Takes out entries that are folded; whoever goes on after a kill finds the others."""
        last = rows[-1][:2]
        connection.execute(self._sql(FOLDED), (*self._after, *last))
        self._after = last
        self.left -= len(rows)

    def _sql(self, text: str) -> sql.Composed:
        return sql.SQL(text).format(table=self._table)


def _packed(row: Row) -> bytes:
    """A row as a binary COPY takes it in."""
    number, position, body = row
    return ROW(3, 4, number, 8, position, len(body)) + body

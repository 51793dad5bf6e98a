"""A shadow: a view that is folded anew in memory, and its table beside the live one.

While it is folded, its table has no key and no index: what was touched since the last checkpoint
is added by COPY, and of several rows of a key the last counts. Only once all is folded are the
superseded rows left out and the indexes built, each in one go.

Memory is bounded. Where the states held come to more than they may, they are let go and read back
by their keys when they are touched again; an index on key and position is made for that, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from ledger.event import Entry
from projections.fold import Fold, touched
from projections.projection import FOLLOWS, SCHEMA, Index, Projection

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END = b"\xff\xff"
SETTLING = (
    "set local maintenance_work_mem = '256MB'",
    "set local work_mem = '64MB'",
    # To begin another process for a small table costs more than it does.
    "set local min_parallel_table_scan_size = '128MB'",
)
# Where no more than one row in so many was superseded, they are deleted rather than all others
# copied.
FEW = 10
SUPERSEDED = """
delete from {table} where ctid in (
    select ctid from (
        select ctid, row_number() over (partition by key order by position desc) as number
        from {table}
    ) each where number > 1
)
"""
Connection = psycopg.Connection[Any]


class Shadow:
    """A view's states since a position that is committed, and what of them is to be written."""

    def __init__(self, view: Projection[Any], position: int = 0, *, settled: bool = False) -> None:
        self.view = view
        self.table = beside(view)
        self.position = position
        self.settled = settled
        self.held = 0
        # What a process that is gone had in memory is read back when it is touched.
        self.spilled = position > 0 and not settled
        self._fold = Fold(view)
        self._sizes: dict[str, int] = {}
        # Rows written, and those of them whose key was written before; another process's are not
        # known.
        self._written, self._again = 0, 0
        self._resumed = position > 0

    @property
    def types(self) -> frozenset[str] | None:
        """The types of events that it takes in; ``None``: all."""
        return self.view.types

    @property
    def learn(self) -> Callable[[Entry], None]:
        """Takes in the next entry; good until states are let go."""
        return self._fold.take

    def recall(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Reads back the states that the entries may change, where they were let go."""
        if not self.spilled:
            return
        keys, tags = touched(self.view, entries)
        if tags:
            found = self._sql("select distinct key from {table} where {follows} && %s::text[]")
            keys |= {key for (key,) in connection.execute(found, (sorted(tags),))}
        missing = sorted(keys.difference(self._fold.states))
        if missing:
            last = self._sql(
                "select distinct on (key) key, state from {table} where key = any(%s) "
                "order by key, position desc"
            )
            for key, state in connection.execute(last, (missing,)):
                self._fold.recall(key, self.view.decode(bytes(state)))
                self._weigh(key, len(state))

    def write(self, connection: Connection) -> None:
        """Adds the rows that were touched since the last time."""
        if not self._fold.touched:
            return
        view, columns = self.view, self.view.columns
        copied = sql.SQL("copy {} ({}) from stdin (format binary)").format(
            sql.Identifier(SCHEMA, self.table),
            sql.SQL(", ").join(map(sql.Identifier, ("key", "state", "position", *columns))),
        )
        with connection.cursor() as cursor, cursor.copy(copied) as copy:
            copy.set_types(["text", "bytea", "int8", *columns.values()])
            for key, position in self._fold.touched.items():
                state = self._fold.states[key]
                body, values = view.encode(state), view.column_values(state)
                self._again += key in self._sizes
                self._weigh(key, len(body))
                copy.write_row((key, body, position, *(values[name] for name in columns)))
        self._written += len(self._fold.touched)
        self._fold.touched.clear()

    def let_go(self, connection: Connection) -> None:
        """Forgets the states, all of which are written."""
        if not self.spilled:
            self.seek(connection)
        self._fold, self._sizes, self.held = Fold(self.view), {}, 0

    def seek(self, connection: Connection) -> None:
        """Makes the indexes by which states are read back."""
        self.spilled = True
        connection.execute(self._sql("create index on {table} (key, position)"))
        if self.view.later:
            connection.execute(self._sql("create index on {table} using gin ({follows})"))

    def settle(self, connection: Connection) -> None:
        """Leaves out the rows that were superseded, and builds key and indexes."""
        for setting in SETTLING:
            connection.execute(setting)
        if self.spilled or self._resumed or self._again * FEW > self._written:
            self._leave_last(connection)
        elif self._again:
            connection.execute(self._sql(SUPERSEDED))
        primary = self._sql("alter table {table} add primary key ({primary})")
        connection.execute(primary)
        for index in self.view.indexes(self.table):
            connection.execute(index)
        self.settled, self.spilled = True, False
        self._fold, self._sizes, self.held = Fold(self.view), {}, 0

    def _leave_last(self, connection: Connection) -> None:
        kept = f"{self.view.name}__kept"
        connection.execute(self._sql("drop table if exists {kept}", kept))
        connection.execute(self.view.create(kept, bare=True))
        connection.execute(
            self._sql(
                "insert into {kept} select distinct on (key) * from {table} "
                "order by key, position desc",
                kept,
            )
        )
        connection.execute(self._sql("drop table {table}"))
        renamed = sql.SQL("alter table {} rename to {}").format(
            sql.Identifier(SCHEMA, kept), sql.Identifier(self.table)
        )
        connection.execute(renamed)

    def _weigh(self, key: str, size: int) -> None:
        self.held += size - self._sizes.get(key, 0)
        self._sizes[key] = size

    def _sql(self, text: str, kept: str = "") -> sql.Composed:
        return sql.SQL(text).format(
            table=sql.Identifier(SCHEMA, self.table),
            kept=sql.Identifier(SCHEMA, kept),
            follows=sql.Identifier(FOLLOWS),
            primary=sql.SQL(", ").join(map(sql.Identifier, self.view.primary)),
        )


class IndexShadow(Shadow):
    """An index's rows, which are made from each entry alone: nothing is held, none superseded."""

    view: Index

    def __init__(self, view: Index, position: int = 0, *, settled: bool = False) -> None:
        super().__init__(view, position, settled=settled)
        self.spilled = False
        self._rows: list[bytes] = []

    @property
    def types(self) -> frozenset[str] | None:
        """All, since any event has words."""
        return None

    @property
    def learn(self) -> Callable[[Entry], None]:
        """Takes in the next entry."""
        return self._learn

    def _learn(self, entry: Entry) -> None:
        self._rows.append(self.view.block(entry))

    def write(self, connection: Connection) -> None:
        """Adds the rows since the last time."""
        if self._rows:
            copied = self._sql("copy {table} from stdin (format binary)")
            with connection.cursor() as cursor, cursor.copy(copied) as copy:
                copy.write(COPY_HEADER + b"".join(self._rows) + COPY_END)
            self._rows.clear()

    def let_go(self, connection: Connection) -> None:
        """There is nothing to forget."""

    def _leave_last(self, connection: Connection) -> None:
        """No row has another of its key."""


def shadow_of(view: Projection[Any], position: int = 0, *, settled: bool = False) -> Shadow:
    """The shadow of a view or of an index."""
    if isinstance(view, Index):
        return IndexShadow(view, position, settled=settled)
    return Shadow(view, position, settled=settled)


def heaviest(shadows: Sequence[Shadow], most: int) -> Iterator[Shadow]:
    """Those whose states are to be let go, so that the others come to half of ``most`` bytes."""
    held = sum(each.held for each in shadows)
    if held <= most:
        return
    for shadow in sorted(shadows, key=lambda each: each.held, reverse=True):
        if held <= most // 2:
            return
        held -= shadow.held
        yield shadow


def beside(view: Projection[Any]) -> str:
    """The table beside a view's own."""
    return f"{view.name}__rebuilt"

"""A shadow: a view that is folded anew in memory, and its table beside the live one.

While it is folded, its table has no key and no index: what was touched since the last checkpoint
is added by COPY, and of several rows of a key the last counts. Only once all is folded are the
superseded rows left out and the indexes built, each in one go.

Memory is bounded. Where the states held come to more than they may, those that were not touched
for longest are let go and read back by their keys when they are touched again; an index on key and
position is made for that, once. That is good where a state is touched for a while and then no
more. Where all are touched all along the log, the longest untouched are the next to be touched:
of such a view (``lasting``) no state is held any more, and its entries are put off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Any

import psycopg
from psycopg import sql

from ledger.event import Entry
from ledger.store.array import words
from projections.fold import Fold, touched
from projections.follower import FOLLOWS, followers, inverted
from projections.projection import SCHEMA, Projection
from projections.stop import alone

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END = b"\xff\xff"
# To send each alone would take longer, and to join them all as much memory as they take.
COPIED_TOGETHER = 1_000
SETTLING = (
    "set local maintenance_work_mem = '256MB'",
    "set local work_mem = '64MB'",
    # To begin another process for a small table costs more than it does.
    "set local min_parallel_table_scan_size = '128MB'",
)
# Where at least one state in so many was touched, all are written once more.
FEW_LEFT = 2
# Where no more than one row in so many was superseded, they are deleted rather than all others
# copied.
FEW = 10
# From here on it is a table like any other.
LIVE = "alter table {table} reset (autovacuum_enabled, toast.autovacuum_enabled)"
SUPERSEDED = """
delete from {table} where ctid in (
    select ctid from (
        select ctid, row_number() over (partition by key order by position desc) as number
        from {table}
    ) each where number > 1
)
"""
# The last of each key alone: of what was touched often there are many rows, each with its state.
LAST = """
select one.key, last.state from unnest(%t::text[]) as one(key) cross join lateral (
    select state from {table} where key = one.key order by position desc limit 1
) last
"""
# The way between two checkpoints of a view, in entries, where memory has room.
DELAY = 1_000_000
# So much oftener where it has none: most of what is held then is let go soon, and written by then.
OFTENER = 4
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
        # Of each state held: the last position that it was touched at, and its bytes as stored.
        self._sizes: dict[str, tuple[int, int]] = {}
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

    @property
    def left(self) -> int:
        """How many entries were read that are still to be folded."""
        return 0

    @property
    def sizes(self) -> Iterable[tuple[int, int]]:
        """Of each state held the last position that it was touched at, and its bytes, as stored."""
        return self._sizes.values()

    def due(self, reached: int, head: int) -> bool:
        """Whether it is time to write, so that it can be gone on from there.

        Many a state is touched all along the log, and written anew each time. So it is seldom done,
        and near the end no more; but once early, which tells what the states weigh.
        """
        since, delay = reached - self.position, DELAY // (OFTENER if self.spilled else 1)
        return self.position == 0 or (since >= delay and head - reached >= since // 2)

    @property
    def crowded(self) -> bool:
        """Whether it has to be written for the memory that it takes beside states."""
        return False

    def recall(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Reads back the states that the entries may change, where they were let go."""
        if not self.spilled:
            return
        keys, tags = touched(self.view, entries)
        if tags:
            found = followers(sql.Identifier(SCHEMA, self.table), "key")
            keys |= {key for (key,) in connection.execute(found, (words(sorted(tags)),))}
        missing = sorted(keys.difference(self._fold.states))
        if missing:
            asked = self._sql(LAST)
            for key, state in connection.execute(asked, (words(missing),), binary=True):
                self._fold.recall(key, self.view.decode(bytes(state)))
                self._weigh(key, len(state), entries[-1].position)

    def write(self, connection: Connection, *, last: bool = False) -> None:
        """Adds the rows that were touched since the last time. Raises ``Stopped`` where it cannot.

        Where all states are at hand and most were touched, what is written last takes the place of
        what was written before; no row in it needs a second look by whoever reads it.
        """
        with alone(self.view.name, self.position):
            self._write(connection, last=last)

    def _write(self, connection: Connection, *, last: bool) -> None:
        places = self._fold.touched
        if not places:
            return
        afresh = last and not self.spilled and not self._resumed
        if afresh and len(self._fold.states) <= FEW_LEFT * len(places):
            connection.execute(self._sql("truncate {table}"))
            self._written, self._again = 0, 0
            places = {key: at for key, (at, _) in self._sizes.items()} | places
            self._copy(connection, places, "format binary, freeze")
        else:
            self._again += len(self._sizes.keys() & places.keys())
            self._copy(connection, places, "format binary")
        self._written += len(places)
        self._fold.touched.clear()

    def _copy(self, connection: Connection, places: dict[str, int], how: str) -> None:
        view, columns = self.view, self.view.columns
        copied = sql.SQL("copy {} ({}) from stdin ({})").format(
            sql.Identifier(SCHEMA, self.table),
            sql.SQL(", ").join(map(sql.Identifier, ("key", "state", "position", *columns))),
            sql.SQL(how),
        )
        with connection.cursor() as cursor, cursor.copy(copied) as copy:
            copy.set_types(["text", "bytea", "int8", *columns.values()])
            for key, position in places.items():
                state = self._fold.states[key]
                body, values = view.encode(state), view.column_values(state)
                self._weigh(key, len(body), position)
                copy.write_row((key, body, position, *(values[name] for name in columns)))

    def let_go(self, connection: Connection, upto: int) -> None:
        """Forgets the states that were last touched up to a position; all are written."""
        gone = [key for key, (position, _) in self._sizes.items() if position <= upto]
        if gone and not self.spilled:
            self.seek(connection)
        for key in gone:
            self._fold.forget(key)
            self.held -= self._sizes.pop(key)[1]

    def put_off(self, connection: Connection) -> None:
        """Memory is full: what need not be folded now is not; of most views all is."""

    def work_off(self, connection: Connection) -> bool:
        """Folds some of what was put off, and writes it; whether there was any."""
        return False

    def release(self) -> None:
        """Forgets all states, which are written; there is nothing more to fold."""
        self._fold, self._sizes, self.held = Fold(self.view), {}, 0

    def seek(self, connection: Connection) -> None:
        """Makes the indexes by which states are read back."""
        self.spilled = True
        connection.execute(self._sql("create index on {table} (key, position)"))
        if self.view.later:
            connection.execute(inverted(sql.Identifier(SCHEMA, self.table), FOLLOWS))

    def settle(self, connection: Connection) -> None:
        """Leaves out superseded rows, and builds key and indexes. Raises ``Stopped``."""
        with alone(self.view.name, 0):
            self._settle(connection)

    def _settle(self, connection: Connection) -> None:
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
        connection.execute(self._sql(LIVE))
        self.settled, self.spilled = True, False
        self.release()

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

    def _weigh(self, key: str, size: int, position: int) -> None:
        before = self._sizes.get(key)
        self.held += size - (before[1] if before else 0)
        self._sizes[key] = (position, size)

    def _sql(self, text: str, kept: str = "") -> sql.Composed:
        return sql.SQL(text).format(
            table=sql.Identifier(SCHEMA, self.table),
            kept=sql.Identifier(SCHEMA, kept),
            primary=sql.SQL(", ").join(map(sql.Identifier, self.view.primary)),
        )


def copy_in(connection: Connection, copied: sql.Composed, rows: Iterable[bytes]) -> None:
    """Adds rows, each as a binary COPY takes it in."""
    left = iter(rows)
    with connection.cursor() as cursor, cursor.copy(copied) as copy:
        copy.write(COPY_HEADER)
        while part := list(islice(left, COPIED_TOGETHER)):
            copy.write(b"".join(part))
        copy.write(COPY_END)


def make_room(connection: Connection, shadows: Sequence[Shadow], most: int) -> None:
    """Where more than ``most`` bytes are held, lets states go, all of which are written."""
    if stale(shadows, most):
        for shadow in shadows:
            shadow.put_off(connection)
    upto = stale(shadows, most)
    for shadow in shadows if upto else ():
        shadow.let_go(connection, upto)


def stale(shadows: Sequence[Shadow], most: int) -> int:
    """The position up to which states are to be let go, so that the others come to half of ``most``
    bytes; 0 where all that is held is within ``most``.
    """
    held = sum(each.held for each in shadows)
    if held <= most:
        return 0
    oldest_first = sorted(chain.from_iterable(each.sizes for each in shadows))
    for position, size in oldest_first:
        held -= size
        if held <= most // 2:
            return position
    return oldest_first[-1][0]


def beside(view: Projection[Any]) -> str:
    """The table beside a view's own."""
    return f"{view.name}__rebuilt"

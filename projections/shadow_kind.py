"""The kinds of shadows: an index's, that of a view whose states last, and of any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from ledger.event import Entry, decode
from projections.backlog import Backlog
from projections.posting import Postings, block_of
from projections.projection import Index, Projection
from projections.shadow import Shadow, copy_in
from projections.stop import alone

# In memory, where one takes about a hundred bytes. Mostly they are a tenth of it.
ROWS_MAX = 1_000_000
# Rows of one word and block become one.
JOINED = """
with parted as (
    delete from {table} where (hash, block) in (
        select hash, block from {table} group by hash, block having count(*) > 1
    ) returning hash, block, places
)
insert into {table} select hash, block, bit_or(places) from parted group by hash, block
"""
Connection = psycopg.Connection[Any]


class IndexShadow(Shadow):
    """An index's rows, which are made from each entry alone: nothing is held, none superseded.

    Of a block that was not full when it was written the rest has rows of its own.
    """

    view: Index

    def __init__(self, view: Index, position: int = 0, *, settled: bool = False) -> None:
        super().__init__(view, position, settled=settled)
        self.spilled = False
        self._postings = Postings()
        # Of another process's blocks nobody knows whether they were full.
        self._parted = self._resumed

    @property
    def types(self) -> frozenset[str] | None:
        """All, since any event has words."""
        return None

    @property
    def learn(self) -> Callable[[Entry], None]:
        """Takes in the next entry."""
        return self._learn

    def _learn(self, entry: Entry) -> None:
        self._postings.add(entry.position, self.view.words(entry))

    def pass_over(self, position: int, body: bytes) -> None:
        """Takes in an entry as it is stored, which nobody else wants to have read."""
        self._postings.add(position, self.view.words_of(body))

    def _write(self, connection: Connection, *, last: bool) -> None:
        self._parted |= block_of(self.position + 1)[1] > 0
        copied = self._sql("copy {table} from stdin (format binary)")
        copy_in(connection, copied, self._postings.rows())

    def due(self, reached: int, head: int) -> bool:
        """Always: no row is written twice."""
        return True

    @property
    def crowded(self) -> bool:
        """Whether it has as many rows to write as memory should hold."""
        return len(self._postings) > ROWS_MAX

    def _settle(self, connection: Connection) -> None:
        if self._parted:
            connection.execute(self._sql(JOINED))
        super()._settle(connection)

    def _leave_last(self, connection: Connection) -> None:
        """No row has another of its key."""


class LastingShadow(Shadow):
    """Of a view whose states last: once they do not fit into memory, its entries are put off."""

    def __init__(self, view: Projection[Any], position: int = 0, *, settled: bool = False) -> None:
        super().__init__(view, position, settled=settled)
        self._backlog = Backlog(view)
        self._behind = False

    @property
    def left(self) -> int:
        """How many entries are put off."""
        return self._backlog.left

    @property
    def learn(self) -> Callable[[Entry], None]:
        """Takes in the next entry, or puts it off."""
        return self._backlog.take if self._behind else self._fold.take

    def due(self, reached: int, head: int) -> bool:
        """Whether it is time to write; what is put off is written once."""
        return self._behind or super().due(reached, head)

    def recall(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Reads back the states that the entries may change; none, where they are put off."""
        if not self._behind:
            super().recall(connection, entries)

    def _write(self, connection: Connection, *, last: bool) -> None:
        if self._behind:
            self._backlog.write(connection)
        else:
            super()._write(connection, last=last)

    def seek(self, connection: Connection) -> None:
        """Makes the index by which states are read back, and sees whether entries were put off."""
        super().seek(connection)
        self._behind = self._backlog.stands(connection)

    def put_off(self, connection: Connection) -> None:
        """Forgets all states, which are written; entries to come are folded at the end."""
        if self._behind:
            return
        if not self.spilled:
            self.seek(connection)
        self._backlog.create(connection)
        self._behind = True
        self.release()

    def work_off(self, connection: Connection) -> bool:
        """Folds the next slices of what was put off. Raises ``Stopped`` where it cannot."""
        rows = self._backlog.next(connection) if self._behind else []
        if not rows:
            return False
        entries = [decode(position, body) for _, position, body in rows]
        with alone(self.view.name, self.position):
            super().recall(connection, entries)
        for entry in entries:
            self._fold.learn(entry)
        with alone(self.view.name, self.position):
            super()._write(connection, last=False)
        self._backlog.leave_out(connection, rows)
        self.release()
        return True

    def _settle(self, connection: Connection) -> None:
        super()._settle(connection)
        self._backlog.drop(connection)
        self._behind = False


def taken_up(
    connection: Connection, view: Projection[Any], position: int, *, settled: bool
) -> Shadow:
    """The shadow of a view or of an index where it was left."""
    if isinstance(view, Index):
        return IndexShadow(view, position, settled=settled)
    kind = LastingShadow if view.lasting else Shadow
    shadow = kind(view, position, settled=settled)
    if shadow.spilled:
        shadow.seek(connection)
    return shadow

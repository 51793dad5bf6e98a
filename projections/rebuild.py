"""A rebuild: views folded anew beside the live ones, and swapped in at once.

What it promises:

- Live traffic goes on. Entries are read in pages by position, each with a short snapshot; a long
  one would keep the tables that are written meanwhile from being cleaned up.
- The swap is one transaction, under the lock of the progress rows that every step of the runner
  takes: a reader sees the old table or the new one. The old one is dropped there and no earlier.
  Where somebody reads one for long, it gives back what it holds, and tries again (``swap``).
- It can be killed at any point. Each checkpoint commits the rows and, in ``projection.rebuilds``,
  the position that they stand for; another rebuild of a view of that version goes on there.
- Nobody else writes into the shadows: a run puts its name on their rows of progress, and stops soon
  once another name stands there.
- Memory is bounded by ``HELD_BYTES_MAX`` of states, as they are stored, and ``PAUSE_BYTES`` of
  entries; a state in memory takes up to three times of what it takes in store, and those that one
  page touches may come on top. Where a part of the views is folded by another process (``share``),
  either may hold half of that. What does not fit is let go and read back (``shadow``), or its
  entries are put off and folded slice by slice (``backlog``).

A view whose class has another version than its table is rebuilt likewise. Until it is swapped in,
the old rows are read as far as this program understands them, at the position that every answer
tells; else the reader is told ``VIEW_REBUILDING``. Programs of the old version keep the old table
up to date until then, and leave the new one alone afterwards.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg_pool import ConnectionPool

from ledger.store.feed import Feed
from ledger.store.machine import memory_bytes
from projections import swap
from projections.backlog import put_off_of
from projections.fold import fold_whole
from projections.pace import BEGUN, SHOWN, Pace
from projections.page import bodies_of, learn, read, undisturbed
from projections.posting import PLACES
from projections.projection import Projection
from projections.shadow import Shadow, beside, make_room
from projections.shadow_kind import taken_up
from projections.share import Share, share_of

PAGE = 160 * PLACES  # the blocks of an index are whole then, and their rows need not be joined
# After so much it is told how far it is, and asked which views are to be written.
PAUSE_ENTRIES = 100_000
PAUSE_BYTES = 64 * 2**20
# A sixteenth of what the machine has, within bounds: a county's views fit into the upper one.
HELD_BYTES_MAX = max(192 * 2**20, min(768 * 2**20, memory_bytes() // 16))
# Under the lock of the progress rows no more than so many entries are folded, mostly.
LOCKED_ENTRIES = 500
LOOK_SECONDS = 0.1

Connection = psycopg.Connection[Any]
Pool = ConnectionPool[Connection]
Views = Sequence[Projection[Any]]
Shadows = Sequence[Shadow]
Told = Callable[[int, int], None]


class RebuildRunning(Exception):
    """Another process is rebuilding views."""


class Rebuild:
    """One run over some views. ``resumed``: from where views go on, by name."""

    def __init__(
        self,
        pool: Pool,
        feed: Feed,
        views: Views,
        told: Told | None = None,
        run: UUID | None = None,
    ) -> None:
        self._pool = pool
        self._feed = feed
        self._views = tuple(views)
        self._told = told
        self._run = run or uuid4()
        self._share: Share | None = None
        self._shadows: list[Shadow] = []
        self.resumed: dict[str, int] = {}
        self.renewed: list[str] = []

    def begin(self, *, afresh: bool = False) -> None:
        """Takes up what an earlier run left of these views, or makes their shadows."""
        head = self._feed.head()
        with self._pool.connection() as connection:
            held = {
                name: (version, position, settled)
                for name, version, position, settled in connection.execute(
                    "select view, version, position, settled from projection.rebuilds "
                    "where view = any(%s) order by view for update",
                    ([each.name for each in self._views],),
                )
            }
            for view in self._views:
                version, position, settled = held.get(view.name, (view.version, 0, False))
                if version != view.version:
                    self.renewed.append(view.name)
                if afresh or version != view.version or position == 0:
                    position, settled = 0, False
                    swap.drop(connection, beside(view))
                    swap.drop(connection, put_off_of(view))
                    connection.execute(view.create(beside(view), bare=True))
                else:
                    self.resumed[view.name] = position
                self._shadows.append(taken_up(connection, view, position, settled=settled))
                stands = (view.name, view.version, position, settled, head, self._run)
                connection.execute(BEGUN, (*stands, position))

    def resume(self) -> None:
        """Takes up the views where this run left them. Raises ``RebuildRunning``."""
        with self._pool.connection() as connection:
            stands = self._stands(connection)
            self._shadows = [
                taken_up(connection, view, position, settled=settled)
                for view in self._views
                for position, settled in [stands[view.name]]
            ]

    def require(self) -> None:
        """Raises ``RebuildRunning`` where another run took views over."""
        with self._pool.connection() as connection:
            self._stands(connection)

    def _stands(self, connection: Connection) -> dict[str, tuple[int, bool]]:
        """Where this run left each view, and whether it settled it. Raises ``RebuildRunning``."""
        rows = connection.execute(
            "select view, position, settled from projection.rebuilds where run = %s", (self._run,)
        )
        stands = {name: (position, settled) for name, position, settled in rows}
        for view in self._views:
            if view.name not in stands:
                raise _taken_over(view.name)
        return stands

    def run(self) -> int:
        """Folds to the head and swaps; gives the position reached. Raises ``RebuildRunning``."""
        head = self._feed.head()
        with self._shared(head):
            self.fold(head, HELD_BYTES_MAX // (2 if self._share else 1))
        self.fold(head, HELD_BYTES_MAX)
        return self._swap()

    @contextmanager
    def _shared(self, head: int) -> Iterator[None]:
        """While it lasts another process folds a part of the views, where that is worth it."""
        views = [each.view for each in self._shadows if not each.settled]
        behind = head - min((each.position for each in self._shadows), default=head)
        with share_of(self._pool, self._run, views, behind, head, HELD_BYTES_MAX // 2) as share:
            if share is None:
                yield
                return
            self._share = share
            self._shadows = [each for each in self._shadows if each.view.name not in share.names]
            yield
            while not share.ended(LOOK_SECONDS):
                self._tell(head)
        self._share = None
        self.resume()

    def fold(self, head: int, held_bytes_max: int) -> None:
        """Folds what is not settled up to a position, and settles it."""
        shadows = [each for each in self._shadows if not each.settled]
        with undisturbed():
            self._fold(shadows, head, held_bytes_max)
            # The collector would walk them all as soon as it may.
            for shadow in shadows:
                shadow.release()
        for shadow in shadows:
            while self._work_off(shadow):
                self._tell(head)
            with self._pool.connection() as connection:
                shadow.settle(connection)
                self._keep(connection, [shadow], shadow.position)

    def _tell(self, head: int, unread: int = 0) -> None:
        """Says how much is folded; what is put off is not."""
        if self._told:
            folded = head - unread - sum(each.left for each in self._shadows)
            self._told(min(folded, self._share.reached) if self._share else folded, head)

    def _fold(self, shadows: list[Shadow], head: int, held_bytes_max: int) -> None:
        """Folds all shadows up to a position, those that are behind first."""
        reached = min((each.position for each in shadows), default=head)
        pace = Pace(held_bytes_max)
        while reached < head:
            active = [each for each in shadows if each.position <= reached]
            further = [each.position for each in shadows if each.position > reached]
            upto = min(reached - reached % PAGE + PAGE, head, *further)
            with self._pool.connection() as connection:
                bodies, upto = bodies_of(connection, active, reached, upto)
                folded = learn(connection, active, bodies)
            pace.read(upto - reached, sum(len(body) for _, body, _ in bodies), folded)
            reached = upto
            last = reached == head or reached in further
            late = pace.since >= PAUSE_ENTRIES or pace.weight >= PAUSE_BYTES
            if last or late or pace.over(active):
                due = active if last or pace.full(active) else pace.due(active, reached, head)
                self._checkpoint(due, reached, held_bytes_max, reached == head)
                self._show(active, reached)
                if pace.paused(whole=len(due) == len(active)) and not last:
                    gc.collect(1)
            self._tell(head, head - reached)

    def _checkpoint(self, shadows: Shadows, reached: int, held_bytes_max: int, last: bool) -> None:
        with self._pool.connection() as connection:
            for shadow in shadows:
                shadow.write(connection, last=last)
            make_room(connection, shadows, held_bytes_max)
            self._keep(connection, shadows, reached)

    def _work_off(self, shadow: Shadow) -> bool:
        """Folds some of what was put off; whether there was any."""
        with self._pool.connection() as connection:
            more = shadow.work_off(connection)
            self._keep(connection, [shadow], shadow.position)
        return more

    def _show(self, shadows: Shadows, reached: int) -> None:
        """Tells others how far shadows are folded. Raises ``RebuildRunning`` as ``_keep`` does."""
        names = [each.view.name for each in shadows]
        with self._pool.connection() as connection:
            if connection.execute(SHOWN, (reached, names, self._run)).rowcount != len(names):
                raise _taken_over(*names)

    def _keep(self, connection: Connection, shadows: Shadows, reached: int) -> None:
        """Says how far shadows are. Raises ``RebuildRunning`` where another run has them."""
        for shadow in shadows:
            kept = connection.execute(
                "update projection.rebuilds set position = %s, settled = %s, put_off = %s, "
                "at = clock_timestamp() where view = %s and run = %s",
                (reached, shadow.settled, shadow.left, shadow.view.name, self._run),
            ).rowcount
            if kept != 1:
                raise _taken_over(shadow.view.name)
            shadow.position = reached

    def _catch_up(self, connection: Connection, reached: int, head: int) -> int:
        """Folds one more page into tables that have their key and indexes."""
        shadows = [each for each in self._shadows if each.position == reached]
        further = [each.position for each in self._shadows if each.position > reached]
        upto = min(reached + PAGE, head, *further)
        bodies, upto = bodies_of(connection, shadows, reached, upto)
        entries = read(shadows, bodies)
        for shadow in shadows:
            fold_whole(connection, shadow.view, shadow.table, entries)
        self._keep(connection, shadows, upto)
        return min(each.position for each in self._shadows)

    def _swap(self) -> int:
        """Changes tables once nobody holds one of them; those of the others are read meanwhile."""
        patience = swap.Patience(self._views)
        while True:
            self._approach()
            stood = [(each, each.position) for each in self._shadows]
            try:
                with self._pool.connection() as connection:
                    return self._change(connection)
            except swap.HELD:
                for shadow, position in stood:  # all since is undone
                    shadow.position = position
            for _ in patience.pauses():
                self._tell(self._feed.head())

    def _approach(self) -> None:
        """Folds all but a few of the last events, without holding up who follows."""
        reached = min((each.position for each in self._shadows), default=0)
        while self._shadows and (head := self._feed.head()) - reached > LOCKED_ENTRIES:
            with self._pool.connection() as connection:
                reached = self._catch_up(connection, reached, head)

    def _change(self, connection: Connection) -> int:
        """Under the lock of the progress rows: folds the last events and changes tables."""
        lost = swap.enter(connection, self._views, self._run)
        if lost:
            raise _taken_over(*lost)
        head = swap.head_of(connection)
        reached = min((each.position for each in self._shadows), default=head)
        while reached < head:
            reached = self._catch_up(connection, reached, head)
        swap.hold(connection, self._views)
        for view in self._views:
            swap.drop(connection, view.name)
            swap.put_in(connection, view, reached)
        swap.leave(connection, self._views, self._run)
        return reached


def _taken_over(*names: str) -> RebuildRunning:
    return RebuildRunning(f"another run took the rebuild of {', '.join(names)} over")

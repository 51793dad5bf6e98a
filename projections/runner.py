"""The runner: reads the feed, folds, and writes rows and position in one transaction.

Exactly once: the position stands in the same commit as the rows, under a row lock, so any number
of processes may run and a kill at any point repeats nothing and skips nothing. A rebuild fills a
table beside the live one and swaps the two; queries go on meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from psycopg import sql
from psycopg_pool import ConnectionPool

from ledger.event import Entry
from ledger.store.block import seal
from ledger.store.connection import unavailable
from ledger.store.feed import Feed
from projections.fold import fold_together, fold_upto
from projections.pace import REBUILDS
from projections.projection import SCHEMA, Index, Projection
from projections.rebuild import Rebuild, RebuildRunning, Told
from projections.refold import LOCK, Refold, refolds
from projections.renewal import Renewal
from projections.share import shares_ended
from projections.stop import OWN, UNRENEWED, Own, Stop, Stopped, keep_unrenewed, standing
from projections.turn import Turns

# A school's row names its teachers: the longer the page, the seldomer a load has it read again.
PAGE = 5_000
IDLE_SECONDS = 1.0

PROGRESS = """
create table if not exists projection.progress (
    view text primary key, version int not null, position bigint not null, failed text
)
"""
RESUME = "update projection.progress set failed = null where failed is not null and view = any(%s)"
TRIED_AGAIN = f"delete from projection.unrenewed where {OWN}"
REACHED = "update projection.progress set position = %s where view = any(%s)"

Connection = psycopg.Connection[Any]
Views = Sequence[Projection[Any]]
log = structlog.get_logger("xuefen.views")


class Runner:
    """Keeps views up with the feed, on a thread of its own once started."""

    def __init__(self, pool: ConnectionPool[Connection], feed: Feed, views: Views) -> None:
        self._pool = pool
        self._feed = feed
        self.views = {view.name: view for view in views}
        self._closing = threading.Event()
        self._moved = threading.Condition()
        self._thread: threading.Thread | None = None
        # Is told the views, how many entries, the position, and when it began, ns since 1970.
        self.folded: Callable[[Sequence[str], int, int, int], None] | None = None
        self._renewal: Renewal | None = None
        self._turns = Turns()
        # What views wait for, where it is none of the database's doing.
        self.trouble: str | None = None
        self.prepare()

    def prepare(self) -> None:
        """Makes missing tables; one of another version stays until it is built anew beside."""
        with self._pool.connection() as connection:
            connection.execute("select pg_advisory_xact_lock(%s)", (LOCK + 1,))
            connection.execute(PROGRESS)
            connection.execute(REBUILDS)
            connection.execute(UNRENEWED)
            known = dict(
                # The rows are locked before the tables, as in every step.
                connection.execute(
                    "select view, version from projection.progress order by view for update"
                ).fetchall()
            )
            for view in self.views.values():
                if view.name in known:
                    continue
                _make(connection, view, view.name)
                connection.execute(
                    "insert into projection.progress values (%s, %s, 0, null)",
                    (view.name, view.version),
                )

    def start(self) -> None:
        """Follows the feed until closed; outdated views are built anew meanwhile.

        Views that had stopped are tried again.
        """
        self.resume()
        self._renewal = Renewal(self.outdated, self.rebuild)
        self._renewal.start()
        self._thread = threading.Thread(target=self._run, name="projections", daemon=True)
        self._thread.start()

    def resume(self) -> None:
        """Has views that had stopped go on from there, for they may be mended."""
        with self._pool.connection() as connection:
            connection.execute(RESUME, (list(self.views),))
            connection.execute(TRIED_AGAIN, self.own)

    def close(self) -> None:
        """Stops following, at once where there is nothing to fold."""
        self._closing.set()
        self._feed.rouse()
        if self._renewal is not None:
            self._renewal.close()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                try:
                    moved = self.step()
                    self._noted(self._turns.unread)
                finally:
                    # The blocks of the history are sealed in turn with the views, also of what
                    # these cannot read.
                    sealed = seal(self._pool)
                if sealed or moved:
                    continue
                reached = self._furthest()
                if reached is None:
                    self._closing.wait(IDLE_SECONDS)
                else:
                    self._feed.wait_for(reached + 1, IDLE_SECONDS, self._closing.is_set)
            except Exception as error:
                # The database is away, or a newer program wrote an event that this one cannot
                # read; the next round starts from what was committed.
                self._noted(error)
                self._closing.wait(IDLE_SECONDS)

    def _noted(self, error: Exception | None) -> None:
        """Says once what views wait for; a database that is away says so by itself."""
        away = error is None or unavailable(error) or isinstance(error, TimeoutError)
        told = None if away else str(error)
        if told is not None and told != self.trouble:
            log.error("views wait", why=f"{type(error).__name__}: {told}")
        self.trouble = told

    def _furthest(self) -> int | None:
        """Where the views stand that have not stopped; ``None`` where all have."""
        with self._pool.connection() as connection:
            row = connection.execute(
                f"select min(position) from projection.progress where failed is null and {OWN}",
                self.own,
            ).fetchone()
        return row[0] if row else None

    @property
    def own(self) -> Own:
        """The views of this program, each with its version."""
        return [*self.views], [each.version for each in self.views.values()]

    def outdated(self) -> list[str]:
        """The views whose tables are of an older version than their classes."""
        with self._pool.connection() as connection:
            known = connection.execute("select view, version from projection.progress").fetchall()
        return [
            name
            for name, version in known
            if name in self.views and version < self.views[name].version
        ]

    def catch_up(self) -> int:
        """Folds everything there is; gives the position reached. Raises ``RebuildRunning``."""
        outdated = self.outdated()
        if outdated:
            self.rebuild(outdated)
        while self.step():
            pass
        return self.position()

    def step(self) -> bool:
        """Folds one page into the views whose turn it is; whether there was any."""
        try:
            return self._step(self._advance_together)
        except MemoryError:
            raise
        except Exception as error:
            if unavailable(error):
                raise
            # Whatever a view raises over an event; it is raised again, and said, alone.
        return self._step(self._advance_each)

    def _step(self, advance: Callable[[Connection, Views, list[Entry], int], None]) -> bool:
        begun = time.time_ns()
        with self._pool.connection() as connection:
            progress = connection.execute(
                f"select view, position from projection.progress where failed is null and {OWN} "
                "order by view for update",
                self.own,
            ).fetchall()
            if not progress:
                return False
            turn = self._turns.next(connection, progress, PAGE)
            if turn is None:
                return False
            names, entries, reached = turn.views, turn.entries, turn.reached
            kinds = {each.event.NAME for each in entries}
            busy = [name for name in names if not _idle(self.views[name], kinds)]
            advance(connection, [self.views[name] for name in busy], entries, reached)
            connection.execute(REACHED, (reached, [name for name in names if name not in busy]))
        self._turns.taken(turn)
        with self._moved:
            self._moved.notify_all()
        if self.folded is not None:
            self.folded(names, len(entries), reached, begun)
        return True

    def _advance_together(
        self, connection: Connection, views: Views, entries: list[Entry], reached: int
    ) -> None:
        """Raises what a view raises; then none of them has moved."""
        fold_together(connection, views, entries)
        connection.execute(REACHED, (reached, [view.name for view in views]))

    def _advance_each(
        self, connection: Connection, views: Views, entries: list[Entry], reached: int
    ) -> None:
        """A view that raises stops alone, right before that event, and says which and why."""
        for view in views:
            stop = fold_upto(connection, view, view.name, entries)
            if stop is not None:
                event = {"position": stop.position, "type": stop.type}
                log.error("view stopped", view=stop.view, why=stop.told, **event)
            connection.execute(
                "update projection.progress set position = %s, failed = %s where view = %s",
                (stop.position - 1 if stop else reached, stop.kept if stop else None, view.name),
            )

    def position(self, *names: str) -> int:
        """The position that all of the named views (or all) have reached."""
        wanted = list(names or self.views)
        with self._pool.connection() as connection:
            row = connection.execute(
                "select min(position) from projection.progress where view = any(%s)", (wanted,)
            ).fetchone()
        return (row[0] if row else None) or 0

    def standing(self, *names: str) -> tuple[int, Stop | None]:
        """The position that all of the named views (or all) have reached, and the first stop."""
        rows = self.progress(*(names or self.views))
        stops = [stop for _, _, stop in rows if stop is not None]
        first = min(stops, key=lambda each: each.position, default=None)
        return min((position for _, position, _ in rows), default=0), first

    def progress(self, *names: str) -> list[tuple[str, int, Stop | None]]:
        """Each of the named views (or all) with its position and, where it stopped, at what."""
        with self._pool.connection() as connection:
            return standing(connection, names, self.own)

    def rebuilding(self) -> list[Refold]:
        """Each view that is folded anew, or was when a rebuild died."""
        with self._pool.connection() as connection:
            return refolds(connection)

    def wait_for(self, position: int, timeout: float, *names: str) -> bool:
        """Whether the views reach a position in time."""
        until = time.monotonic() + timeout
        while self.position(*names) < position:
            if time.monotonic() >= until:
                return False
            with self._moved:
                self._moved.wait(0.05)
        return True

    def rebuild(
        self,
        names: Sequence[str] = (),
        told: Told | None = None,
        *,
        afresh: bool = False,
        begun: Callable[[Rebuild], None] | None = None,
    ) -> int:
        """Folds views anew beside the live ones and swaps them; gives the position reached.

        Goes on where an earlier run was stopped, unless ``afresh``; ``begun`` is told which views
        those are. Raises ``RebuildRunning`` while another process rebuilds, and ``Stopped`` of
        views that cannot be folded anew: those stay as they were, the others are swapped.
        """
        views = [self.views[name] for name in names or self.views]
        with self._pool.connection() as guard:
            row = guard.execute("select pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
            guard.commit()
            if not row or not row[0]:
                raise RebuildRunning("another process is rebuilding; wait for it to end")
            try:
                if not shares_ended(guard):
                    raise RebuildRunning("the processes of another rebuild still run")
                return self._rebuild(views, told, begun, afresh=afresh)
            finally:
                with suppress(psycopg.OperationalError):  # the lock went with its session
                    guard.execute("select pg_advisory_unlock(%s)", (LOCK,))
                    guard.commit()

    def _rebuild(
        self,
        views: list[Projection[Any]],
        told: Told | None,
        begun: Callable[[Rebuild], None] | None,
        *,
        afresh: bool,
    ) -> int:
        """Leaves out one view after another that raises. Raises ``Stopped`` of those at the end."""
        stops: list[Stop] = []
        while not stops or len(stops) < len(views):
            left = {each.view for each in stops}
            run = Rebuild(
                self._pool, self._feed, [each for each in views if each.name not in left], told
            )
            # What was folded before a view stopped need not be folded again.
            run.begin(afresh=afresh and not stops)
            if begun is not None and not stops:
                begun(run)
            try:
                reached = run.run()
            except Stopped as error:
                run.require()  # what was raised may be of another run's making
                stops += error.stops
                continue
            if not stops:
                return reached
            break
        with self._pool.connection() as connection:
            keep_unrenewed(connection, stops, self.own)
        raise Stopped(stops)


def _idle(view: Projection[Any], kinds: set[str]) -> bool:
    """Whether a view takes in none of these types, as most views do of most pages."""
    return not isinstance(view, Index) and view.types.isdisjoint(kinds)


def _make(connection: Connection, view: Projection[Any], table: str) -> None:
    connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(SCHEMA, table)))
    connection.execute(view.create(table))
    for statement in (*view.indexes(table), *view.functions()):
        connection.execute(statement)

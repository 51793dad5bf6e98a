"""Renewal: views whose class has a newer version than their table are built anew beside it.

A view of an older version than its table is left alone: a newer program has swapped it in, and the
two may run side by side while one takes the other's place. Who goes back for good says so by
``xuefen rebuild``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
import structlog
from psycopg_pool import ConnectionPool

from ledger.fault import Fault
from ledger.store.connection import unavailable
from projections.projection import Projection
from projections.rebuild import RebuildRunning, Told

AGAIN_SECONDS = 5.0
# What fails alike again and again is tried ever more seldom.
AGAIN_SECONDS_MAX = 600.0
Pool = ConnectionPool[psycopg.Connection[Any]]
# What is raised where rows are of another form than this program's.
UNREAD = (
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedTable,
    msgspec.MsgspecError,
)
log = structlog.get_logger()


class Closed(Exception):
    """Whoever rebuilds is told to stop; what is committed is gone on with later."""


class Renewal:
    """Rebuilds outdated views on a thread of its own, until there are none."""

    def __init__(
        self, outdated: Callable[[], list[str]], rebuild: Callable[[list[str], Told], int]
    ) -> None:
        self._outdated = outdated
        self._rebuild = rebuild
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def close(self) -> None:
        """Stops at the next page."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        before, pause = "", AGAIN_SECONDS
        while not self._closing.is_set():
            try:
                names = self._outdated()
                if not names:
                    return
                log.info("views are built anew", views=names)
                self._rebuild(names, self._look)
                why = ""
            except Closed:
                return
            except Exception as error:
                why = _why(error)
            if why:
                # What it is stands in the log each time it is tried; what could be was swapped.
                log.error("views were not built anew", why=why)
                pause = min(2 * pause, AGAIN_SECONDS_MAX) if why == before else AGAIN_SECONDS
                before = why
            self._closing.wait(pause if why else AGAIN_SECONDS)

    def _look(self, done: int, head: int) -> None:
        if self._closing.is_set():
            raise Closed


def _why(error: Exception) -> str:
    """What is wrong; nothing where another process does it, or the database is away."""
    away = isinstance(error, RebuildRunning | TimeoutError) or unavailable(error)
    return "" if away else f"{type(error).__name__}: {error}"


@contextmanager
def understood(pool: Pool, view: Projection[Any]) -> Iterator[None]:
    """Reads rows of a view. Raises ``Fault`` (``VIEW_REBUILDING``) where they are not its own yet.

    They are of another version and lack a column, or hold a state that this program cannot read.
    """
    try:
        yield
    except UNREAD:
        said = rebuilding(pool, view)
        if said is None:
            raise
        raise said from None


def rebuilding(pool: Pool, view: Projection[Any]) -> Fault | None:
    """What is said of a view whose table is of another version; ``None`` where it is its own."""
    with pool.connection() as connection:
        row = connection.execute(
            "select p.version, greatest(r.position, r.folded) - r.put_off, r.head "
            "from projection.progress p left join projection.rebuilds r on r.view = p.view "
            "and r.version = %s where p.view = %s",
            (view.version, view.name),
        ).fetchone()
    if row is not None and row[0] == view.version:
        return None
    done, head = (row[1] or 0, row[2] or 0) if row else (0, 0)
    return Fault(
        "VIEW_REBUILDING",
        zh=f"视图 {view.name} 正在按新版本重建（{done}/{head}），请稍后再试",
        en=f"the view {view.name} is being built anew for this version ({done} of {head}); "
        "try again later",
    )

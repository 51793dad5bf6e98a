"""A share: some views of a rebuild, folded and settled by a process of its own.

Python folds on one core. Where a rebuild has much to read and there is another core, the views are
parted in two, and a second process takes one part; each reads the log, and decodes only what its
views take in.

Nothing depends on that process. What it did stands in ``projection.rebuilds``, in its commits, as
with any run; what it left undone, for whatever reason, is done by the one that began it. It ends
with its input, so that none outlives whoever began it, and holds a lock for which a later rebuild
waits.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import structlog
from msgspec import Struct
from psycopg_pool import ConnectionPool

from ledger.store.machine import cores
from projections.projection import Index, Projection

# Held shared by whoever folds a share.
LOCK = 4_207_330_384
# A process needs most of a second to begin.
ENTRIES_MIN = 50_000
CORES_MIN = 2
PATIENCE = "10s"
SAMPLED = 2_000
# What it costs to fold and to write what comes of an entry, or to begin a process, in entries read.
TAKEN_ENTRIES = 1
BEGINNING_ENTRIES = 140_000
ROOT = Path(__file__).resolve().parents[1]
START = """
import sys
sys.path.insert(0, sys.argv[1])
from projections.share_work import main
main()
"""
KINDS = "select type, count(*) from ledger.events where position = any(%s) group by type"

Pool = ConnectionPool[psycopg.Connection[Any]]
Views = Sequence[Projection[Any]]
log = structlog.get_logger("xuefen.views")


class Order(Struct, frozen=True, kw_only=True):
    """What such a process is told: where the ledger is, whose run, how far to fold, which views.

    Of each view its name, its version and its class; one that differs is left alone. ``held`` is
    how many bytes of states it may hold.
    """

    url: str
    run: UUID
    head: int
    held: int
    views: tuple[tuple[str, int, str], ...]


class Share:
    """A process at work on some views, by name."""

    def __init__(self, order: Order) -> None:
        self.names = {name for name, _, _ in order.views}
        self.reached = 0
        self._process = subprocess.Popen(  # noqa: S603
            # Our own program; the address may hold a secret, and stands on no command line.
            [sys.executable, "-c", START, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Who interrupts at a terminal means the process that began it.
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended already; what it leaves undone is done here
            self._process.stdin.write(msgspec.json.encode(order) + b"\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip().isdigit():
                self.reached = int(line)

    def ended(self, seconds: float) -> bool:
        """Whether it ends within so many seconds."""
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        if status != 0:
            log.warning("a share was left undone", views=sorted(self.names), status=status)
        return True

    def close(self) -> None:
        """Ends it, wherever it is; what it has not committed is undone."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):  # what it was told and never read
                pipe.close()


def class_of(view: Projection[Any]) -> str:
    """Where the class of a view stands."""
    return f"{type(view).__module__}.{type(view).__qualname__}"


def parted(
    connection: psycopg.Connection[Any], views: Views, head: int
) -> tuple[list[str], list[str]]:
    """The names of the views in two parts which are about as much work.

    Each part reads every entry once that any of its views takes in, so that views of the same
    entries are better in one; the second part has the time to begin a process as well.
    """
    sampled = list(range(1, head + 1, max(head // SAMPLED, 1)))
    kinds = Counter(dict(connection.execute(KINDS, (sampled,)).fetchall()))
    each_stands_for = head // max(len(sampled), 1)
    taken = {
        view.name: frozenset(kinds) if isinstance(view, Index) else view.types.intersection(kinds)
        for view in views
    }

    def entries(types: Iterable[str]) -> int:
        return sum(kinds[name] for name in types) * each_stands_for

    # A view that has nothing as yet is work as well.
    works = {name: entries(types) * TAKEN_ENTRIES + 1 for name, types in taken.items()}
    whole = sum(works.values())
    parts: tuple[list[str], list[str]] = ([], [])
    held, known = [0, min(BEGINNING_ENTRIES, whole // 2)], [frozenset[str](), frozenset[str]()]
    for name in sorted(works, key=lambda each: (-works[each], each)):
        then = [held[at] + works[name] + entries(taken[name] - known[at]) for at in range(2)]
        lighter = then.index(min(then))
        held[lighter] = then[lighter]
        known[lighter] |= taken[name]
        parts[lighter].append(name)
    return parts


@contextmanager
def share_of(
    pool: Pool, run: UUID, views: Views, behind: int, head: int, held: int
) -> Iterator[Share | None]:
    """A process that folds a part of the views up to the head; ``None`` where it is not worth it.

    ``behind``: how many entries are to be read; ``held``: how many bytes of states it may hold.
    """
    if behind < ENTRIES_MIN or cores() < CORES_MIN or len(views) < CORES_MIN or not sys.executable:
        yield None
        return
    with pool.connection() as connection:
        names = parted(connection, views, head)[1]
    if not names:
        yield None
        return
    ordered = [(each.name, each.version, class_of(each)) for each in views if each.name in names]
    url = pool.conninfo if isinstance(pool.conninfo, str) else pool.conninfo()
    share = Share(Order(url=url, run=run, head=head, held=held, views=tuple(ordered)))
    try:
        yield share
    finally:
        share.close()


def shares_ended(connection: psycopg.Connection[Any]) -> bool:
    """Whether no process folds a share whose beginner is gone, as is soon so."""
    try:
        connection.execute("select set_config('lock_timeout', %s, true)", (PATIENCE,))
        connection.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
    except psycopg.errors.LockNotAvailable:
        connection.rollback()
        return False
    connection.commit()
    return True

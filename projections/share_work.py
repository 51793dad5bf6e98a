"""The process that folds a share of a rebuild: told on its input, it says how far it is."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import closing

import msgspec
import structlog

from ledger.store.feed import Feed, open_pool
from projections.catalogue import INDEXES, VIEWS
from projections.rebuild import Rebuild, RebuildRunning
from projections.share import LOCK, Order, class_of
from projections.stop import Stopped


def main() -> None:
    """Folds and settles what it is told to."""
    # What is said on its output is how far it is.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_end_with_input, daemon=True).start()
    ours = {each.name: each for each in (*VIEWS, *INDEXES)}
    known = {(each.name, each.version, class_of(each)) for each in ours.values()}
    if not known.issuperset(order.views):
        return  # views that only the other process knows
    with (
        open_pool(order.url, 2) as pool,
        closing(Feed(order.url, pool)) as feed,
        pool.connection() as guard,
    ):
        guard.autocommit = True
        guard.execute("select pg_advisory_lock_shared(%s)", (LOCK,))
        share = Rebuild(pool, feed, [ours[name] for name, _, _ in order.views], _say, order.run)
        try:
            share.resume()
            share.fold(order.head, order.held)
        except (RebuildRunning, Stopped):
            return  # whoever began it meets the same


def _say(reached: int, _: int) -> None:
    print(reached, flush=True)


def _end_with_input() -> None:
    """Ends at once when whoever began this process is gone."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main()

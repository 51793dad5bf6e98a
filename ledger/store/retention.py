"""Retention: what nobody needs any more goes by itself, while a ledger is in use.

Uploads and dry runs that led to nothing go after some days by the ledger's clock, whether or not
anybody gives up another file. What an event speaks of stays; a file that was kept for an event that
was then refused does not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from ledger.event import Event
from ledger.load import LoadBegun
from ledger.reconciliation import SheetCompared
from ledger.store.feed import Feed, Filter
from ledger.store.load import Loads
from ledger.store.progress import Progress
from ledger.store.upload import Uploads

EVERY_SECONDS = 3_600.0


class Retention:
    """Looks now and then, on a thread of its own once started, and removes what is too old.

    ``told`` hears of each look how many uploads and dry runs went.
    """

    def __init__(
        self,
        uploads: Uploads,
        loads: Loads,
        progress: Progress,
        feed: Feed,
        *,
        every: float = EVERY_SECONDS,
        told: Callable[[int, int], None] | None = None,
    ) -> None:
        self._uploads, self._loads, self._progress, self._feed = uploads, loads, progress, feed
        self._every, self._told = every, told
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self) -> None:
        """Looks at once, then again and again until closed."""
        self._thread.start()

    def close(self) -> None:
        """Stops looking."""
        self._closing.set()
        self._thread.join()

    def look(self) -> tuple[int, int]:
        """Removes what is too old: how many uploads and dry runs went."""
        self._progress.purge()
        self._uploads.forget()
        self._settle()
        return self._uploads.purge(), self._loads.purge()

    def _settle(self) -> None:
        kept = self._uploads.unsettled()
        if not kept:
            return
        wanted = Filter(types=(SheetCompared.NAME, LoadBegun.NAME))
        spoken = {_sha256(entry.event) for entry in self._feed.entries(wanted)}
        for upload, digest in kept.items():
            self._uploads.settle(upload, spoken=digest in spoken)

    def _run(self) -> None:
        while True:
            try:
                gone = self.look()
            except (OperationalError, PoolTimeout) as error:
                # A database that is away for a while is asked again at the next look.
                structlog.get_logger("xuefen").warning("retention", why=type(error).__name__)
            else:
                if self._told is not None:
                    self._told(*gone)
            if self._closing.wait(self._every):
                return


def _sha256(event: Event) -> str:
    """That of the file that an event speaks of."""
    assert isinstance(event, SheetCompared | LoadBegun)
    return event.comparison.sha256 if isinstance(event, SheetCompared) else event.what.sha256

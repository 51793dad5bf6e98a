"""Last read: the cells of the files that were read last, kept in memory, a few at a time."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from ledger.sheet import Grid

GRIDS_HELD = 2


class LastRead:
    """Keeps grids by their uploads; safe to use from many threads."""

    def __init__(self) -> None:
        self._grids: OrderedDict[str, Grid] = OrderedDict()
        self._lock = Lock()

    def find(self, upload: str) -> Grid | None:
        """The cells of a file, where it was read not long ago."""
        with self._lock:
            return self._grids.get(upload)

    def hold(self, upload: str, grid: Grid) -> None:
        """Keeps them, and drops those that were read the longest time ago."""
        with self._lock:
            self._grids[upload] = grid
            while len(self._grids) > GRIDS_HELD:
                self._grids.popitem(last=False)

    def drop(self, upload: str) -> None:
        """Forgets one file."""
        with self._lock:
            self._grids.pop(upload, None)

    def forget(self) -> None:
        """Forgets all."""
        with self._lock:
            self._grids.clear()

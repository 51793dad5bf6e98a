"""Table: what was spent by key, in a file that all workers of a server map into their memory.

A key has a place in one of many small blocks, and each block a lock of its own, which the system
lets go when its holder dies. So a purse is one purse, whichever worker answers. The file lives as
long as the server; what was spent before a start is forgotten, as in memory.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from api.edge.window import Spent, Windows

KEY_BYTES = 16
ROW = struct.Struct(f"<{KEY_BYTES}sqqq")
ROWS, BLOCKS = 8, 2_048
BLOCK_BYTES = ROWS * ROW.size


class Table(MutableMapping[str, Spent]):
    """Rows by key. Nothing may be asked of a key but while it is ``held``."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, BLOCKS * BLOCK_BYTES)
        self._bytes = mmap.mmap(self._file, BLOCKS * BLOCK_BYTES)

    def close(self) -> None:
        """Lets the file go."""
        self._bytes.close()
        os.close(self._file)

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Keeps the others from the block of a key meanwhile."""
        at = _block(_name(key))
        fcntl.lockf(self._file, fcntl.LOCK_EX, BLOCK_BYTES, at)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, BLOCK_BYTES, at)

    def __getitem__(self, key: str) -> Spent:
        name = _name(key)
        for _, (found, *spent) in self._rows(name):
            if found == name:
                return spent[0], spent[1], spent[2]
        raise KeyError(key)

    def __setitem__(self, key: str, spent: Spent) -> None:
        # One that is unknown takes the row that nobody has, or whose window is the oldest.
        name = _name(key)
        rows = list(self._rows(name))
        at = min(rows, key=lambda each: (each[1][0] != name, each[1][1]))[0]
        ROW.pack_into(self._bytes, at, name, *spent)

    def __delitem__(self, key: str) -> None:
        name = _name(key)
        for at, (found, *_) in self._rows(name):
            if found == name:
                ROW.pack_into(self._bytes, at, bytes(KEY_BYTES), 0, 0, 0)
                return
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        raise TypeError("the keys are not kept")

    def __len__(self) -> int:
        return 0  # it never grows, and clears up by itself

    def _rows(self, name: bytes) -> Iterator[tuple[int, tuple[bytes, int, int, int]]]:
        begun = _block(name)
        for at in range(begun, begun + BLOCK_BYTES, ROW.size):
            found, number, spent, before = ROW.unpack_from(self._bytes, at)
            yield at, (found, number, spent, before)


class SharedWindows(Windows):
    """Counters of sliding windows that several processes count with."""

    def __init__(self, file: Path) -> None:
        self._table = Table(file)
        super().__init__(held=self._table)

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Takes an amount where the limit leaves it; whether it did."""
        with self._table.held(key):
            return super().acquire_sliding_window_entry(key, limit, expiry, amount)

    def give_back(self, key: str, amount: int, expiry: int) -> None:
        """Takes back what was spent and not needed."""
        with self._table.held(key):
            super().give_back(key, amount, expiry)

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """As in memory."""
        with self._table.held(key):
            return super().get_sliding_window(key, expiry)

    def close(self) -> None:
        """Lets the file go."""
        self._table.close()


def _name(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=KEY_BYTES).digest()


def _block(name: bytes) -> int:
    return int.from_bytes(name[:8], "little") % BLOCKS * BLOCK_BYTES

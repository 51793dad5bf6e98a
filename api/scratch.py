"""Scratch: a folder for what a server keeps while it runs, removed when it ends.

Who is killed removes nothing, so each that begins removes what those left who are gone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir

PREFIX = "xuefen-"
ALIVE, BEGINS = ".alive", ".begins"


@contextmanager
def scratch(purpose: str) -> Iterator[Path]:
    """An empty folder of this process alone."""
    _sweep(purpose)
    with TemporaryDirectory(prefix=f"{PREFIX}{purpose}-") as name:
        folder = Path(name)
        with (folder / BEGINS).open("w") as held:
            flock(held, LOCK_EX)
            (folder / BEGINS).rename(folder / ALIVE)  # seen by others once it is locked
            yield folder


def _sweep(purpose: str) -> None:
    for each in Path(gettempdir()).glob(f"{PREFIX}{purpose}-*/{ALIVE}"):
        # Whose process lives holds the lock; others' folders, and what goes meanwhile, are left.
        with suppress(OSError), each.open() as held:
            flock(held, LOCK_EX | LOCK_NB)
            if each.parent.stat().st_uid == os.getuid():
                rmtree(each.parent, ignore_errors=True)

"""Where tests keep what they write: in memory where there is room for it, else on the disk.

A flush to a disk takes milliseconds, and a server that is used for one test flushes thousands of
times. A file system in memory answers every flush at once, so the servers run with the settings
they ship with, and what they do when they are killed is the same.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

import psutil

MEMORY, DISK = Path("/dev/shm"), Path("/var/tmp")
ROOM_BYTES = 4 * 1024**3
"""What all processes of a run hold at most is a fourth of it."""


@cache
def place() -> Path:
    """A folder that every user may pass through; pytest's own are its user's alone."""
    room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free
    memory = psutil.virtual_memory().available
    return MEMORY if min(room, memory) >= ROOM_BYTES else DISK


def new_folder(name: str) -> Path:
    """A new folder there, to be removed by whoever asked for it."""
    return Path(tempfile.mkdtemp(prefix=f"xuefen-{name}-", dir=place()))

"""Machine: how much memory and disk and how many cores there are, of which things take a share.

Where this runs in a container with less (a control group of Linux), less is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

MIB = 1024 * 1024
BUFFERS_SHARE, LOG_SHARE = 8, 32
BUFFERS_BYTES_MIN, BUFFERS_BYTES_MAX = 128 * MIB, 4_096 * MIB
LOG_BYTES_MIN, LOG_BYTES_MAX = 1_024 * MIB, 4_096 * MIB
ROOT = Path("/")


def memory_bytes(root: Path = ROOT) -> int:
    """What this machine has, or this container where it may take less."""
    most = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for group in _groups(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            most = min([most, *_numbers(group / name)])
    return most


def cores(root: Path = ROOT) -> int:
    """How many cores this process may use, the share of one counted as one."""
    bound = hasattr(os, "sched_getaffinity")
    most = len(os.sched_getaffinity(0)) if bound else os.cpu_count() or 1
    for group in _groups(root, "cpu"):
        former = (*_numbers(group / "cpu.cfs_quota_us"), *_numbers(group / "cpu.cfs_period_us"))
        for told in (_numbers(group / "cpu.max"), former):
            if len(told) == 2 and min(told) > 0:
                most = min(most, -(-told[0] // told[1]))
    return most


def buffers_bytes() -> int:
    """What the embedded PostgreSQL may keep of its pages in memory: an eighth, within bounds.

    Tags lie in their index in no order. Where the pages that are written next are not in memory,
    each append writes one to disk to make room for another.
    """
    return max(BUFFERS_BYTES_MIN, min(BUFFERS_BYTES_MAX, memory_bytes() // BUFFERS_SHARE))


def log_bytes(free: int) -> int:
    """How long the embedded PostgreSQL lets its write-ahead log grow before it writes its pages.

    A thirty-second of the disk's free bytes, within bounds. After it has, each page is logged whole
    once more, and of many millions of events' tags each append meets another page.
    """
    return max(LOG_BYTES_MIN, min(LOG_BYTES_MAX, free // LOG_SHARE))


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of the groups whose limits hold for this process, its own and those around it.

    Of both versions, since a machine may have both. Seen from within a container its own may stand
    at the root, whatever its name is outside.
    """
    try:
        told = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in told:
        _, controllers, own = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / (controller if controllers else "")
        group = top / own.strip("/")
        while group != top:
            yield group
            group = group.parent
        yield top


def _numbers(file: Path) -> tuple[int, ...]:
    """The numbers in a file; none where it is not there, or tells that there is no limit."""
    try:
        return tuple(map(int, file.read_text().split()))
    except (OSError, ValueError):
        return ()

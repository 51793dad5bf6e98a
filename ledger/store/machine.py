"""Machine: how much memory and disk there is, of which some things take a share."""

from __future__ import annotations

import os

MIB = 1024 * 1024
BUFFERS_SHARE, LOG_SHARE = 8, 32
BUFFERS_BYTES_MIN, BUFFERS_BYTES_MAX = 128 * MIB, 4_096 * MIB
LOG_BYTES_MIN, LOG_BYTES_MAX = 1_024 * MIB, 4_096 * MIB


def memory_bytes() -> int:
    """What this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


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

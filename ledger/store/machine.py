"""Machine: how much memory there is, of which some things take a share."""

from __future__ import annotations

import os

MIB = 1024 * 1024
BUFFERS_SHARE = 8
BUFFERS_BYTES_MIN, BUFFERS_BYTES_MAX = 128 * MIB, 4_096 * MIB


def memory_bytes() -> int:
    """What this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def buffers_bytes() -> int:
    """What the embedded PostgreSQL may keep of its pages in memory: an eighth, within bounds.

    Tags lie in their index in no order. Where the pages that are written next are not in memory,
    each append writes one to disk to make room for another.
    """
    return max(BUFFERS_BYTES_MIN, min(BUFFERS_BYTES_MAX, memory_bytes() // BUFFERS_SHARE))

"""Collector: what Python's garbage collector need not look through while requests are answered."""

from __future__ import annotations

import gc


def settle() -> None:
    """Has the collector pass over all that was loaded, which lasts as long as the process.

    It is a quarter of a million objects; to look through them again takes an eighth of a second, in
    which nobody is answered.
    """
    gc.collect()
    gc.freeze()

"""Cores: the threads of one interpreter kept on one core, as ``taskset`` keeps those of a program.

Only one of them runs at a time, and each hands over to the next. Where that one sleeps on another
core, which sleeps too, it is woken late.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def one_core() -> Iterator[None]:
    """This process and the threads it starts meanwhile, on the first of its cores.

    Processes that it starts meanwhile stay there.
    """
    cores = os.sched_getaffinity(0)
    _keep({min(cores)})
    try:
        yield
    finally:
        _keep(cores)


def _keep(cores: set[int]) -> None:
    for each in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # it has ended
            os.sched_setaffinity(int(each.name), cores)

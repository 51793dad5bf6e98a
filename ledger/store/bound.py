"""Bound: a program that ends with whoever started it, also where that one is killed.

On Linux the kernel sends the signal. It is asked for by the child itself, in a start of Python that
then becomes the program: nothing runs between a fork and an exec beside other threads. Elsewhere
the program goes on, which those who read what it left must reckon with.
"""

from __future__ import annotations

import os
import sys

# Of its two arguments and more, the first is the parent: it may be gone before we have asked. With
# SIGTERM PostgreSQL's programs also cancel what the server does for them.
BECOMING = """
import os, sys
try:
    import ctypes
    ctypes.CDLL(None).prctl(1, 15, 0, 0, 0)
except Exception:
    pass
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
try:
    os.execv(sys.argv[2], sys.argv[2:])
except OSError as error:
    sys.exit(f"error: {sys.argv[2]}: {error.strerror}")
"""


def bound(command: list[str]) -> list[str]:
    """The same command, ended with this process, or with the thread that starts it."""
    if sys.platform != "linux" or not sys.executable:
        return command
    return [sys.executable, "-I", "-S", "-c", BECOMING, str(os.getpid()), *command]

"""Leaving the demo's server running behind a program that ends, as where there is no terminal.

The demo runs in a child with a session of its own from the start. What it says goes to files and is
passed on from there, so that nobody who reads this program's output waits for a server's.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import BinaryIO

import typer

TOLD = b"."


def in_background(demo: Callable[[Callable[[], object]], None]) -> None:
    """Runs a demo that serves on, and ends once it told its report.

    ``demo`` is given what to call then. Where it ends before, this ends with its exit code.
    """
    with tempfile.TemporaryFile() as report:
        number, name = tempfile.mkstemp(prefix="xuefen-demo-", suffix=".log")
        reader, writer = os.pipe()
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            _detach(report.fileno(), number)
            demo(lambda: os.write(writer, TOLD))
            return
        os.close(writer)
        told = _heard(reader, child)
        with open(number, "rb") as log:
            _pass_on(log, sys.stderr.buffer)
        _pass_on(report, sys.stdout.buffer)
    if not told:
        os.unlink(name)
        raise typer.Exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or 1)
    sys.stderr.write(
        f"服务在后台继续运行（没有终端时如此），日志 {name}；结束它：kill {child}\n"
        f"The server runs on in the background, as it does without a terminal; its log is {name}. "
        f"To end it: kill {child}\n"
    )


def _detach(report: int, log: int) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((nothing, report, log)):
        os.dup2(stream, number)


def _heard(reader: int, child: int) -> bool:
    try:
        return os.read(reader, 1) == TOLD
    except KeyboardInterrupt:
        os.kill(child, signal.SIGTERM)
        return False
    finally:
        os.close(reader)


def _pass_on(source: BinaryIO, to: BinaryIO) -> None:
    source.seek(0)
    shutil.copyfileobj(source, to)
    to.flush()

"""The process of a subject, as the one who breaks it sees it: started, told to go, heard, ended."""

from __future__ import annotations

import logging
import multiprocessing
from contextlib import suppress
from typing import Any

from bench.faults.subject import run

PATIENCE_SECONDS = 90
# What the pool notices of lost connections is what we see to.
logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["bench.faults.subject"])


class Subject:
    """A process that does an operation, and what it said so far."""

    def __init__(self, operation: str, url: str, seed: int, extra: dict[str, Any]) -> None:
        self._pipe, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=run, args=(theirs, operation, url, seed, extra))
        self.process.start()
        theirs.close()
        self.said: list[tuple[Any, ...]] = []
        self.hears("ready", "done")

    def go(self) -> None:
        """It may begin."""
        with suppress(OSError):
            self._pipe.send("go")

    def hears(self, *words: str) -> bool:
        """Takes in what it says up to one of the words or its death; whether in time."""
        while self._pipe.poll(PATIENCE_SECONDS):
            try:
                said = self._pipe.recv()
            except (EOFError, OSError):
                return True
            self.said.append(said)
            if said[0] in words:
                return True
        return False

    def end(self) -> None:
        """It may leave; it is killed if it does not."""
        self.go()
        self.process.join(PATIENCE_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()
        self._pipe.close()

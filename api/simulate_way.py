"""Ways into a ledger: what they are asked and what they reply, in process and over HTTP alike.

A submission that was answered is written to the acknowledgements before its sender goes on, so that
a test can hold the ledger against them after a kill.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol, TextIO

from ledger.command import Asker, Command
from schema.mutation import MUTATIONS

NO_RULE = "—"


@dataclass(frozen=True)
class Submission:
    """Commands of one kind by one asker under one request id; ``mistake``: to be refused."""

    request: str
    asker: Asker
    commands: tuple[Command, ...]
    people: tuple[dict[str, str], ...] = ()
    mistake: bool = False

    @property
    def kind(self) -> type[Command]:
        """The kind of all its commands."""
        return type(self.commands[0])


@dataclass(frozen=True)
class Reply:
    """What became of one command: position, id and type of its events, or codes of refusals."""

    events: tuple[tuple[int, str, str], ...] = ()
    codes: tuple[str, ...] = ()
    replayed: bool = False


class Way(Protocol):
    """A way into a ledger."""

    width: int

    def turn(self, day: date) -> None:
        """Moves the ledger to a day."""

    def ask(self, submission: Submission) -> Future[list[Reply]]:
        """Asks; the replies come in the order of the commands."""
        ...

    def last(self) -> datetime | None:
        """When the ledger learned its last event."""
        ...

    def met(self, name: str) -> bool:
        """Whether any event speaks of the name."""
        ...

    def findings(self, prefix: str) -> Counter[str]:
        """How many findings each rule has under requests that begin so."""
        ...


class Acknowledgements:
    """A file with a JSON line for every submission that was answered."""

    def __init__(self, file: Path | None) -> None:
        self._lock = threading.Lock()
        self.commands = 0
        self._out: TextIO | None = file.open("a", encoding="utf-8") if file else None

    def write(self, submission: Submission, replies: list[Reply]) -> None:
        """Writes the line; it is with the operating system when this returns."""
        with self._lock:
            self.commands += len(replies)
        events = [event for reply in replies for event in reply.events]
        if self._out is None or not events:
            return
        line = json.dumps(
            {
                "request": submission.request,
                "actor": submission.asker.actor,
                "first": events[0][0],
                "last": events[-1][0],
                "ids": [id for _, id, _ in events],
            }
        )
        with self._lock:
            self._out.write(line + "\n")
            self._out.flush()

    def close(self) -> None:
        """Closes the file."""
        if self._out is not None:
            self._out.close()


def in_bulk(kind: type[Command]) -> bool:
    """Whether many commands of the kind may be sent together."""
    return MUTATIONS.get(kind) is not None

"""The subject: a process of its own that does one operation, and may be killed at any step of it.

It says through a pipe what came of it: an answer the moment that it has one, so that what was said
is acknowledged and all else has an unknown outcome.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import msgspec
from eventsourcing.dcb.api import DCBEvent

from bench.faults.script import Submission, script
from ledger.event import Entry
from ledger.store.ledger import Ledger
from ledger.store.migrate import migrate
from ledger.store.statements import CHANNEL
from ledger.store.trouble import Trouble
from ledger.store.work import Asked, Plain
from projections import rebuild as rebuilding
from projections import runner as running
from projections import shadow
from projections.catalogue import INDEXES, VIEWS
from projections.projection import Projection
from projections.runner import Runner
from tests.town import KEY, OPERATOR, Stumble, rows

ALL = (*VIEWS, *INDEXES)
PAGE = 120
TRIES = 4
APPENDS = 40
BEGAN = datetime(2024, 6, 3, 1, tzinfo=UTC)

LISTENS = (
    "select from pg_stat_activity where datname = current_database() "
    f"and query = 'listen {CHANNEL}' and state = 'idle'"
)
Say = Callable[..., None]
logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)


class Poisoned(ValueError):
    """A view or a command that raises."""


class Clock:
    """A second later at each look; from a look on it may go back, for good."""

    def __init__(self, back_at: int = 0, back_seconds: int = 0) -> None:
        self._now, self._looks = BEGAN, 0
        self._back_at, self._back_seconds = back_at, back_seconds
        self.went_back = False

    def __call__(self) -> datetime:
        self._looks += 1
        self._now += timedelta(seconds=1)
        if self._looks == self._back_at:
            self._now -= timedelta(seconds=self._back_seconds)
            self.went_back = True
        return self._now


def run(pipe: Connection, operation: str, url: str, seed: int, extra: dict[str, Any]) -> None:
    """Where the process begins: it makes itself ready, waits to be told to go, and does it."""

    def say(*words: Any) -> None:
        pipe.send(words)

    def go() -> None:
        say("ready")
        pipe.recv()

    try:
        OPERATIONS[operation](url, seed, extra, go, say)
    except Exception as error:
        say("failed", type(error).__name__, str(error), isinstance(error, Trouble))
    say("done")
    pipe.recv()


def _settled(url: str) -> None:
    """Waits until the listener listens: what it asks before is no step of an operation."""
    while not rows(url, LISTENS):
        pass


def commit(url: str, seed: int, extra: dict[str, Any], go: Callable[[], None], say: Say) -> None:
    """Asks the script, batch by batch, each submission again where it got no answer."""
    clock = Clock(extra.get("back_at", 0), extra.get("back_seconds", 0))
    with Ledger(url, KEY, clock) as ledger:
        _settled(url)
        go()
        for number, batch in enumerate(script(seed, heavy=extra.get("heavy", False))):
            waiting = list(batch)
            stumbling = extra.get("stumble_in") == number
            for _ in range(TRIES):
                waiting = _ask(ledger, waiting, say, stumbling=stumbling)
                if not waiting:
                    break
            _append(ledger, f"{os.getpid()}-{number}", say)
        if clock.went_back:
            say("back")


def _ask(ledger: Ledger, batch: list[Submission], say: Say, *, stumbling: bool) -> list[Submission]:
    """Those of a batch that got no answer. The committer finds all of it waiting at once."""
    committer = ledger.committer
    with committer._busy:
        futures = [committer.submit(each.asked(ledger.vault)) for each in batch]
        if stumbling:
            stumble = Asked(commands=[Stumble()], asker=OPERATOR, request="stumble")
            fallen = committer.submit(stumble)
    unanswered = []
    for each, future in zip(batch, futures, strict=True):
        error = future.exception()
        if error is None:
            say("answer", each.request, msgspec.json.encode(future.result()))
        else:
            say("error", each.request, type(error).__name__, str(error), _told(error))
            unanswered.append(each)
    if stumbling:
        error = fallen.exception()
        say("stumbled", type(error).__name__)
    return unanswered


def _append(ledger: Ledger, batch: str, say: Say) -> None:
    """Appends through the library's interface, so many that they fly in several batches."""
    tags = [f"appended:{batch}-{number}" for number in range(APPENDS)]
    works = [Plain([DCBEvent("bench.appended", b"{}", [tag])], None) for tag in tags]
    with ledger.committer._busy:
        for work in works:
            ledger.committer.submit(work)
    for tag, work in zip(tags, works, strict=True):
        error = work.future.exception()
        if error is None:
            say("appended", tag, work.future.result())
        else:
            say("unheard", tag, str(error))


def _told(error: BaseException) -> bool:
    return isinstance(error, Trouble)


def project(url: str, seed: int, extra: dict[str, Any], go: Callable[[], None], say: Say) -> None:
    """Folds the history into the views, again after an error as a running server does."""
    running.PAGE = PAGE
    with Ledger(url, KEY) as ledger:
        runner = Runner(ledger.pool, ledger.feed, ALL)
        _poison(extra)
        _settled(url)
        go()
        for _ in range(TRIES):
            try:
                runner.catch_up()
                return
            except Exception as error:
                say("failed", type(error).__name__, str(error), _told(error))


def rebuild(url: str, seed: int, extra: dict[str, Any], go: Callable[[], None], say: Say) -> None:
    """Folds the views anew and swaps them, once more after an error as an operator does."""
    rebuilding.PAGE = rebuilding.PAUSE_ENTRIES = shadow.DELAY = PAGE
    with Ledger(url, KEY) as ledger:
        runner = Runner(ledger.pool, ledger.feed, ALL)
        _poison(extra)
        _settled(url)
        go()
        for _ in range(TRIES):
            try:
                say("rebuilt", runner.rebuild())
                return
            except Exception as error:
                say("failed", type(error).__name__, str(error), _told(error))


def found(url: str, seed: int, extra: dict[str, Any], go: Callable[[], None], say: Say) -> None:
    """Migrates, founds where there is nothing yet, and makes the views' tables."""
    go()
    for _ in range(TRIES):
        try:
            with Ledger.found(url, KEY) as ledger:
                Runner(ledger.pool, ledger.feed, ALL)
                return
        except Exception as error:
            say("failed", type(error).__name__, str(error), _told(error))


def upgrade(url: str, seed: int, extra: dict[str, Any], go: Callable[[], None], say: Say) -> None:
    """Migrates a database of an older program."""
    go()
    for _ in range(TRIES):
        try:
            migrate(url)
            return
        except Exception as error:
            say("failed", type(error).__name__, str(error), _told(error))


def _poison(extra: dict[str, Any]) -> None:
    """Lets a view raise over one event, in this process alone."""
    if "view" not in extra:
        return
    [view] = [each for each in VIEWS if each.name == extra["view"]]
    kind: type[Projection[Any]] = type(view)
    fold = kind.apply

    def apply(self: Projection[Any], state: Any, entry: Entry) -> Any:
        if self is view and entry.position == extra["position"]:
            raise Poisoned("no such thing")
        return fold(self, state, entry)

    kind.apply = apply  # type: ignore[method-assign]


OPERATIONS: dict[str, Callable[[str, int, dict[str, Any], Callable[[], None], Say], None]] = {
    "commit": commit,
    "project": project,
    "rebuild": rebuild,
    "swap": rebuild,
    "found": found,
    "upgrade": upgrade,
}

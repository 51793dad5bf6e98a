"""The group committer: one lane into the ledger, drained in batches without a timer.

Any number of processes may do so in turn. The way of one command: ``submit`` → queue → batch →
``Lane`` (lock → read → learn → decide → insert → commit) → answer.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from time import sleep
from typing import overload

import psycopg
from eventsourcing.persistence import OperationalError

from ledger.store.answer import Answer
from ledger.store.connection import trouble_of
from ledger.store.lane import Clock as Clock
from ledger.store.lane import Lane, More, Settled, Work
from ledger.store.lane import system_clock as system_clock
from ledger.store.receipt import Receipt
from ledger.store.trouble import Trouble
from ledger.store.work import Asked, Plain

BATCH_MAX = 128
COMMANDS_MAX = 8_192
ATTEMPTS_MAX = 5
# The server ends a session that idles in a transaction with an error that psycopg counts as one of
# the program.
LOST = (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout)


class Committer:
    """Runs batches on a thread of its own, over a connection of its own."""

    def __init__(self, url: str, clock: Clock = system_clock) -> None:
        self.lane = Lane(url, clock)
        self._queue: deque[Work] = deque()
        self._wake = threading.Condition()
        self._closing = False
        # Whoever carries a batch holds it.
        self._busy = threading.Lock()
        self._crowd = 0
        # Is told how much work each batch had.
        self.carried: Callable[[int], None] | None = None
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @overload
    def submit(self, work: Plain) -> Receipt:
        """An append waits for a receipt."""

    @overload
    def submit(self, work: Asked) -> Future[Answer]:
        """Commands wait for a future."""

    def submit(self, work: Work) -> Receipt | Future[Answer]:
        """Queues work; its future gives the answer, or raises what went wrong."""
        if self.lane.watch is not None:
            self.lane.watch.asked(work)
        with self._wake:
            if self._closing:
                raise OperationalError("the ledger is closing")
            self._queue.append(work)
            self._wake.notify()
        return work.future

    def append(self, work: Plain) -> int:
        """Appends and waits: on the thread of who asks where nobody else asks, else in the queue.

        A thread that hands its work to another and waits is woken a tenth of a millisecond late.
        """
        if self._crowd > 1 or self._queue or not self._busy.acquire(blocking=False):
            return self.submit(work).result()
        try:
            if self._closing:
                raise OperationalError("the ledger is closing")
            self._work([work])
        finally:
            self._busy.release()
        return work.future.result()

    def close(self) -> None:
        """Answers what is queued, then stops."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        with self._busy:
            self.lane.close()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._closing:
                    self._wake.wait()
            self._let_gather()
            with self._busy:
                with self._wake:
                    batch = self._drain()
                if batch:
                    self._work(batch)
                elif self._closing and not self._queue:
                    return

    def _let_gather(self) -> None:
        """Lets those go on who were just answered, for as long as that brings more work.

        They share the interpreter with this thread, so it would otherwise carry one or two of them
        at a time; a flush costs as much for one as for all. Nobody waits for who does not come.
        """
        waiting = len(self._queue)
        while waiting < self._crowd:
            sleep(0)
            before, waiting = waiting, len(self._queue)
            if waiting == before:
                return

    def _work(self, batch: list[Work]) -> None:
        self._crowd = len(batch)
        with self.lane.watch.carried(batch) if self.lane.watch is not None else nullcontext():
            self._carry(batch, lambda: self._joining(batch))
        if self.carried is not None:
            self.carried(len(batch))

    def _drain(self, begun: Sequence[Work] = ()) -> list[Work]:
        """What is queued, as much as one batch takes with what it has already."""
        found: list[Work] = []
        count, weight = len(begun), sum(work.weight for work in begun)
        while self._queue and count < BATCH_MAX:
            if count and weight + self._queue[0].weight > COMMANDS_MAX:
                break
            work = self._queue.popleft()
            if work.future.set_running_or_notify_cancel():
                found.append(work)
                count, weight = count + 1, weight + work.weight
        return found

    def _joining(self, batch: list[Work]) -> list[Work]:
        with self._wake:
            return self._drain(batch)

    def _carry(self, batch: list[Work], more: More | None = None) -> None:
        """Commits a batch, again after a lost connection, singly where one poisons the rest.

        ``more``: whoever joins it at its first attempt; a work that is tried alone stays alone.
        """
        for attempt in range(1, ATTEMPTS_MAX + 1):
            self.lane.more = more if attempt == 1 else None
            try:
                settled = self.lane.commit(batch)
            except Trouble as trouble:
                # Nobody is there to connect to; asking again for each work would wait for each.
                for work in batch:
                    _fail(work, trouble)
                return
            except LOST as error:
                self.lane.forget()
                batch = self._survivors(batch, error, final=attempt == ATTEMPTS_MAX)
                if not batch:
                    return
            except Exception as error:  # a fault of one work must not take the others down
                self.lane.forget()
                if len(batch) > 1:
                    for work in batch:
                        self._carry([work])
                else:
                    _fail(batch[0], _said(error))
                return
            else:
                _answer(settled)
                return

    def _survivors(self, batch: list[Work], error: Exception, *, final: bool) -> list[Work]:
        """After a lost connection the outcome is unknown: what has a request id is asked again."""
        survivors: list[Work] = []
        for work in batch:
            if isinstance(work, Asked) and not final:
                work.forget()
                survivors.append(work)
            else:
                _fail(work, _said(error))
        return survivors


def _answer(settled: Settled) -> None:
    for work, result in settled:
        if isinstance(result, BaseException):
            work.future.set_exception(result)
        else:
            work.future.set_result(result)


def _said(error: Exception) -> Exception:
    """The trouble behind an error, where an operator can mend it."""
    return (trouble_of(error) if isinstance(error, psycopg.Error) else None) or error


def _fail(work: Work, error: BaseException) -> None:
    if not work.future.done():
        work.future.set_exception(error)

"""The group committer: one lane into the ledger, drained in batches without a timer.

Any number of processes may do so in turn. The way of one command: ``submit`` → queue → batch →
``Lane`` (lock → read → learn → decide → insert → commit) → answer.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from threading import get_ident, main_thread
from typing import overload

import psycopg
import structlog
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent
from eventsourcing.persistence import OperationalError

from ledger.store.answer import Answer
from ledger.store.aside import aside
from ledger.store.clock import Clock, system_clock
from ledger.store.connection import trouble_of, unavailable
from ledger.store.lane import Lane, More
from ledger.store.mailbox import Letter
from ledger.store.pool import require_ours
from ledger.store.queue import Queue
from ledger.store.receipt import Receipt
from ledger.store.trouble import Trouble
from ledger.store.work import Asked, Plain, Settled, Work

ATTEMPTS_MAX = 5
log = structlog.get_logger("xuefen.committer")


class Committer:
    """Runs batches on a thread of its own, over a connection of its own."""

    def __init__(self, url: str, clock: Clock = system_clock) -> None:
        self.lane = Lane(url, clock)
        self._queue = Queue()
        # Whoever carries batches holds it.
        self._busy = threading.Lock()
        self._flying: deque[list[Work]] = deque()
        # Is told how much work each batch had.
        self.carried: Callable[[int], None] | None = None
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @overload
    def submit(self, work: Plain) -> Receipt | Letter:
        """An append has what it was given with."""

    @overload
    def submit(self, work: Asked) -> Future[Answer]:
        """Commands wait for a future."""

    def submit(self, work: Work) -> Receipt | Letter | Future[Answer]:
        """Queues work; its future gives the answer, or raises what went wrong.

        Raises ``OperationalError`` where it closes, and in a process that was forked off.
        """
        self.require_ours()
        if self.lane.watch is not None:
            self.lane.watch.asked(work)
        self._queue.put(work)
        return work.future

    def append(
        self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None
    ) -> int:
        """Appends and waits: on the thread of who asks where nobody else asks, else in the queue.

        A thread that hands its work to another and waits is woken a tenth of a millisecond late.
        Only the main thread may be interrupted anywhere, by Ctrl-C or what else handles a signal;
        it always hands its work over, so that nothing is left half-way that others rely on.
        """
        self.require_ours()
        receipt = Receipt()
        work = Plain(events, condition, receipt)
        alone = self._queue.crowd <= 1 and not self._queue and get_ident() != main_thread().ident
        if not alone or not self._busy.acquire(blocking=False):
            self.submit(work)
            return receipt.result()
        try:
            if self._queue.closing:
                raise OperationalError("the ledger is closing")
            self._work([work])
        finally:
            self._busy.release()
        return receipt.result()

    def close(self) -> None:
        """Answers what is queued, then stops; a process that was forked off has nothing to stop."""
        if self.ours and self._queue.close():
            self._thread.join()
            self._queue.end()
            with self._busy:
                self.lane.close()

    @property
    def ours(self) -> bool:
        """Whether it is of this process, and not of the one from which this was forked off."""
        return self._process == os.getpid()

    def require_ours(self) -> None:
        """Raises ``OperationalError`` in a forked process: thread and connections are another's."""
        require_ours(self._process)

    def _run(self) -> None:
        # In this order: once it closes nothing more comes in.
        while not self._queue.closing or self._queue:
            self._queue.listen(1)
            with self._busy:
                self._stream()

    def _stream(self) -> None:
        """Carries what is queued until nothing is, a batch decided while another is written."""
        while True:
            if not self._flying:
                self._queue.gather()
                if not self._queue:
                    return
            if len(self._queue) >= self._least():
                aloft = sum(map(len, self._flying))
                batch = self._queue.drain(aloft=aloft, parts=self.lane.ahead_max > 1)
                if batch and not self._set_off(batch):
                    self._land_all()
                    self._work(batch)
            elif (socket := self.lane.awaited) is None or self._queue.listen(self._least(), socket):
                self._land()
            while len(self._flying) >= self.lane.ahead_max:
                self._land()

    def _least(self) -> int:
        """How much is worth a batch behind another that is on its way."""
        return max(self._queue.share, 1) if self._flying else 1

    def _set_off(self, batch: list[Work]) -> bool:
        """Sends off a batch of appends; not while somebody watches how each batch is carried."""
        if self.lane.watch is not None:
            return False
        self._flying.append(batch)
        try:
            flies = self.lane.set_off(batch)
        except Exception as error:
            if unavailable(error):
                self._lost(error)
                return True
            # A fault of one work, found before anything of the batch was sent.
            self._flying.pop()
            self._land_all()
            self.lane.forget()
            self._singly(batch)
        else:
            if not flies:
                self._flying.pop()
            return flies
        return True

    def _land_all(self) -> None:
        while self._flying:
            self._land()

    def _land(self) -> None:
        """Answers the first batch that flies; carries all that fly anew where others wrote."""
        try:
            settled = self.lane.land()
        except Exception as error:
            if unavailable(error):
                self._lost(error)
                return
            # Nothing was written of it, nor of what follows it.
            first, *rest = self._flying
            self._flying.clear()
            self.lane.forget()
            self._singly(first)
            for batch in rest:
                self._work(batch)
        else:
            if settled is not None:
                self._landed(settled)
                return
            batches = list(self._flying)
            self._flying.clear()
            for batch in batches:
                self._work(batch)

    def _landed(self, settled: Settled) -> None:
        self._flying.popleft()
        _answer(settled)
        if self.carried is not None:
            aside(self.carried, len(settled))

    def _lost(self, error: Exception) -> None:
        """Of what flew nobody knows; an append has no request by which it could be asked again."""
        self.lane.forget()
        while self._flying:
            for work in self._flying.popleft():
                self._fail(work, _said(error))

    def _singly(self, batch: list[Work]) -> None:
        for work in batch:
            self._carry([work])

    def _work(self, batch: list[Work]) -> None:
        try:
            with self.lane.watch.carried(batch) if self.lane.watch is not None else nullcontext():
                self._carry(batch, lambda: self._queue.drain(batch))
        except Exception as error:  # of who watches
            for work in batch:
                self._fail(work, error)
        if self.carried is not None:
            aside(self.carried, len(batch))

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
                    self._fail(work, trouble)
                return
            except Exception as error:
                self.lane.forget()
                if unavailable(error):
                    batch = self._survivors(batch, error, final=attempt == ATTEMPTS_MAX)
                    if not batch:
                        return
                    continue
                # A fault of one work must not take the others down.
                if len(batch) > 1:
                    self._singly(batch)
                else:
                    self._fail(batch[0], _said(error))
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
                self._fail(work, _said(error))
        return survivors

    def _fail(self, work: Work, error: Exception) -> None:
        self.lane.outcome.failed(error)
        if not work.future.done():
            _answer([(work, error)])


def _answer(settled: Settled) -> None:
    for work, result in settled:
        try:
            if isinstance(result, BaseException):
                work.future.set_exception(result)
            else:
                work.future.set_result(result)
        except Exception as error:  # of who is called back then, and of the log where that is said
            aside(log.error, "answered in vain", why=type(error).__name__)


def _said(error: Exception) -> Exception:
    """The trouble behind an error, where an operator can mend it."""
    return (trouble_of(error) if isinstance(error, psycopg.Error) else None) or error

"""The group committer: one lane into the ledger, drained in batches without a timer.

A batch takes the advisory lock, reads the head and the past of all its boundaries at once, lets
every command learn and decide in order with the events of earlier ones fed to later ones, inserts
all events, notifies once, commits once and then answers everybody. Any number of processes may do
so in turn. Positions are ``head + 1 …``; the primary key and the trigger ``events_dense`` stand
behind the lock.

The way of one command: ``submit`` → queue → batch → lock → read → learn → decide → insert → commit
→ answer.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from eventsourcing.persistence import OperationalError, PersistenceError

from ledger.event import decode
from ledger.fault import Fault
from ledger.regulation import REGULATION_EVENTS, Rulebook
from ledger.store import statements as sql
from ledger.store.answer import Answer, Outcome, refused
from ledger.store.connection import open_connection, trouble_of
from ledger.store.insertion import insert_events, insert_seals
from ledger.store.memory import Memory
from ledger.store.reading import not_before, read_conflicts, read_identities, read_selectors
from ledger.store.tray import Row, Tray
from ledger.store.trouble import Trouble
from ledger.store.watch import Watch
from ledger.store.work import Asked, Plain, Seal

BATCH_MAX = 128
COMMANDS_MAX = 8_192
ATTEMPTS_MAX = 5
# The server ends a session that idles in a transaction with an error that psycopg counts as one of
# the program.
LOST = (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout)

Work = Plain | Asked
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class Committer:
    """Runs batches on a thread of its own, over a connection of its own."""

    def __init__(self, url: str, clock: Clock = system_clock) -> None:
        self._url = url
        self._clock = clock
        self._queue: deque[Work] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._connection: psycopg.Connection[Any] | None = None
        self._memory = Memory()
        self._rules = Rulebook()
        self._rules_upto = 0
        # Is told how much work each batch had.
        self.carried: Callable[[int], None] | None = None
        self.watch: Watch | None = None
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> Future[Any]:
        """Queues work; its future gives the answer, or raises what went wrong."""
        if self.watch is not None:
            self.watch.asked(work)
        with self._wake:
            if self._closing:
                raise OperationalError("the ledger is closing")
            self._queue.append(work)
            self._wake.notify()
        return work.future

    def close(self) -> None:
        """Answers what is queued, then stops."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        if self._connection is not None:
            self._connection.close()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._closing:
                    self._wake.wait()
                if not self._queue:
                    return
                batch = self._drain()
            with self.watch.carried(batch) if self.watch is not None else nullcontext():
                self._carry(batch)
            if self.carried is not None:
                self.carried(len(batch))

    def _drain(self) -> list[Work]:
        batch: list[Work] = []
        weight = 0
        while self._queue and len(batch) < BATCH_MAX:
            if batch and weight + self._queue[0].weight > COMMANDS_MAX:
                break
            work = self._queue.popleft()
            if work.future.set_running_or_notify_cancel():
                batch.append(work)
                weight += work.weight
        return batch

    def _carry(self, batch: list[Work]) -> None:
        """Commits a batch, again after a lost connection, singly where one poisons the rest."""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                self._commit(batch)
                return
            except Trouble as trouble:
                # Nobody is there to connect to; asking again for each work would wait for each.
                for work in batch:
                    _fail(work, trouble)
                return
            except LOST as error:
                self._reset()
                batch = self._survivors(batch, error, final=attempt == ATTEMPTS_MAX)
                if not batch:
                    return
            except Exception as error:  # a fault of one work must not take the others down
                self._reset(keep=isinstance(error, psycopg.Error))
                if len(batch) > 1:
                    for work in batch:
                        self._carry([work])
                else:
                    _fail(batch[0], _said(error))
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

    def _reset(self, *, keep: bool = False) -> None:
        self._memory.forget()
        self._rules, self._rules_upto = Rulebook(), 0
        if self._connection is not None and not keep:
            self._connection.close()
            self._connection = None

    def _connect(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = open_connection(self._url, autocommit=True, prepare_threshold=0)
            for setting in (*sql.PINNED, *sql.UNFROZEN):
                self._connection.execute(setting)
        return self._connection

    def _commit(self, batch: list[Work]) -> None:
        connection = self._connect()
        settled: list[tuple[Work, Any]] = []
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            head, last, answered = self._read(cursor, batch)
            tray = Tray(
                head,
                not_before(self._clock(), last),
                self._rules,
                lambda wanted: read_selectors(cursor, wanted, self._memory, head),
            )
            asked = [work for work in batch if isinstance(work, Asked)]
            if len(asked) > 1:
                tray.read({each for work in asked for each in work.foreseen(tray, self._memory)})
            for work in batch:
                settled.append((work, self._decide(work, tray, answered)))
                if self.watch is not None:
                    self.watch.decided(work)
            if tray.rows:
                self._write(cursor, tray.rows, [work for work, _ in settled])
        # The batch's rules were learned as they were decided.
        self._rules, self._rules_upto = tray.rules, max(self._rules_upto, tray.position)
        self._memory.trim()
        for work, result in settled:
            if isinstance(result, BaseException):
                work.future.set_exception(result)
            else:
                work.future.set_result(result)

    def _read(
        self, cursor: psycopg.Cursor[Any], batch: list[Work]
    ) -> tuple[int, datetime | None, dict[tuple[str, str], tuple[bytes, bytes]]]:
        asked = [work for work in batch if isinstance(work, Asked)]
        plain = [work for work in batch if isinstance(work, Plain)]
        cursor.execute("select pg_advisory_xact_lock(%s)", (sql.LOCK,))
        head_row = cursor.execute(sql.HEAD).fetchone()
        head, last = head_row if head_row else (0, None)
        answered: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        self._learn_rules(cursor, head)
        if asked:
            keys = ([w.asker.actor for w in asked], [w.request for w in asked])
            for actor, request, digest, answer in cursor.execute(sql.ANSWERED, keys):
                answered[actor, request] = (bytes(digest), bytes(answer))
            wanted = {s for work in asked for each in work.selectors for s in each}
            read_selectors(cursor, wanted, self._memory, head)
            read_identities(cursor, asked)
        read_conflicts(cursor, plain, head)
        return head, last, answered

    def _learn_rules(self, cursor: psycopg.Cursor[Any], head: int) -> None:
        if head <= self._rules_upto:
            return
        names = [each.NAME for each in REGULATION_EVENTS]
        for position, body in cursor.execute(sql.BY_TYPE, (names, self._rules_upto)):
            self._rules.learn(decode(position, bytes(body)).event)
        self._rules_upto = head

    def _decide(
        self, work: Work, tray: Tray, answered: dict[tuple[str, str], tuple[bytes, bytes]]
    ) -> Any:
        try:
            if isinstance(work, Plain):
                return work.decide(tray, self._memory)
            key = (work.asker.actor, work.request)
            earlier = answered.get(key)
            if earlier is None:
                answer = work.decide(tray, self._memory)
                if any(outcome.accepted for outcome in answer.outcomes):
                    answered[key] = (work.digest, _ANSWER.encode(answer))
                return answer
            return _replay(work, *earlier)
        except PersistenceError as error:
            return error

    def _write(self, cursor: psycopg.Cursor[Any], rows: list[Row], batch: list[Work]) -> None:
        insert_events(cursor, rows)
        requests: list[list[Any]] = [[], [], [], [], []]
        seals: list[Seal] = []
        for work in batch:
            if isinstance(work, Asked) and work.answer is not None and _wrote(work.answer):
                row = (work.asker.actor, work.request, work.digest, _ANSWER.encode(work.answer))
                for column, value in zip(requests, (*row, rows[-1].at), strict=True):
                    column.append(value)
                seals += work.kept
        insert_seals(cursor, seals)
        if requests[0]:
            cursor.execute(sql.INSERT_REQUESTS, requests)
        cursor.execute("select pg_notify(%s, %s)", (sql.CHANNEL, str(rows[-1].position)))


def _wrote(answer: Answer) -> bool:
    return not answer.replayed and any(outcome.accepted for outcome in answer.outcomes)


def _replay(work: Asked, digest: bytes, stored: bytes) -> Answer:
    earlier = msgspec.json.decode(stored, type=Answer)
    if digest == work.digest:
        return Answer(position=earlier.position, outcomes=earlier.outcomes, replayed=True)
    fault = refused(
        Fault(
            "REQUEST_REUSED",
            zh=f"请求编号 {work.request} 已用于另一内容，请换一个编号",
            en=f"the request id {work.request} was used for something else; take another",
            field="request_id",
        )
    )
    outcomes: tuple[Outcome, ...] = tuple(fault for _ in work.commands)
    return Answer(position=earlier.position, outcomes=outcomes)


def _said(error: Exception) -> Exception:
    """The trouble behind an error, where an operator can mend it."""
    return (trouble_of(error) if isinstance(error, psycopg.Error) else None) or error


def _fail(work: Work, error: BaseException) -> None:
    if not work.future.done():
        work.future.set_exception(error)


_ANSWER = msgspec.json.Encoder(order="sorted")

"""Lane: the one way by which batches of work enter the ledger, over a connection of its own.

A batch takes the advisory lock, reads what it does not know of the past of all its boundaries, lets
every command learn and decide in order with the events of earlier ones fed to later ones, inserts
all events, notifies once and commits once: one round trip to read, one to write. Positions are
``head + 1 …``; the primary key and the trigger ``events_dense`` stand behind the lock.

What this process wrote last it need not read again (``Tail``). Appends about nothing older are
decided before the lock and written in one round trip, which writes nothing where another process
wrote meanwhile; then the batch goes the long way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from eventsourcing.persistence import PersistenceError

from ledger.command import Selector
from ledger.event import decode
from ledger.fault import Fault
from ledger.regulation import REGULATION_EVENTS, Rulebook
from ledger.store import statements as sql
from ledger.store.answer import Answer, Outcome, refused
from ledger.store.connection import open_connection
from ledger.store.insertion import insert_events, insert_seals
from ledger.store.memory import Memory
from ledger.store.reading import (
    ConflictsRead,
    IdentitiesRead,
    SelectorsRead,
    not_before,
    sent,
)
from ledger.store.tail import Tail
from ledger.store.tray import Row, Tray
from ledger.store.watch import Watch
from ledger.store.work import Asked, Plain, Seal

Work = Plain | Asked
Settled = list[tuple[Work, Any]]
Clock = Callable[[], datetime]
Answered = dict[tuple[str, str], tuple[bytes, bytes]]


class Lane:
    """Carries one batch at a time. Whoever had an error from it calls ``forget``."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._connection: psycopg.Connection[Any] | None = None
        self._memory = Memory()
        self._rules = Rulebook()
        self._rules_upto = 0
        self._tail: Tail | None = None
        self._head = 0
        self._last: datetime | None = None
        self._alone = False
        self.watch: Watch | None = None

    def commit(self, batch: Sequence[Work]) -> Settled:
        """Writes what follows from a batch; each work with its answer or what it is to raise.

        Nothing was written where it raises, unless the connection was lost: then it is unknown.
        """
        connection = self._connect()
        settled = self._at_once(connection, batch) if self._alone else None
        if settled is None:
            settled = self._in_turn(connection, batch)
        self._memory.trim()
        return settled

    def forget(self) -> None:
        """Drops the connection and all that was known, after an error."""
        self._memory.forget()
        self._rules, self._rules_upto = Rulebook(), 0
        self._tail, self._alone = None, False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()

    def _connect(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = open_connection(self._url, autocommit=True, prepare_threshold=0)
            for setting in (*sql.PINNED, *sql.UNFROZEN):
                self._connection.execute(setting)
        return self._connection

    def _at_once(
        self, connection: psycopg.Connection[Any], batch: Sequence[Work]
    ) -> Settled | None:
        """Appends that only ask about the tail; ``None`` where it takes the long way."""
        tail = self._tail
        plain = [work for work in batch if isinstance(work, Plain)]
        if tail is None or len(plain) < len(batch):
            return None
        if not all(tail.knows(work.condition) for work in plain):
            return None
        for work in plain:
            work.conflict = tail.meets(work.condition)
        tray = self._tray(_nothing)
        settled = [(work, self._decide(work, tray, {})) for work in batch]
        if tray.rows and not self._write_alone(connection, tray.rows):
            self._alone = False
            if any(row.entry is not None for row in tray.rows):
                self._rules, self._rules_upto = Rulebook(), 0
            return None
        self._wrote(tray)
        return settled

    def _in_turn(self, connection: psycopg.Connection[Any], batch: Sequence[Work]) -> Settled:
        settled: Settled = []
        answered = self._read(connection, batch)

        def read(wanted: set[Selector]) -> None:
            self._read_selectors(connection, wanted)

        tray = self._tray(read)
        asked = [work for work in batch if isinstance(work, Asked)]
        if len(asked) > 1:
            tray.read({each for work in asked for each in work.foreseen(tray, self._memory)})
        for work in batch:
            settled.append((work, self._decide(work, tray, answered)))
        with connection.pipeline():
            if tray.rows:
                self._write(connection, tray.rows, asked)
            connection.execute("commit")
        self._wrote(tray)
        return settled

    def _tray(self, read: Callable[[set[Selector]], None]) -> Tray:
        return Tray(self._head, not_before(self._clock(), self._last), self._rules, read)

    def _wrote(self, tray: Tray) -> None:
        """The rules of a batch were learned as they were decided."""
        self._rules, self._rules_upto = tray.rules, max(self._rules_upto, tray.position)
        if tray.rows:
            self._head, self._last = tray.position, tray.at
            if self._tail is not None:
                self._tail.extend(tray.rows)

    def _read(self, connection: psycopg.Connection[Any], batch: Sequence[Work]) -> Answered:
        """All of a batch's past in one round trip, and in a second what somebody else wrote."""
        asked = [work for work in batch if isinstance(work, Asked)]
        plain = [work for work in batch if isinstance(work, Plain)]
        wanted = {s for work in asked for each in work.selectors for s in each}
        self._recall(wanted)
        # It ends with a sync, so that the server knows us idle and throws us out if we freeze.
        with connection.pipeline():
            connection.execute("begin")
            connection.execute(sql.TAKE_LOCK)
            head = sent(connection, sql.HEAD)
            keys = ([w.asker.actor for w in asked], [w.request for w in asked])
            answers = sent(connection, sql.ANSWERED, keys) if asked else ()
            selectors = SelectorsRead(connection, wanted, self._memory, self._head)
            identities = IdentitiesRead(connection, asked)
            conflicts = ConflictsRead(connection, plain, self._tail)
        self._meet(head.fetchone() or (0, None))
        selectors.take(self._head)
        identities.take()
        conflicts.take(self._head)
        if not self._alone:
            self._learn_rules(connection)
            self._read_selectors(connection, wanted)
            ConflictsRead(connection, plain, None).take(self._head)
        return {(a, r): (bytes(digest), bytes(body)) for a, r, digest, body in answers}

    def _meet(self, found: tuple[int, datetime | None]) -> None:
        """Takes in where the ledger stands; the tail begins anew where others wrote."""
        head, self._last = found
        self._alone = self._tail is not None and head == self._head
        if not self._alone:
            self._tail, self._head = Tail(head), head

    def _recall(self, wanted: set[Selector]) -> None:
        """Brings what is known of selectors up to where we know the ledger stands."""
        if self._tail is None:
            return
        for selector in wanted:
            recall = self._memory.recall(selector)
            if self._tail.floor <= recall.upto < self._head:
                for entry in self._tail.entries(selector, recall.upto):
                    self._memory.take(recall, entry)
                recall.upto = self._head

    def _read_selectors(self, connection: psycopg.Connection[Any], wanted: set[Selector]) -> None:
        self._recall(wanted)
        SelectorsRead(connection, wanted, self._memory, self._head).take(self._head)

    def _learn_rules(self, connection: psycopg.Connection[Any]) -> None:
        if self._head <= self._rules_upto:
            return
        names = [each.NAME for each in REGULATION_EVENTS]
        cursor = connection.cursor(binary=True)
        for position, body in cursor.execute(sql.BY_TYPE, (names, self._rules_upto)):
            self._rules.learn(decode(position, bytes(body)).event)
        self._rules_upto = self._head

    def _decide(self, work: Work, tray: Tray, answered: Answered) -> Any:
        try:
            return self._decided(work, tray, answered)
        except PersistenceError as error:
            return error
        finally:
            if self.watch is not None:
                self.watch.decided(work)

    def _decided(self, work: Work, tray: Tray, answered: Answered) -> Any:
        if isinstance(work, Plain):
            return work.decide(tray, self._memory)
        key = (work.asker.actor, work.request)
        earlier = answered.get(key)
        if earlier is not None:
            return _replay(work, *earlier)
        answer = work.decide(tray, self._memory)
        if _accepted(answer):
            answered[key] = (work.digest, _ANSWER.encode(answer))
        return answer

    def _write_alone(self, connection: psycopg.Connection[Any], rows: list[Row]) -> bool:
        """Writes events in one round trip; whether nobody else had written before."""
        with connection.cursor(binary=True) as cursor:
            insert_events(cursor, rows)
            return cursor.fetchone() == (True,)

    def _write(
        self, connection: psycopg.Connection[Any], rows: list[Row], asked: list[Asked]
    ) -> None:
        cursor = connection.cursor(binary=True)
        insert_events(cursor, rows)
        requests: list[list[Any]] = [[], [], [], [], []]
        seals: list[Seal] = []
        for work in asked:
            if work.answer is not None and _accepted(work.answer):
                row = (work.asker.actor, work.request, work.digest, _ANSWER.encode(work.answer))
                for column, value in zip(requests, (*row, rows[-1].at), strict=True):
                    column.append(value)
                seals += work.kept
        insert_seals(cursor, seals)
        if requests[0]:
            connection.execute(sql.INSERT_REQUESTS, requests)


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def _nothing(wanted: set[Selector]) -> None:
    """Appends ask for nothing further."""
    if wanted:
        raise RuntimeError(f"an append asked for {wanted}")


def _accepted(answer: Answer) -> bool:
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


_ANSWER = msgspec.json.Encoder(order="sorted")

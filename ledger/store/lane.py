"""Lane: the one way by which batches of work enter the ledger, over a connection of its own.

A batch reads what is not known of the past of all its boundaries, lets every command learn and
decide in order with the events of earlier ones fed to later ones, and is written in one statement,
which takes the advisory lock, writes nothing where the head is another than the one decided after,
inserts all, notifies once and commits once. Positions are ``head + 1 …``; the primary key and the
trigger ``events_dense`` stand behind the lock.

What this process wrote last it need not read again (``Tail``), nor wait for where appends follow
(``Flight``). Where another wrote meanwhile, or something is to be sealed in the same commit, the
batch goes in turn: it takes the lock first, then reads, decides and writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import psycopg
from eventsourcing.persistence import PersistenceError

from ledger.command import Selector
from ledger.regulation import Rulebook
from ledger.store import statements as sql
from ledger.store.answer import replay
from ledger.store.clock import Clock, not_before
from ledger.store.connection import open_connection
from ledger.store.flight import Flight
from ledger.store.insertion import (
    ANSWER,
    accepted,
    insert,
    insert_seals,
    prepare,
    requests_of,
    seals_of,
)
from ledger.store.memory import Memory
from ledger.store.reading import (
    ConflictsRead,
    IdentitiesRead,
    Past,
    SelectorsRead,
    learn,
    sent,
)
from ledger.store.tail import Onward, Tail
from ledger.store.tray import Tray
from ledger.store.watch import Watch
from ledger.store.work import Asked, Plain, Settled, Work

More = Callable[[], list[Work]]  # what is queued, as far as the batch at hand takes it in
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
        self._flight: Flight | None = None
        self.more: More | None = None
        self.watch: Watch | None = None

    def commit(self, batch: list[Work]) -> Settled:
        """Writes what follows from a batch; each work with its answer or what it is to raise.

        What came while the batch waited for its turn joins it (``more``).
        Nothing was written where it raises, unless the connection was lost: then it is unknown.
        """
        connection = self._connect()
        settled = self._at_once(connection, batch) if self._alone else None
        if settled is None:
            settled = self._in_turn(connection, batch)
        self._memory.trim()
        return settled

    def set_off(self, batch: list[Work]) -> bool:
        """Decides appends by what the tail knows and sends them off, behind those that fly.

        ``False``, and nothing was done, where they ask for more than the tail knows; ``commit``
        takes them when nothing flies.
        """
        tail, connection = self._tail, self._connection
        if tail is None or connection is None or connection.closed or not self._alone:
            return False
        if not all(isinstance(work, Plain) and tail.knows(work.condition) for work in batch):
            return False
        onward = Onward(tail, self._head, not_before(self._clock(), self._last), self._rules)
        settled = [(work, self._decide(work, onward, {})) for work in batch]
        self._flight = self._flight or Flight(connection)
        self._flight.send(settled, onward.rows)
        if onward.rows:
            self._head, self._last = onward.position, onward.at
            self._rules_upto = max(self._rules_upto, self._head)
        return True

    @property
    def awaited(self) -> int | None:
        """The socket to wait for; none where the first that flies can land without it."""
        return None if self._flight is None or self._flight.heard else self._flight.socket

    def land(self) -> Settled | None:
        """Waits for the first of what flies; each work with its answer or what it is to raise.

        ``None`` where another process wrote: nothing was written of it or of what flew behind it,
        and nothing flies any more.
        """
        settled = self._flight.land() if self._flight is not None else None
        if settled is None:
            self._unlearn()
        return settled

    def forget(self) -> None:
        """Drops the connection and all that was known, after an error."""
        self._memory.forget()
        self._unlearn()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Closes the connection, and knows nothing any more."""
        self.forget()

    def _unlearn(self) -> None:
        self._rules, self._rules_upto = Rulebook(), 0
        self._tail, self._alone = None, False

    def _connect(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = open_connection(self._url, autocommit=True, prepare_threshold=0)
            self._flight = None
            for setting in (*sql.PINNED, *sql.UNFROZEN):
                self._connection.execute(setting)
            prepare(self._connection)
        return self._connection

    def _at_once(
        self, connection: psycopg.Connection[Any], batch: Sequence[Work]
    ) -> Settled | None:
        """Without the lock while deciding; ``None`` where the batch has to go in turn."""
        past = Past(batch, self._tail)
        if past.seals or self._tail is None:
            return None
        answered: Answered = {}
        if past.asked or past.unknown:
            answered = self._read(connection, past)
            # Somebody wrote before, or while it was read, so that it does not hold together.
            if not self._alone or self._memory.passes(past.wanted, self._head):
                return None
        else:
            for work in past.plain:
                work.conflict = self._tail.meets(work.condition)
        further: list[bool] = []

        def read(wanted: set[Selector]) -> None:
            if wanted:
                further.append(True)
                self._read_selectors(connection, wanted)

        tray = self._tray(read)
        settled = self._decide_all(batch, past.asked, tray, answered)
        # What was read piece by piece holds together only where it is written after that very head.
        if (tray.rows or further) and not (
            tray.rows and insert(connection, tray.rows, requests_of(past.asked))
        ):
            self._alone = False
            self._memory.unfold(tray.head)
            if any(row.entry is not None for row in tray.rows):
                self._rules, self._rules_upto = Rulebook(), 0
            return None
        self._wrote(tray)
        return settled

    def _in_turn(self, connection: psycopg.Connection[Any], batch: list[Work]) -> Settled:
        opening: tuple[str, ...] = ("begin", sql.TAKE_LOCK)
        if self.more is not None:
            # While another process had the lock, those whom our last batch answered asked again.
            with connection.pipeline():
                for statement in opening:
                    connection.execute(statement)
            batch += self.more()
            opening = ()
        past = Past(batch, self._tail)
        answered = self._read(connection, past, *opening)
        if not self._alone:
            self._learn_rules(connection)
            self._read_selectors(connection, past.wanted)
            ConflictsRead(connection, past.plain, None).take(self._head)

        tray = self._tray(partial(self._read_selectors, connection))
        settled = self._decide_all(batch, past.asked, tray, answered)
        if tray.rows:
            with connection.pipeline(), connection.cursor() as cursor:
                insert_seals(cursor, seals_of(past.asked))
            if not insert(connection, tray.rows, requests_of(past.asked)):
                raise psycopg.errors.SerializationFailure("somebody wrote without the lock")
        connection.commit()
        self._wrote(tray)
        return settled

    def _decide_all(
        self, batch: Sequence[Work], asked: list[Asked], tray: Tray, answered: Answered
    ) -> Settled:
        if len(asked) > 1:
            tray.read({each for work in asked for each in work.foreseen(tray, self._memory)})
        return [(work, self._decide(work, tray, answered)) for work in batch]

    def _tray(self, read: Callable[[set[Selector]], None]) -> Tray:
        return Tray(self._head, not_before(self._clock(), self._last), self._rules, read)

    def _wrote(self, tray: Tray) -> None:
        """The rules of a batch were learned as they were decided."""
        self._rules, self._rules_upto = tray.rules, max(self._rules_upto, tray.position)
        if tray.rows:
            self._head, self._last = tray.position, tray.at
            if self._tail is not None:
                self._tail.extend(tray.rows)

    def _read(self, connection: psycopg.Connection[Any], past: Past, *opening: str) -> Answered:
        """All of a batch's past in one round trip, up to the head that we know."""
        self._recall(past.wanted)
        # It ends with a sync, so that the server knows us idle and throws us out if we freeze.
        with connection.pipeline():
            for statement in opening:
                connection.execute(statement)
            head = sent(connection, sql.HEAD)
            keys = ([w.asker.actor for w in past.asked], [w.request for w in past.asked])
            answers = sent(connection, sql.ANSWERED, keys) if past.asked else ()
            selectors = SelectorsRead(connection, past.wanted, self._memory, self._head)
            identities = IdentitiesRead(connection, past.asked)
            conflicts = ConflictsRead(connection, past.plain, self._tail)
        self._meet(head.fetchone() or (0, None))
        selectors.take(self._head)
        identities.take()
        conflicts.take(self._head)
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
        if self._head > self._rules_upto:
            learn(connection, self._rules, self._rules_upto)
            self._rules_upto = self._head

    def _decide(self, work: Work, tray: Tray | Onward, answered: Answered) -> Any:
        try:
            return self._decided(work, tray, answered)
        except PersistenceError as error:
            return error
        finally:
            if self.watch is not None:
                self.watch.decided(work)

    def _decided(self, work: Work, tray: Tray | Onward, answered: Answered) -> Any:
        if isinstance(work, Plain):
            return work.decide(tray)
        assert isinstance(tray, Tray)
        key = (work.asker.actor, work.request)
        earlier = answered.get(key)
        if earlier is not None:
            return replay(
                work.request, len(work.commands), earlier[1], same=earlier[0] == work.digest
            )
        answer = work.decide(tray, self._memory)
        if accepted(answer):
            answered[key] = (work.digest, ANSWER.encode(answer))
        return answer

"""Lane: the one way by which batches of work enter the ledger, over a connection of its own.

A batch reads what is not known of the past of all its boundaries, lets every command learn and
decide in order with the events of earlier ones fed to later ones, and is written in one statement,
which takes the advisory lock, writes nothing where the head is another than the one decided after,
inserts all, notifies once and commits once. Positions are ``head + 1 …``; the primary key and the
trigger ``events_dense`` stand behind the lock.

What this process wrote last it need not read again (``Tail``), nor wait for where appends follow
(``Flight``). Where another wrote meanwhile, or something is to be sealed in the same commit, the
batch goes in turn: it takes the lock first, then reads, decides and writes; but appends, of which
tags decide, are sent off all the same (``Abreast``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import psycopg
from eventsourcing.persistence import PersistenceError

from ledger.command import Selector
from ledger.store import statements as sql
from ledger.store.abreast import Abreast
from ledger.store.answer import replay
from ledger.store.clock import Clock, Steady
from ledger.store.connection import open_connection
from ledger.store.flight import Flight
from ledger.store.horizon import Horizon
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
from ledger.store.outcome import Outcome
from ledger.store.reading import ConflictsRead, IdentitiesRead, Past, SelectorsRead, sent
from ledger.store.tail import Onward
from ledger.store.tray import Row, Tray
from ledger.store.watch import Watch
from ledger.store.work import Asked, Plain, Settled, Work

# Batches that fly at once.
AHEAD_MAX = 4
More = Callable[[], list[Work]]  # what is queued, as far as the batch at hand takes it in
Answered = dict[tuple[str, str], tuple[bytes, bytes]]


class Lane:
    """Carries one batch at a time. Whoever had an error from it calls ``forget``."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self.clock = Steady(clock)
        self.outcome = Outcome()
        self._connection: psycopg.Connection[Any] | None = None
        self._flight: Flight | None = None
        self._memory = Memory()
        self._horizon = Horizon()
        self._abreast = Abreast()
        self.more: More | None = None
        self.watch: Watch | None = None

    def commit(self, batch: list[Work]) -> Settled:
        """Writes what follows from a batch; each work with its answer or what it is to raise.

        What came while the batch waited for its turn joins it (``more``).
        Nothing was written where it raises, unless the connection was lost: then it is unknown.
        """
        connection = self._connect()
        settled = self._at_once(connection, batch) if self._horizon.alone else None
        if settled is None:
            settled = self._in_turn(connection, batch)
        self._memory.trim()
        return settled

    def set_off(self, batch: list[Work]) -> bool:
        """Decides appends by what the tail knows and sends them off, behind those that fly.

        ``False``, and nothing was done, where they ask for more than the tail knows; ``commit``
        takes them when nothing flies.
        """
        horizon, tail, flight = self._horizon, self._horizon.tail, self._flight
        if flight is None or flight.broken:
            return False
        if not horizon.alone:
            return self._abreast.set_off(flight, batch, self._now())
        if tail is None:
            return False
        if not all(isinstance(work, Plain) and tail.knows(work.condition) for work in batch):
            return False
        onward = Onward(tail, horizon.head, self._now(), horizon.rules)
        settled = [(work, self._decide(work, onward, {})) for work in batch]
        flight.send(settled, onward.rows)
        if onward.rows:
            horizon.advance(onward.rows)
        return True

    @property
    def awaited(self) -> int | None:
        """The socket to wait for; none where the first that flies can land without it."""
        return None if self._flight is None or self._flight.heard else self._flight.socket

    @property
    def ahead_max(self) -> int:
        """How many batches may fly at once."""
        return AHEAD_MAX if self._horizon.alone else 1

    def land(self) -> Settled | None:
        """Waits for the first of what flies; each work with its answer or what it is to raise.

        ``None`` where another process wrote: nothing was written of it or of what flew behind it,
        and nothing flies any more.
        """
        assert self._flight is not None
        settled, rows, found = self._flight.land()
        if self._abreast.flies:
            self._horizon.lose_sight()
            settled = self._abreast.landed(settled, found)
        elif found is None:
            self._horizon.retreat(rows)
        if found is None:
            return None
        if rows:
            self.outcome.wrote()
        return settled

    def forget(self) -> None:
        """Drops the connection and all that was known, after an error."""
        self._memory.forget()
        self._horizon, self._abreast, self._flight = Horizon(), Abreast(), None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Closes the connection, and knows nothing any more."""
        self.forget()

    def _connect(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = open_connection(self._url, autocommit=True, prepare_threshold=0)
            prepare(self._connection)
            self._flight = Flight(self._connection)
        return self._connection

    def _at_once(
        self, connection: psycopg.Connection[Any], batch: Sequence[Work]
    ) -> Settled | None:
        """Without the lock while deciding; ``None`` where the batch has to go in turn."""
        horizon, tail = self._horizon, self._horizon.tail
        past = Past(batch, tail)
        if past.seals or tail is None:
            return None
        answered = self._read(connection, past, looks=True)
        # Somebody wrote before, or while it was read, so that it does not hold together.
        if not horizon.alone or self._memory.passes(past.wanted, horizon.head):
            return None
        further: list[bool] = []

        def read(wanted: set[Selector]) -> None:
            if wanted:
                further.append(True)
                self._read_selectors(connection, wanted)

        tray = Tray(horizon.head, self._now(), horizon.rules, read)
        settled = self._decide_all(batch, past.asked, tray, answered)
        # What was read piece by piece holds together only where it is written after that very head.
        if (tray.rows or further) and not (
            tray.rows and insert(connection, tray.rows, requests_of(past.asked))
        ):
            self._memory.unfold(tray.head)
            horizon.unlearn(tray.rows, tray.rules)
            return None
        self._wrote(tray)
        return settled

    def _in_turn(self, connection: psycopg.Connection[Any], batch: list[Work]) -> Settled:
        horizon = self._horizon
        with connection.pipeline():
            connection.execute("begin")
            connection.execute(sql.TAKE_LOCK)
            newer = horizon.ask(connection)
        self._abreast.met(others=horizon.meet(connection, newer))
        if self.more is not None:
            # While another process had the lock, those whom our last batch answered asked again.
            batch += self.more()
        past = Past(batch, horizon.tail)
        answered = self._read(connection, past)
        horizon.learn_rules(connection)
        read = partial(self._read_selectors, connection)
        tray = Tray(horizon.head, self._now(), horizon.rules, read)
        settled = self._decide_all(batch, past.asked, tray, answered)
        if not tray.rows:
            connection.commit()
        elif not self._written_in_turn(connection, tray.rows, past.asked):
            raise psycopg.errors.SerializationFailure("somebody wrote without the lock")
        self._wrote(tray)
        return settled

    def _written_in_turn(
        self, connection: psycopg.Connection[Any], rows: list[Row], asked: list[Asked]
    ) -> bool:
        """Writes what was decided under the lock, and gives the lock back."""
        seals, requests = seals_of(asked), requests_of(asked)
        if not seals and self._flight is not None:
            self._flight.send([], rows, requests, ends=True)
            return self._flight.land()[2] is not None
        with connection.pipeline(), connection.cursor() as cursor:
            insert_seals(cursor, seals)
        written = insert(connection, rows, requests)
        if written:
            connection.commit()
        return written

    def _decide_all(
        self, batch: Sequence[Work], asked: list[Asked], tray: Tray, answered: Answered
    ) -> Settled:
        if len(asked) > 1:
            tray.read({each for work in asked for each in work.foreseen(tray, self._memory)})
        return [(work, self._decide(work, tray, answered)) for work in batch]

    def _now(self) -> datetime:
        return self.clock.now(self._horizon.last)

    def _wrote(self, tray: Tray) -> None:
        """The rules of a batch were learned as they were decided."""
        self._horizon.rules = tray.rules
        self._horizon.wrote(tray.rows)
        if tray.rows:
            self.outcome.wrote()

    def _read(
        self, connection: psycopg.Connection[Any], past: Past, *, looks: bool = False
    ) -> Answered:
        """All of a batch's past in one round trip, or in none where the tail knows of it.

        ``looks``: at what others wrote meanwhile, too.
        """
        horizon, memory = self._horizon, self._memory
        if not past.asked and not past.unknown and horizon.tail is not None:
            for work in past.plain:
                work.conflict = horizon.tail.meets(work.condition)
            return {}
        self._memory.follow(past.wanted, horizon.tail, horizon.head)
        # It ends with a sync, so that the server knows us idle and throws us out if we freeze.
        with connection.pipeline():
            newer = horizon.ask(connection) if looks else None
            keys = ([w.asker.actor for w in past.asked], [w.request for w in past.asked])
            answers = sent(connection, sql.ANSWERED, keys) if past.asked else ()
            selectors = SelectorsRead(connection, past.wanted, memory, horizon.head)
            identities = IdentitiesRead(connection, past.asked)
            conflicts = ConflictsRead(connection, past.plain, horizon.tail)
        # Where others wrote much, it begins anew at a head that is later than what was read.
        seen = horizon.head
        if newer is not None:
            horizon.meet(connection, newer)
        selectors.take(seen)
        identities.take()
        if left := conflicts.take(horizon.head, horizon.tail):
            ConflictsRead(connection, left, None).take(horizon.head, None)
        self._read_selectors(connection, past.wanted)
        return {(a, r): (bytes(digest), bytes(body)) for a, r, digest, body in answers}

    def _read_selectors(self, connection: psycopg.Connection[Any], wanted: set[Selector]) -> None:
        head = self._horizon.head
        self._memory.follow(wanted, self._horizon.tail, head)
        SelectorsRead(connection, wanted, self._memory, head).take(head)

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

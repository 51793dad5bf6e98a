"""The recorder that fulfils ``eventsourcing.dcb.api.DCBRecorder``, and the persistence module.

``PERSISTENCE_MODULE=ledger.store.recorder`` with ``XUEFEN_DATABASE_URL`` lets a ``DCBApplication``
of the library run on this store unchanged.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import psycopg
from eventsourcing.dcb.api import (
    DCBAppendCondition,
    DCBEvent,
    DCBQuery,
    DCBReadResponse,
    DCBRecorder,
    DCBSequencedEvent,
)
from eventsourcing.dcb.persistence import DCBInfrastructureFactory, DCBListenNotifySubscription
from eventsourcing.dcb.popo import SimpleDCBReadResponse
from eventsourcing.persistence import (
    DatabaseError,
    DataError,
    InfrastructureFactoryError,
    OperationalError,
    PersistenceError,
    ProgrammingError,
    TrackingRecorder,
)
from psycopg_pool import ConnectionPool

from ledger.store.committer import Committer
from ledger.store.connection import open_connection
from ledger.store.feed import open_pool
from ledger.store.mailbox import Letter
from ledger.store.migrate import migrate
from ledger.store.reading import hashes
from ledger.store.statements import CHANNEL, POSITION_FAR
from ledger.store.trouble import Trouble
from ledger.store.work import Plain, require_distinct

READ_BY_TAGS = """
select e.position from ledger.positions(%s::bigint[], %s, null) as p(position)
cross join lateral (
    select position from ledger.events
    where position = p.position and position <= %s and tags @> %s::text[]
      and (%s::text[] = '{}' or type = any(%s))
    offset 0
) e
order by e.position limit %s
"""
READ_BY_TYPES = """
select e.position from ledger.events e
where e.type = any(%s) and e.position > %s and e.position <= %s
order by e.position limit %s
"""
READ_ALL = """
select e.position from ledger.events e
where e.position > %s and e.position <= %s order by e.position limit %s
"""
ROWS = "select position, type, body, tags from ledger.events where position = any(%s) order by 1"


# What is raised here and is none of the library's own.
OURS = (Trouble, psycopg.Error)


class Recorder(DCBRecorder):
    """Appends through the committer; reads over a few connections, opened when first needed."""

    def __init__(self, url: str, committer: Committer | None = None) -> None:
        self.url = url
        self.committer = committer or Committer(url)
        self._pool: ConnectionPool[psycopg.Connection[Any]] | None = None
        self._opening = threading.Lock()

    def append(
        self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None
    ) -> int:
        """Appends the events unless the condition fails; gives the last position.

        Raises ``IntegrityError`` where the condition fails, ``ProgrammingError`` for no events and
        for types and tags that cannot be stored, ``OperationalError`` where the database is away.
        """
        if not events:
            raise ProgrammingError("there must be at least one event to append")
        try:
            return self.committer.append(events, condition)
        except OURS as error:
            raise _theirs(error) from error

    async def append_async(
        self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None
    ) -> int:
        """Like ``append``, for who waits on an event loop; the loop is not held up.

        Cancelled before the committer took it, nothing is appended; later it may be.
        """
        if not events:
            raise ProgrammingError("there must be at least one event to append")
        letter = Letter()
        try:
            self.committer.submit(Plain(events, condition, letter))
            return await letter.awaited
        except OURS as error:
            raise _theirs(error) from error

    def read(
        self,
        query: DCBQuery | None = None,
        *,
        after: int | None = None,
        limit: int | None = None,
    ) -> DCBReadResponse:
        """The events after a position that match any item, in order, and the head read at.

        Raises ``OperationalError`` where the database is away, and in a process that was forked
        off, and ``ProgrammingError`` for what can never be.
        """
        if limit is not None and limit < 0:
            raise ProgrammingError(f"a limit is not negative: {limit}")
        limit = None if limit is None else min(limit, POSITION_FAR)
        after = min(max(after or 0, 0), POSITION_FAR)
        query = query or DCBQuery()
        for item in query.items:
            require_distinct(*item.types, *item.tags)
        try:
            rows, head = self._rows(query, after, limit)
        except OURS as error:
            raise _theirs(error) from error
        events = [
            DCBSequencedEvent(event=DCBEvent(type=name, data=bytes(body), tags=tags), position=at)
            for at, name, body, tags in rows
        ]
        if limit is not None:
            head = events[-1].position if events else None
        return SimpleDCBReadResponse(iter(events), head)

    def subscribe(
        self, query: DCBQuery | None = None, *, after: int | None = None
    ) -> RecorderSubscription:
        """Events after a position, then new ones as they come."""
        return RecorderSubscription(self, query=query, after=after)

    def close(self) -> None:
        """Stops the committer and closes all connections, unless they are of another process."""
        if not self.committer.ours:
            return
        self.committer.close()
        with self._opening:
            if self._pool is not None:
                self._pool.close()

    def _reading(self) -> ConnectionPool[psycopg.Connection[Any]]:
        self.committer.require_ours()
        with self._opening:
            if self._pool is None:
                self._pool = open_pool(self.url, autocommit=True)
            return self._pool

    def _rows(
        self, query: DCBQuery, after: int, limit: int | None
    ) -> tuple[list[tuple[Any, ...]], int | None]:
        with self._reading().connection() as connection:
            row = connection.execute("select max(position) from ledger.events").fetchone()
            head: int | None = row[0] if row else None
            if limit == 0 or head is None:
                return [], head
            found = self._positions(connection, query, after, head, limit)
            wanted = found if limit is None else found[:limit]
            return connection.execute(ROWS, (wanted,)).fetchall(), head

    @staticmethod
    def _positions(
        connection: psycopg.Connection[Any],
        query: DCBQuery,
        after: int,
        head: int,
        limit: int | None,
    ) -> list[int]:
        parts: list[tuple[str, tuple[Any, ...]]] = []
        for item in query.items:
            if item.tags:
                keys = [int(each) for each in hashes(item.tags).split(",")]
                values = (keys, after, head, item.tags, item.types, item.types, limit)
                parts.append((READ_BY_TAGS, values))
            elif item.types:
                parts.append((READ_BY_TYPES, (item.types, after, head, limit)))
            else:
                parts.append((READ_ALL, (after, head, limit)))
        if not parts:
            parts.append((READ_ALL, (after, head, limit)))
        found: set[int] = set()
        for statement, values in parts:
            found.update(row[0] for row in connection.execute(statement, values))
        return sorted(found)


def _theirs(error: Trouble | psycopg.Error) -> PersistenceError:
    """The same as the library names it, for who catches what it raises."""
    if isinstance(error, (Trouble, psycopg.OperationalError)):
        return OperationalError(str(error))
    if isinstance(error, psycopg.DataError):
        return DataError(str(error))
    return DatabaseError(str(error))


class RecorderSubscription(DCBListenNotifySubscription[Recorder]):
    """Pulls pages after the last position whenever the committer notifies.

    Whoever iterates it hears what ended it, as a connection that was lost.
    """

    def __init__(
        self, recorder: Recorder, query: DCBQuery | None = None, after: int | None = None
    ) -> None:
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listener = open_connection(recorder.url, autocommit=True)
        self._listener.execute(f"listen {CHANNEL}")
        super().__init__(recorder=recorder, query=query, after=after)
        self._listening.start()

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        super().__exit__(*args, **kwargs)
        self._listening.join()
        self._listener.close()

    def _listen(self) -> None:
        try:
            while not self._has_been_stopped:
                for _ in self._listener.notifies(timeout=0.2, stop_after=1):
                    self._has_been_notified.set()
        except psycopg.Error as error:
            self._thread_error = self._thread_error or error
            self.stop()


class Factory(DCBInfrastructureFactory[TrackingRecorder]):
    """Builds the recorder from ``XUEFEN_DATABASE_URL`` for the library."""

    def dcb_recorder(self) -> DCBRecorder:
        """A recorder on a migrated database."""
        url = self.env.get("XUEFEN_DATABASE_URL")
        if not url:
            raise InfrastructureFactoryError("XUEFEN_DATABASE_URL is not set")
        migrate(url)
        self._recorder = Recorder(url)
        return self._recorder

    def close(self) -> None:
        """Closes the recorder."""
        recorder = getattr(self, "_recorder", None)
        if recorder is not None:
            recorder.close()

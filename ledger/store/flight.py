"""Flight: batches that were sent off to be written and of which nothing was heard yet, in order.

They go down one connection one behind the other, each a transaction of its own (libpq's pipeline
mode, PostgreSQL's documentation, section 32.5). Each names the head that it follows; so where one
is not written, none behind it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from select import POLLIN, POLLOUT, poll
from typing import Any

import psycopg
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

from ledger.store.insertion import (
    APPEND,
    BINARY,
    NO,
    WRITE,
    YES,
    Prepared,
    Request,
    sound,
    values,
)
from ledger.store.tray import Row
from ledger.store.work import Settled


class Flight:
    """What flies on one connection, which is nobody else's until all of it has landed."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._pgconn = connection.pgconn
        self.socket: int = connection.pgconn.socket
        self._poll = poll()
        self._poll.register(self.socket, POLLIN)
        # Of each batch what was decided, and what is to be written of it.
        self._aloft: deque[tuple[Settled, list[Row]]] = deque()
        self._sent = 0

    def send(
        self,
        settled: Settled,
        rows: list[Row],
        requests: Sequence[Request] = (),
        *,
        ends: bool = False,
    ) -> None:
        """Sends a batch off, behind what flies already. Raises what the driver raises.

        ``ends``: it ends the transaction that the connection is in, and nothing else flies.
        """
        given = values(rows, requests, behind=self._sent > 0) if rows else []
        self._send(WRITE, given, settled, rows, ends=ends)

    def send_apart(self, settled: Settled, rows: list[Row], given: list[bytes]) -> None:
        """Sends off a batch that follows the head wherever that is, while nothing else flies."""
        self._send(APPEND, given, settled, rows)

    def _send(
        self,
        statement: Prepared,
        given: list[bytes],
        settled: Settled,
        rows: list[Row],
        *,
        ends: bool = False,
    ) -> None:
        self._aloft.append((settled, rows))
        if not given:
            return
        if not self._sent:
            self._pgconn.enter_pipeline_mode()
        self._sent += 1
        self._pgconn.send_query_prepared(
            statement.name, given, statement.formats, result_format=BINARY
        )
        if ends:
            self._pgconn.send_query_params(b"commit", None)
        self._pgconn.pipeline_sync()
        self._flush()

    @property
    def broken(self) -> bool:
        """Whether the connection is known to be lost."""
        return self._pgconn.status == ConnStatus.BAD

    @property
    def heard(self) -> bool:
        """Whether the first that flies can land without waiting for more to read."""
        return not self._aloft[0][1] or not self._pgconn.is_busy()

    def land(self) -> tuple[Settled, list[Row], bytes | None]:
        """Waits for the first that flies: what was decided, its events, and where they are written.

        That is ``YES``, or of a batch apart the head that it follows; ``None`` where it is not
        written. Then nothing is written of those behind it either, and nothing flies any more.
        Raises what the driver raises; then the connection is to be closed.
        """
        settled, rows = self._aloft.popleft()
        found = self._found() if rows else YES
        if found is None:
            while self._sent:
                self._found()
            self._aloft.clear()
        return settled, rows, found

    def _found(self) -> bytes | None:
        heard: list[PGresult] = []
        # It is committed at the sync, after the statement has given its answer.
        while (result := self._next()) is None or result.status != ExecStatus.PIPELINE_SYNC:
            if result is not None:
                heard.append(result)
            elif self._pgconn.status == ConnStatus.BAD:
                break
        for each in heard:
            sound(self._pgconn, each)
        if result is None:
            raise psycopg.OperationalError("the connection was lost before the batch was heard of")
        self._sent -= 1
        if not self._sent:
            self._pgconn.exit_pipeline_mode()
        found = heard[0].get_value(0, 0)
        return None if found == NO else found

    def _next(self) -> PGresult | None:
        while self._pgconn.is_busy():
            self._poll.poll()
            self._pgconn.consume_input()
        return self._pgconn.get_result()

    def _flush(self) -> None:
        while self._pgconn.flush():
            # Whoever only writes to somebody who writes as well waits for ever.
            both = poll()
            both.register(self.socket, POLLIN | POLLOUT)
            if any(found & ~POLLOUT for _, found in both.poll()):
                self._pgconn.consume_input()

"""Pool: connections of this process, which one that was forked off must leave alone.

Both would talk to the database over one line, each hearing what the other asked; and the threads of
the pool run in the first process only.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from select import POLLIN, poll
from typing import Any

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg_pool import ConnectionPool

from ledger.store.connection import OURS

Connection = psycopg.Connection[Any]


def require_ours(process: int) -> None:
    """Raises ``OperationalError`` in any process but one: threads and connections are of that."""
    if process != os.getpid():
        raise OperationalError("the ledger was opened before a fork; open it anew in each process")


class Pool(ConnectionPool[Connection]):
    """Opens connections as they are needed, and prepares each once."""

    def __init__(
        self, url: str, most: int, prepare: Callable[[Connection], None], *, autocommit: bool
    ) -> None:
        self._process = os.getpid()
        super().__init__(
            url,
            min_size=1,
            max_size=most,
            configure=prepare,
            check=self._look,
            kwargs=OURS | {"autocommit": autocommit},
            open=True,
            timeout=10,
            reconnect_timeout=5,  # it tries ever more seldom, for as long as an outage took
        )

    def getconn(self, timeout: float | None = None) -> Connection:
        """A connection. Raises ``OperationalError`` in a process that was forked off."""
        require_ours(self._process)
        return super().getconn(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Closes all connections, unless they are of another process."""
        if self._process == os.getpid():
            super().close(timeout)

    def _look(self, connection: Connection) -> None:
        # A server that closes a connection says so, and an idle one has nothing else to say; a
        # look at the socket spares a round trip, and takes no descriptor of its own.
        look = poll()
        look.register(connection.fileno(), POLLIN)
        if not look.poll(0):
            return
        try:
            self.check_connection(connection)
        except psycopg.OperationalError:
            self.check()  # the others have gone with it; found one by one they cost seconds each
            raise

"""Loop: what an event loop asks the database itself, on a few connections of its own.

To ask for one row by way of a thread costs several times what the database takes for it: the
loop and the thread wake each other, and contend for the interpreter. Here the loop sends, and goes
on with others until there is an answer. A connection is kept with its cursor from one question to
the next; the pool makes them, and takes back those that are no good any more.
"""

from __future__ import annotations

import asyncio
from select import POLLIN, poll
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from ledger.store.connection import ISOLATED, OURS, ROLE
from ledger.store.statements import PINNED

MOST = 4
Connection = psycopg.AsyncConnection[Any]


class OnLoop:
    """Reads for one event loop, on which it is opened, used and closed.

    ``statement_seconds``: after how long the database gives a statement up; 0: never.
    """

    def __init__(self, url: str, most: int = MOST, *, statement_seconds: float = 0) -> None:
        self._milliseconds = int(statement_seconds * 1_000)
        self._places = asyncio.Semaphore(most)
        self._free: list[_Line] = []
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=most,
            configure=self._prepare,
            check=_check,
            kwargs=OURS | {"autocommit": True},
            open=False,
            timeout=10,
            reconnect_timeout=5,  # as that of threads
        )
        self.loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        """Begins to connect, and does not wait for it."""
        self.loop = asyncio.get_running_loop()
        await self._pool.open()

    async def close(self) -> None:
        """Closes all connections; whoever asks from now on hears that the pool is closed."""
        self.loop = None
        while self._free:
            await self._pool.putconn(self._free.pop().connection)
        await self._pool.close()

    async def rows(self, statement: bytes, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a statement, its values in the database's own format.

        Raises ``psycopg.Error``, and ``PoolTimeout`` where there is no connection in time. What is
        given up is given up in the database as well.
        """
        async with self._places:
            line = await self._line()
            try:
                await line.cursor.execute(statement, values)
                found = await line.cursor.fetchall()
            except BaseException:
                await self._pool.putconn(line.connection)
                raise
            if self.loop is None:  # it was closed meanwhile
                await self._pool.putconn(line.connection)
            else:
                self._free.append(line)
            return found

    async def _line(self) -> _Line:
        while self._free:
            line = self._free.pop()
            if line.silent():
                return line
            await self._pool.putconn(line.connection)  # to be looked at before it is given again
        return _Line(await self._pool.getconn())

    async def _prepare(self, connection: Connection) -> None:
        timeout = f"set statement_timeout = {self._milliseconds}"
        settings = "; ".join((ISOLATED, f"set role {ROLE}", *PINNED, timeout))
        await connection.execute(settings.encode())


class _Line:
    """A connection with the cursor that is used on it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.cursor = connection.cursor(binary=True)
        self._poll = poll()
        self._poll.register(connection.fileno(), POLLIN)

    def silent(self) -> bool:
        """Whether the server says nothing, as one that is there does; a look takes no round trip.

        One that closes a connection says so, and an idle one has nothing else to say.
        """
        return not self._poll.poll(0)


async def _check(connection: Connection) -> None:
    """Raises ``psycopg.OperationalError`` where nobody is there any more."""
    if not _Line(connection).silent():
        await AsyncConnectionPool.check_connection(connection)

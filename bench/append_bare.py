"""What pgbench does, from Python: the least that any caller of ours could wait.

One prepared statement with a row and three tag rows goes to libpq, without an order, a condition,
a hash or anything decided, and the answer is waited for; each caller has a connection of its own.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from typing import Any

import psycopg

from bench.append_ours import BODY_BYTES
from bench.race import Cell, Race, Step, expect
from ledger.store.insertion import sound

NAME = b"bare"
PLACES = {":teacher": "$1", ":offering": "$2", ":body": "$3"}
COUNTED = "select count(*) from bare"


@dataclass
class Bare:
    """One row with three tag rows after another, each caller a thread."""

    name: str
    url: str
    seconds: int
    script: str
    """What pgbench runs."""

    def measure(self, callers: int) -> Cell:
        """Runs a cell."""
        race = Race(self.seconds)
        with ExitStack() as stack, psycopg.connect(self.url, autocommit=True) as connection:
            [before] = connection.execute(COUNTED).fetchone() or (0,)
            cell = race.run([self._step(number, stack) for number in range(callers)])
            [after] = connection.execute(COUNTED).fetchone() or (0,)
        expect(after - before, len(race.took) + callers, self.name)
        return cell

    def _step(self, caller: int, stack: ExitStack) -> Step:
        connection: psycopg.Connection[Any] = psycopg.connect(self.url, autocommit=True)
        pgconn = stack.enter_context(connection).pgconn
        statement = self.script
        for name, place in PLACES.items():
            statement = statement.replace(name, place)
        sound(pgconn, pgconn.prepare(NAME, statement.encode()))
        drawn, body = Random(caller), b"x" * BODY_BYTES

        def step() -> None:
            teacher, offering = drawn.randint(1, 12_800), drawn.randint(1, 100)
            given = [b"%d" % teacher, b"%d" % offering, body]
            sound(pgconn, pgconn.exec_prepared(NAME, given, (0, 0, 1)))

        return step

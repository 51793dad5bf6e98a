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

NAME = b"bare_row_tags"
CALL = """with added as (insert into bare (type, tags, body) values ('bench.happened',
    array['teacher:' || $1::text, 'offering:' || $2::text, 'term:2024H1'], $3::bytea)
    returning position)
insert into tag select unnest(array[$1::bigint, 20000 + $2::bigint, 30000]), position from added"""
COUNTED = "select count(*) from bare"


@dataclass
class Bare:
    """One row with three tag rows after another, each caller a thread."""

    name: str
    url: str
    seconds: int

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
        sound(pgconn, pgconn.prepare(NAME, CALL.encode()))
        drawn, body = Random(caller), b"x" * BODY_BYTES

        def step() -> None:
            teacher, offering = drawn.randint(1, 12_800), drawn.randint(1, 100)
            given = [b"%d" % teacher, b"%d" % offering, body]
            sound(pgconn, pgconn.exec_prepared(NAME, given, (0, 0, 1)))

        return step

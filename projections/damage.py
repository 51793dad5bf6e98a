"""Damage: what is wrong with a ledger at the moment at which a backup is made of it.

A backup of a damaged ledger is a faithful copy of the damage, and a restore refuses it, so this is
said while the ledger is still there. It is asked on the connection that holds the backup's snapshot
and takes three statements; what takes a reading of every body is for ``xuefen check`` to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from ledger.store.manifest import Damage
from projections.check_entry import Hashes, Positions
from projections.check_store import Guards
from projections.inspection import Problem

FIRST_GAP = """
select position, due from
    (select position, row_number() over (order by position) as due from ledger.events) numbered
where position <> due order by due limit 1
"""
FIRST_WRONG_HASH = """
select position from ledger.events where leaf_hash is distinct from sha256('\\x00'::bytea || body)
order by position limit 1
"""

Connection = psycopg.Connection[Any]


class _Sight:
    """The books as one connection sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        with self._connection.cursor(binary=True) as cursor:
            return cursor.execute(statement.encode(), values).fetchall()


def damage(connection: Connection) -> Iterator[Damage]:
    """What a restore would refuse: a guard that is off, the first gap, the first wrong hash.

    A right that is too wide is no damage of a backup, which holds no rights.
    """
    seen = _Sight(connection)
    for problem in _problems(seen):
        yield Damage(problem.code, problem.zh, problem.en)


def _problems(seen: _Sight) -> Iterator[Problem]:
    yield from Guards().off(seen)
    for position, due in seen.read(FIRST_GAP):
        yield Positions().gap(due - 1, position)
    for (position,) in seen.read(FIRST_WRONG_HASH):
        yield Hashes().wrong(position)

"""Horizon: how far this process knows the ledger: its head, its newest events, and its rules.

What it wrote it knows. What others wrote it reads after its own head and has then too, unless that
is more than is worth while: then it begins anew at the head, and knows nothing of what lies before.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import psycopg

from ledger.event import Entry, decode
from ledger.fault import Fault
from ledger.regulation import REGULATION_EVENTS, Rulebook
from ledger.store import statements as sql
from ledger.store.reading import sent
from ledger.store.tail import Tail
from ledger.store.tray import Row

NEWER_MAX = 1_024
REGULATION_NAMES = [each.NAME for each in REGULATION_EVENTS]


class Horizon:
    """What is known of the ledger up to ``head``; nothing at first."""

    def __init__(self) -> None:
        self.head = 0
        self.last: datetime | None = None
        self.tail: Tail | None = None
        self.rules = Rulebook()
        self.rules_upto = 0
        # Whether nobody else wrote when it was last looked, so that it is likely still so.
        self.alone = False

    def ask(self, connection: psycopg.Connection[Any]) -> psycopg.Cursor[Any]:
        """Asks in a pipeline what was written since; ``meet`` takes the answer."""
        if self.tail is None:
            return sent(connection, sql.HEAD)
        return sent(connection, sql.NEWER, (self.head, NEWER_MAX))

    def meet(self, connection: psycopg.Connection[Any], found: psycopg.Cursor[Any]) -> bool | None:
        """Takes in where the ledger stands; whether others wrote, where it can tell."""
        if self.tail is None:
            self._begin(found.fetchone())
            return None
        newer = found.fetchall()
        self.alone = not newer
        if len(newer) == NEWER_MAX:
            self._begin(connection.execute(sql.HEAD).fetchone())
            return True
        rows = [
            Row(position, name, at, None, tuple(tags), body, entry)
            for position, at, name, tags, body, known in newer
            for entry in (_entry_of(position, body) if known else None,)
        ]
        if any(known and row.entry is None for row, (*_, known) in zip(rows, newer, strict=True)):
            # Nobody may decide as if it were not there. What lies behind the tail is asked of the
            # database, and whoever needs it is told that it cannot be read.
            self._begin((rows[-1].position, rows[-1].at))
            return True
        if self.rules_upto >= self.head:
            for row in rows:
                if row.entry is not None:
                    self.rules.learn(row.entry.event)
        self.wrote(rows)
        return bool(rows)

    def learn_rules(self, connection: psycopg.Connection[Any]) -> None:
        """Brings the rules up to the head, where they are not."""
        if self.head > self.rules_upto:
            wanted = (REGULATION_NAMES, self.rules_upto)
            for position, body in connection.cursor(binary=True).execute(sql.BY_TYPE, wanted):
                self.rules.learn(decode(position, bytes(body)).event)
            self.rules_upto = self.head

    def wrote(self, rows: list[Row]) -> None:
        """Events were written after the head, and the rules know of them if they knew the head."""
        if not rows:
            return
        if self.tail is not None:
            self.tail.extend(rows)
        self.advance(rows)

    def advance(self, rows: list[Row]) -> None:
        """The tail has events already that were written, or fly, after the head."""
        if self.tail is not None:
            self.tail.trim()
        if self.rules_upto >= self.head:
            self.rules_upto = rows[-1].position
        self.head, self.last = rows[-1].position, rows[-1].at

    def retreat(self, rows: list[Row]) -> None:
        """Events that flew, and what flew behind them, were not written after all."""
        self.alone = False
        self.head = rows[0].position - 1
        if self.tail is not None:
            # Of what the tail let go already nobody can tell whether it was a rule.
            gone = self.tail.floor > self.head
            taken = self.tail.take_back(self.head)
            self.unlearn(taken, Rulebook() if gone else self.rules)

    def lose_sight(self) -> None:
        """Others may have written without being read; what is known of the rules stays true."""
        self.tail, self.alone = None, False

    def unlearn(self, rows: list[Row], rules: Rulebook) -> None:
        """Events were not written after all, of which the rules may know; as may ``rules``."""
        self.alone = False
        if rules is not self.rules or any(row.type in REGULATION_NAMES for row in rows):
            self.rules, self.rules_upto = Rulebook(), 0
        self.rules_upto = min(self.rules_upto, self.head)

    def _begin(self, found: tuple[int, datetime] | None) -> None:
        self.head, self.last = found or (0, None)
        self.tail, self.alone = Tail(self.head), False


def _entry_of(position: int, body: bytes) -> Entry | None:
    """An entry; ``None`` for one that this program cannot read, as of a newer one."""
    try:
        return decode(position, body)
    except (msgspec.MsgspecError, Fault, ValueError):
        return None

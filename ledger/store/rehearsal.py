"""Rehearsal: what would follow from commands, decided as of any position, with nothing written.

A command goes the way that it goes in the committer, but for the lock, the request id and the
insert: it learns the same events, meets the same checks of identity and size, and is decided by the
same lines. Each command stands on the ledger as it is, without those asked beside it. Another may
come in between a rehearsal and the deed, and the deed is decided anew. Who has which id number is
known of the present only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct
from psycopg_pool import ConnectionPool

from ledger.adoption import AdoptRegulation
from ledger.command import Asker, Refusals, Role, Selector
from ledger.document import Document
from ledger.event import Entry
from ledger.fault import Fault
from ledger.names import LedgerId
from ledger.regulation import Rulebook
from ledger.store.answer import Refusal, refused
from ledger.store.memory import Memory
from ledger.store.reading import read_identities, read_selectors
from ledger.store.tray import Tray
from ledger.store.work import Asked

ANYBODY = Asker(actor="staff:trial", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))


class Rehearsal(Struct, frozen=True, kw_only=True):
    """What would follow from one command: entries, or refusals and then no entry.

    The entries have the ids and the time of the rehearsal; those of the deed would be others.
    """

    entries: tuple[Entry, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def rehearse(
    pool: ConnectionPool[psycopg.Connection[Any]],
    asked: Asked,
    rules: Rulebook,
    at: datetime,
    *,
    position: int,
) -> list[Rehearsal]:
    """What would follow from each command after a position, by the rules known there."""
    memory = Memory()
    with pool.connection() as connection, connection.cursor(binary=True) as cursor:

        def read(wanted: set[Selector]) -> None:
            read_selectors(cursor, wanted, memory, position)
            for each in wanted:
                found = memory.recall(each).entries
                while found and found[-1].position > position:
                    found.pop()

        read({each for selectors in asked.selectors for each in selectors})
        read_identities(cursor, [asked])
        tray = Tray(position, at, rules, read)
        return [_one(asked, number, tray, memory) for number in range(len(asked.commands))]


def _one(asked: Asked, number: int, tray: Tray, memory: Memory) -> Rehearsal:
    try:
        rows = asked.rows(number, asked.commands[number], tray, memory)
    except (Refusals, Fault) as error:
        return Rehearsal(refusals=refused(error).refusals)
    return Rehearsal(entries=tuple(row.entry for row in rows if row.entry is not None))


def would_be(
    pool: ConnectionPool[psycopg.Connection[Any]],
    rules: Rulebook,
    draft: Document,
    at: datetime,
    position: int,
) -> tuple[Rulebook, tuple[Refusal, ...]]:
    """The rules as they would be with a draft adopted, or why it cannot be adopted.

    What is tried is the draft, not whether somebody may adopt it.
    """
    asked = Asked(commands=[AdoptRegulation(document=draft)], asker=ANYBODY, request="trial")
    [tried] = rehearse(pool, asked, rules, at, position=position)
    events = [entry.event for entry in tried.entries]
    return Rulebook([*rules.learned, *events]), tried.refusals

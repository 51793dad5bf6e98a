"""In order: a rehearsal in which each group of commands stands on those before it.

A group is carried out whole or not at all, as a row of a sheet is. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from ledger.command import Asker, Command, Refusals, Selector
from ledger.fault import Fault
from ledger.regulation import Rulebook
from ledger.store.answer import Refusal, refused
from ledger.store.digest import sound_words
from ledger.store.memory import Memory
from ledger.store.reading import read_identities, read_selectors
from ledger.store.tray import Row, Tray
from ledger.store.work import Asked, Seal

REQUEST = "rehearsal"


class Rehearsed:
    """A ledger as it would be; groups are played on it one after another."""

    def __init__(
        self,
        pool: ConnectionPool[psycopg.Connection[Any]],
        asker: Asker,
        rules: Rulebook,
        at: datetime,
        position: int,
    ) -> None:
        self._pool, self._asker, self._memory = pool, asker, Memory()
        self._tray = Tray(position, at, rules, self._read)
        self._position = position
        self._identities: dict[bytes, str] = {}

    def play(
        self,
        groups: Sequence[Sequence[Command]],
        seals: dict[tuple[int, int], Seal],
        *,
        on: Sequence[date | None],
        source: str | None = None,
    ) -> list[tuple[Refusal, ...]]:
        """What each group is refused for; ``seals`` by group and command, ``on`` a day a group."""
        of_group: dict[int, dict[int, Seal]] = {}
        for (number, at), seal in seals.items():
            of_group.setdefault(number, {})[at] = seal
        sound_words("", source)
        played = [
            (
                number,
                Asked(
                    commands=list(group),
                    asker=self._asker,
                    request=REQUEST,
                    on=day,
                    source=source,
                    seals=of_group.get(number, {}),
                    tried=True,
                ),
            )
            for number, (group, day) in enumerate(zip(groups, on, strict=True))
            if group  # most rows of a list change nothing
        ]
        refusals: list[tuple[Refusal, ...]] = [()] * len(groups)
        if not played:
            return refusals
        asked = [each for _, each in played]
        self._read({each for one in asked for some in one.selectors for each in some})
        with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            read_identities(cursor, asked)
        for each in asked:
            each.identities.update(self._identities)
        for number, each in played:
            refusals[number] = self._group(each)
        return refusals

    def _group(self, asked: Asked) -> tuple[Refusal, ...]:
        first = len(self._tray.rows)
        own: dict[bytes, str] = {}
        for number, command in enumerate(asked.commands):
            try:
                rows: list[Row] = asked.rows(number, command, self._tray, self._memory)
            except (Refusals, Fault) as error:
                self._tray.take_back(first)
                self._memory.unfold(self._tray.position)
                for fingerprint in own:
                    asked.identities.pop(fingerprint, None)
                return refused(error).refusals
            self._tray.put(rows)
            seal = asked.seals.get(number)
            if seal is not None and seal.fingerprint is not None:
                own[seal.fingerprint] = seal.subject
                asked.identities[seal.fingerprint] = seal.subject
        self._identities.update(own)
        return ()

    def _read(self, wanted: set[Selector]) -> None:
        with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            read_selectors(cursor, wanted, self._memory, self._position)
        for each in wanted:
            found = self._memory.recall(each).entries
            while found and found[-1].position > self._position:
                found.pop()

"""Inspection: what a check is given to read, and what it says when something is not right.

Everything is read in pages by key, up to one position, over short statements of its own, so that a
check runs beside a live server and never holds it up. A check holds what it needs of a page and
what it carries to the next one, never the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Protocol
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct
from psycopg_pool import ConnectionPool

from ledger.event import Entry, decode
from ledger.fault import Fault
from ledger.names import tag_hash
from ledger.store.feed import Feed
from ledger.store.kept import Kept

PAGE = 2_000
COLUMNS = "position, type, at, on_day, id, channel, tags, body, leaf_hash"
Pool = ConnectionPool[psycopg.Connection[Any]]
Told = Callable[[str, int, int], None]
Noted = Callable[[str, str], None]

UNREADABLE = (msgspec.MsgspecError, Fault, ValueError, LookupError, TypeError)
"""What the reading of a body that was changed raises."""

hashed = lru_cache(maxsize=65_536)(tag_hash)


def unnoted(zh: str, en: str) -> None:
    """Tells nobody."""


class Problem(Struct, frozen=True, kw_only=True):
    """Something that is not as it must be. ``code`` is stable."""

    check: str
    code: str
    zh: str
    en: str
    position: int | None = None
    subject: str | None = None


@dataclass(frozen=True)
class Row:
    """One row of ``ledger.events`` as it is stored."""

    position: int
    type: str
    at: datetime
    on_day: date | None
    id: UUID | None
    channel: str | None
    tags: list[str]
    body: bytes
    leaf_hash: bytes

    @cached_property
    def entry(self) -> Entry | None:
        """The entry in the body; ``None`` where it cannot be read."""
        return None if isinstance(self._decoded, Exception) else self._decoded

    @cached_property
    def unreadable(self) -> str:
        """Why it cannot be read."""
        return str(self._decoded)

    @cached_property
    def _decoded(self) -> Entry | Exception:
        try:
            return decode(self.position, self.body)
        except UNREADABLE as error:
            return error


class Readable(Protocol):
    """What answers one short statement."""

    def read(self, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """The rows of one short statement."""
        ...


@dataclass(frozen=True)
class Books:
    """What a check reads, up to a position. ``kept``: what lies sealed, where the key is there.

    ``noted``: hears, in Chinese and English, what could not be proved though nothing is wrong.
    """

    pool: Pool
    feed: Feed
    upto: int
    told: Told
    kept: Kept | None = None
    noted: Noted = unnoted

    def rows(self) -> Iterator[list[Row]]:
        """The events, page by page."""
        after = 0
        while after < self.upto:
            found = self.read(
                f"select {COLUMNS} from ledger.events where position > %s and position <= %s "
                "order by position limit %s",
                (after, self.upto, PAGE),
            )
            if not found:
                return
            yield [Row(*values) for values in found]
            after = found[-1][0]
            self.told("entries", after, self.upto)

    def rows_at(self, positions: list[int]) -> Iterator[Row]:
        """The events at some positions."""
        for first in range(0, len(positions), PAGE):
            found = self.read(
                f"select {COLUMNS} from ledger.events where position = any(%s)",
                (positions[first : first + PAGE],),
            )
            yield from (Row(*values) for values in found)

    def read(self, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """The rows of one short statement."""
        with self.pool.connection() as connection, connection.cursor(binary=True) as cursor:
            return cursor.execute(statement.encode(), values).fetchall()


class Check:
    """One named check. Subclasses say what they look at and give the problems that they find."""

    name: ClassVar[str]
    codes: ClassVar[tuple[str, ...]]
    zh: ClassVar[str]
    en: ClassVar[str]

    def problem(
        self, code: str, zh: str, en: str, position: int | None = None, subject: str | None = None
    ) -> Problem:
        """A problem of this check, under one of its codes."""
        assert code in self.codes
        return Problem(check=self.name, code=code, zh=zh, en=en, position=position, subject=subject)


class EntryCheck(Check):
    """A check of the events in their order; all of these share one reading of the ledger."""

    def look(self, books: Books, rows: list[Row]) -> Iterable[Problem]:
        """The problems of one page; pages come in order."""
        raise NotImplementedError


class WholeCheck(Check):
    """A check that reads for itself."""

    def run(self, books: Books) -> Iterator[Problem]:
        """All problems."""
        raise NotImplementedError

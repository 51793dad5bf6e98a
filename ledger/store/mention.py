"""Mention: where the name of a person stands in the running text of a file that is kept.

A trace finds a name that stands by itself, or between marks. Within a sentence, or in the row of
somebody who is told by a number, a name of two or three characters may as well be a part of other
words or a namesake. So such a file is not destroyed unasked: it is told, and an operator decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from ledger.fault import Fault
from ledger.store.trace import folded, told
from ledger.store.tracing import opened
from ledger.store.trouble import Trouble
from ledger.store.vault import Vault

Pool = ConnectionPool[psycopg.Connection[Any]]


@dataclass(frozen=True)
class Mention:
    """A kept file with the name in so many cells; ``None`` where it could not be looked into."""

    upload: str
    cells: int | None


def mentions(vault: Vault, pool: Pool, name: str, gone: Iterable[UUID]) -> tuple[Mention, ...]:
    """The files that lie sealed with the name in a cell, but for those that go anyway.

    Each file is opened and read, which takes as long as it has cells.
    """
    wanted = _pattern(name)
    with pool.connection() as connection:
        files = connection.execute(
            "select upload from vault.uploads where sealed is not null "
            "and upload <> all(%s) order by upload",
            ([*gone],),
        ).fetchall()
    found = (Mention(str(upload), _cells(vault, pool, upload, wanted)) for (upload,) in files)
    return tuple(each for each in found if each.cells != 0)


def _cells(vault: Vault, pool: Pool, upload: UUID, wanted: re.Pattern[str]) -> int | None:
    try:
        rows = opened(vault, pool, upload)
    except (Trouble, Fault):
        return None  # it was tampered with, or is no sheet any more: nobody can say
    texts = (text for row in rows for text in told(row))
    return sum(any(wanted.search(each) for each in folded(text)) for text in texts)


def _pattern(name: str) -> re.Pattern[str]:
    """The name as it is found in a folded text; in Latin letters not within another word."""
    plain, _ = folded(name)
    ends = r"(?<![A-Z])", r"(?![A-Z])"
    before, after = ends if plain.isascii() else ("", "")
    spellings = dict.fromkeys(folded(name))
    return re.compile(before + "(?:" + "|".join(map(re.escape, spellings)) + ")" + after)

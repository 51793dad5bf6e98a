"""Trace: by which a sealed file or row is found again when a person whom it names is erased.

A trace is 64 bits of a hash: of a teacher's identifier plainly, of an id number and of a word keyed
with the key of the vault. Whoever has the table but not the key learns nothing from it. A trace
says where to look; whether a row is about the person is then read in the row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from ledger.names import tag_hash
from ledger.sheet import Cell, Grid
from ledger.store.array import numbers
from ledger.store.vault import Vault
from ledger.text import ID_NUMBER_CHARACTERS

Pool = ConnectionPool[psycopg.Connection[Any]]
TRACE_BYTES = 8
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
BLANKS = re.compile(r"[^\S\n]+|[-·•‧∙・．.⋅●]")
NUMBERS = re.compile(r"[0-9][0-9X]{6,}")
IDENTITY = re.compile(rf"(?=([0-9]{{{ID_NUMBER_CHARACTERS - 1}}}[0-9X]))")
WORDS = re.compile(r"[^\W\d_]{2,30}")


def of_subject(name: str) -> int:
    """The trace of an identifier, such as ``teacher:0042``."""
    return tag_hash(name)


def of_print(fingerprint: bytes) -> int:
    """The trace of an id number, by its keyed hash."""
    return int.from_bytes(fingerprint[:TRACE_BYTES], "big", signed=True)


def of_word(vault: Vault, word: str) -> int:
    """The trace of a word or a number that is no id number, as ``parts`` gives them."""
    return of_print(vault.fingerprint(f"word {word}"))


def of_texts(vault: Vault, texts: Iterable[str]) -> set[int]:
    """The traces of all that texts hold."""
    words, numbers = parts(texts)
    return {of_word(vault, each) for each in words} | {
        of_print(vault.fingerprint(each)) for each in numbers
    }


def of_grid(vault: Vault, grid: Grid) -> set[int]:
    """The traces of all that a file holds."""
    return of_texts(vault, texts_of(grid))


def texts_of(grid: Grid) -> set[str]:
    """All texts of a file: its cells, and what its tabs are called."""
    found: set[Cell] = {each.name for each in grid.tabs}
    for tab in grid.tabs:
        found.update(chain.from_iterable(tab.rows))
    return set(told(found))


def told(cells: Iterable[Cell]) -> Iterable[str]:
    """The cells that can name somebody, as texts."""
    for each in cells:
        if isinstance(each, str):
            yield each
        elif isinstance(each, Decimal):
            yield format(each, "f")


def folded(text: str) -> tuple[str, str]:
    """A text in one width and case, with its blanks, hyphens and dots and without them."""
    plain = UNSEEN.sub("", unicodedata.normalize("NFKC", text).upper())
    return plain, BLANKS.sub("", plain)


def parts(texts: Iterable[str]) -> tuple[set[str], set[str]]:
    """The words, with the numbers that are no id numbers, and the id numbers within texts.

    A text is taken with its blanks, hyphens and dots and without them, in one width and case, so
    that a name with a blank in it and a number in groups are found as well.
    """
    words: set[str] = set()
    identities: set[str] = set()
    for text in {*folded("\n".join(texts))}:
        words.update(WORDS.findall(text))
        for number in set(NUMBERS.findall(text)):
            if len(number) < ID_NUMBER_CHARACTERS:
                words.add(number)
            else:
                identities.update(IDENTITY.findall(number))
    return words, identities


def add(pool: Pool, upload: str, teachers: Iterable[str]) -> None:
    """Holding a file against the ledger found that it names these teachers."""
    with pool.connection() as connection:
        connection.execute(
            "update vault.uploads set traces = traces || %t::bigint[] "
            "where upload = %s and sealed is not null",
            (numbers(sorted({of_subject(each) for each in teachers})), UUID(upload)),
        )

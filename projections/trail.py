"""Trail: what leads to an entry besides its tags: its texts, its request and source, its causes.

Texts are found by any part of two characters or more. Each pair of neighbouring characters is a
word of a narrow index (hash, block, places; ``posting``), as is each event id that an entry names.
A search crosses the rows of its pairs with those of the tags that narrow it, seeking from one to
the next, so that it reads little more than it gives; whoever reads on compares the texts
themselves.

Nothing of it is written when events are appended: the runner follows, as it does for views. The
rows of an entry are bounded by its body: at most one for each pair of characters in it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from operator import add
from typing import Any

import psycopg
from psycopg import sql

from ledger.event import Entry
from ledger.store.array import numbers
from projections.crossing import CROSSING
from projections.posting import COLUMN_BYTES, Postings, Values, row_start
from projections.projection import ASIDE, SCHEMA, Index
from projections.said import Said, said_as_stored, said_in

STEPS_MAX = 200_000
TEXTS_MAX, PAIRS_MAX = 8_192, 32_768
# What is longer is seldom said twice, and would fill memory: of each character a word is kept.
SAID_AGAIN_CHARACTERS_MAX = 64
# The block that is not full yet is written again and again.
ADDED = (
    "insert into {} as held select * from unnest(%t::bigint[], %t::bigint[], %t::bigint[]) "
    "on conflict (hash, block) do update set places = held.places | excluded.places"
)


class Trails(Index):
    """Where texts, requests, sources and event ids stand."""

    name = "trails"
    version = 2
    primary = ("hash", "block")

    def create(self, table: str, *, bare: bool = False) -> sql.Composed:
        key = "" if bare else ", primary key (hash, block)"
        made = sql.SQL(
            "create table {} (hash bigint not null, block bigint not null, "
            "places bigint not null check (places <> 0){})"
        ).format(sql.Identifier(SCHEMA, table), sql.SQL(key))
        return made + ASIDE if bare else made

    def functions(self) -> list[sql.Composed]:
        return [sql.SQL(CROSSING).format()]

    def write(self, connection: psycopg.Connection[Any], table: str, entries: list[Entry]) -> None:
        """Adds the words of each entry, in the order of the index."""
        postings = Postings()
        for each in entries:
            postings.add(each.position, self.words(each))
        self.add(connection, table, sorted(postings.values()))

    def add(self, connection: psycopg.Connection[Any], table: str, rows: list[Values]) -> None:
        """Adds rows, in order, to a table in which they may stand for other positions already."""
        if rows:
            connection.execute(
                sql.SQL(ADDED).format(sql.Identifier(SCHEMA, table)),
                tuple(numbers(list(column)) for column in zip(*rows, strict=True)),
            )

    def words(self, entry: Entry) -> Iterable[bytes]:
        """How the row of each word of an entry begins, each word once."""
        return _starts(said_in(entry))

    def words_of(self, body: bytes) -> Iterable[bytes]:
        """The same of an entry as it is stored, of which no more is read than what has words."""
        said = said_as_stored(body)
        return super().words_of(body) if said is None else _starts(said)


def _starts(said: Said) -> set[bytes]:
    starts = set(map(_row_start, _referring(said)))
    for text in said.texts:
        short = len(text) <= SAID_AGAIN_CHARACTERS_MAX
        starts |= _row_starts_of(text) if short else _starts_in(text)
    return starts


@lru_cache(maxsize=TEXTS_MAX)
def _row_starts_of(text: str) -> frozenset[bytes]:
    """The same of a text that is short; most of these are said again and again."""
    return frozenset(_starts_in(text))


def _starts_in(text: str) -> set[bytes]:
    """The starts of the rows of a text."""
    return set(map(_row_start_of, _pairs(text)))


@lru_cache(maxsize=PAIRS_MAX)
def _row_start_of(pair: str) -> bytes:
    """The start of the row of a pair; texts that were never said before are made of the same."""
    return _row_start(_text(pair))


def _row_start(word: str) -> bytes:
    """The start of the row of a word, which is the hash of it.

    The hash is that of ``tag_hash``, which keeps those of the tags at hand; of words none but pairs
    come again.
    """
    return row_start(blake2b(word.encode(), digest_size=COLUMN_BYTES).digest())


def words(entry: Entry) -> Iterator[str]:
    """All words under which an entry is found, some of them more than once."""
    said = said_in(entry)
    for text in said.texts:
        yield from pairs(text)
    yield from _referring(said)


def _referring(said: Said) -> list[str]:
    """The words for the events that an entry names, for its request and its source."""
    found = [named(event_id) for event_id in said.links]
    if said.request is not None:
        found.append(f"request {said.request}")
    if said.source is not None:
        found.append(f"source {said.source}")
    return found


def named(event_id: str) -> str:
    """The word under which the entries stand that name an event."""
    return f"names {event_id}"


def plain(text: str) -> str:
    """A text as it is compared: NFC, one width, one case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def pairs(text: str) -> set[str]:
    """The words of a text: one for each two characters that stand side by side in it."""
    return set(map(_text, _pairs(text)))


def _pairs(text: str) -> set[str]:
    bare = plain(text)
    return set(map(add, bare, bare[1:]))


def _text(pair: str) -> str:
    return f"text {pair}"

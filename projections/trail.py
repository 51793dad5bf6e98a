"""Trail: what leads to an entry besides its tags: its texts, its request and source, its causes.

Texts are found by any part of two characters or more. Each pair of neighbouring characters is one
row of a narrow index (hash, position), as is each event id that an entry names. A search crosses
the rows of its pairs with those of the tags that narrow it, seeking from one to the next, so that
it reads little more than it gives; whoever reads on compares the texts themselves.

Nothing of it is written when events are appended: the runner follows, as it does for views. The
rows of an entry are bounded by its body: at most one for each pair of characters in it.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from typing import Any

import msgspec
import psycopg
from msgspec import Struct
from psycopg import sql

from ledger.event import Entry
from ledger.names import tag_hash
from ledger.store.array import numbers
from projections.projection import SCHEMA, Index

EVENT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STEPS_MAX = 200_000
TEXTS_MAX = 8_192
_BIGINT = struct.Struct("!iq")
# Plain strings that are codes and no words.
CODES = {"code", "draw", "parameters", "rule", "rules", "sealed", "seed", "sha256"}


class LinkKind(Enum):
    """How an entry leads back to another: as its cause, as what it corrects, as its evidence."""

    CAUSE = "CAUSE"
    CORRECTION = "CORRECTION"
    EVIDENCE = "EVIDENCE"


class Trails(Index):
    """Where texts, requests, sources and event ids stand."""

    name = "trails"
    primary = ("hash", "position")

    def create(self, table: str, *, bare: bool = False) -> sql.Composed:
        key = "" if bare else ", primary key (hash, position)"
        return sql.SQL("create table {} (hash bigint not null, position bigint not null{})").format(
            sql.Identifier(SCHEMA, table), sql.SQL(key)
        )

    def indexes(self, table: str) -> list[sql.Composed]:
        return [sql.SQL(CROSSING).format()] if table == self.name else []

    def write(self, connection: psycopg.Connection[Any], table: str, entries: list[Entry]) -> None:
        """Adds a row for each word of each entry."""
        rows = sorted(
            {(tag_hash(word), entry.position) for entry in entries for word in words(entry)}
        )
        if rows:
            connection.execute(
                sql.SQL("insert into {} select * from unnest(%t::bigint[], %t::bigint[])").format(
                    sql.Identifier(SCHEMA, table)
                ),
                (numbers([hash for hash, _ in rows]), numbers([at for _, at in rows])),
            )

    def block(self, entry: Entry) -> bytes:
        """The rows of an entry, each word once."""
        place = _BIGINT.pack(8, entry.position)
        starts = set(map(_row_start, references(entry)))
        for text in texts(entry):
            starts |= _row_starts(text)
        return b"".join([start + place for start in starts])


@lru_cache(maxsize=TEXTS_MAX)
def _row_starts(text: str) -> frozenset[bytes]:
    """The starts of the rows of a text; most texts are said again and again."""
    return frozenset(map(_row_start, pairs(text)))


def _row_start(word: str) -> bytes:
    """The start of a row of a binary COPY: that it has two columns, and the hash of a word."""
    return b"\0\2" + _BIGINT.pack(8, tag_hash(word))


def words(entry: Entry) -> Iterator[str]:
    """All words under which an entry is found, some of them more than once."""
    for text in texts(entry):
        yield from pairs(text)
    yield from references(entry)


def references(entry: Entry) -> Iterator[str]:
    """The words for the events that an entry names, for its request and its source."""
    for _, event_id in links(entry):
        yield named(event_id)
    if entry.request is not None:
        yield f"request {entry.request}"
    if entry.source is not None:
        yield f"source {entry.source}"


def named(event_id: str) -> str:
    """The word under which the entries stand that name an event."""
    return f"names {event_id}"


def plain(text: str) -> str:
    """A text as it is compared: NFC, one width, one case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def pairs(text: str) -> set[str]:
    """The words of a text: each two characters that stand side by side in it."""
    bare = plain(text)
    return {f"text {bare[at : at + 2]}" for at in range(len(bare) - 1)}


def texts(entry: Entry) -> list[str]:
    """What people and rules say in an entry: titles, reasons, notes, sentences; no codes."""
    return [text for _, text in _strings(entry.event, "") if not EVENT_ID.fullmatch(text)]


def links(entry: Entry) -> list[tuple[LinkKind, str]]:
    """The events that an entry names, each once, its cause first."""
    found: dict[str, LinkKind] = {}
    if entry.cause is not None:
        found[entry.cause] = LinkKind.CAUSE
    for field, text in _strings(entry.event, ""):
        if EVENT_ID.fullmatch(text):
            kind = LinkKind.CORRECTION if field == "corrects" else LinkKind.EVIDENCE
            # What is corrected is often the cause as well; that it is corrected says more.
            if kind is LinkKind.CORRECTION or text not in found:
                found[text] = kind
    return [(kind, event_id) for event_id, kind in found.items()]


def _strings(value: object, field: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            if name not in CODES or isinstance(getattr(value, name), msgspec.Struct):
                yield from _strings(getattr(value, name), name)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _strings(each, field)
    elif type(value) is str:  # a name is a string of a class of its own
        yield field, value


# Like ``ledger.positions``, in both directions and over several tables. A stream is the rows of a
# word, of a tag, of any tag within reach, or of any type; each says which position of its own comes
# next, until all agree. A negative position says how far it came before it had to stop.
CROSSING = """
create or replace function projection.crossing(
    words bigint[], tags bigint[], reach bigint[], types text[],
    after bigint, before bigint, most int, latest boolean, steps bigint
) returns setof bigint language plpgsql stable
set enable_seqscan = off set search_path = pg_catalog, pg_temp as $$
declare
    many int := cardinality(words) + cardinality(tags) + (reach is not null)::int
        + (cardinality(types) > 0)::int;
    candidate bigint := case when latest then before - 1 else after + 1 end;
    found_at bigint;
    agreed int := 0;
    returned int := 0;
    taken bigint := 0;
    i int := 1;
begin
    if most <= 0 or many = 0 then return; end if;
    loop
        taken := taken + 1;
        if taken > steps then return next -candidate; return; end if;
        if candidate <= after or candidate >= before then return; end if;
        found_at := projection.crossing_next(words, tags, reach, types, i, candidate, latest);
        if found_at is null then return; end if;
        if found_at = candidate then
            agreed := agreed + 1;
        else
            candidate := found_at;
            agreed := 1;
        end if;
        i := i % many + 1;
        if agreed >= many then
            if candidate <= after or candidate >= before then return; end if;
            return next candidate;
            returned := returned + 1;
            if returned >= most then return; end if;
            candidate := candidate + case when latest then -1 else 1 end;
            agreed := 0;
        end if;
    end loop;
end $$;

create or replace function projection.crossing_next(
    words bigint[], tags bigint[], reach bigint[], types text[],
    i int, candidate bigint, latest boolean
) returns bigint language plpgsql stable
set enable_seqscan = off set search_path = pg_catalog, pg_temp as $$
declare
    w int := cardinality(words);
    t int := cardinality(tags);
    one bigint;
    best bigint;
    kind text;
begin
    if i <= w and latest then
        select r.position into best from projection.trails r
            where r.hash = words[i] and r.position <= candidate
            order by r.hash desc, r.position desc limit 1;
    elsif i <= w then
        select r.position into best from projection.trails r
            where r.hash = words[i] and r.position >= candidate
            order by r.hash, r.position limit 1;
    elsif i <= w + t or (i = w + t + 1 and reach is not null) then
        foreach one in array case when i <= w + t then tags[i - w : i - w] else reach end loop
            if latest then
                select greatest(best, max(n.position)) into best from (
                    select g.position from ledger.tags g
                    where g.hash = one and g.position <= candidate
                    order by g.hash desc, g.position desc limit 1
                ) n;
            else
                select least(best, min(n.position)) into best from (
                    select g.position from ledger.tags g
                    where g.hash = one and g.position >= candidate
                    order by g.hash, g.position limit 1
                ) n;
            end if;
        end loop;
    else
        foreach kind in array types loop
            if latest then
                select greatest(best, max(n.position)) into best from (
                    select e.position from ledger.events e
                    where e.type = kind and e.position <= candidate
                    order by e.type desc, e.position desc limit 1
                ) n;
            else
                select least(best, min(n.position)) into best from (
                    select e.position from ledger.events e
                    where e.type = kind and e.position >= candidate
                    order by e.type, e.position limit 1
                ) n;
            end if;
        end loop;
    end if;
    return best;
end $$;
"""

"""Fills ledgers to any size in little time, and keeps them for other measurements.

    python -m bench.filling FOLDER [--sizes 10000 10000000] [--stale]

Each size is a database of its own on an embedded PostgreSQL in the folder; what is there already
stays, so that a run that was broken off goes on. One teacher (``SUBJECT``) has 300 events that lie
all over it. The others' events are made in SQL and not by commands: their bodies are those of real
events of five types with other names in them and decode as such, tags, tag index, leaf hashes and
blocks are the real ones, and no teacher of them was registered. A few things are common alone and
rare together: credits and one county, one provider and one actor, one actor and imports.

``--stale``: nothing is analysed or vacuumed, as right after a load. Durability is as shipped. Ten
million events take about 12 GB.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql

from api.sharing import sharing
from bench.as_of import OWN_EVENTS, SCHOOL, SUBJECT, life
from bench.folder import heeding_term
from bench.peers import database
from ledger.credit import CreditAwarded, CreditKind
from ledger.enrollment import EnrollmentConfirmed, OfferingSelected, SelectionReviewed
from ledger.event import Entry, Event, encode, instant, leaf_hash
from ledger.names import (
    CreditId,
    JurisdictionId,
    OfferingId,
    ProviderId,
    SchoolId,
    TeacherId,
    TermId,
    tag_hash,
)
from ledger.plan import Choice
from ledger.school_based import SchoolBasedRecorded
from ledger.store.block import seal
from ledger.store.embedded import Embedded
from ledger.store.feed import open_pool
from ledger.store.ledger import Ledger
from ledger.store.statements import UNIT

KEY = bytes(range(32))
BEGINS, SPAN = datetime(2019, 1, 1, tzinfo=UTC), timedelta(days=5 * 365)
SLICE = 250_000
PER_TEACHER, PER_SCHOOL, PLACES, PROVIDERS, ACTORS, PER_CLASS = 60, 50, 90, 300, 200, 50
# How often each type comes in twenty events.
KINDS = [1] * 7 + [2] * 5 + [3] * 4 + [4] * 3 + [5]
# What stands in a template in the place of a value.
ID, AT, ON = "00000000-0000-7000-8000-000000000000", datetime(2001, 1, 1, tzinfo=UTC), "2001-01-01"
TERM = TermId("term:2024H1")
WORDS = (
    (ID, "%1$s"), (instant(AT), "%2$s"), (ON, "%3$s"), ("teacher:t0", "teacher:t%4$s"),
    ("school:s0", "school:s%5$s"), ("jurisdiction:330000", "jurisdiction:%6$s"),
    ("provider:p0", "provider:p%7$s"), ("offering:o0", "offering:o%8$s"),
    ("credit:c0", "credit:c%8$s"), ("staff:f0", "staff:f%9$s"), ("API", "%10$s"),
)  # fmt: skip
INDEXES = (
    "create index events_by_type on ledger.events (type, position)",
    "create unique index events_by_id on ledger.events (id)",
    "create index events_by_time on ledger.events (at, position)",
    "alter table ledger.tags add primary key (hash, position)",
)
BARE = """
drop index ledger.events_by_type, ledger.events_by_id, ledger.events_by_time;
alter table ledger.tags drop constraint tags_pkey;
"""
# Numbers that follow from a position and look drawn.
MADE = """
create function bench.drawn(n bigint, salt int) returns bigint language sql immutable as
'select hashint8extended(n, salt) & 1152921504606846975';
"""
OTHERS = """
insert into ledger.events (position, type, at, on_day, id, channel, tags, body, leaf_hash)
select position, type, at, day, id, channel, tags, body, sha256('\\x00'::bytea || body) from (
    select p as position, type, at, day, id, channel,
        string_to_array(format(tags, id, told, day, teacher, school, place, provider, offering,
            actor, channel), E'\\x1f') as tags,
        convert_to(format(body, id, told, day, teacher, school, place, provider, offering,
            actor, channel), 'UTF8') as body
    from (
        select p, md5(p::text)::uuid as id, at, day, teacher, school, actor,
            to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as told,
            330300 + area as place, provider, provider + %(providers)s * class as offering,
            case when area in (3, 13) and kind = 4 and drawn %% 2000 > 0 then 5
                else kind end as kind,
            case when actor = 9 or drawn %% 1000 > 200 then 'API'
                when drawn %% 1000 = 0 then 'CONSOLE' else 'IMPORT' end as channel
        from (
            select p, bench.drawn(p, 1) as drawn, teacher, teacher %% %(schools)s as school,
                teacher %% %(schools)s %% %(places)s as area,
                teacher %% %(schools)s %% %(actors)s as actor,
                bench.drawn(p, 2) %% %(providers)s as provider,
                bench.drawn(p, 3) %% %(classes)s as class,
                at, (at - case when bench.drawn(p, 4) %% 10 = 0
                    then bench.drawn(p, 5) %% 400 else 0 end * interval '1 day')::date as day,
                (%(kinds)s::int[])[bench.drawn(p, 6) %% 20 + 1] as kind
            from (
                select p, bench.drawn(p, 7) %% %(teachers)s as teacher,
                    %(begins)s::timestamptz + p * %(step)s::interval as at
                from generate_series(%(first)s::bigint, %(last)s::bigint) p
                where p <> all(%(own)s)
            ) a
        ) b
    ) c join bench.templates using (kind)
    union all select * from unnest(%(own)s::bigint[], %(types)s::text[], %(ats)s::timestamptz[],
        %(days)s::date[], %(ids)s::uuid[], %(channels)s::text[]) as o(position, type, at, day, id,
        channel) cross join lateral (select string_to_array((%(tags)s::text[])[
            array_position(%(own)s::bigint[], o.position)], E'\\x1f'),
            (%(bodies)s::bytea[])[array_position(%(own)s::bigint[], o.position)]) t
) e order by position
"""
TAGS = """
insert into ledger.tags select n.hash, e.position
from ledger.events e cross join unnest(e.tags) tag join bench.names n using (tag)
where e.position between %s and %s
"""


def templates() -> list[Event]:
    """One event of each type that the others have."""
    teacher, school, offering = TeacherId("teacher:t0"), SchoolId("school:s0"), "offering:o0"
    place, provider = JurisdictionId("jurisdiction:330000"), ProviderId("provider:p0")
    who: dict[str, Any] = {"teacher": teacher, "school": school}
    course = OfferingId(offering)
    of: dict[str, Any] = who | {"offering": course, "term": TERM, "round": 1}
    credit, day = CreditId("credit:c0"), date.fromisoformat(ON)
    amounts = {"base_credits": Decimal(2), "credits": Decimal(2), "hours_missed": Decimal(0)}
    return [
        OfferingSelected(**of, provider=provider, place=place),
        SelectionReviewed(**of, passed=True, reason=""),
        EnrollmentConfirmed(**of, provider=provider, place=place),
        CreditAwarded(
            **who, **amounts, credit=credit, offering=course, place=place, provider=provider,
            authority=place, kind=CreditKind.INTENSIVE, choice=Choice.SELF_SELECTED,
            title="小学语文阅读教学", hours_planned=Decimal(2), completed=day,
        ),
        SchoolBasedRecorded(
            **who, **amounts, credit=credit, place=place, title="校本研修", hours=Decimal(2),
            completed=day,
        ),
    ]  # fmt: skip


def _entry(position: int, event: Event, at: datetime, own_id: str, on: date, by: str) -> Entry:
    place = getattr(event, "place", JurisdictionId("jurisdiction:330000"))
    return Entry(
        position=position, id=own_id, at=at, on=on, actor=by, channel="API", event=event,
        place=place, request=own_id,
    )  # fmt: skip


def _prepare(connection: psycopg.Connection[Any], size: int) -> dict[str, int]:
    """The templates, the names with their hashes, and tables without indexes; how many of each."""
    teachers = max(size // PER_TEACHER, 1)
    counts = {
        "teachers": teachers, "schools": max(teachers // PER_SCHOOL, 1), "places": PLACES,
        "actors": ACTORS, "providers": PROVIDERS, "classes": max(size // PER_CLASS // PROVIDERS, 1),
    }  # fmt: skip
    connection.execute("create schema bench")
    connection.execute(MADE)
    connection.execute("create table bench.templates (kind int, type text, tags text, body text)")
    connection.execute("create table bench.names (tag text, hash bigint)")
    for kind, event in enumerate(templates(), start=1):
        entry = _entry(1, event, AT, ID, date.fromisoformat(ON), "staff:f0")
        body, tags = encode(entry).decode().replace("%", "%%"), UNIT.join(entry.tags)
        for word, place in WORDS:
            body, tags = body.replace(word, place), tags.replace(word, place)
        connection.execute(
            "insert into bench.templates values (%s, %s, %s, %s)", (kind, event.NAME, tags, body)
        )
    with connection.cursor().copy("copy bench.names from stdin") as copy:
        for name in dict.fromkeys(_names(counts)):
            copy.write_row((name, tag_hash(name)))
    connection.execute(BARE)
    return counts


def _names(counts: dict[str, int]) -> Iterator[str]:
    classes = counts["classes"] * PROVIDERS
    yield from {tag for each in _own(0, 1, 0) for tag in each.tags}
    yield str(TERM)
    for kind, number in (
        ("teacher:t", counts["teachers"]), ("school:s", counts["schools"]),
        ("provider:p", PROVIDERS), ("offering:o", classes), ("credit:c", classes),
        ("by:staff:f", ACTORS),
    ):  # fmt: skip
        yield from (f"{kind}{each}" for each in range(number))
    yield from (f"jurisdiction:{330300 + each}" for each in range(PLACES))


def _own(head: int, size: int, seconds: float) -> list[Entry]:
    """The subject's entries, all over a ledger of that size."""
    found = []
    for number, event in enumerate(life(SUBJECT, SCHOOL, OWN_EVENTS - 1)):
        position = head + 1 + (size - head - 1) * number // OWN_EVENTS
        at = BEGINS + timedelta(seconds=position * seconds)
        own_id = f"0193{number:04}-0000-7000-8000-000000000000"
        found.append(_entry(position, event, at, own_id, at.date(), "staff:own"))
    return found


def fill(url: str, size: int, *, stale: bool = False) -> None:
    """A founded ledger of that many events."""
    with Ledger.found(url, KEY, lambda: BEGINS) as ledger:
        head = ledger.feed.head()
    step = SPAN / size
    own = _own(head, size, step.total_seconds())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set maintenance_work_mem = '1GB'")
        connection.execute("set work_mem = '256MB'")
        if stale:
            for table in ("events", "tags"):
                connection.execute(f"alter table ledger.{table} set (autovacuum_enabled = off)")
        counts = _prepare(connection, size)
        connection.execute("analyze bench.names, bench.templates")
        for first in range(head + 1, size + 1, SLICE):
            last = min(first + SLICE - 1, size)
            mine = [each for each in own if first <= each.position <= last]
            told = {
                "first": first,
                "last": last,
                "begins": BEGINS,
                "step": step,
                "kinds": KINDS,
                **counts,
            }
            connection.execute(OTHERS, told | _columns(mine))
            connection.execute(TAGS, (first, last))
            print(f"{last:>12,} of {size:,}", file=sys.stderr)
        for statement in INDEXES:
            connection.execute(statement)
        connection.execute("drop schema bench cascade")
        if not stale:
            connection.execute("vacuum (analyze) ledger.events, ledger.tags")
    with open_pool(url) as pool:
        while seal(pool):
            pass
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("checkpoint")


def _columns(own: list[Entry]) -> dict[str, list[Any]]:
    return {
        "own": [each.position for each in own],
        "types": [each.event.NAME for each in own],
        "ats": [each.at for each in own],
        "days": [each.on for each in own],
        "ids": [each.id for each in own],
        "channels": [each.channel for each in own],
        "tags": [UNIT.join(each.tags) for each in own],
        "bodies": [encode(each) for each in own],
    }


@contextmanager
def kept_server(folder: Path) -> Iterator[str]:
    """A PostgreSQL on a folder that stays; stopped by the last of the programs that use it."""
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with heeding_term(), sharing(Embedded(folder / "data")) as url:
        yield url


def filled(url: str, size: int, *, stale: bool = False) -> str:
    """The database of that many events on a server; filled where it is not there yet."""
    name = f"filled_{size}{'_stale' if stale else ''}"
    with psycopg.connect(url, autocommit=True) as connection:
        known = {row[0] for row in connection.execute("select datname from pg_database")}
        if name not in known:
            half = f"{name}_half"
            connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(half)))
            connection.execute("alter system set max_wal_size = '4GB'")
            connection.execute("select pg_reload_conf()")
            began = perf_counter()
            fill(database(url, half), size, stale=stale)
            connection.execute(
                sql.SQL("alter database {} rename to {}").format(
                    sql.Identifier(half), sql.Identifier(name)
                )
            )
            print(f"{size:,} events in {perf_counter() - began:.0f} s", file=sys.stderr)
    return psycopg.conninfo.make_conninfo(url, dbname=name)


def sound(url: str, positions: list[int]) -> None:
    """Raises ``AssertionError`` where the leaf of one of these is not that of its body."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select body, leaf_hash from ledger.events where position = any(%s)", (positions,)
        ).fetchall()
    assert len(rows) == len(positions)
    assert all(leaf_hash(bytes(body)) == bytes(leaf) for body, leaf in rows)


def main() -> None:
    """Fills."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 10_000_000])
    parser.add_argument("--stale", action="store_true")
    options = parser.parse_args()
    with kept_server(options.folder) as url:
        for size in options.sizes:
            sound(filled(url, size, stale=options.stale), [1, size // 2, size])


if __name__ == "__main__":
    main()

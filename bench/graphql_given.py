"""What the GraphQL measurement stands on: a county's ledger, and its rows as plain tables.

The plain tables are what somebody would make who let PostGraphile serve the same answers: typed
columns, foreign keys, an index for each relation, verdicts and masked rows worked out beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
from msgspec import structs
from psycopg.types.json import Jsonb

from bench.as_of import OPERATOR, RUIAN, Put, life
from ledger.command import Command
from ledger.event import Event
from ledger.names import (
    OfferingId,
    ProjectId,
    ProviderId,
    SchoolId,
    StaffId,
    TeacherId,
    TermId,
)
from ledger.offering import OfferingOpened
from ledger.plan import Mode, Plan
from ledger.register import RegisterSchool, Stage
from ledger.store.feed import Filter
from ledger.store.founding import FOUNDER
from ledger.store.ledger import Ledger
from ledger.store.work import Seal
from ledger.term import Calendar
from projections.catalogue import RECORDS, TEACHERS
from projections.reader import Reader, Where
from projections.unjudged import judged_now
from projections.verdict import Judged, Rules

PER_SCHOOL = 50
CREDITS = 20
BATCH = 100
CLASSES = 20
SEATS = 500
PERSON = {"name": "张晓明", "phone": "13800000000"}
OFFERING = "offering:class-{}"
COLUMNS = ("school", "place", "stage", "subject", "title", "tier", "entered", "updated")

TABLES = """
create schema peer;
create table peer.teacher (id text primary key, school text, place text, stage text, subject text,
    title text, tier text, entered date, updated date);
create table peer.stay (teacher text not null references peer.teacher, position bigint not null,
    school text not null, place text not null, since date not null, event text not null,
    primary key (teacher, position));
create table peer.record (teacher text primary key references peer.teacher, cycle_number int,
    cycle_start date, cycle_end date, credits numeric, result text, counted numeric, unit text,
    zh text, en text);
create table peer.requirement (teacher text not null references peer.teacher, number int not null,
    code text, result text, needed text, had text, zh text, en text, primary key (teacher, number));
create table peer.credit (id text primary key, teacher text not null references peer.teacher,
    kind text, title text, credits numeric, hours_planned numeric, completed date, choice text);
create index on peer.credit (teacher, id);
create table peer.event (position bigint primary key, id uuid, type text, at timestamptz, "on" date,
    actor text, channel text, place text, tags text[], data jsonb);
create index on peer.teacher (place, id);
create index on peer.event (place, position);
"""


def fill(ledger: Ledger, teachers: int) -> None:
    """A county of so many teachers with twenty credits each, and classes to choose from."""
    for number in range(0, teachers, PER_SCHOOL):
        ledger.ask([school(number // PER_SCHOOL)], FOUNDER)
    for first in range(0, teachers, BATCH):
        lives: list[Command] = []
        seals: dict[int, Seal] = {}
        for number in range(first, min(first + BATCH, teachers)):
            teacher = TeacherId(f"teacher:t{number}")
            seals[len(lives)], digests = ledger.vault.seal(str(teacher), PERSON)
            entered, *credits = life(teacher, school_of(number), CREDITS)
            lives.append(Put(events=(structs.replace(entered, sealed=digests), *credits)))
        ledger.ask(lives, OPERATOR, seals=seals)
    ledger.ask([Put(events=tuple(classes()))], OPERATOR)


def school_of(number: int) -> SchoolId:
    return SchoolId(f"school:s{number // PER_SCHOOL}")


def school(number: int) -> RegisterSchool:
    name = SchoolId(f"school:s{number}")
    return RegisterSchool(school=name, place=RUIAN, title=f"第{number}小学", stage=Stage.PRIMARY)


def classes() -> Iterator[Event]:
    plan = Plan(
        title="小学语文阅读教学",
        subject="CHINESE",
        stage=Stage.PRIMARY,
        mode=Mode.INTENSIVE,
        hours=Decimal(24),
        base_credits=Decimal(24),
    )
    for number in range(CLASSES):
        yield OfferingOpened(
            offering=OfferingId(OFFERING.format(number)),
            project=ProjectId(f"project:p{number}"),
            provider=ProviderId("provider:bench"),
            place=RUIAN,
            term=TermId("term:2024H1"),
            calendar=Calendar.REGULAR,
            plan=plan,
            seats=SEATS,
            opens=date(2024, 4, 8),
            closes=date(2024, 6, 28),
            adviser=StaffId("staff:adviser"),
        )


def plain(ledger: Ledger, url: str, teachers: int, day: date) -> None:
    """The same rows as plain tables in the schema ``peer`` of the database."""
    reader = Reader(ledger.pool, ledger.feed)
    rules = Rules(reader)
    with psycopg.connect(url) as connection:
        connection.execute(TABLES)
        cursor = connection.cursor()
        with reader.stream(TEACHERS, Where()) as (_, rows):
            for key, row in rows:
                _write(cursor, "teacher", (key, *(_text(getattr(row, n)) for n in COLUMNS)))
                for stay in row.stays:
                    told = (stay.position, stay.school, stay.place, stay.since, stay.event)
                    _write(cursor, "stay", (key, *map(_text, told)))
        for number in range(teachers):
            _record(cursor, judged_now(reader, rules, RECORDS, f"teacher:t{number}", day))
        for entry in ledger.feed.entries(Filter()):
            place = None if entry.place is None else str(entry.place)
            data = Jsonb(msgspec.to_builtins(entry.event, enc_hook=str))
            told = (entry.position, entry.id, entry.event.NAME, entry.at, entry.on)
            who = (str(entry.actor), entry.channel, place, list(entry.tags), data)
            _write(cursor, "event", told + who)
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")


def _record(cursor: psycopg.Cursor[Any], found: Judged) -> None:
    teacher, verdict = str(found.record.teacher), found.verdict
    assert verdict is not None
    names = ("result", "counted", "unit", "zh", "en")
    cycle = (verdict.cycle_number, verdict.cycle_start, verdict.cycle_end)
    credits = sum(each.credits for each in found.shares)
    told = (_text(getattr(verdict, name)) for name in names)
    _write(cursor, "record", (teacher, *cycle, credits, *told))
    for number, each in enumerate(verdict.requirements):
        names = ("code", "result", "needed", "had", "zh", "en")
        told = (_text(getattr(each, name)) for name in names)
        _write(cursor, "requirement", (teacher, number, *told))
    for each in found.shares:
        names = ("kind", "title", "credits", "hours_planned", "completed", "choice")
        told = (_text(getattr(each, name)) for name in names)
        _write(cursor, "credit", (str(each.credit), teacher, *told))


def _write(cursor: psycopg.Cursor[Any], table: str, values: tuple[Any, ...]) -> None:
    marks = ", ".join(["%s"] * len(values))
    cursor.execute(f"insert into peer.{table} values ({marks})", values)


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    return getattr(value, "value", value)

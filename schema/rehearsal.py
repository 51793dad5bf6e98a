"""Rehearsals of mutations: what would follow, decided on the ledger as it is, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from ledger.command import Command, Role
from ledger.fault import Fault
from ledger.names import TeacherId
from ledger.store.answer import refused
from ledger.store.rehearsal import Rehearsal
from ledger.store.work import Seal
from projections.catalogue import TEACHERS
from schema.answers import BulkAnswer, Recorded, Refused, Rehearsed, RehearsedEvent, refused_for
from schema.context import Context
from schema.history import shown
from schema.lookup import Blind, blind
from schema.reach import PLACED, history_tags, reach
from schema.scalars import Position, Text


@dataclass
class Prepared:
    """The commands that are asked, what is sealed of them, and the rows that are malformed."""

    commands: list[Command] = field(default_factory=list)
    seals: dict[int, Seal] = field(default_factory=dict)
    broken: dict[int, Fault] = field(default_factory=dict)


async def rehearsed(
    context: Context,
    prepare: Callable[[], Prepared],
    *,
    on: date | None = None,
    source: str | None = None,
) -> BulkAnswer:
    """A row for each command, decided by itself: without the others that are asked with it."""
    places = await context.places()
    tags = history_tags(context.asker, places)
    made, blind_to, tried, head = await context.run(_tried, context, prepare, on, source, places)
    hidden = await _hidden(context, tried)
    found = blind_to.told(tried)
    answers = iter([_row(context, each, head, tags, hidden) for each in found])
    rows: list[Recorded | Rehearsed | Refused] = [
        refused_for(refused(made.broken[number]).refusals)
        if number in made.broken
        else next(answers)
        for number in range(len(made.commands) + len(made.broken))
    ]
    would = sum(isinstance(each, Rehearsed) for each in rows)
    return BulkAnswer(
        position=Position(head),
        replayed=False,
        recorded=0,
        rehearsed=would,
        refused=len(rows) - would,
        rows=rows,
    )


def _tried(
    context: Context,
    prepare: Callable[[], Prepared],
    on: date | None,
    source: str | None,
    places: tuple[str, ...],
) -> tuple[Prepared, Blind, list[Rehearsal], int]:
    house, made = context.house, prepare()
    head = house.ledger.feed.head()
    asked = blind(context, made.commands, made.seals, places)
    tried = house.ledger.rehearse(
        asked.commands,
        context.asker,
        house.rules.at(head),
        position=head,
        on=on,
        source=source,
        seals=asked.seals,
    )
    return made, asked, tried, head


async def _hidden(context: Context, tried: list[Rehearsal]) -> frozenset[str]:
    """The teachers in the events who are registered beyond a place's or a school's reach.

    Nothing is written, so nobody would learn of the look: what a deed would say stays unsaid.
    """
    if context.asker.role not in (*PLACED, Role.SCHOOL):
        return frozenset()
    tags = {tag for each in tried for entry in each.entries for tag in entry.tags}
    asked = tuple(sorted(tag for tag in tags if tag.startswith(f"{TeacherId.kind}:")))
    if not asked:
        return frozenset()
    reader = context.house.reader
    known = await context.run(reader.many, TEACHERS, asked)
    allowed = reach(context.asker, TEACHERS.name, await context.places())
    if allowed is None:
        return frozenset(known)
    where = allowed.and_among(key=asked)
    seen = await context.run(reader.page, TEACHERS, where, first=len(asked))
    return frozenset(known) - {key for key, _ in seen.rows}


def _row(
    context: Context,
    tried: Rehearsal,
    head: int,
    tags: tuple[str, ...] | None,
    hidden: frozenset[str],
) -> Rehearsed | Refused:
    if tried.refusals:
        return refused_for(tried.refusals)
    events = []
    for entry in tried.entries:
        within = tags is None or bool({*entry.tags} & {*tags})
        readable = within and not {*entry.tags} & hidden
        told = shown(context, entry)
        events.append(
            RehearsedEvent(
                type=Text(told.type),
                description=told.description,
                on=told.on,
                data=told.data if readable else None,
            )
        )
    return Rehearsed(position=Position(head), events=events)

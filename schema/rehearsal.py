"""Rehearsals of mutations: what would follow, decided on the ledger as it is, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from ledger.command import Command
from ledger.fault import Fault
from ledger.store.answer import refused
from ledger.store.rehearsal import Rehearsal
from ledger.store.work import Seal
from schema.answers import BulkAnswer, Recorded, Refused, Rehearsed, RehearsedEvent, refused_for
from schema.context import Context
from schema.history import shown
from schema.reach import history_tags
from schema.scalars import Position


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
    reach = history_tags(context.asker, await context.places())
    made, tried, head = await context.run(_tried, context, prepare, on, source)
    answers = iter([_row(context, each, head, reach) for each in tried])
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
    context: Context, prepare: Callable[[], Prepared], on: date | None, source: str | None
) -> tuple[Prepared, list[Rehearsal], int]:
    house, made = context.house, prepare()
    head = house.ledger.feed.head()
    tried = house.ledger.rehearse(
        made.commands,
        context.asker,
        house.rules.at(head),
        position=head,
        on=on,
        source=source,
        seals=made.seals,
    )
    return made, tried, head


def _row(
    context: Context, tried: Rehearsal, head: int, reach: tuple[str, ...] | None
) -> Rehearsed | Refused:
    if tried.refusals:
        return refused_for(tried.refusals)
    events = []
    for entry in tried.entries:
        readable = reach is None or bool({*entry.tags} & {*reach})
        told = shown(context, entry)
        events.append(
            RehearsedEvent(
                type=told.type,
                description=told.description,
                on=told.on,
                data=told.data if readable else None,
            )
        )
    return Rehearsed(position=Position(head), events=events)

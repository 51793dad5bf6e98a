"""What changed in a teacher's record between two moments, with the events that did it."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry
from msgspec.structs import replace

from ledger.difference import Difference, Effect, Known, difference, in_words
from ledger.event import Entry
from ledger.names import TeacherId
from ledger.way import StepKind
from projections.difference import known
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import output
from schema.scalars import Position, enum_type
from schema.timeline import Happening, happenings

Info = strawberry.Info[Context, None]
enum_type(StepKind, name="Cause")
DifferenceType = output(Difference, name="CreditDifference")


@strawberry.type
class DifferenceQuery:
    """Questions about what changed."""

    @strawberry.field(
        graphql_type=DifferenceType | None,
        description="What changed between two moments of a record, and why. 两个时点的差异及原因。",
    )
    async def credit_difference(
        self,
        info: Info,
        teacher: strawberry.ID,
        before: AsOf,
        after: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        moments = (before, after or AsOf())
        for each in moments:
            if not await context.opens(str(teacher), at_least, each):
                return None
        ends = [await known_at(context, teacher, each) for each in moments]
        found = await context.run(difference, TeacherId(teacher), *ends)
        return replace(found, effects=await _told(context, found.effects, ends))


async def _told(
    context: Context, effects: tuple[Effect, ...], ends: list[Known]
) -> tuple[Effect, ...]:
    """The effects with what happened in words, as the reader may see it, and from when on."""
    entries = {e.position: e for end in ends for e in (*end.entries, *end.regulations)}
    wanted = [entries[each.position] for each in effects if each.position is not None]
    told = {int(row.entry.position): row for _, row in await happenings(context, wanted)}
    return tuple(
        each if each.position is None else _worded(each, told[each.position], entries)
        for each in effects
    )


def _worded(effect: Effect, told: Happening, entries: dict[int, Entry]) -> Effect:
    assert effect.position is not None
    entry = entries[effect.position]
    zh, en = f"{entry.on} 登记", f"entered on {entry.on}"
    if entry.effective_on != entry.on:
        zh, en = f"自 {entry.effective_on} 起，{zh}", f"from {entry.effective_on}, {en}"
    if effect.gone:
        zh, en = f"{zh}，后一时点没有", f"{en}, not in the later moment"
    sum_zh, sum_en = in_words(effect.counted)
    return replace(
        effect,
        zh=f"{told.zh.rstrip('。')}（{zh}）：{sum_zh}",
        en=f"{told.en.rstrip('.')} ({en}): {sum_en}",
    )


async def known_at(context: Context, teacher: str, moment: AsOf, on: date | None = None) -> Known:
    """What was known of a teacher at a moment, to be judged on a day: that of the moment."""
    house = context.house
    position = await moment.known(context)
    if position is None:
        position = await context.run(house.ledger.feed.head)
    day = await moment.day(context, on)
    return await context.run(
        known, house.reader, house.rules, teacher, position, moment.effective, day
    )

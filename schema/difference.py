"""What changed in a teacher's record between two moments, with the events that did it."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from ledger.difference import Cause, Difference, Known, difference
from ledger.names import TeacherId
from projections.difference import known
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import output
from schema.scalars import Position, enum_type

Info = strawberry.Info[Context, None]
enum_type(Cause)
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
        return await context.run(difference, TeacherId(teacher), *ends)


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

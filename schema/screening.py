"""Screenings: the recorded orders with their inputs, and whether they come out the same again."""

from __future__ import annotations

from typing import Any

import strawberry

from projections.catalogue import SCREENINGS
from projections.screening import Screening, agrees
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position

Info = strawberry.Info[Context, None]


def _agrees(root: strawberry.Parent[Any]) -> bool:
    return agrees(root)


ScreeningType = output(
    Screening,
    fields={
        "agrees": strawberry.field(
            resolver=_agrees,
            description="Whether the order, made anew from its inputs, is the recorded one. "
            "按所记输入重算，次序是否一致。",
        )
    },
)


@strawberry.type
class ScreeningQuery:
    """Questions about screenings."""

    @strawberry.field(
        graphql_type=connection(ScreeningType),
        description="Screenings of over-subscribed classes. 筛选。",
    )
    async def screenings(
        self,
        info: Info,
        provider: strawberry.ID | None = None,
        place: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            SCREENINGS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            provider=provider,
            place=place,
        )

    @strawberry.field(
        graphql_type=ScreeningType | None, description="The screening of a class. 一个班期的筛选。"
    )
    async def screening(
        self,
        info: Info,
        offering: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(
            SCREENINGS, offering, at_least, as_of=as_of, argument="offering"
        )

"""The offering board, open to everybody."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.plan import Mode
from projections.catalogue import OFFERINGS
from projections.offering import Offering
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, Text, enum_type

Info = strawberry.Info[Context, None]
OfferingType = output(Offering, key="offering")
enum_type(Mode)


@strawberry.type
class OfferingQuery:
    """Questions about offerings."""

    @strawberry.field(graphql_type=connection(OfferingType), description="Offerings. 班期。")
    async def offerings(
        self,
        info: Info,
        provider: strawberry.ID | None = None,
        place: strawberry.ID | None = None,
        term: strawberry.ID | None = None,
        project: strawberry.ID | None = None,
        subject: Text | None = None,
        mode: Mode | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            OFFERINGS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            provider=provider,
            place=place,
            term=term,
            project=project,
            subject=subject,
            mode=mode,
        )

    @strawberry.field(graphql_type=OfferingType | None, description="One offering. 一个班期。")
    async def offering(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(OFFERINGS, id, at_least, as_of=as_of)

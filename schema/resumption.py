"""Resumptions of offline training under epidemic control."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.names import OfferingId
from projections.catalogue import OFFERINGS, RESUMPTIONS
from projections.reader import Where
from projections.resumption import ProviderResumption, ResumptionStatus
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, enum_type, named

Info = strawberry.Info[Context, None]
ResumptionType = output(ProviderResumption, skip=("done",))
enum_type(ResumptionStatus)


@strawberry.type
class ResumptionQuery:
    """Questions about resumptions."""

    @strawberry.field(
        graphql_type=connection(ResumptionType),
        description="Providers on their way back to offline training. 恢复线下培训。",
    )
    async def resumptions(
        self,
        info: Info,
        provider: strawberry.ID | None = None,
        offering: strawberry.ID | None = None,
        place: strawberry.ID | None = None,
        status: ResumptionStatus | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        classes = named((OfferingId, offering, "offering"))
        hosts = tuple(("provider", OFFERINGS.name, ("key", each)) for each in classes)
        return await info.context.slice(
            RESUMPTIONS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            narrowed=Where(through=hosts),
            provider=provider,
            place=place,
            status=status,
        )

    @strawberry.field(
        graphql_type=ResumptionType | None,
        description="How far one provider is. 一个机构恢复线下培训的进展。",
    )
    async def resumption(
        self,
        info: Info,
        provider: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(
            RESUMPTIONS, provider, at_least, as_of=as_of, argument="provider"
        )

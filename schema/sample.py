"""Audit samples: how each was drawn, what is in it, and whether it comes out the same again."""

from __future__ import annotations

from typing import Any

import strawberry

from projections.catalogue import SAMPLES
from projections.sample import Drawn, Sample, SampleCheck, Verified, verified
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, listed

Info = strawberry.Info[Context, None]
output(SampleCheck)
DrawnType = output(Drawn, name="DrawnTraining")
VerifiedType = output(Verified, name="SampleVerification")


async def _verified(root: strawberry.Parent[Any], info: Info) -> Any:
    return await info.context.run(verified, info.context.house.ledger.feed, root)


async def _items(root: strawberry.Parent[Any], info: Info) -> Any:
    found = await info.context.run(verified, info.context.house.ledger.feed, root)
    return list(found.items)


_verified.__annotations__["return"] = VerifiedType
_items.__annotations__["return"] = listed(DrawnType)
SampleType = output(
    Sample,
    name="AuditSample",
    key="sample",
    skip=("tags",),
    fields={
        "items": strawberry.field(
            resolver=_items,
            description="What was drawn, in the order of the draw. 样本，按抽取次序。",
        ),
        "verify": strawberry.field(
            resolver=_verified,
            description="The sample drawn again from its seed and the population as of its "
            "position, with its trainings. 按种子与当时的总体重新抽取，并列出样本。",
        ),
    },
)


@strawberry.type
class SampleQuery:
    """Questions about audit samples."""

    @strawberry.field(
        graphql_type=connection(SampleType),
        description="Audit samples by the place that drew and the place that was sampled. 抽样。",
    )
    async def audit_samples(
        self,
        info: Info,
        place: strawberry.ID | None = None,
        owner: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            SAMPLES,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            place=place,
            owner=owner,
        )

    @strawberry.field(graphql_type=SampleType | None, description="One audit sample. 一次抽样。")
    async def audit_sample(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(SAMPLES, str(id), at_least, as_of=as_of)

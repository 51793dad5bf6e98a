"""From what a verdict follows: the necessary events and the rules that answered."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from ledger.evidence import Evidence, evidence
from ledger.names import TeacherId
from schema.context import Context
from schema.difference import known_at
from schema.moment import AsOf
from schema.outputs import output
from schema.scalars import Position

Info = strawberry.Info[Context, None]
EvidenceType = output(Evidence)


@strawberry.type
class EvidenceQuery:
    """Questions about what a verdict stands on."""

    @strawberry.field(
        graphql_type=EvidenceType | None,
        description="What a verdict follows from, and nothing beyond that. 判断的证据。",
    )
    async def evidence(
        self,
        info: Info,
        teacher: strawberry.ID,
        on: date | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        if not await context.opens(str(teacher), at_least, as_of):
            return None
        known = await known_at(context, teacher, as_of or AsOf(), on)
        rules = await context.run(context.house.rules.at, known.position)
        return await context.run(evidence, TeacherId(teacher), known.entries, rules, known.day)

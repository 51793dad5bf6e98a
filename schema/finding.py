"""Findings."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name
from projections.catalogue import FINDINGS
from projections.finding import Finding
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, Text, enum_type, named

Info = strawberry.Info[Context, None]
FindingType = output(Finding, skip=("tags",))
enum_type(Outcome)


@strawberry.type
class FindingQuery:
    """Questions about findings."""

    @strawberry.field(
        graphql_type=connection(FindingType), description="Findings, latest first. 审计发现。"
    )
    async def findings(
        self,
        info: Info,
        rule: Text | None = None,
        outcome: Outcome | None = None,
        code: Text | None = None,
        place: strawberry.ID | None = None,
        subject: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            FINDINGS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            descending=True,
            tagged=named((JurisdictionId, place, "place"), (Name, subject, "subject")),
            rule=rule,
            outcome=outcome,
            code=code,
        )

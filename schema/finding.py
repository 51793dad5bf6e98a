"""Findings."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.fault import Fault
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name
from projections.catalogue import FINDINGS
from projections.finding import Finding
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, Text, enum_type

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
        names = {"place": place, "subject": subject}
        return await info.context.slice(
            FINDINGS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            descending=True,
            tagged=tuple(_name(each, where) for where, each in names.items() if each is not None),
            rule=rule,
            outcome=outcome,
            code=code,
        )


def _name(given: str, argument: str) -> str:
    try:
        return str((JurisdictionId if argument == "place" else Name)(given))
    except Fault as fault:
        fault.field = argument
        raise

"""Reconciliations: a bureau's sheets held against the ledger, and who signed what came of them."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.mapping import Form
from projections.catalogue import RECONCILIATIONS
from projections.reconciliation import Reconciliation, ReconciliationState
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, enum_type

Info = strawberry.Info[Context, None]
enum_type(ReconciliationState)
ReconciliationType = output(Reconciliation, key="reconciliation")


@strawberry.type
class ReconciliationQuery:
    """Questions about reconciliations."""

    @strawberry.field(
        graphql_type=connection(ReconciliationType),
        description="Reconciliations by place, form, year and status. 对账。",
    )
    async def reconciliations(
        self,
        info: Info,
        place: strawberry.ID | None = None,
        form: Form | None = None,
        year: int | None = None,
        status: ReconciliationState | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            RECONCILIATIONS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            place=place,
            form=form,
            year=year,
            status=status,
        )

    @strawberry.field(
        graphql_type=ReconciliationType | None, description="One reconciliation. 一次对账。"
    )
    async def reconciliation(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(RECONCILIATIONS, str(id), at_least, as_of=as_of)

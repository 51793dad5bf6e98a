"""Petitions: who asked that which credit be put right, and what its bureau decided."""

from __future__ import annotations

from typing import Any

import strawberry

from projections.catalogue import PETITIONS
from projections.petition import Petition, PetitionState
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, enum_type

Info = strawberry.Info[Context, None]
enum_type(PetitionState)
PetitionType = output(Petition, key="petition", skip=("tags",))


@strawberry.type
class PetitionQuery:
    """Questions about petitions."""

    @strawberry.field(
        graphql_type=connection(PetitionType),
        description="Petitions by teacher, school, deciding bureau, credit, reconciliation and "
        "status. 更正申请。",
    )
    async def petitions(
        self,
        info: Info,
        teacher: strawberry.ID | None = None,
        school: strawberry.ID | None = None,
        authority: strawberry.ID | None = None,
        credit: strawberry.ID | None = None,
        reconciliation: strawberry.ID | None = None,
        status: PetitionState | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            PETITIONS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            teacher=teacher,
            school=school,
            authority=authority,
            credit=credit,
            reconciliation=reconciliation,
            status=status,
        )

    @strawberry.field(graphql_type=PetitionType | None, description="One petition. 一份更正申请。")
    async def petition(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(PETITIONS, str(id), at_least, as_of=as_of)

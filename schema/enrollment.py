"""Enrollments and completions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import strawberry

from ledger.enrollment import Status
from projections.catalogue import COMPLETIONS, ENROLLMENTS
from projections.completion import Completion, CompletionStatus
from projections.enrollment import Enrollment
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, enum_type

Info = strawberry.Info[Context, None]


def _missed(root: strawberry.Parent[Any]) -> Decimal:
    total: Decimal = root.hours_missed
    return total


EnrollmentType = output(Enrollment)
CompletionType = output(
    Completion,
    fields={
        "hours_missed": strawberry.field(
            resolver=_missed, description="All missed hours. 缺课合计。"
        )
    },
)
enum_type(Status)
enum_type(CompletionStatus)


@strawberry.type
class EnrollmentQuery:
    """Questions about enrollments and completions."""

    @strawberry.field(
        graphql_type=connection(EnrollmentType),
        description="Enrollments: of a teacher, or the roster of an offering. 选课与名册。",
    )
    async def enrollments(
        self,
        info: Info,
        teacher: strawberry.ID | None = None,
        offering: strawberry.ID | None = None,
        school: strawberry.ID | None = None,
        term: strawberry.ID | None = None,
        status: Status | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            ENROLLMENTS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            teacher=teacher,
            offering=offering,
            school=school,
            term=term,
            status=status,
        )

    @strawberry.field(
        graphql_type=connection(CompletionType),
        description="Trainees with hours missed, outcome and notices. 学员结果。",
    )
    async def completions(
        self,
        info: Info,
        teacher: strawberry.ID | None = None,
        offering: strawberry.ID | None = None,
        status: CompletionStatus | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            COMPLETIONS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            teacher=teacher,
            offering=offering,
            status=status,
        )

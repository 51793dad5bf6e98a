"""Enrollments and completions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import strawberry

from ledger.enrollment import Status
from ledger.offering import OfferingOpened
from ledger.store.feed import Filter
from projections.catalogue import COMPLETIONS, ENROLLMENTS
from projections.completion import Completion, CompletionStatus, Ground, grounds
from projections.enrollment import Enrollment
from schema.compiled.plan import BATCH
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, enum_type, listed

Info = strawberry.Info[Context, None]


def _missed(root: strawberry.Parent[Any]) -> Decimal:
    total: Decimal = root.hours_missed
    return total


def told_grounds(context: Context, known: dict[str, Any], row: Completion) -> list[Ground]:
    """The rules that an outcome stands on; ``known`` keeps the openings of classes once read."""
    if not row.rules:
        return []
    offering = str(row.offering)
    if offering not in known:
        wanted = Filter(tags=(offering,), types=(OfferingOpened.NAME,))
        known[offering] = next(iter(context.house.reader.feed.entries(wanted)))
    book = context.house.rules.at(row.positions[-1])  # what is adopted later explains no outcome
    return grounds(row, book, known[offering])


async def _grounds(root: strawberry.Parent[Any], info: Info) -> Any:
    return await info.context.run(told_grounds, info.context, {}, root)


async def _all_grounds(context: Context, rows: list[Any]) -> list[Any]:
    def read() -> list[list[Ground]]:
        known: dict[str, Any] = {}
        return [told_grounds(context, known, row) for row in rows]

    return list(await context.run(read))


GroundType = output(Ground, name="CompletionGround")
EnrollmentType = output(Enrollment)
CompletionType = output(
    Completion,
    fields={
        "hours_missed": strawberry.field(
            resolver=_missed, description="All missed hours. 缺课合计。"
        ),
        "grounds": strawberry.field(
            resolver=_grounds,
            graphql_type=listed(GroundType),
            description="The rules that the outcome stands on, with clause and parameters. "
            "结果所依据的条款与参数。",
            metadata={BATCH: _all_grounds},
        ),
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

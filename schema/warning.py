"""Warnings: yellow cards and what came of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry
from msgspec import structs

from projections.catalogue import WARNINGS
from projections.reader import Where
from projections.warning import WarningCase, WarningStatus
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, enum_type

Info = strawberry.Info[Context, None]
enum_type(WarningStatus)


class DatedCase(WarningCase, kw_only=True):
    """The case against a provider, or against one project where one is named."""

    day: date


def _overdue(root: strawberry.Parent[Any]) -> bool:
    late: bool = root.overdue(root.day)
    return late


WarningType = output(
    DatedCase,
    name="WarningCase",
    skip=("card", "failed", "closed"),
    fields={
        "overdue": strawberry.field(
            resolver=_overdue,
            description="Whether the deadline went by without a re-inspection. "
            "期限已过而未再检查。",
        )
    },
)


@strawberry.type
class WarningQuery:
    """Questions about warnings."""

    @strawberry.field(
        graphql_type=connection(WarningType),
        description="Yellow cards and what came of them. 黄牌警告及其后续。",
    )
    async def warnings(
        self,
        info: Info,
        provider: strawberry.ID | None = None,
        place: strawberry.ID | None = None,
        status: WarningStatus | None = None,
        due_by: date | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        page = await info.context.slice(
            WARNINGS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            narrowed=Where().and_between("due", None, due_by),
            provider=provider,
            place=place,
            status=status,
        )
        day = await (as_of or AsOf()).day(info.context)
        page.rows = [(key, _dated(case, day)) for key, case in page.rows]
        return page

    @strawberry.field(
        graphql_type=WarningType | None,
        description="The case against a provider or a project. 对一个机构或项目的警告。",
    )
    async def warning(
        self,
        info: Info,
        target: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        case = await context.one(WARNINGS, target, at_least, as_of=as_of, argument="target")
        return case and _dated(case, await (as_of or AsOf()).day(context))


def _dated(case: WarningCase, day: date) -> DatedCase:
    """A case with the day on which it is asked whether it is overdue."""
    return DatedCase(**structs.asdict(case), day=day)

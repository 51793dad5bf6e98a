"""Declared projects and the changes of their plans."""

from __future__ import annotations

from typing import Any

import strawberry

from projections.catalogue import CHANGES, PROJECTS
from projections.change import PlanChange
from projections.declaration import Project, ProjectStatus
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, enum_type

Info = strawberry.Info[Context, None]
ProjectType = output(Project, key="project")
ChangeType = output(PlanChange, key="change")
Status = enum_type(ProjectStatus)


@strawberry.type
class DeclarationQuery:
    """Questions about projects."""

    @strawberry.field(graphql_type=connection(ProjectType), description="Projects. 培训项目。")
    async def projects(
        self,
        info: Info,
        provider: strawberry.ID | None = None,
        place: strawberry.ID | None = None,
        term: strawberry.ID | None = None,
        status: ProjectStatus | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            PROJECTS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            provider=provider,
            place=place,
            term=term,
            status=status,
        )

    @strawberry.field(graphql_type=ProjectType | None, description="One project. 一个项目。")
    async def project(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(PROJECTS, id, at_least, as_of=as_of)

    @strawberry.field(graphql_type=connection(ChangeType), description="Changes. 方案调整。")
    async def plan_changes(
        self,
        info: Info,
        offering: strawberry.ID | None = None,
        provider: strawberry.ID | None = None,
        place: strawberry.ID | None = None,
        term: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            CHANGES,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            offering=offering,
            provider=provider,
            place=place,
            term=term,
        )

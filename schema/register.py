"""Places, schools, providers and teachers."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.command import Role
from ledger.names import JurisdictionId
from ledger.store.access_log import AccessKind
from projections.catalogue import PROVIDERS, SCHOOLS, TEACHERS
from projections.register import Provider, School, Teacher
from schema.access_log import read_person
from schema.compiled.leaf import Unusual
from schema.compiled.plan import BATCH
from schema.context import Context, place_titles
from schema.moment import AsOf
from schema.outputs import Node, connection, output
from schema.person import Person, masked, shown
from schema.scalars import Position

Info = strawberry.Info[Context, None]
OWN = "查看本人信息 / one's own data"


async def _person(root: strawberry.Parent[Any], info: Info) -> Person | None:
    context = info.context
    if context.asker.role is Role.TEACHER and context.asker.scope == root.teacher:
        return shown(await read_person(context, AccessKind.OWN, root, purpose=OWN))
    return masked(await context.people.load(str(root.teacher)))


async def _people(context: Context, rows: list[Any]) -> list[Person | None]:
    """The persons of many teachers at once, masked; one's own is shown in full, and logged."""
    if context.asker.role is Role.TEACHER:
        raise Unusual
    found = await context.run(
        context.house.ledger.vault.open, list(dict.fromkeys(str(row.teacher) for row in rows))
    )
    return [masked(found[str(row.teacher)]) for row in rows]


SchoolType = output(School, key="school")
ProviderType = output(Provider, key="provider")
TeacherType = output(
    Teacher,
    key="teacher",
    fields={
        "person": strawberry.field(
            resolver=_person,
            description="Masked unless one's own. 个人信息，非本人脱敏。",
            metadata={BATCH: _people},
        )
    },
)


@strawberry.type(description="A province, city or county. 省、市、县（市、区）。")
class Jurisdiction(Node):
    """A province, city or county."""

    title: str
    level: str
    within: strawberry.ID | None


@strawberry.type
class RegisterQuery:
    """Questions about the register."""

    @strawberry.field(description="All places, with GB/T 2260 codes. 全部属地。")
    async def jurisdictions(self, info: Info) -> list[Jurisdiction]:
        context = info.context
        titles = await context.run(place_titles, context.house)
        return [jurisdiction(place, title) for place, title in titles.items()]

    @strawberry.field(graphql_type=connection(SchoolType), description="Schools. 学校。")
    async def schools(
        self,
        info: Info,
        place: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            SCHOOLS, first=first, after=after, at_least=at_least, as_of=as_of, place=place
        )

    @strawberry.field(graphql_type=connection(ProviderType), description="Providers. 培训机构。")
    async def providers(
        self,
        info: Info,
        place: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            PROVIDERS, first=first, after=after, at_least=at_least, as_of=as_of, place=place
        )

    @strawberry.field(graphql_type=connection(TeacherType), description="Teachers. 教师。")
    async def teachers(
        self,
        info: Info,
        school: strawberry.ID | None = None,
        place: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            TEACHERS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            school=school,
            place=place,
        )

    @strawberry.field(graphql_type=TeacherType | None, description="One teacher. 一位教师。")
    async def teacher(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(TEACHERS, id, at_least, as_of=as_of)


def jurisdiction(place: str, title: str) -> Jurisdiction:
    """A registered place."""
    name = JurisdictionId(place)
    within = strawberry.ID(name.chain[1]) if len(name.chain) > 1 else None
    return Jurisdiction(id=strawberry.ID(place), title=title, level=name.level, within=within)

"""Obligations of places and schools for a year."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.command import Role
from ledger.fault import Fault
from ledger.names import JurisdictionId, SchoolId
from ledger.requirement import Requirement
from projections.catalogue import ENROLLMENTS, OFFERINGS, RECORDS, SCHOOLS, YEARBOOKS
from projections.obligation import Year, place_obligations
from projections.school_year import school_obligations
from schema.context import Context
from schema.outputs import output
from schema.reach import PLACED, covered
from schema.scalars import Position, listed

Info = strawberry.Info[Context, None]
RequirementType = output(Requirement)
YEAR_MAX = 2199


@strawberry.type
class DutyQuery:
    """Questions about what places and schools have to do in a year."""

    @strawberry.field(
        graphql_type=listed(RequirementType),
        description="All that the rules ask of a place or a school for a year. 年度要求。",
    )
    async def obligations(
        self,
        info: Info,
        year: int,
        place: strawberry.ID | None = None,
        school: strawberry.ID | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        judged = _year(context, year)
        if (place is None) == (school is None):
            raise Fault(
                "ONE_SUBJECT",
                zh="place 与 school 须给且只给一个",
                en="give a place or a school, and not both",
                field="place",
            )
        await context.at_least(at_least, YEARBOOKS, SCHOOLS)
        house = context.house
        rules = await context.run(house.rules.now)
        if place is not None:
            named = JurisdictionId(place)
            if not reaches(context, named, None):
                return []
            return await context.run(
                place_obligations, house.reader, rules, (YEARBOOKS, SCHOOLS), named, judged
            )
        views = (YEARBOOKS, RECORDS, ENROLLMENTS, OFFERINGS)
        await context.at_least(at_least, *views)
        found = await context.one(SCHOOLS, str(school), argument="school")
        if found is None:
            raise Fault(
                "UNKNOWN_SCHOOL",
                zh=f"账本中没有登记 {school}",
                en=f"no {school} is registered in this ledger",
                field="school",
            )
        if not reaches(context, found.place, found.school):
            return []
        return await context.run(
            school_obligations, house.reader, rules, views, found.school, found.place, judged
        )


def _year(context: Context, year: int) -> Year:
    if not 1 <= year <= YEAR_MAX or year > context.today.year:
        raise Fault(
            "BAD_YEAR",
            zh=f"年份须在 1 与今年 {context.today.year} 之间，现为 {year}",
            en=f"a year lies between 1 and this one, {context.today.year}, not {year}",
            field="year",
        )
    return Year(year, context.today)


def reaches(context: Context, place: JurisdictionId, school: SchoolId | None) -> bool:
    """Whether the asker's token covers the place, or is the school's own."""
    asker = context.asker
    if asker.role is Role.OPERATOR:
        return True
    if asker.role in PLACED:
        inside = covered(asker, (str(place),))
        return inside is None or str(place) in inside
    return asker.role is Role.SCHOOL and school is not None and asker.scope == school

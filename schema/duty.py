"""Obligations of places and schools for a year."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from ledger.command import Role
from ledger.fault import Fault
from ledger.names import JurisdictionId, SchoolId
from ledger.regulation import Rulebook
from ledger.requirement import Requirement
from projections.catalogue import ENROLLMENTS, OFFERINGS, RECORDS, SCHOOLS, YEARBOOKS
from projections.obligation import Rows, Year, place_obligations
from projections.school_year import school_obligations
from projections.snapshot import Snapshot
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import output
from schema.reach import PLACED, covered
from schema.scalars import Position, listed, name_in

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
        on: date | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        judged = await year_asked(context, year, as_of, on)
        if (place is None) == (school is None):
            raise Fault(
                "ONE_SUBJECT",
                zh="place 与 school 须给且只给一个",
                en="give a place or a school, and not both",
                field="place",
            )
        await context.at_least(at_least, YEARBOOKS, SCHOOLS)
        rows, rules = await rows_and_rules(context, as_of)
        if place is not None:
            named = name_in(JurisdictionId, place, "place")
            if not reaches(context, named, None):
                return []
            return await context.run(
                place_obligations, rows, rules, (YEARBOOKS, SCHOOLS), named, judged
            )
        views = (YEARBOOKS, RECORDS, ENROLLMENTS, OFFERINGS)
        await context.at_least(at_least, *views)
        found = await context.one(SCHOOLS, str(school), as_of=as_of, argument="school")
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
            school_obligations, rows, rules, views, found.school, found.place, judged
        )


async def rows_and_rules(context: Context, as_of: AsOf | None) -> tuple[Rows, Rulebook]:
    """What answers about the views, and the rules that were known at the same position."""
    rows = await context.rows(as_of)
    rules = context.house.rules
    if isinstance(rows, Snapshot):
        return rows, await context.run(rules.at, rows.known)
    return rows, await context.run(rules.now)


async def year_asked(
    context: Context, year: int, as_of: AsOf | None, on: date | None = None
) -> Year:
    """A year that has begun, judged on the day of the moment, or today."""
    day = min(await (as_of or AsOf()).day(context, on), context.today)
    if not 1 <= year <= YEAR_MAX or year > day.year:
        raise Fault(
            "BAD_YEAR",
            zh=f"年份须在 1 与 {day} 所在的年份之间，现为 {year}",
            en=f"a year lies between 1 and that of {day}, and not at {year}",
            field="year",
        )
    return Year(year, day)


def reaches(context: Context, place: JurisdictionId, school: SchoolId | None) -> bool:
    """Whether the asker's token covers the place, or is the school's own."""
    asker = context.asker
    if asker.role is Role.OPERATOR:
        return True
    if asker.role in PLACED:
        inside = covered(asker, (str(place),))
        return inside is None or str(place) in inside
    return asker.role is Role.SCHOOL and school is not None and asker.scope == school

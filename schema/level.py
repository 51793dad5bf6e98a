"""Levels: the sums of province, city, county and school of a period, as known at a position."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from msgspec import Struct
from strawberry.parent import StrawberryParent

from ledger.fault import Fault
from ledger.level import Level, grown, moves, told_to, written
from ledger.names import JurisdictionId, Name
from ledger.summary import Period, PeriodKind, Summary, list_hash, period_of
from projections.drift import findings_open
from projections.level import Scope, too_wide
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output, paged
from schema.period import position_asked, scope_asked
from schema.scalars import enum_type
from schema.sign_off import SummaryType, TotalsType, by_teacher

Info = strawberry.Info[Context, None]
Parent = Annotated[Any, StrawberryParent()]
TEACHERS_MAX = 20_000
STEPS_TOLD = 2
enum_type(PeriodKind)


@strawberry.type(name="Level", description="The sums of one place or school. 一级的合计。")
class LevelType:
    """The sums of one place or school."""

    of: strawberry.ID = strawberry.field(description="The place or school. 属地或学校。")
    totals: TotalsType = strawberry.field(description="What its teachers come to. 合计。")
    digest: str = strawberry.field(
        description="The hash that binds the sums and everything below. 连同各下级的摘要。"
    )

    @strawberry.field(description="What it is made of; empty for a school. 下一级。")
    def parts(self) -> list[LevelType]:
        return [level_type(each) for each in self.level.parts or ()]

    level: strawberry.Private[Level]


def level_type(level: Level) -> LevelType:
    """A level as it is shown."""
    return LevelType(
        of=strawberry.ID(level.of), totals=level.totals, digest=level.digest, level=level
    )


class Levels(Struct, kw_only=True):
    """A place's or school's period as known at a position, which a bureau may sign off as it is."""

    of: Name
    kind: PeriodKind
    year: int
    position: int
    sha256: str | None
    scope: Scope
    level: Level
    summaries: list[Summary] | None


async def levels_at(
    context: Context, scope: Scope, period: Period, position: int
) -> tuple[Level, list[Summary] | None]:
    """The levels of a place or school, and the list of teachers where they are not too many.

    Wider places are told ``STEPS_TOLD`` steps deep, and opened place by place.
    """
    house = context.house
    try:
        found = await context.run(house.levels.at, scope, period, position, TEACHERS_MAX)
    except Fault as fault:
        if fault.code != "TOO_WIDE" or not isinstance(scope.of, JurisdictionId):
            raise
        places = await context.all_places()
        tree = await context.run(house.trees.at, scope.of, places, period, position)
        return told_to(tree, STEPS_TOLD), None
    return await context.run(grown, scope.of, found), found


def _listed(root: Levels) -> list[Summary]:
    if root.summaries is None:
        raise too_wide(TEACHERS_MAX)
    return root.summaries


async def _teachers(root: Parent, first: int | None = None, after: str | None = None) -> Any:
    return paged(by_teacher(_listed(root)), root.position, first, after)


async def _moves(root: Parent, first: int | None = None, after: str | None = None) -> Any:
    return paged(by_teacher(moves(_listed(root))), root.position, first, after)


async def _findings_open(root: Parent, info: Info) -> int | None:
    if not isinstance(root.of, JurisdictionId):
        return None
    reader = info.context.house.reader
    return await info.context.run(findings_open, reader, root.scope, root.position)


def _level(root: Parent) -> LevelType:
    return level_type(root.level)


def _file(root: Parent) -> str:
    period = period_of(root.year, root.kind)
    return written(root.level, period, root.position).decode()


LevelsType = output(
    Levels,
    skip=("level", "scope", "summaries"),
    fields={
        "findings_open": strawberry.field(
            resolver=_findings_open,
            description="How many findings of the place are open; null for a school. "
            "未办结的审计发现数。",
        ),
        "level": strawberry.field(resolver=_level, description="The sums by level. 分级合计。"),
        "teachers": strawberry.field(
            resolver=_teachers,
            graphql_type=connection(SummaryType),
            description="The list of teachers that the hash is of. 摘要所据的教师名单。",
        ),
        "moves": strawberry.field(
            resolver=_moves,
            graphql_type=connection(SummaryType),
            description="Who was in another place earlier in the period, and is counted in one. "
            "期间内调动、只在一地计入的教师。",
        ),
        "file": strawberry.field(
            resolver=_file,
            description="All hashes as JSON, for another system to compare. 供另一系统比对的摘要。",
        ),
    },
)


@strawberry.type
class LevelQuery:
    """Questions about levels."""

    @strawberry.field(
        graphql_type=LevelsType | None,
        description="A place's or school's sums of a year, or of the cycles that ended in it. "
        "一地或一校某年（或当年届满周期）的分级汇总。",
    )
    async def levels(
        self,
        info: Info,
        of: strawberry.ID,
        year: int,
        kind: PeriodKind = PeriodKind.YEAR,
        as_of: AsOf | None = None,
    ) -> Any:
        context, period = info.context, period_of(year, kind)
        scope = await scope_asked(context, of)
        if scope is None:
            return None
        position = await position_asked(context, as_of)
        level, found = await levels_at(context, scope, period, position)
        return Levels(
            of=scope.of,
            kind=kind,
            year=year,
            position=position,
            sha256=None if found is None else await context.run(list_hash, found),
            scope=scope,
            level=level,
            summaries=found,
        )

"""Sides of levels: where two of them differ, down to the teacher and the events between."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.parent import StrawberryParent

from ledger.fault import Fault
from ledger.level import Apart, read
from ledger.summary import Period, PeriodKind, period_of
from projections.catalogue import SIGN_OFFS
from projections.level import Scope
from projections.level_side import Compared, Opened, Side, compared, opened, signed_side, told_side
from schema.context import Context
from schema.level import levels_at
from schema.moment import AsOf
from schema.outputs import bounded, connection, key_of, output, paged
from schema.period import position_asked, scope_asked
from schema.scalars import Position, listed
from schema.sign_off import TotalsType, by_teacher

Info = strawberry.Info[Context, None]
Parent = Annotated[Any, StrawberryParent()]
OpenedType = output(Opened, name="LevelTeacher")
StepType = output(Apart, name="LevelStep")


@strawberry.input(description="One side of a comparison; one of them, or now. 比对的一方。")
class LevelSide:
    """One side of a comparison."""

    as_of: AsOf | None = strawberry.field(
        default=None, description="This ledger at a moment. 本账本的某一时点。"
    )
    sign_off: strawberry.ID | None = strawberry.field(
        default=None, description="What a bureau signed. 一次结账。"
    )
    told: str | None = strawberry.field(
        default=None, description="What another system tells, as JSON. 另一系统给出的汇总。"
    )


@strawberry.type(name="LevelSideShown", description="A side that was compared. 参与比对的一方。")
class SideType:
    """A side that was compared."""

    position: Position | None = strawberry.field(description="Where it stands. 账本位置。")
    totals: TotalsType = strawberry.field(description="The sums of the whole. 合计。")
    digest: str = strawberry.field(description="The hash of the whole. 摘要。")
    signed: str | None = strawberry.field(
        description="The hash that was signed; it is the same where it was made well. 结账摘要。"
    )


def _side(side: Side) -> SideType:
    return SideType(
        position=None if side.position is None else Position(side.position),
        totals=side.totals,
        digest=side.digest,
        signed=side.signed,
    )


async def _opened(
    root: Parent, info: Info, first: int | None = None, after: str | None = None
) -> Any:
    found: Compared = root
    house, limit, key = info.context.house, bounded(first), key_of(after)
    names = [each for each in found.teachers if key is None or each > key]
    head = await info.context.run(house.ledger.feed.head)
    page = paged([], head, first, after)
    rows = await info.context.run(opened, house.reader, house.rules, found, names[:limit], head)

    async def total() -> int:
        return len(found.teachers)

    page.rows = by_teacher(rows)
    page.more, page.total = len(names) > limit, total
    return page


def _agrees(root: Parent) -> bool:
    return not root.way


def _one(root: Parent) -> SideType:
    return _side(root.one)


def _other(root: Parent) -> SideType:
    return _side(root.other)


def _way(root: Parent) -> Any:
    return root.way


@strawberry.type(name="LevelComparison", description="Two sides compared. 两方比对的结果。")
class ComparisonType:
    """Two sides compared."""

    agrees: bool = strawberry.field(resolver=_agrees, description="Whether they agree. 是否一致。")
    one: SideType = strawberry.field(resolver=_one, description="One side. 一方。")
    other: SideType = strawberry.field(resolver=_other, description="The other side. 另一方。")
    teachers: Any = strawberry.field(
        resolver=_opened,
        graphql_type=connection(OpenedType),
        description="Every teacher of whom they say different things, with the causes. "
        "双方不一致的教师及原因。",
    )

    way: Any = strawberry.field(
        resolver=_way,
        graphql_type=listed(StepType),
        description="The way down to the first difference. 到第一处差异的路径。",
    )


@strawberry.type
class LevelSideQuery:
    """Questions about two sides of levels."""

    @strawberry.field(
        graphql_type=ComparisonType | None,
        description="Where two sides differ, down to the teacher and the events. 分级比对。",
    )
    async def compare_levels(
        self,
        info: Info,
        of: strawberry.ID,
        year: int,
        one: LevelSide,
        kind: PeriodKind = PeriodKind.YEAR,
        other: LevelSide | None = None,
    ) -> Any:
        context, period = info.context, period_of(year, kind)
        scope = await scope_asked(context, of)
        if scope is None:
            return None
        sides = [
            await _made(context, scope, period, each, name)
            for name, each in (("one", one), ("other", other or LevelSide()))
        ]
        return await context.run(compared, scope, period, *sides)


async def _made(
    context: Context, scope: Scope, period: Period, asked: LevelSide, name: str
) -> Side:
    given = [each for each in (asked.as_of, asked.sign_off, asked.told) if each is not None]
    if len(given) > 1:
        raise Fault(
            "BAD_SIDE",
            zh="每一方只能给 asOf、signOff、told 之一",
            en="a side is one of asOf, signOff and told",
            field=name,
        )
    try:
        if asked.told is not None:
            told = await context.run(read, asked.told.encode(errors="replace"))
            return told_side(told, scope.of, period)
        sign_off = None
        if asked.sign_off is not None:
            sign_off = await context.one(SIGN_OFFS, str(asked.sign_off), argument=name)
            if sign_off is None:
                raise _unknown(str(asked.sign_off), name)
            position = sign_off.signed_position
        else:
            position = await position_asked(context, asked.as_of, name)
        level, _ = await levels_at(context, scope, period, position)
        if sign_off is not None:
            return signed_side(sign_off, level, period)
        return Side(level=level, position=position)
    except Fault as fault:
        fault.field = name
        raise


def _unknown(sign_off: str, name: str) -> Fault:
    return Fault(
        "UNKNOWN_SIGN_OFF",
        zh=f"没有结账 {sign_off[:80]}",
        en=f"there is no sign-off {sign_off[:80]}",
        field=name,
    )

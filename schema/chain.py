"""Causes and effects of an event, both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import strawberry

from ledger.event import Entry
from ledger.fault import Fault
from ledger.store.feed import Filter
from projections.catalogue import TRAILS
from projections.chain import Link, causes, effects, link
from projections.said import LinkKind
from projections.search import Search, Sought
from schema.context import Context
from schema.history import EntryType, own_of, position_of, reach_of, shown
from schema.moment import AsOf
from schema.outputs import Slice, bounded, connection
from schema.scalars import Position, enum_type

Info = strawberry.Info[Context, None]
DEPTH_DEFAULT, DEPTH_MAX = 4, 16
BREADTH_DEFAULT, BREADTH_MAX = 20, 100
LinkKindType: Any = enum_type(LinkKind)


@strawberry.type(
    name="ChainLink", description="How one entry leads to another. 条目之间的因果联系。"
)
class LinkType:
    """How one entry leads to another."""

    of: strawberry.ID = strawberry.field(
        description="The event from which this step was taken. 由此事件而来。"
    )
    kind: LinkKindType = strawberry.field(description="How they hang together. 联系种类。")
    depth: int = strawberry.field(description="How many steps away. 相隔步数。")
    entry: EntryType


@strawberry.type(name="Chain", description="What led to an event, or what it led to. 因果链。")
class ChainType:
    """The links, the nearest first."""

    links: list[LinkType]
    more: bool = strawberry.field(
        description="Whether a bound on depth or breadth cut it short. 是否因层数或宽度上限而截断。"
    )


@strawberry.type
class ChainQuery:
    """Questions about causes and effects."""

    @strawberry.field(
        description="What led to an event: its causes, what it corrects, its evidence, and so on "
        "back. 事件的原因，逐层向前。"
    )
    async def causes(
        self,
        info: Info,
        id: strawberry.ID,
        depth: int = DEPTH_DEFAULT,
        breadth: int = BREADTH_DEFAULT,
        as_of: AsOf | None = None,
    ) -> ChainType | None:
        return await _chain(info.context, causes, str(id), depth, breadth, as_of)

    @strawberry.field(
        description="What an event led to, and what that led to. 事件的后果，逐层向后。"
    )
    async def consequences(
        self,
        info: Info,
        id: strawberry.ID,
        depth: int = DEPTH_DEFAULT,
        breadth: int = BREADTH_DEFAULT,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> ChainType | None:
        await info.context.at_least(at_least, TRAILS)
        return await _chain(info.context, effects, str(id), depth, breadth, as_of)

    @strawberry.field(
        graphql_type=connection(LinkType),
        description="The entries that name an event as cause, correction or evidence. "
        "以此事件为原因、更正对象或依据的条目。",
    )
    async def effects(
        self,
        info: Info,
        id: strawberry.ID,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context, limit, cursor = info.context, bounded(first), position_of(after)
        await context.at_least(at_least, TRAILS)
        reach, own = await within(context, as_of), own_of(context)
        reached = await context.run(context.house.runner.position, TRAILS.name)
        if reach.before is not None:
            reached = min(reached, reach.before - 1)
        search = Search(context.house.ledger.pool, context.house.ledger.feed)
        start = await _start(context, search, str(id), reach)
        page: list[Entry] = []
        if start is not None:
            sought = Sought(names=start.id, own=own)
            beyond = replace(reach, after=cursor or 0)
            page = await context.run(search.page, beyond, sought, limit + 1)
        rows = [
            (str(each.position), _shown(context, link(str(id), each, own))) for each in page[:limit]
        ]
        return Slice(rows=rows, more=len(page) > limit, position=reached, begun=cursor is not None)


async def within(context: Context, as_of: AsOf | None = None, tags: tuple[str, ...] = ()) -> Filter:
    """The entries within the asker's reach, as of a moment, that carry all of the tags."""
    known = await as_of.known(context) if as_of is not None else None
    return Filter(
        tags=tags,
        any_tags=await reach_of(context, tags),
        before=None if known is None else known + 1,
        true_by=as_of.effective if as_of is not None else None,
    )


async def _start(context: Context, search: Search, event_id: str, reach: Filter) -> Entry | None:
    found = await context.run(search.find, [event_id])
    return found[0] if found and reach.admits(found[0]) else None


async def _chain(
    context: Context, walk: Any, event_id: str, depth: int, breadth: int, as_of: AsOf | None
) -> ChainType | None:
    for name, given, most in (("depth", depth, DEPTH_MAX), ("breadth", breadth, BREADTH_MAX)):
        if not 1 <= given <= most:
            raise Fault(
                "BAD_CHAIN",
                zh=f"{name} 须在 1 至 {most} 之间",
                en=f"{name} must lie between 1 and {most}",
                field=name,
            )
    reach = await within(context, as_of)
    search = Search(context.house.ledger.pool, context.house.ledger.feed)
    start = await _start(context, search, event_id, reach)
    if start is None:
        return None
    found = await context.run(walk, search, start, reach, own_of(context), depth, breadth)
    return ChainType(links=[_shown(context, each) for each in found.links], more=found.more)


def _shown(context: Context, found: Link) -> LinkType:
    return LinkType(
        of=strawberry.ID(found.of),
        kind=found.kind,
        depth=found.depth,
        entry=shown(context, found.entry),
    )

"""History: entries of the ledger by any filter, and the stream of changes that resumes.

The stream is the log itself. ``changes(after:)`` gives the entries after a position, history first
and then live; a client that comes back with the last position loses nothing and repeats nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import strawberry

from ledger.command import Role
from ledger.event import CATALOGUE, Entry, leaf_hash
from ledger.fault import Fault
from ledger.names import Name
from ledger.store.feed import Filter
from ledger.store.stored import Stored
from projections.catalogue import TRAILS
from projections.mask import masked, own_tags
from projections.search import Search, Sought
from schema.compiled.plan import SPLICED
from schema.compiled.written import WRITES
from schema.context import Context
from schema.entry import WRITING, Entries, data_of, day_of, described, instant_of, spliced
from schema.entry_filter import EntryFilter
from schema.event import EventType
from schema.outputs import Slice, bad_cursor, bounded, connection, key_of
from schema.reach import history_tags
from schema.reading import Reading
from schema.scalars import Position, name_in

Info = strawberry.Info[Context, None]
TAGS_MAX = 16
POSITION_DIGITS_MAX = 16


@strawberry.type(name="Entry", description="An event in its envelope, at its position. 账本条目。")
class EntryType:
    """An event in its envelope."""

    position: Position
    id: strawberry.ID
    type: str
    description: str = strawberry.field(description="What such an event says. 事件含义。")
    at: datetime = strawberry.field(
        description="When the ledger learned it. 记入时刻。", metadata={SPLICED: instant_of}
    )
    on: date = strawberry.field(
        description="The day when it is true. 发生日。", metadata={SPLICED: day_of}
    )
    actor: strawberry.ID
    channel: str
    cause: strawberry.ID | None
    request: str | None
    source: str | None
    place: strawberry.ID | None
    tags: list[str] = strawberry.field(metadata={SPLICED: attrgetter("tags")})
    data: strawberry.scalars.JSON = strawberry.field(metadata={SPLICED: spliced})
    event: EventType = strawberry.field(
        description="What it says, in a type of its own. 事件内容，每种事件各有其型。"
    )
    kept: strawberry.Private[bytes] = b""

    @strawberry.field(
        description="SHA-256 over a zero byte and the body, in hexadecimal: its leaf in the tree "
        "of `digest` (RFC 6962, section 2.1). Null where `body` is. 条目哈希（十六进制），"
        "即摘要树的叶；无 body 者亦无。"
    )
    def leaf_hash(self) -> str | None:
        return leaf_hash(self.kept).hex() if self.kept else None

    @strawberry.field(
        description="The bytes that the ledger keeps, RFC 8785 JSON in UTF-8. Null to a teacher, "
        "who sees only some rows of some entries. 账本所存原文；"
        "教师只见部分行，故无。"
    )
    def body(self) -> str | None:
        return self.kept.decode() or None


setattr(EntryType, WRITES, WRITING)


@strawberry.type(description="Entries after a position, and the position reached. 一批变化。")
class Changes:
    """A page of the stream."""

    position: Position = strawberry.field(description="Resume after this. 由此继续。")
    entries: list[EntryType]


@strawberry.type
class HistoryQuery:
    """Questions about the ledger itself."""

    @strawberry.field(description="The last position. 账本末尾的位置。")
    async def head(self, info: Info) -> Position:
        return Position(await info.context.run(info.context.house.reader.feed.head))

    @strawberry.field(
        graphql_type=connection(EntryType, searched=True),
        description="Entries by any filter, in order or the latest first. 历史。",
    )
    async def history(
        self,
        info: Info,
        filter: EntryFilter | None = None,
        first: int | None = None,
        after: str | None = None,
        latest_first: bool = False,
        at_least: Position | None = None,
    ) -> Any:
        await info.context.at_least(at_least, TRAILS)
        context, limit, cursor = info.context, bounded(first), position_of(after)
        wanted, sought = await _filter(context, filter), _sought(context, filter)
        if cursor is not None and latest_first:
            wanted = replace(wanted, before=min(cursor, wanted.before or cursor))
        elif cursor is not None:
            wanted = replace(wanted, after=max(cursor, wanted.after))
        rows: Sequence[tuple[str, Any]]
        page: Sequence[Any]
        further: int | None = None
        if sought is None and own_of(context) is None:
            page, reached = await context.run(_told, context, wanted, limit, latest_first)
            rows = Entries(page[:limit], context.house.entries)
        else:
            page, further, reached = await pages(context, wanted, sought, limit, latest_first)
            rows = [(str(each.position), shown(context, each)) for each in page[:limit]]
        more, begun = len(page) > limit, cursor is not None
        return Slice(rows=rows, more=more, position=reached, begun=begun, further=further)

    @strawberry.field(description="One entry by event id. 按事件标识查条目。")
    async def entry(self, info: Info, id: strawberry.ID) -> EntryType | None:
        context = info.context
        try:
            UUID(id)
        except ValueError:
            return None
        found = await context.run(context.house.reader.feed.find, id)
        if found is None or not (await _filter(context, None)).admits(found):
            return None
        return shown(context, found)


@strawberry.type
class Subscription:
    """The stream of changes."""

    @strawberry.subscription(
        description="Entries after a position, then new ones as they come. 从某位置起的变化。"
    )
    async def changes(
        self,
        info: Info,
        after: Position = Position(0),
        filter: EntryFilter | None = None,
        batch_size: int = 100,
    ) -> AsyncIterator[Changes]:
        context, size = info.context, bounded(batch_size, least=1, name="batchSize")
        wanted, sought = await _filter(context, filter), _sought(context, filter)
        start = await context.known(max(after, wanted.after), "after")
        reading = Reading(wanted=wanted, sought=sought, size=size, start=start)
        if context.readings is not None:
            context.readings.append(reading)
            return
        async for reached, entries in context.house.ledger.feed.follow(
            replace(wanted, after=start)
        ):
            for position, batch in reading.batches(entries, reached):
                await asyncio.sleep(0)  # the others' turn, and that of a client who has enough
                if batch:
                    yield changes_of(context, position, batch)


def changes_of(context: Context, position: int, entries: Sequence[Entry]) -> Changes:
    """A page of the stream as its reader may see it."""
    shown_entries = [shown(context, each) for each in entries]
    return Changes(position=Position(position), entries=shown_entries)


async def pages(
    context: Context, wanted: Filter, sought: Sought | None, limit: int, latest_first: bool
) -> tuple[list[Entry], int | None, int]:
    """One entry more than the limit, where there is, where to go on, and what was looked at."""
    feed, runner = context.house.reader.feed, context.house.runner

    def read() -> tuple[list[Entry], int | None, int]:
        # The position is read first: there may be later entries than it says, never fewer.
        if sought is None:
            reached = feed.head()
            return feed.page(wanted, limit + 1, latest_first=latest_first), None, reached
        reached = runner.position(TRAILS.name)
        finder = Search(context.house.ledger.pool, feed)
        return *finder.look(wanted, sought, limit + 1, latest_first=latest_first), reached

    return await context.run(read)


def _told(
    context: Context, wanted: Filter, limit: int, latest_first: bool
) -> tuple[list[Stored], int]:
    """The same as ``pages`` for a reader who sees whole entries, as they are stored."""
    return context.house.reader.feed.telling(wanted, limit + 1, latest_first=latest_first)


def shown(context: Context, entry: Entry) -> EntryType:
    """The entry as its reader may see it: a teacher sees only their own rows of a class."""
    own = own_of(context)
    seen = masked(entry, own)
    event: Any = seen.event
    return EntryType(
        position=Position(entry.position),
        id=strawberry.ID(entry.id),
        type=entry.event.NAME,
        description=described(entry.event.NAME),
        at=entry.at,
        on=entry.on,
        actor=strawberry.ID(entry.actor),
        channel=entry.channel,
        cause=strawberry.ID(entry.cause) if entry.cause else None,
        request=entry.request,
        source=entry.source,
        place=strawberry.ID(entry.place) if entry.place else None,
        tags=own_tags(entry, own),
        data=data_of(event),
        event=event,
        kept=seen.kept,
    )


async def reach_of(context: Context, tags: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """The tags of which an entry must carry one; none where another teacher's are asked for."""
    return history_tags(context.asker, await context.places(), tags)


def own_of(context: Context) -> str | None:
    """The teacher who sees only their own rows; ``None`` for everybody else."""
    return str(context.asker.scope) if context.asker.role is Role.TEACHER else None


async def _filter(context: Context, given: EntryFilter | None) -> Filter:
    asked = given or EntryFilter()
    tags = tuple(str(name_in(Name, each, "filter")) for each in asked.tags or ())
    if len(tags) > TAGS_MAX:
        raise Fault(
            "BAD_FILTER",
            zh=f"tags 最多 {TAGS_MAX} 个",
            en=f"at most {TAGS_MAX} tags",
            field="filter.tags",
        )
    unknown = [each for each in asked.types or () if each not in CATALOGUE]
    if unknown:
        raise Fault(
            "UNKNOWN_TYPE",
            zh=f"没有事件类型 {unknown[0][:80]!r}",
            en=f"there is no event type {unknown[0][:80]!r}",
            field="filter.types",
        )
    return Filter(
        tags=tags,
        any_tags=await reach_of(context, tags),
        types=tuple(dict.fromkeys(asked.types or ())),
        actor=str(name_in(Name, asked.actor, "filter")) if asked.actor else None,
        channel=asked.channel.value if asked.channel else None,
        known_from=asked.known_from,
        known_to=asked.known_to,
        on_from=asked.on_from,
        on_to=asked.on_to,
        after=asked.after or 0,
        before=asked.before,
    )


def _sought(context: Context, given: EntryFilter | None) -> Sought | None:
    names = ("id", "text", "request", "source")
    asked = {name: getattr(given, name) for name in names if getattr(given, name, None) is not None}
    return Sought(**asked, own=own_of(context)) if asked else None


def position_of(after: str | None) -> int | None:
    """The position behind a cursor. Raises ``Fault`` (``BAD_CURSOR``)."""
    key = key_of(after)
    if key is None:
        return None
    if not key.isascii() or not key.isdigit() or len(key) > POSITION_DIGITS_MAX:
        raise bad_cursor()
    return int(key)

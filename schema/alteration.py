"""What one entry changed: the rows of the views that it touched, before it and after it."""

from __future__ import annotations

from typing import Any

import strawberry

from projections.alteration import Alteration, FieldChange, alterations, touched
from projections.catalogue import VIEWS
from schema.chain import within
from schema.context import Context
from schema.history import own_of
from schema.label import labelled
from schema.moment import AsOf
from schema.outputs import Slice, bad_cursor, bounded, connection, key_of
from schema.reach import reach

Info = strawberry.Info[Context, None]
DIGITS_MAX = 6
STATES: dict[str, type[Any]] = {view.name: view.state for view in VIEWS}


@strawberry.type(name="FieldChange", description="One field before and after. 一个字段的前后。")
class FieldChangeType:
    """One field before and after."""

    path: str = strawberry.field(description="Where in the row. 字段路径。")
    zh: str = strawberry.field(description="What it is called, in Chinese. 字段名称（中文）。")
    en: str = strawberry.field(description="What it is called, in English. 字段名称（英文）。")
    before: strawberry.scalars.JSON | None = strawberry.field(
        description="As it was; null where it was not there. 之前的值。"
    )
    after: strawberry.scalars.JSON | None = strawberry.field(
        description="As it is from then on; null where it is gone. 之后的值。"
    )


@strawberry.type(name="Alteration", description="What an entry changed in a row. 一行视图的变化。")
class AlterationType:
    """What an entry changed in one row of a view."""

    view: str = strawberry.field(description="The view. 视图名。")
    key: str = strawberry.field(description="The row's key. 行的键。")
    made: bool = strawberry.field(
        description="Whether the row was not there before, or not within reach. 是否新出现。"
    )
    changes: list[FieldChangeType] = strawberry.field(
        description="The fields that differ; none where all stayed the same. 不同的字段。"
    )


@strawberry.type
class AlterationQuery:
    """Questions about what an entry changed."""

    @strawberry.field(
        graphql_type=connection(AlterationType) | None,
        description="The rows that an entry touched, before it and after it, field by field. "
        "一个条目前后，其涉及的各视图行逐字段的变化。",
    )
    async def alterations(
        self,
        info: Info,
        id: strawberry.ID,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
    ) -> Any:
        context, limit, start = info.context, bounded(first), _number(after)
        feed = context.house.ledger.feed
        entry = await context.run(feed.find, str(id))
        if entry is None or not (await within(context, as_of)).admits(entry):
            return None
        places = await context.places()
        allowed = {view.name: reach(context.asker, view.name, places) for view, _ in touched(entry)}
        found = await context.run(
            alterations, feed, entry, allowed, own_of(context), start=start, limit=limit + 1
        )
        return Slice(
            rows=[(str(number), _shown(each)) for number, each in found[:limit]],
            more=len(found) > limit,
            position=entry.position,
            begun=start > 0,
        )


def _shown(found: Alteration) -> AlterationType:
    return AlterationType(
        view=found.view,
        key=found.key,
        made=found.made,
        changes=[_changed(STATES[found.view], each) for each in found.changes],
    )


def _changed(state: type[Any], each: FieldChange) -> FieldChangeType:
    zh, en = labelled(state, each.parts)
    return FieldChangeType(path=each.path, zh=zh, en=en, before=each.before, after=each.after)


def _number(after: str | None) -> int:
    key = key_of(after)
    if key is None:
        return 0
    if not key.isascii() or not key.isdigit() or len(key) > DIGITS_MAX:
        raise bad_cursor()
    return int(key)

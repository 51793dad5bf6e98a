"""Timeline: what happened to any noun, entry by entry, each with a sentence that says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import strawberry

from ledger.event import Entry
from ledger.fault import Fault
from ledger.names import Name
from projections.catalogue import OFFERINGS, ORDERS, PROJECTS, PROVIDERS, SCHOOLS
from projections.mask import masked
from schema.chain import within
from schema.context import Context, place_titles
from schema.history import EntryType, own_of, position_of, shown
from schema.moment import AsOf
from schema.outputs import Slice, bounded, connection
from schema.reach import reach
from schema.scalars import name_in
from schema.sentence import Speaker, names_in

Info = strawberry.Info[Context, None]
NAMES_MAX = 4
TITLED: dict[str, Any] = {
    "school": SCHOOLS,
    "provider": PROVIDERS,
    "offering": OFFERINGS,
    "project": PROJECTS,
    "order": ORDERS,
}


@strawberry.type(description="What happened, in an entry and in a sentence. 时间线上的一件事。")
class Happening:
    """What happened."""

    zh: str = strawberry.field(description="What happened, in Chinese. 所发生的事（中文）。")
    en: str = strawberry.field(description="What happened, in English. 所发生的事（英文）。")
    entry: EntryType


@strawberry.type
class TimelineQuery:
    """Questions about what happened."""

    @strawberry.field(
        graphql_type=connection(Happening),
        description="What happened to anything with a name: a teacher, class, project, order, "
        "change, credit, school, provider, place, term or document. 任一对象的时间线。",
    )
    async def timeline(
        self,
        info: Info,
        of: strawberry.ID,
        along_with: list[strawberry.ID] | None = None,
        latest_first: bool = False,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
    ) -> Any:
        context, limit, cursor = info.context, bounded(first), position_of(after)
        wanted = await within(context, as_of, _names(of, along_with or []))
        if cursor is not None and latest_first:
            wanted = replace(wanted, before=min(cursor, wanted.before or cursor))
        elif cursor is not None:
            wanted = replace(wanted, after=cursor)
        feed = context.house.ledger.feed
        head = await context.run(feed.head)
        page = await context.run(feed.page, wanted, limit + 1, latest_first=latest_first)
        rows = await happenings(context, page[:limit])
        known = await as_of.known(context) if as_of is not None else None
        return Slice(
            rows=rows,
            more=len(page) > limit,
            position=head if known is None else known,
            begun=cursor is not None,
        )


async def happenings(context: Context, entries: list[Entry]) -> list[tuple[str, Happening]]:
    """The entries with their sentences, as their reader may see them."""
    own = own_of(context)
    seen = [masked(each, own) for each in entries]
    speaker = Speaker(await titles(context, {name for each in seen for name in names_in(each)}))
    rows = []
    for entry, each in zip(entries, seen, strict=True):
        zh, en = speaker.sentences(each)
        rows.append((str(entry.position), Happening(zh=zh, en=en, entry=shown(context, entry))))
    return rows


async def titles(context: Context, names: Iterable[str]) -> dict[str, str]:
    """The titles of names, as far as the asker may see them."""
    found: dict[str, str] = {}
    by_kind: dict[str, list[str]] = {}
    for name in names:
        by_kind.setdefault(name.partition(":")[0], []).append(name)
    if "jurisdiction" in by_kind:
        found |= await context.run(place_titles, context.house)
    found |= {each: each.partition(":")[2] for each in by_kind.get("term", ())}
    for kind, view in TITLED.items():
        allowed = reach(context.asker, view.name, await context.places())
        if kind not in by_kind or allowed is None:
            continue
        keys = replace(allowed, among=(*allowed.among, ("key", tuple(by_kind[kind]))))
        page = await context.run(context.house.reader.page, view, keys, first=1_000)
        found |= {key: title for key, state in page.rows if (title := _title(state))}
    return found


def _title(state: Any) -> str:
    plan = getattr(state, "plan", None)
    return str(plan.title if plan is not None else getattr(state, "title", ""))


def _names(of: str, others: list[strawberry.ID]) -> tuple[str, ...]:
    if len(others) >= NAMES_MAX:
        raise Fault(
            "BAD_FILTER",
            zh=f"最多 {NAMES_MAX} 个标识",
            en=f"at most {NAMES_MAX} names",
            field="alongWith",
        )
    given = [("of", of), *(("alongWith", each) for each in others)]
    return tuple(dict.fromkeys(str(name_in(Name, each, argument)) for argument, each in given))

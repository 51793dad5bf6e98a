"""The history from the command line: entries by tag, type, actor, channel, day and position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta, timezone
from itertools import chain
from typing import Annotated, Any

import msgspec
import typer

from api.books import open_books
from api.terminal import (
    DAY,
    Json,
    beginning,
    console,
    name_of,
    print_json,
    settings_of,
    stop,
    table,
    tell,
)
from ledger.event import CATALOGUE, Channel, Entry, encode
from ledger.store.feed import PAGE_MAX, Feed, Filter

SHANGHAI = timezone(timedelta(hours=8))
LIMIT = 100
SHOWN_MAX = 6

Types = Annotated[
    list[str] | None,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="Of this type; may be repeated. 事件类型，可多次给出。",
        autocompletion=beginning(CATALOGUE),
    ),
]
Tags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag", metavar="NAME", help="About this; may be repeated. 相关标识，可多次给出。"
    ),
]


def history(
    context: typer.Context,
    tag: Tags = None,
    type_: Types = None,
    actor: Annotated[
        str | None, typer.Option(metavar="NAME", help="By this actor. 操作者。")
    ] = None,
    channel: Annotated[
        Channel | None, typer.Option(case_sensitive=False, help="Through this channel. 渠道。")
    ] = None,
    from_day: Annotated[
        date | None, typer.Option(help="True from this day on. 起始日。", **DAY)
    ] = None,
    to_day: Annotated[
        date | None, typer.Option(help="True up to this day. 截止日。", **DAY)
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="After this position. 在此位置之后。")] = 0,
    before: Annotated[int | None, typer.Option(min=1, help="Before this one. 在此之前。")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many. 最多条数。")] = LIMIT,
    latest: Annotated[bool, typer.Option("--latest", help="The latest first. 最新在前。")] = False,
    as_json: Json = False,
) -> None:
    """Show the ledger's entries. 查账本历史。

    All conditions must hold; several --tag must all be on an entry, one of several --type is
    enough. Days are days in the world, times are when the ledger learned it, in Shanghai.
    """
    _require_known(type_ or [])
    wanted = Filter(
        tags=tuple(str(name_of(each)) for each in tag or ()),
        types=tuple(type_ or ()),
        actor=str(name_of(actor)) if actor else None,
        channel=channel.value if channel else None,
        on_from=from_day,
        on_to=to_day,
        after=after,
        before=before,
    )
    with open_books(settings_of(context)) as books:
        entries = _paged(books.feed, wanted, limit, latest_first=latest)
        first = next(entries, None)
        if first is None:
            tell(*_why_nothing(books.feed, wanted))
        else:
            _print(chain([first], entries), as_json=as_json)


def _require_known(types: list[str]) -> None:
    unknown = [each for each in types if each not in CATALOGUE]
    if unknown:
        raise stop(
            "UNKNOWN_TYPE",
            f"没有事件类型 {unknown[0]}，例如 credit.awarded。",
            f"There is no event type {unknown[0]}; one is credit.awarded.",
        )


def _why_nothing(feed: Feed, wanted: Filter) -> tuple[str, str]:
    """Why nothing was found, as far as one condition alone explains it, in both languages."""
    head, after, before = feed.head(), wanted.after, wanted.before
    if after >= head:
        zh = f"没有找到：位置 {after} 之后没有事件，账本末尾是 {head}。"
        return zh, f"Nothing found: the head of the ledger is {head}, and {after} is not before it."
    if before is not None and before <= after + 1:
        zh = f"没有找到：位置 {after} 与 {before} 之间没有其他位置。"
        return zh, f"Nothing found: no position lies after {after} and before {before}."
    since, until = wanted.on_from, wanted.on_to
    if since is not None and until is not None and since > until:
        zh = f"没有找到：起始日 {since} 晚于截止日 {until}。"
        return zh, f"Nothing found: the first day, {since}, is later than the last, {until}."
    for tag in wanted.tags:
        if not feed.page(Filter(tags=(tag,)), 1):
            return f"没有找到：没有事件涉及 {tag}。", f"Nothing found: no event has the tag {tag}."
    if wanted.actor and not feed.page(Filter(actor=wanted.actor), 1):
        by = wanted.actor
        return f"没有找到：没有事件出自 {by}。", f"Nothing found: no event is by {by}."
    return (
        f"没有找到：至位置 {head}（账本末尾），没有事件符合全部条件。",
        f"Nothing found: up to the head, {head}, no event meets all the conditions.",
    )


def plain(entry: Entry) -> dict[str, Any]:
    """An entry as its body says it, with its position in front."""
    body: dict[str, Any] = msgspec.json.decode(encode(entry))
    return {"position": entry.position} | body


def _paged(feed: Feed, wanted: Filter, limit: int, *, latest_first: bool) -> Iterator[Entry]:
    left = limit
    while left > 0:
        page = feed.page(wanted, left, latest_first=latest_first)
        yield from page
        left -= len(page)
        if len(page) < PAGE_MAX:
            return
        last = page[-1].position
        wanted = replace(wanted, before=last) if latest_first else replace(wanted, after=last)


def _print(entries: Iterator[Entry], *, as_json: bool) -> None:
    if as_json:
        print_json(map(plain, entries))
        return
    shown = table("position", "known", "day", "type", "actor", "channel", "about")
    for entry in entries:
        tags = entry.event.tags
        more = f" +{len(tags) - SHOWN_MAX}" if len(tags) > SHOWN_MAX else ""
        shown.add_row(
            str(entry.position),
            f"{entry.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            str(entry.on),
            entry.event.NAME,
            entry.actor,
            entry.channel,
            " ".join(tags[:SHOWN_MAX]) + more,
        )
    console().print(shown)

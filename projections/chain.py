"""Chain: from an event back to what led to it, and on to what it led to, within a reader's reach.

What lies outside the reach is absent, and so is all that is reached through it only.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ledger.event import Entry
from ledger.store.feed import Filter
from projections.mask import masked
from projections.said import LinkKind, links
from projections.search import Search, Sought

LINKS_MAX = 200


class Link(Struct, frozen=True, kw_only=True):
    """One step of a chain: how ``entry`` and the event ``of`` hang together, and how far along."""

    of: str
    kind: LinkKind
    depth: int
    entry: Entry


class Chain(Struct, frozen=True, kw_only=True):
    """The links of a chain, the nearest first; ``more``: a bound cut it short."""

    links: tuple[Link, ...]
    more: bool


def causes(
    search: Search, start: Entry, reach: Filter, own: str | None, depth: int, breadth: int
) -> Chain:
    """What led to an entry, step by step: causes, what it corrects, and its evidence."""
    found: list[Link] = []
    seen, level, more = {start.id}, [start], False
    for step in range(1, depth + 2):
        asked = [
            (each, kind, event_id)
            for each in level
            for kind, event_id in links(masked(each, own))[:breadth]
            if event_id not in seen
        ]
        more = more or any(len(links(masked(each, own))) > breadth for each in level)
        known = {each.id: each for each in search.find({each[2] for each in asked})}
        level = []
        for each, kind, event_id in asked:
            cause = known.get(event_id)
            if cause is None or event_id in seen or not reach.admits(cause):
                continue
            if step > depth or len(found) >= LINKS_MAX:
                return Chain(links=tuple(found), more=True)
            seen.add(event_id)
            level.append(cause)
            found.append(Link(of=each.id, kind=kind, depth=step, entry=cause))
    return Chain(links=tuple(found), more=more)


def effects(
    search: Search, start: Entry, reach: Filter, own: str | None, depth: int, breadth: int
) -> Chain:
    """What an entry led to, step by step: the entries that name it, and those that name these."""
    found: list[Link] = []
    seen, level, more = {start.id}, [start], False
    for step in range(1, depth + 2):
        following: list[Entry] = []
        for each in level:
            named = search.page(reach, Sought(names=each.id, own=own), breadth + 1)
            more = more or len(named) > breadth
            for effect in named[:breadth]:
                if effect.id in seen:
                    continue
                if step > depth or len(found) >= LINKS_MAX:
                    return Chain(links=tuple(found), more=True)
                seen.add(effect.id)
                following.append(effect)
                found.append(link(each.id, effect, own, step))
        level = following
    return Chain(links=tuple(found), more=more)


def link(of: str, effect: Entry, own: str | None, depth: int = 1) -> Link:
    """The link from an event to an entry that names it."""
    kinds: Iterable[LinkKind] = (
        kind for kind, event_id in links(masked(effect, own)) if event_id == of
    )
    return Link(of=of, kind=next(iter(kinds)), depth=depth, entry=effect)

"""Wishes: which changes somebody asks for, by type, tag and place, within what they may see."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from ledger.command import Asker, Role
from ledger.event import CATALOGUE
from ledger.fault import Fault
from ledger.names import JurisdictionId, Name
from ledger.store.feed import Filter
from ledger.store.webhook import WantedChanges
from schema.context import House, place_titles
from schema.history import TAGS_MAX
from schema.reach import covered, history_tags, of_another
from schema.scalars import name_in


@strawberry.input(description="Which entries; what is left out does not restrict. 条目筛选。")
class ChangeFilter:
    """Which entries: of these types, with all of these tags, from a place or below it."""

    types: list[str] | None = None
    tags: list[strawberry.ID] | None = None
    place: strawberry.ID | None = None


def wish_of(
    types: Sequence[str] | None, tags: Sequence[str] | None, place: str | None, where: str
) -> WantedChanges:
    """What is asked for, checked; ``where``: the argument. Raises ``Fault``."""
    kinds = tuple(dict.fromkeys(types or ()))
    names = tuple(dict.fromkeys(str(name_in(Name, e, f"{where}.tags")) for e in tags or ()))
    unheard = next((each for each in kinds if each not in CATALOGUE), None)
    if unheard is not None:
        raise Fault(
            "UNKNOWN_TYPE",
            zh=f"没有事件类型 {unheard[:80]!r}",
            en=f"there is no event type {unheard[:80]!r}",
            field=f"{where}.types",
        )
    if len(names) > TAGS_MAX:
        zh, en = f"tags 最多 {TAGS_MAX} 个", f"at most {TAGS_MAX} tags"
        raise Fault("BAD_FILTER", zh=zh, en=en, field=f"{where}.tags")
    from_ = None if place is None else name_in(JurisdictionId, place, f"{where}.place")
    return WantedChanges(types=kinds, tags=names, place=from_)


def entries_for(
    house: House, asker: Asker, wanted: WantedChanges, *, after: int = 0, before: int | None = None
) -> Filter:
    """The entries that an asker wishes for and may see; blocking."""
    own, tags = asker.scope, wanted.tags
    scopes = [each for each in (own, wanted.place) if isinstance(each, JurisdictionId)]
    wide = any(each.level == "CITY" for each in scopes)
    places = tuple(place_titles(house)) if wide else ()
    reach = history_tags(asker, places)
    if wanted.place is not None:
        below = covered(Asker(actor=asker.actor, role=Role.BUREAU, scope=wanted.place), places)
        if reach is None or below is None:
            reach = below if reach is None else reach
        elif isinstance(own, JurisdictionId):
            reach = tuple(each for each in below if each in reach)
        else:
            tags, reach = (*tags, *reach), below
    if of_another(asker, tags):
        reach = ()
    return Filter(tags=tags, types=wanted.types, any_tags=reach, after=after, before=before)

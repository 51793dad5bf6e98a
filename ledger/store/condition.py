"""Conditions: what a filter asks of an entry, each as words of which it stands under one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ledger.store import block
from ledger.store.statements import tag_hash

if TYPE_CHECKING:
    from ledger.store.feed import Filter


@dataclass(frozen=True)
class Words:
    """One condition: an entry fits that stands under one of these words."""

    hashes: tuple[int, ...]
    tags: bool = False
    # No index but the blocks leads to its entries.
    unindexed: bool = False


def conditions_of(wanted: Filter) -> list[Words]:
    """The conditions of a filter that words can tell, those of tags last."""
    found: list[Words] = []
    if wanted.types:
        found.append(_words(map(block.of_type, wanted.types)))
    if wanted.channel is not None:
        found.append(_words([block.of_channel(wanted.channel)], unindexed=True))
    if wanted.on_from is not None or wanted.on_to is not None:
        span = block.days_between(wanted.on_from or date.min, wanted.on_to or date.max)
        found.append(_words(span, unindexed=True))
    found += [_words([each], tags=True) for each in wanted.all_tags]
    if wanted.any_tags is not None:
        found.append(_words(wanted.any_tags, tags=True))
    return found


def entries_alone() -> list[Words]:
    """The condition of a filter that has none: not to be an event that is no entry."""
    return [_words([block.ENTRY], unindexed=True)]


def _words(words: Iterable[str], *, tags: bool = False, unindexed: bool = False) -> Words:
    return Words(tuple(dict.fromkeys(map(tag_hash, words))), tags, unindexed)


def crosses(conditions: list[Words]) -> bool:
    """Whether no one index has the page as it stands."""
    if len(conditions) == 1:
        return conditions[0].unindexed
    return len(conditions) > 1

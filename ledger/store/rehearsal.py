"""Rehearsal: what would follow from a command, decided as of any position, with nothing written.

The command learns what the committer would let it learn, read from the feed instead of under the
lock; so another may come in between a rehearsal and the deed, and the deed is decided anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from ledger.command import Ask, Asker, Command, Selector, settle
from ledger.event import Entry, Event, sound
from ledger.regulation import Rulebook
from ledger.store.feed import Feed, Filter


def rehearse(
    feed: Feed,
    rules: Rulebook,
    command: Command,
    asker: Asker,
    on: date,
    *,
    position: int,
    source: str | None = None,
) -> list[Event]:
    """The events that would be written by a command on a day, after a position.

    ``rules``: those known there. Raises ``Refusals`` and ``Fault``, as the committer would.
    """
    fresh = replace(command)
    fresh.ask = Ask(on=on, asker=asker, rules=rules, source=source)
    known = _learned(feed, fresh, fresh.boundary(), position, set())
    if further := fresh.beyond():
        _learned(feed, fresh, further, position, known)
    return [sound(event) for event in settle(fresh)]


def _learned(
    feed: Feed, command: Command, selectors: Iterable[Selector], position: int, known: set[int]
) -> set[int]:
    """Lets a command learn what its selectors select and it does not know yet, in order."""
    found: dict[int, Entry] = {}
    for selector in selectors:
        wanted = Filter(tags=selector.tags, types=selector.types, before=position + 1)
        found.update((each.position, each) for each in feed.entries(wanted))
    for at in sorted(found.keys() - known):
        command.learn(found[at])
    return known | found.keys()

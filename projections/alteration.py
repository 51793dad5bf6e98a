"""Alteration: the rows that one entry touched, before it and after it, field by field.

Both sides are folded from the row's own events: up to the position before, and up to the entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

import msgspec
from msgspec import Struct

from ledger.event import Entry
from ledger.store.feed import Feed
from projections.catalogue import VIEWS
from projections.mask import own_rows
from projections.projection import Projection
from projections.reader import Where
from projections.snapshot import Snapshot

# What a row keeps for its own use and shows nobody.
HIDDEN = {"tags"}
ROWS_AT_ONCE = 100


class FieldChange(Struct, frozen=True, kw_only=True):
    """One field that an entry changed; what was or is not there is ``None``.

    ``parts``: the names, keys and numbers that lead to it.
    """

    parts: tuple[str | int, ...]
    before: Any
    after: Any

    @property
    def path(self) -> str:
        """The way to it, as it is written."""
        said = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in self.parts)
        return said.removeprefix(".")


class Alteration(Struct, frozen=True, kw_only=True):
    """What an entry changed in one row of a view; ``made``: the row was not there before."""

    view: str
    key: str
    made: bool
    changes: tuple[FieldChange, ...]


def touched(entry: Entry) -> list[tuple[Projection[Any], str]]:
    """The rows that an entry touches, by view and key."""
    return [
        (view, key)
        for view in VIEWS
        if entry.event.NAME in view.types
        for key in dict.fromkeys(view.keys(entry))
    ]


def alterations(
    feed: Feed,
    entry: Entry,
    reach: Mapping[str, Where | None],
    own: str | None,
    *,
    start: int,
    limit: int,
) -> list[tuple[int, Alteration]]:
    """What an entry changed in the rows that were within reach before or after it, numbered.

    At most ``limit`` of them, after the row numbered ``start``.
    """
    before, after = Snapshot(feed, entry.position - 1), Snapshot(feed, entry.position)
    rows = list(enumerate(touched(entry), start=1))[start:]
    found: list[tuple[int, Alteration]] = []
    for first in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[first : first + ROWS_AT_ONCE]
        for view in dict.fromkeys(view for _, (view, _) in part):
            where = reach[view.name]
            if where is None:
                continue
            keys = [key for _, (each, key) in part if each is view]
            then, now = before.among(view, keys, where), after.among(view, keys, where)
            for number, (each, key) in part:
                if each is view and (key in then or key in now):
                    found.append((number, _altered(view.name, key, then, now, own)))
        if len(found) >= limit:
            break
    return found[:limit]


def _altered(
    view: str, key: str, then: dict[str, Any], now: dict[str, Any], own: str | None
) -> Alteration:
    changes = differences((), _shown(then.get(key), own), _shown(now.get(key), own))
    return Alteration(view=view, key=key, made=key not in then, changes=tuple(changes))


def _shown(state: Any, own: str | None) -> dict[str, Any]:
    if state is None:
        return {}
    seen = own_rows(state, own) if own is not None else state
    plain: dict[str, Any] = msgspec.to_builtins(seen, enc_hook=str)
    return {
        name: value
        for name, value in plain.items()
        if name not in HIDDEN and not name.startswith("_")
    }


def differences(path: tuple[str | int, ...], before: Any, after: Any) -> Iterator[FieldChange]:
    """What differs between two plain values, each at its path."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(each for each in after if each not in before)]:
            yield from differences((*path, name), before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _in_lists(path, before, after)
    elif before != after:
        yield FieldChange(parts=path, before=before, after=after)


def _in_lists(
    path: tuple[str | int, ...], before: list[Any], after: list[Any]
) -> Iterator[FieldChange]:
    """Rows are matched where they are equal; the number is that of the side that has the row."""
    one, other = (
        [msgspec.json.encode(each, order="sorted") for each in side] for side in (before, after)
    )
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            continue
        pairs = min(last - first, end - start)
        for number in range(pairs):
            inner = (*path, start + number)
            yield from differences(inner, before[first + number], after[start + number])
        for number in range(first + pairs, last):
            yield FieldChange(parts=(*path, number), before=before[number], after=None)
        for number in range(start + pairs, end):
            yield FieldChange(parts=(*path, number), before=None, after=after[number])

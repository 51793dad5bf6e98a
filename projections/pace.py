"""Pace: how much a rebuild has read since it wrote, and what the states come to meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from projections.shadow import Shadow

# Of each view that is rebuilt: up to where its rows stand, up to where it was folded, and where the
# run began that is at it.
REBUILDS = """
create table if not exists projection.rebuilds (
    view text primary key, version int not null, position bigint not null, settled boolean not null,
    head bigint not null, run uuid not null, begun timestamptz not null, at timestamptz not null,
    folded bigint not null default 0, since bigint not null default 0,
    put_off bigint not null default 0
);
do $$
declare added text;
begin
    foreach added in array array['folded', 'since', 'put_off'] loop
        if not exists (
            select from pg_attribute
            where attrelid = 'projection.rebuilds'::regclass and attname = added
        ) then
            execute format(
                'alter table projection.rebuilds add column %I bigint not null default 0', added
            );
        end if;
    end loop;
end $$
"""
BEGUN = (
    "insert into projection.rebuilds (view, version, position, settled, head, run, begun, at, "
    "since) values (%s, %s, %s, %s, %s, %s, clock_timestamp(), clock_timestamp(), %s) "
    "on conflict (view) do update set version = excluded.version, since = excluded.since, "
    "position = excluded.position, settled = excluded.settled, head = excluded.head, "
    "run = excluded.run, begun = excluded.begun, at = excluded.at, folded = 0, "
    "put_off = case when excluded.position = 0 then 0 else rebuilds.put_off end"
)
SHOWN = "update projection.rebuilds set folded = %s where view = any(%s) and run = %s"


class Pace:
    """Of the shadows of one process that may hold so many bytes of states, as they are stored."""

    def __init__(self, held_bytes_max: int) -> None:
        self._most = held_bytes_max
        # Entries and their bytes since the last pause.
        self.since, self.weight = 0, 0
        # Bytes of entries from which states were folded: since all was written, and before.
        self._unwritten, self._written = 0, 0

    def read(self, entries: int, weight: int, folded: int) -> None:
        """A page was read; ``folded``: the bytes of the entries from which states were folded."""
        self.since += entries
        self.weight += weight
        self._unwritten += folded

    def over(self, shadows: Sequence[Shadow]) -> bool:
        """Whether the states come to more than they may by what was read back of them, or an
        index has gathered too much.
        """
        held = sum(each.held for each in shadows)
        return held > self._most or any(each.crowded for each in shadows)

    def full(self, shadows: Sequence[Shadow]) -> bool:
        """Whether the states may come to more than they may.

        What one weighs is known once it is written. Until then it is as long as the entries that it
        is folded from; afterwards it grows as it did, or by a third of what is read where that is
        more, as long as nothing was let go.
        """
        held = sum(each.held for each in shadows)
        if not self._written or any(each.spilled for each in shadows):
            return held + self._unwritten > self._most
        grown = max(held * self._unwritten // self._written, self._unwritten // 3)
        return held + grown > self._most

    def due(self, shadows: Sequence[Shadow], reached: int, head: int) -> Sequence[Shadow]:
        """Those that are to be written at a position."""
        return [each for each in shadows if each.due(reached, head)]

    def paused(self, *, whole: bool) -> bool:
        """It was asked what to write; ``whole``: and all of it was, which is given back."""
        self.since = self.weight = 0
        if whole:
            self._written += self._unwritten
            self._unwritten = 0
        return whole

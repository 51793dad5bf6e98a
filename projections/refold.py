"""Refold: how far each view is that is folded anew, and whether anybody is still at it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct

# Held by whoever rebuilds, and free as soon as that process is gone.
LOCK = 4_207_330_382
# Of several runs that left something the last begun is the one at work: no two are at once.
SHOWN = f"""
with held as (
    select exists(
        select from pg_locks
        where locktype = 'advisory' and granted and objsubid = 1
          and classid = {LOCK >> 32} and objid = {LOCK & 0xFFFFFFFF}
          and database = (select oid from pg_database where datname = current_database())
    ) as held
)
select view, greatest(position, folded) - put_off, head, since, begun,
       extract(epoch from clock_timestamp() - begun)::float8,
       held and run = (select run from projection.rebuilds order by begun desc limit 1)
from projection.rebuilds, held order by view
"""


class Refold(Struct, frozen=True, kw_only=True):
    """A view that is folded anew: up to where, of how many; ``since``: where the run began.

    ``running``: whether a process is at it; else it died, and the next run goes on there.
    """

    view: str
    position: int
    of: int
    since: int
    begun: datetime
    seconds: float
    running: bool

    @property
    def seconds_left(self) -> float | None:
        """How long it takes yet at the pace it had; ``None`` where there is none to tell by."""
        done = self.position - self.since
        if not self.running or done <= 0 or self.seconds <= 0:
            return None
        return max(0, self.of - self.position) * self.seconds / done


def refolds(connection: psycopg.Connection[Any]) -> list[Refold]:
    """Each view of which a rebuild has something that is not swapped in, by name."""
    return [
        Refold(
            view=view,
            position=position,
            of=head,
            since=since,
            begun=begun,
            seconds=seconds,
            running=running,
        )
        for view, position, head, since, begun, seconds, running in connection.execute(SHOWN)
    ]

"""Stop: the event that a view could not take in, and why; it stands with the view's progress.

A view that raises stops alone, right before that event: all before it is folded, and the other
views go on. It is tried again from there when a server starts, and so goes on once it is mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from msgspec import Struct

from ledger.event import Entry
from ledger.store.connection import unavailable

WHY_CHARACTERS_MAX = 500
# The type where nobody knows at which event it was.
UNKNOWN = "?"
# Why a view has not been built anew for a version. It does not stand with the progress of its older
# rows, which a program of that version may be keeping up.
UNRENEWED = """
create table if not exists projection.unrenewed (
    view text primary key, version int not null, failed text not null
)
"""
UNRENEWED_NOW = (
    "insert into projection.unrenewed select view, %(version)s, %(failed)s "
    "from projection.progress where view = %(view)s and version < %(version)s "
    "on conflict (view) do update set version = excluded.version, failed = excluded.failed"
)
# A view of another version is another program's to keep up.
OWN = "(view, version) in (select * from unnest(%s::text[], %s::int[]))"
STANDING = """
select view, position, coalesce(failed, (
    select each.failed from projection.unrenewed as each
    where each.view = progress.view and each.version > progress.version and (
        %(any)s or (each.view, each.version) in (
            select * from unnest(%(views)s::text[], %(versions)s::int[])
        )
    )
))
from projection.progress where %(all)s or view = any(%(names)s) order by view
"""
# Names of views, each with the version of its class.
Own = tuple[list[str], list[int]]


class Stop(Struct, frozen=True, kw_only=True):
    """What a view stopped at. ``error`` is the kind of what it raised, ``why`` what that said."""

    view: str
    position: int
    type: str
    error: str
    why: str

    @property
    def zh(self) -> str:
        """In a sentence, Chinese."""
        return f"视图 {self.view} {self.at_zh}：{self.told}"

    @property
    def en(self) -> str:
        """In a sentence, English."""
        return f"the view {self.view} {self.at_en}: {self.told}"

    @property
    def at_zh(self) -> str:
        """Where it stopped, Chinese."""
        if self.type == UNKNOWN:
            return f"停在位置 {self.position - 1} 之后某处"
        return f"停在位置 {self.position}（{self.type}）之前"

    @property
    def at_en(self) -> str:
        """Where it stopped, English."""
        if self.type == UNKNOWN:
            return f"stopped somewhere after {self.position - 1}"
        return f"stopped before {self.position} ({self.type})"

    @property
    def told(self) -> str:
        """What was raised, as Python says it."""
        return f"{self.error}: {self.why}" if self.why else self.error

    @property
    def kept(self) -> str:
        """As it stands in the table of progress."""
        return _ENCODER.encode(self).decode()


class Stopped(Exception):
    """Views that could not take in an event each; what they had before is as it was."""

    def __init__(self, stops: Iterable[Stop]) -> None:
        self.stops = tuple(stops)
        super().__init__("; ".join(each.en for each in self.stops))


@contextmanager
def alone(view: str, after: int) -> Iterator[None]:
    """Has what is raised over a view's own rows stop that view: ``Stopped``.

    At which entry nobody knows, but that it is after a position. An outage is raised as it is.
    """
    try:
        yield
    except (MemoryError, Stopped):
        raise
    except Exception as error:
        if unavailable(error):
            raise
        raise Stopped([stop_before(view, after + 1, UNKNOWN, error)]) from error


def stop_at(view: str, entry: Entry, error: BaseException) -> Stop:
    """The stop of a view at an entry."""
    return stop_before(view, entry.position, entry.event.NAME, error)


def stop_before(view: str, position: int, kind: str, error: BaseException) -> Stop:
    """The stop of a view at an event of a type, of which no more need be readable."""
    return Stop(
        view=view,
        position=position,
        type=kind,
        error=type(error).__name__,
        # PostgreSQL keeps no NUL in a text.
        why=str(error).replace("\0", "")[:WHY_CHARACTERS_MAX],
    )


def stop_in(view: str, position: int, failed: str | None) -> Stop | None:
    """What stands in the table of progress for a view at a position; ``None``: it goes on."""
    if failed is None:
        return None
    try:
        return _DECODER.decode(failed)
    except msgspec.MsgspecError:
        # An earlier program kept only what was raised over a page of events.
        return Stop(view=view, position=position + 1, type=UNKNOWN, error="Exception", why=failed)


def standing(
    connection: psycopg.Connection[Any], names: Sequence[str] = (), own: Own | None = None
) -> list[tuple[str, int, Stop | None]]:
    """Each of the named views (or all) with its position and, where it stopped, at what.

    One that could not be built anew for a later version has stopped as well; ``own``: for these
    versions, as they are those of who asks.
    """
    views, versions = own or ([], [])
    asked = {"any": own is None, "views": views, "versions": versions}
    rows = connection.execute(STANDING, asked | {"all": not names, "names": list(names)})
    return [(view, at, stop_in(view, at, failed)) for view, at, failed in rows.fetchall()]


def keep_unrenewed(connection: psycopg.Connection[Any], stops: Iterable[Stop], own: Own) -> None:
    """Says of views whose rows are of an older version why they are not built anew."""
    versions = dict(zip(*own, strict=True))
    for stop in stops:
        said = {"view": stop.view, "version": versions[stop.view], "failed": stop.kept}
        connection.execute(UNRENEWED_NOW, said)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Stop)

"""Stop: the event that a view could not take in, and why; it stands with the view's progress.

A view that raises stops alone, right before that event: all before it is folded, and the other
views go on. It is tried again from there when a server starts, and so goes on once it is mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import psycopg
from msgspec import Struct

from ledger.event import Entry

WHY_CHARACTERS_MAX = 500


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
        return f"视图 {self.view} 停在位置 {self.position}（{self.type}）之前：{self.told}"

    @property
    def en(self) -> str:
        """In a sentence, English."""
        return f"the view {self.view} stopped before {self.position} ({self.type}): {self.told}"

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


def stop_at(view: str, entry: Entry, error: BaseException) -> Stop:
    """The stop of a view at an entry."""
    return Stop(
        view=view,
        position=entry.position,
        type=entry.event.NAME,
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
        return Stop(view=view, position=position + 1, type="?", error="Exception", why=failed)


def standing(
    connection: psycopg.Connection[Any], names: Sequence[str] = ()
) -> list[tuple[str, int, Stop | None]]:
    """Each of the named views (or all) with its position and, where it stopped, at what."""
    rows = connection.execute(
        "select view, position, failed from projection.progress "
        "where %(all)s or view = any(%(names)s) order by view",
        {"all": not names, "names": list(names)},
    ).fetchall()
    return [(view, position, stop_in(view, position, failed)) for view, position, failed in rows]


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Stop)

"""Appending: many appends at once through one committer, and what became of each."""

from __future__ import annotations

from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem

from ledger.store.recorder import Recorder
from ledger.store.work import Plain


def work(tag: str, *, unless: str | None = None, after: int = 0, name: str = "n") -> Plain:
    """An event with a tag, unless there is one of another tag after a position."""
    query = DCBQuery([DCBQueryItem(tags=[unless])]) if unless is not None else None
    condition = DCBAppendCondition(query, after=after) if query is not None else None
    return Plain([DCBEvent(name, b"{}", [tag])], condition)


def together(recorder: Recorder, works: list[Plain]) -> None:
    """Gives all of it up before the committer takes any."""
    with recorder.committer._busy:
        for each in works:
            recorder.committer.submit(each)


def outcome(each: Plain) -> int | type[BaseException]:
    """The position, or the kind of what was raised."""
    error = each.future.exception()
    return each.future.result() if error is None else type(error)

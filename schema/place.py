"""Places: the titles of all that are registered, of which only new ones are read."""

from __future__ import annotations

from threading import Lock

from ledger.register import JurisdictionRegistered
from ledger.store.feed import Feed, Filter


class Places:
    """Reads what was registered since it last looked; safe to use from many threads."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._lock = Lock()
        self._found: dict[str, tuple[int, str]] = {}  # each with the position where it was told
        self._upto = 0

    def titles(self, known: int | None = None) -> dict[str, str]:
        """Every place registered by a position, or so far, with its title, in order of the codes.

        A place is told once: who is registered again is refused.
        """
        with self._lock:
            wanted = Filter(types=(JurisdictionRegistered.NAME,), after=self._upto)
            for entry in self._feed.entries(wanted):
                event = entry.event
                assert isinstance(event, JurisdictionRegistered)
                self._found[str(event.jurisdiction)] = (entry.position, event.title)
                self._upto = entry.position
            found = sorted(self._found.items())
        return {place: title for place, (at, title) in found if known is None or at <= known}

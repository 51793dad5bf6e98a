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
        self._titles: dict[str, str] = {}
        self._upto = 0

    def titles(self) -> dict[str, str]:
        """Every registered place with its title, in the order of the codes."""
        with self._lock:
            wanted = Filter(types=(JurisdictionRegistered.NAME,), after=self._upto)
            for entry in self._feed.entries(wanted):
                event = entry.event
                assert isinstance(event, JurisdictionRegistered)
                self._titles[str(event.jurisdiction)] = event.title
                self._upto = entry.position
            return dict(sorted(self._titles.items()))

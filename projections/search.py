"""Search: entries by what is said in them, by request and source, and by the events they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from ledger.event import Entry, decode
from ledger.fault import Fault
from ledger.names import tag_hash
from ledger.store.feed import Feed, Filter
from projections.mask import masked
from projections.said import EVENT_ID, links, texts
from projections.trail import STEPS_MAX, named, pairs, plain

TEXT_CHARACTERS_MIN, TEXT_CHARACTERS_MAX = 2, 100
PAIRS_MAX = 8
# What is asked for whole goes so far and no further.
LOOKED_MAX = 20_000
BATCH_MAX = 1_000
# A page gives what it found by then and says where to go on, so that nobody waits for the whole.
PAGE_STEPS, PAGE_LOOKED = 2_000, 1_000
# Where what comes out of the index is not what is sought, each batch is so many times larger.
BATCH_MORE = 4
Pool = ConnectionPool[psycopg.Connection[Any]]

# The function sees what its statement saw as it began. Named here, the index is locked before that:
# who waited until a rebuild had swapped it would not see the last rows of the new one.
CROSSED = (
    "with locked as (select from projection.trails) "
    "select * from projection.crossing(%(words)s::bigint[], %(tags)s::bigint[], "
    "%(reach)s::bigint[], %(types)s::text[], %(after)s, %(before)s, %(most)s, %(latest)s, "
    "%(steps)s)"
)
AT = (
    "select position, body from ledger.events "
    "where position = any(%s) and id is not null order by position"
)
BY_ID = "select position, body from ledger.events where id = any(%s::uuid[]) order by position"


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What is sought beyond a filter: an event, a text, a request, a source, who names an event.

    ``own``: a teacher who sees no rows of others, so that nothing is found by them either.
    """

    id: str | None = None
    text: str | None = None
    request: str | None = None
    source: str | None = None
    names: str | None = None
    own: str | None = None

    def __post_init__(self) -> None:
        for field, given in (("id", self.id), ("names", self.names)):
            if given is not None:
                object.__setattr__(self, field, _as_written(given))
        if self.text is not None:
            length = len(plain(self.text))
            if not TEXT_CHARACTERS_MIN <= length <= TEXT_CHARACTERS_MAX:
                raise Fault(
                    "BAD_SEARCH_TEXT",
                    zh=f"检索文字须为 {TEXT_CHARACTERS_MIN} 至 {TEXT_CHARACTERS_MAX} 个字符",
                    en=f"a text to search for has {TEXT_CHARACTERS_MIN} to {TEXT_CHARACTERS_MAX} "
                    "characters",
                    field="filter.text",
                )

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the index that an entry must have; a long text is looked up by some."""
        found = sorted(pairs(self.text)) if self.text is not None else []
        found = found[:: max(-(-len(found) // PAIRS_MAX), 1)]
        if self.request is not None:
            found.append(f"request {self.request}")
        if self.source is not None:
            found.append(f"source {self.source}")
        if self.names is not None:
            found.append(named(self.names))
        return tuple(found)

    def admits(self, entry: Entry) -> bool:
        """Whether an entry is what is sought, by what its reader sees of it."""
        seen = masked(entry, self.own)
        return (
            (self.id is None or entry.id == self.id)
            and (self.request is None or entry.request == self.request)
            and (self.source is None or entry.source == self.source)
            and (self.names is None or any(self.names == each for _, each in links(seen)))
            and (self.text is None or any(plain(self.text) in plain(each) for each in texts(seen)))
        )


def _as_written(event_id: str) -> str:
    """The id of an event as it stands in the ledger, whatever the case of its letters."""
    try:
        return str(UUID(event_id))
    except ValueError:
        return event_id


class Look(NamedTuple):
    """Entries that are sought, in order.

    ``further``: where the look stopped before it was through, so that the next one begins after
    this position, or before it with the latest first; ``None`` where it was through or has enough.
    """

    entries: list[Entry]
    further: int | None = None


class Search:
    """Finds entries over the trail; safe to use from many threads."""

    def __init__(self, pool: Pool, feed: Feed) -> None:
        self._pool = pool
        self._feed = feed

    def page(
        self, wanted: Filter, sought: Sought, limit: int, *, latest_first: bool = False
    ) -> list[Entry]:
        """At most ``limit`` entries that are wanted and sought. Raises ``Fault`` (``TOO_WIDE``)."""
        found = self._look(wanted, sought, limit, latest_first, STEPS_MAX, LOOKED_MAX)
        if found.further is not None:
            raise _too_wide()
        return found.entries

    def look(
        self, wanted: Filter, sought: Sought, limit: int, *, latest_first: bool = False
    ) -> Look:
        """The same as far as it goes in a moment, and where to go on."""
        return self._look(wanted, sought, limit, latest_first, PAGE_STEPS, PAGE_LOOKED)

    def _look(
        self,
        wanted: Filter,
        sought: Sought,
        limit: int,
        latest_first: bool,
        steps: int,
        looked_max: int,
    ) -> Look:
        if sought.id is not None:
            entry = self._feed.find(sought.id)
            fits = entry is not None and wanted.admits(entry) and sought.admits(entry)
            return Look([entry] if fits and entry is not None and limit > 0 else [])
        found: list[Entry] = []
        looked = 0
        for batch, further, through in self._batches(wanted, sought, limit, latest_first, steps):
            looked += len(batch)
            found += [each for each in batch if wanted.admits(each) and sought.admits(each)]
            if len(found) >= limit:
                break
            if not through or (further is not None and looked >= looked_max):
                return Look(found, further)
        return Look(found[:limit])

    def find(self, ids: Iterable[str]) -> list[Entry]:
        """The entries of event ids, those that there are, in order."""
        wanted = [UUID(each) for each in ids if EVENT_ID.fullmatch(each)]
        return self._entries(BY_ID, wanted) if wanted else []

    def _batches(
        self, wanted: Filter, sought: Sought, limit: int, latest_first: bool, steps: int
    ) -> Iterator[tuple[list[Entry], int | None, bool]]:
        """Entries that may fit, from where to go on, and whether the index was read so far.

        ``None``: there is nothing further.
        """
        after, before = self._window(wanted)
        size = min(max(limit, 1), BATCH_MAX)
        while True:
            positions = self._crossed(wanted, sought, after, before, size, latest_first, steps)
            through = not positions or positions[-1] > 0
            given = [each for each in positions if each > 0]
            entries = self._entries(AT, given)
            further = given[-1] if len(given) == size else None
            if not through:
                # All up to there was looked at, but not what stands there.
                further = -positions[-1] + (1 if latest_first else -1)
            yield entries[::-1] if latest_first else entries, further, through
            if further is None or not through:
                return
            after, before = (after, further) if latest_first else (further, before)
            size = min(size * BATCH_MORE, BATCH_MAX)

    def _window(self, wanted: Filter) -> tuple[int, int]:
        """The positions between which entries may stand; instants never decrease."""
        after = wanted.after
        before = self._feed.head() + 1 if wanted.before is None else wanted.before
        if wanted.known_from is not None:
            earlier = wanted.known_from - timedelta(microseconds=1)
            after = max(after, self._feed.position_at(earlier))
        if wanted.known_to is not None:
            before = min(before, self._feed.position_at(wanted.known_to) + 1)
        return after, before

    def _crossed(
        self,
        wanted: Filter,
        sought: Sought,
        after: int,
        before: int,
        most: int,
        latest: bool,
        steps: int,
    ) -> list[int]:
        values = asked(wanted, sought, after, before, most, latest) | {"steps": steps}
        with self._pool.connection() as connection:
            rows = connection.execute(CROSSED, values).fetchall()
        return [position for (position,) in rows]

    def _entries(self, statement: str, wanted: Sequence[Any]) -> list[Entry]:
        with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            rows = cursor.execute(statement, (list(wanted),)).fetchall()
        return [decode(position, bytes(body)) for position, body in rows]


def asked(
    wanted: Filter, sought: Sought, after: int, before: int, most: int, latest: bool
) -> dict[str, Any]:
    """The values of the statement that crosses the streams."""
    reach = wanted.any_tags
    return {
        "words": [tag_hash(each) for each in sought.words],
        "tags": [tag_hash(each) for each in wanted.all_tags],
        "reach": None if reach is None else [tag_hash(each) for each in reach],
        "types": list(dict.fromkeys(wanted.types)),
        "after": after,
        "before": before,
        "most": most,
        "latest": latest,
        "steps": STEPS_MAX,
    }


def _too_wide() -> Fault:
    return Fault(
        "TOO_WIDE",
        zh="检索范围太大，请再加时间、属地、类型或更长的文字",
        en="the search goes too far; add a period, a place, a type or a longer text",
        field="filter",
    )

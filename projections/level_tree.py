"""Level trees: the levels of a wide place, summed up place by place and some places a request.

What was summed up of a place as known at a position never changes and is kept without its teachers;
so a province is opened level by level, each request does no more than its share, and one that
could not finish says where it stands.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

from ledger.fault import Fault
from ledger.level import Level, joined, schools_of, told_to
from ledger.names import JurisdictionId
from ledger.regulation import Rulebook
from ledger.summary import Period
from projections.level import Scope, summaries
from projections.reader import Reader
from projections.verdict import Rules

# So many teachers are summed up in one request; the place that is begun is finished.
SHARE_TEACHERS = 20_000
# No county has as many; a place that has is opened school by school.
PLACE_TEACHERS_MAX = 60_000
KEPT_SCHOOLS_MAX = 50_000
Key = tuple[JurisdictionId, Period, int]


class Trees:
    """The levels of places that were summed up last; safe to use from many threads."""

    def __init__(self, reader: Reader, rules: Rules) -> None:
        self._reader, self._rules = reader, rules
        self._held: OrderedDict[Key, list[Level]] = OrderedDict()
        self._lock = Lock()

    def at(
        self,
        of: JurisdictionId,
        places: Iterable[str],
        period: Period,
        position: int,
        share: int = SHARE_TEACHERS,
    ) -> Level:
        """The levels of a place down to its schools, without the teachers.

        Raises ``Fault``: ``STILL_SUMMING`` where places are left, ``TOO_WIDE`` for a single place.
        """
        within = sorted(each for each in map(JurisdictionId, places) if of.covers(each))
        found: dict[JurisdictionId, list[Level]] = {}
        rules = self._rules.at(position)
        with self._lock:
            for number, place in enumerate(within):
                key = (place, period, position)
                if key not in self._held:
                    if share <= 0:
                        raise still_summing(position, number, len(within))
                    schools = summed(
                        self._reader, rules, place, period, position, PLACE_TEACHERS_MAX
                    )
                    # A place without teachers was a step too.
                    share -= max(sum(each.totals.teachers for each in schools), 1)
                    self._held[key] = [told_to(each, 0) for each in schools]
                self._held.move_to_end(key)
                found[place] = self._held[key]
            self._forget({(each, period, position) for each in within})
        return joined(of, found)

    def _forget(self, used: set[Key]) -> None:
        """Lets go of what was asked for longest ago, never of what is in use."""
        kept = sum(len(each) for each in self._held.values())
        for key in [each for each in self._held if each not in used]:
            if kept <= KEPT_SCHOOLS_MAX:
                return
            kept -= len(self._held.pop(key))


def summed(
    reader: Reader,
    rules: Rulebook,
    place: JurisdictionId,
    period: Period,
    position: int,
    most: int | None = None,
) -> list[Level]:
    """The schools of a place itself, not of those within it. Raises ``Fault`` (``TOO_WIDE``)."""
    own = Scope(place, (str(place),))
    found = summaries(reader, rules, own, period, position, most)
    return schools_of(each for each in found if each.place == place)


def whole(
    reader: Reader,
    rules: Rulebook,
    of: JurisdictionId,
    places: Iterable[str],
    period: Period,
    position: int,
) -> Level:
    """The levels of a place with the hash of every teacher, however many; one place at a time."""
    within: Mapping[JurisdictionId, list[Level]] = {
        place: summed(reader, rules, place, period, position)
        for place in sorted(map(JurisdictionId, places))
        if of.covers(place)
    }
    return joined(of, within)


def still_summing(position: int, done: int, places: int) -> Fault:
    """What is said where a request has done its share and places are left."""
    return Fault(
        "STILL_SUMMING",
        zh=f"位置 {position} 的汇总已完成 {done}/{places} 个属地，请以同一 position 再次查询",
        en=f"{done} of {places} places are summed up at position {position}; ask again with that "
        "position",
        field="of",
    )

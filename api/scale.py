"""Scales: a whole county or province of simulated years, how many of each, and where they live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from api.places import founded_places
from ledger.fault import Fault
from ledger.names import JurisdictionId
from ledger.store.founding import documents

FIRST, LAST = (2019, 2), (2026, 1)
"""The first half-year by whose begin everybody who takes part had entered; the last that was over
when this was written."""
TEACHERS_MAX = 1_000_000
DISTRICT, DISTRICT_MIN = 250, 25


@dataclass(frozen=True)
class Scale:
    """How many teachers, in which terms."""

    teachers: int
    terms: tuple[str, ...]


def _terms(first: tuple[int, int]) -> tuple[str, ...]:
    """All half-years from one up to the last."""
    whole = ((year, half) for year in range(first[0], LAST[0] + 1) for half in (1, 2))
    return tuple(f"{year}H{half}" for year, half in whole if first <= (year, half) <= LAST)


SCALES = {
    "county": Scale(15_000, _terms((2020, 1))),
    "province": Scale(600_000, _terms((2021, 2))),
}
"""A county with all terms since 2020; the province with five years."""
POSSIBLE = _terms(FIRST)


def homes(scale: str, place: str, count: int, seed: int) -> list[JurisdictionId]:
    """Where each telling lives: in the county, or in all of the province's, some with more."""
    county = JurisdictionId(f"jurisdiction:{place}")
    if county.level != "COUNTY" or county not in founded_places():
        raise Fault(
            "UNKNOWN_PLACE",
            zh=f"没有代码为 {place} 的县（市、区），例如瑞安市为 330381",
            en=f"there is no county {place}; one is 330381, Rui'an",
        )
    if scale == "county":
        return [county] * count
    others = sorted(e for e in founded_places() if e.level == "COUNTY" and e != county)
    rng = Random(f"{seed}/homes")  # noqa: S311  # nothing is a secret
    rng.shuffle(others)
    places = [county, *others][:count]
    sizes = [rng.uniform(0.3, 1.7) for _ in places]
    return sorted(places + rng.choices(places, sizes, k=count - len(places)), key=places.index)


def ruled(places: Sequence[JurisdictionId]) -> dict[tuple[bool, ...], list[JurisdictionId]]:
    """The places by whose rules hold there: what was decided in one holds in all beside it.

    The first of each is where a district is decided.
    """
    ruling = {each.place for each in documents()}
    found: dict[tuple[bool, ...], list[JurisdictionId]] = {}
    for place in Counter(places):
        chain = tuple(each in ruling for each in place.chain)
        found.setdefault(chain, []).append(place)
    return found

"""Scales: a whole county or province of simulated years, how many of each, and what it takes.

What it takes was measured (docs/scale.md); it is told beforehand, and where the disk has less, a
sentence refuses before anything is written.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from api.places import founded_places
from api.settings import Settings
from ledger.fault import Fault
from ledger.names import JurisdictionId
from ledger.store.founding import documents
from ledger.store.machine import buffers_bytes
from ledger.store.trouble import Trouble

LAST = (2026, 1)
EVENTS_A_TERM = 6.4
LEDGER_BYTES, VIEWS_BYTES = 1_750, 1_150
"""Of an event: its row, its tags, its request and the indexes of these; its share of all views."""
SPARE_BYTES = 3 * 2**30
"""The write-ahead log between two checkpoints, and what a rebuild sorts."""
PROCESS_BYTES, HELD_BYTES = 350 * 2**20, 1_200 * 2**20
"""Of each process that tells; of the one that writes, and rebuilds the views afterwards.

PostgreSQL's buffers come to it."""
TEACHERS_MAX = 1_000_000
DISTRICT = 250


@dataclass(frozen=True)
class Scale:
    """How many teachers, in which terms."""

    teachers: int
    terms: tuple[str, ...]


def _terms(first: tuple[int, int]) -> tuple[str, ...]:
    """All half-years up to the last that was over when this was written."""
    whole = ((year, half) for year in range(first[0], LAST[0] + 1) for half in (1, 2))
    return tuple(f"{year}H{half}" for year, half in whole if first <= (year, half) <= LAST)


SCALES = {
    "county": Scale(15_000, _terms((2020, 1))),
    "province": Scale(600_000, _terms((2021, 2))),
}
"""A county with all terms since 2020; the province with five years."""


@dataclass(frozen=True)
class Needs:
    """What a scale takes, about: events, and bytes on disk and in memory."""

    events: int
    disk: int
    memory: int


def needs(teachers: int, terms: int, processes: int) -> Needs:
    """What they take, a tenth more for sorting; a later rebuild takes the views once more."""
    events = round(teachers * terms * EVENTS_A_TERM)
    disk = events * (LEDGER_BYTES + VIEWS_BYTES) * 11 // 10 + SPARE_BYTES
    return Needs(events, disk, HELD_BYTES + processes * PROCESS_BYTES + buffers_bytes())


def free_bytes(folder: Path) -> int:
    """What is free on the disk where a folder lies, or will."""
    there = folder.expanduser().resolve()
    while not there.exists():
        there = there.parent
    return shutil.disk_usage(there).free


def require_room(settings: Settings, asked: Needs, teachers: int) -> int | None:
    """The free bytes; nobody knows those of another's server. Raises ``Trouble``."""
    if settings.database_url:
        return None
    free = free_bytes(settings.data)
    if asked.disk <= free:
        return free
    each = (asked.disk - SPARE_BYTES) / teachers
    fits = max(int((free - SPARE_BYTES) / each / DISTRICT) * DISTRICT, 0)
    raise Trouble(
        "DISK_TOO_SMALL",
        zh=f"{settings.data} 所在磁盘可用 {gib(free)}，此规模约需 {gib(asked.disk)}，"
        f"未写入任何内容。请换更大的磁盘，或用 --teachers {fits} 模拟其中一部分。",
        en=f"The disk of {settings.data} has {gib(free)} free, and this takes about "
        f"{gib(asked.disk)}; nothing was written. Take a larger disk, or as large a part as fits: "
        f"--teachers {fits}.",
    )


def gib(size: float) -> str:
    """As people read it."""
    return f"{size / 2**30:.1f} GiB"


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

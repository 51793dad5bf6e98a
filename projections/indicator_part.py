"""Parts of an indicator: the level below it, each part with its number and its entries."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from ledger.event import Entry
from ledger.names import JurisdictionId, Name
from ledger.oversight import ProjectInspected
from ledger.requirement import Result
from ledger.school_based import SchoolBasedRecorded
from ledger.store.feed import Filter
from projections.duty import training
from projections.gathering import ENTRIES_SHOWN_MAX
from projections.indicator import Indicator, ratio_of, rounded, summed
from projections.measure import FAULTS, Share

TAGS_AT_ONCE = 1_000


class IndicatorPart(Struct, kw_only=True):
    """What one place, school, provider, teacher, class or project adds to an indicator.

    ``positions``: the entries on which its numbers stand, the first of them where there are
    ``more``.
    """

    key: str
    numerator: Decimal
    denominator: int
    value: str | None
    decimal: Decimal | None
    unsaid: int
    result: Result | None
    positions: tuple[int, ...]
    more: bool


def ordered(whole: Indicator, *, worst_first: bool = False) -> list[tuple[str, list[Share]]]:
    """The shares of each part, by key, or those that stand worst first."""
    held: dict[str, list[Share]] = {}
    for each in whole.measure.shares:
        held.setdefault(_part_of(whole.of, each), []).append(each)
    rows = sorted(held.items())
    if worst_first:
        rows.sort(key=lambda row: _badness(whole, row[1]), reverse=True)
    return rows


def parts(whole: Indicator, rows: list[tuple[str, list[Share]]]) -> list[IndicatorPart]:
    """Some of the parts, with their entries."""
    named = dict(_entries(whole, [share for _, shares in rows for share in _shown(shares)]))
    return [_told(whole, key, shares, named) for key, shares in rows]


def _part_of(of: Name, share: Share) -> str:
    if not isinstance(of, JurisdictionId):
        return share.key
    if of.level == "COUNTY":
        return share.party or str(share.place)
    if of.level == "CITY" or share.place.level == "PROVINCE":
        return str(share.place)
    return str(share.place.chain[-2])


def _badness(whole: Indicator, shares: list[Share]) -> tuple[bool, Fraction]:
    numerator, denominator, _ = summed(shares)
    ratio = ratio_of(numerator, denominator)
    if ratio is None:
        return False, Fraction(0)
    return True, ratio if whole.code in FAULTS else -ratio


def _told(
    whole: Indicator, key: str, shares: list[Share], named: dict[str, set[int]]
) -> IndicatorPart:
    numerator, denominator, unsaid = summed(shares)
    ratio = ratio_of(numerator, denominator)
    found = {position for each in shares for position in each.positions}
    for each in _shown(shares):
        found |= named.get(each.key, set())
    positions = sorted(found)
    lazily = [each for each in shares if each.tag is not None]
    judged = whole.results.get(key) if _addressed(whole) else None
    return IndicatorPart(
        key=key,
        numerator=numerator,
        denominator=denominator,
        value=None if ratio is None else str(ratio),
        decimal=None if ratio is None else rounded(ratio),
        unsaid=unsaid,
        result=judged.result if judged else None,
        positions=tuple(positions[:ENTRIES_SHOWN_MAX]),
        more=len(positions) > ENTRIES_SHOWN_MAX or len(lazily) > ENTRIES_SHOWN_MAX,
    )


def _addressed(whole: Indicator) -> bool:
    """Whether a part is what the rule is addressed to, with all its shares and no others."""
    if not isinstance(whole.of, JurisdictionId):
        return False
    return whole.of.level == ("CITY" if whole.measure.by_place else "COUNTY")


def _shown(shares: list[Share]) -> list[Share]:
    """The shares whose entries are looked up: those that count first."""
    lazily = [each for each in shares if each.tag is not None]
    return sorted(lazily, key=lambda each: not each.numerator)[:ENTRIES_SHOWN_MAX]


def _entries(whole: Indicator, shares: list[Share]) -> Iterator[tuple[str, set[int]]]:
    """The positions of the entries of shares that do not say them."""
    tagged: dict[str, list[Share]] = {}
    found: dict[str, set[int]] = {each.key: set() for each in shares}
    for each in shares:
        tagged.setdefault(str(each.tag), []).append(each)
    tags, types = sorted(tagged), tuple(each.NAME for each in whole.measure.types)
    for first in range(0, len(tags), TAGS_AT_ONCE):
        some = tuple(tags[first : first + TAGS_AT_ONCE])
        wanted = Filter(any_tags=some, types=types, scattered=True)
        for entry in whole.asked.rows.entries(wanted):
            for tag in entry.tags:
                for share in tagged.get(tag, ()):
                    if _belongs(whole, share, entry):
                        found[share.key].add(entry.position)
    yield from found.items()


def _belongs(whole: Indicator, share: Share, entry: Entry) -> bool:
    """Whether an entry about the tag is about the share: of one training, in the year."""
    event = entry.event
    if share.title is None:
        return not isinstance(event, ProjectInspected) or event.day.year == whole.year
    school, title = getattr(event, "school", None), getattr(event, "title", "")
    day = event.completed if isinstance(event, SchoolBasedRecorded) else getattr(event, "day", None)
    same = school is not None and training(school, title) == share.title
    return same and day is not None and day.year == whole.year

"""Mark: by what a row and a credit are found to be one: the class, or title, day and school.

Spacing, width and brackets of a title change nothing. Of several with the same marks the amount
tells which is meant; where it does not, that is noted and left to ``tie``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache, partial

from ledger.breakdown import TrainingKind, shown
from ledger.claim import Claim
from ledger.names import CreditId, SchoolId
from ledger.record import Line
from ledger.spot import Spot

TITLES_MAX = 50_000

Key = Callable[[Claim], Hashable | None]
Of = Callable[[Line], Hashable]
Worth = Callable[[Line, Claim], Decimal]
Had = Callable[[Line, Claim], Collection[Decimal]]


class PairedBy(Enum):
    """By what a row was found to mean a credit."""

    OFFERING = "OFFERING"
    TITLE_DAY_SCHOOL = "TITLE_DAY_SCHOOL"
    TITLE_DAY = "TITLE_DAY"
    TITLE_SCHOOL = "TITLE_SCHOOL"
    TITLE = "TITLE"
    DAY_AMOUNT = "DAY_AMOUNT"
    DAY_EARLIER = "DAY_EARLIER"
    AMOUNT = "AMOUNT"
    PARTS = "PARTS"
    TOGETHER = "TOGETHER"
    SUM = "SUM"


@dataclass
class Pairs:
    """The pairs of one person; ``tied``: the credits that a row might mean, ``tied_by``: by what.

    ``near``: credits left over of its day, or of much the same title, which it may mean or not.
    ``together``: the credits that are one row; ``either``: the rows that may as well have meant a
    credit that is left over. ``sums``: sets of credits that each may be one row.
    """

    pairs: list[tuple[Claim, Line, PairedBy]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    tied: dict[Spot, tuple[CreditId, ...]] = field(default_factory=dict)
    tied_by: dict[Spot, PairedBy] = field(default_factory=dict)
    near: dict[Spot, tuple[CreditId, ...]] = field(default_factory=dict)
    together: dict[Spot, tuple[Line, ...]] = field(default_factory=dict)
    either: dict[CreditId, tuple[Spot, ...]] = field(default_factory=dict)
    sums: dict[Spot, tuple[tuple[Line, ...], ...]] = field(default_factory=dict)


@lru_cache(maxsize=TITLES_MAX)
def told(text: str) -> str:
    """What a text says: its letters and numbers alone, of one width and case."""
    if not text:
        return ""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in plain if unicodedata.category(each)[0] in "LN")


def by_marks(
    left: Pairs,
    schools: Mapping[SchoolId, str],
    worth: Worth,
    had: Had,
    within: Callable[[Line], bool] = lambda line: True,
) -> None:
    """Pairs what has the same marks, those that tell most before the others.

    ``within``: whether the sheet is about a credit; of a row without a day those come first.
    """
    exact = {(told(line.title), line.completed) for line in left.lines}
    for by, key, of in _ways(schools, exact, within):
        if not left.claims:
            return
        _pair(left, by, key, of, worth, had)


def is_of(claim: Claim, line: Line) -> bool:
    """Whether a row has title and day of a credit, so that it means none of another day."""
    return (told(claim.title), claim.completed) == (told(line.title), line.completed)


def _ways(
    schools: Mapping[SchoolId, str],
    exact: Collection[tuple[str, date]],
    within: Callable[[Line], bool],
) -> list[tuple[PairedBy, Key, Of]]:
    def school(line: Line) -> str:
        return told(schools.get(line.school, ""))

    def loose(claim: Claim) -> str | None:
        """The title of a row whose day is that of no credit of the title."""
        title = told(claim.title)
        return None if (title, claim.completed) in exact else title or None

    return [
        (PairedBy.OFFERING, lambda claim: claim.offering, lambda line: line.offering),
        (
            PairedBy.TITLE_DAY_SCHOOL,
            lambda claim: _all(told(claim.title), claim.completed, told(claim.school)),
            lambda line: (told(line.title), line.completed, school(line)),
        ),
        (
            PairedBy.TITLE_DAY,
            lambda claim: _all(told(claim.title), claim.completed),
            lambda line: (told(line.title), line.completed),
        ),
        *_dateless(school, within),
        (
            PairedBy.TITLE,
            lambda claim: _all(loose(claim), _year(claim)),
            lambda line: (told(line.title), line.completed.year),
        ),
        (
            PairedBy.TITLE_SCHOOL,
            lambda claim: None if claim.completed else _all(told(claim.title), told(claim.school)),
            lambda line: (told(line.title), school(line)),
        ),
        # A day that is another one may be a slip; the title alone has to tell it apart.
        (PairedBy.TITLE, loose, lambda line: told(line.title)),
    ]


def _dateless(
    school: Callable[[Line], str], within: Callable[[Line], bool]
) -> list[tuple[PairedBy, Key, Of]]:
    """A title comes again each year: a row without a day means one that the sheet is about."""

    def inside(line: Line, *more: Hashable) -> Hashable | None:
        return (told(line.title), *more) if within(line) else None

    def key(claim: Claim, *more: Hashable) -> Hashable | None:
        return None if claim.completed else _all(told(claim.title), *more)

    return [
        (
            PairedBy.TITLE_SCHOOL,
            lambda claim: key(claim, told(claim.school), claim.year),
            lambda line: (told(line.title), school(line), line.completed.year),
        ),
        (
            PairedBy.TITLE_SCHOOL,
            lambda claim: None if claim.year else key(claim, told(claim.school)),
            lambda line: inside(line, school(line)),
        ),
        (PairedBy.TITLE, lambda claim: None if claim.year else key(claim), inside),
    ]


def content(claim: Claim) -> tuple[object, ...]:
    """The order of rows by what they say, so that their order in the sheet changes nothing."""
    return (
        claim.offering or "",
        claim.title,
        str(claim.completed or ""),
        claim.school,
        claim.year or 0,
        claim.cycle or 0,
        claim.kind.value if claim.kind else "",
        claim.unit.value,
        claim.amount,
        claim.spot,
    )


def _all(*parts: Hashable) -> Hashable | None:
    return parts if all(parts) else None


def _year(claim: Claim) -> int | None:
    return claim.year or (claim.completed.year if claim.completed else None)


def of_kind(claim: Claim, line: Line) -> bool:
    """Whether a credit is of the kind that the row says: as it is shown, or as it was held."""
    return claim.kind in (None, shown(line), TrainingKind(line.kind.value))


def off(claim: Claim, line: Line) -> tuple[bool, int]:
    """How far off a row is from a credit, by its kind and its day."""
    day = claim.completed or line.completed
    return not of_kind(claim, line), abs((day - line.completed).days)


def _pair(left: Pairs, by: PairedBy, key: Key, of: Of, worth: Worth, had: Had) -> None:
    """Pairs what has the same key; of several, those of the same amount."""
    claims: dict[Hashable, list[Claim]] = {}
    for claim in left.claims:
        # What a row without a day may mean by more marks is not widened by fewer.
        settled = claim.completed is None and claim.spot in left.tied
        found = None if settled else key(claim)
        if found is not None:
            claims.setdefault(found, []).append(claim)
    if not claims:
        return
    lines: dict[Hashable, list[Line]] = {}
    for line in left.lines:
        lines.setdefault(of(line), []).append(line)
    for found, own in claims.items():
        meant = lines.get(found, [])
        if meant:
            _pair_group(left, by, own, meant, worth, had)
    rows = {claim.spot for claim, _, _ in left.pairs}
    credits = {line.credit for _, line, _ in left.pairs}
    left.claims = [each for each in left.claims if each.spot not in rows]
    left.lines = [each for each in left.lines if each.credit not in credits]


def _pair_group(
    left: Pairs,
    by: PairedBy,
    claims: list[Claim],
    lines: list[Line],
    worth: Worth,
    had: Had,
) -> None:
    # Of credits that are alike a sheet has those that were recognised first.
    lines = sorted(lines, key=lambda line: (line.completed, line.recognised, line.credit))
    claims = list(claims)
    if len(claims) > 1 or len(lines) > 1:
        # Whoever says more is heard first, and of several the one that fits best is taken.
        for claim in sorted(claims, key=lambda each: (each.kind is None, each.completed is None)):
            same = [each for each in lines if worth(each, claim) == claim.amount]
            if same:
                best = min(same, key=partial(off, claim))
                left.pairs.append((claim, best, by))
                claims.remove(claim)
                lines.remove(best)
    if claims and len(lines) == 1:
        # The row that comes nearest means it; further ones are told as double.
        [line] = lines
        if _are_parts(claims, line, worth, had):
            left.pairs += ((claim, line, PairedBy.PARTS) for claim in claims)
            return
        nearest = min(
            claims, key=lambda each: (abs(worth(line, each) - each.amount), content(each))
        )
        left.pairs.append((nearest, line, by))
    elif lines:
        for claim in claims:
            left.tied[claim.spot] = tuple(each.credit for each in lines)
            left.tied_by[claim.spot] = by


def _are_parts(claims: list[Claim], line: Line, worth: Worth, had: Had) -> bool:
    """Whether rows tell one credit in parts: they make it together, and it never was like one."""
    amounts = [each.amount for each in claims]
    if len(claims) < 2 or not all(amounts) or len({each.unit for each in claims}) > 1:
        return False
    once = {each for claim in claims for each in had(line, claim)}
    return sum(amounts) == worth(line, claims[0]) and once.isdisjoint(amounts)

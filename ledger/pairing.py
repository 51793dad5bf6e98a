"""Pairing: which credit of a person each row of a sheet of credits means.

By the class; else by title, day and school, whatever the spacing, width and brackets; else by the
amount that it is worth, or on that day was worth once. A pair is unique: where several could be
meant and differ, none is taken and that is said.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import lru_cache, partial

from ledger.breakdown import TrainingKind, shown
from ledger.claim import Claim
from ledger.names import CreditId, SchoolId
from ledger.record import Line

TITLES_MAX = 50_000
# Shorter titles are in too many others.
ALIKE_DEFAULT = 4


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


@dataclass
class Pairs:
    """The pairs of one person; ``tied``: the credits that a row left over might mean.

    ``near``: credits left over of its day, or of much the same title, which it may mean or not.
    """

    pairs: list[tuple[Claim, Line, PairedBy]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    tied: dict[int, tuple[CreditId, ...]] = field(default_factory=dict)
    near: dict[int, tuple[CreditId, ...]] = field(default_factory=dict)


@lru_cache(maxsize=TITLES_MAX)
def told(text: str) -> str:
    """What a text says: its letters and numbers alone, of one width and case."""
    if not text:
        return ""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in plain if unicodedata.category(each)[0] in "LN")


Key = Callable[[Claim], Hashable | None]
Of = Callable[[Line], Hashable]


def paired(
    claims: Iterable[Claim],
    lines: Iterable[Line],
    schools: Mapping[SchoolId, str],
    worth: Callable[[Line, Claim], Decimal],
    had: Callable[[Line, Claim], Collection[Decimal]] = lambda line, claim: (),
) -> Pairs:
    """The pairs of one person's rows and credits, and what is left of both.

    ``had``: what else a credit was worth once.
    """
    left = Pairs(claims=sorted(claims, key=content), lines=list(lines))
    for by, key, of in _ways(schools):
        if not left.claims:
            break
        _pair(left, by, key, of, worth)
    if left.claims:
        _by_amount(left, worth)
        _by_earlier(left, had)
        _by_likeness(left)
    return left


def _ways(schools: Mapping[SchoolId, str]) -> list[tuple[PairedBy, Key, Of]]:
    def school(line: Line) -> str:
        return told(schools.get(line.school, ""))

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
        (
            PairedBy.TITLE_SCHOOL,
            lambda claim: None if claim.completed else _all(told(claim.title), told(claim.school)),
            lambda line: (told(line.title), school(line)),
        ),
        (
            PairedBy.TITLE,
            lambda claim: _all(told(claim.title), _year(claim)),
            lambda line: (told(line.title), line.completed.year),
        ),
        # A day that is another one may be a slip; the title alone has to tell it apart.
        (PairedBy.TITLE, lambda claim: told(claim.title) or None, lambda line: told(line.title)),
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
        claim.row,
    )


def _all(*parts: Hashable) -> Hashable | None:
    return parts if all(parts) else None


def _year(claim: Claim) -> int | None:
    return claim.year or (claim.completed.year if claim.completed else None)


def of_kind(claim: Claim, line: Line) -> bool:
    """Whether a credit is of the kind that the row says: as it is shown, or as it was held."""
    return claim.kind in (None, shown(line), TrainingKind(line.kind.value))


def _off(claim: Claim, line: Line) -> tuple[bool, int]:
    """How far off a row is from a credit, by its kind and its day."""
    day = claim.completed or line.completed
    return not of_kind(claim, line), abs((day - line.completed).days)


def _pair(
    left: Pairs, by: PairedBy, key: Key, of: Of, worth: Callable[[Line, Claim], Decimal]
) -> None:
    """Pairs what has the same key; of several, those of the same amount."""
    claims: dict[Hashable, list[Claim]] = {}
    for claim in left.claims:
        found = key(claim)
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
            _pair_group(left, by, own, meant, worth)
    rows = {claim.row for claim, _, _ in left.pairs}
    credits = {line.credit for _, line, _ in left.pairs}
    left.claims = [each for each in left.claims if each.row not in rows]
    left.lines = [each for each in left.lines if each.credit not in credits]


def _pair_group(
    left: Pairs,
    by: PairedBy,
    claims: list[Claim],
    lines: list[Line],
    worth: Callable[[Line, Claim], Decimal],
) -> None:
    claims, lines = list(claims), sorted(lines, key=lambda line: (line.completed, line.credit))
    if len(claims) > 1 or len(lines) > 1:
        # Whoever says more is heard first, and of several the one that fits best is taken.
        for claim in sorted(claims, key=lambda each: (each.kind is None, each.completed is None)):
            same = [each for each in lines if worth(each, claim) == claim.amount]
            if same:
                best = min(same, key=partial(_off, claim))
                left.pairs.append((claim, best, by))
                claims.remove(claim)
                lines.remove(best)
    if claims and len(lines) == 1:
        # The row that comes nearest means it; further ones are told as double.
        [line] = lines
        nearest = min(
            claims, key=lambda each: (abs(worth(line, each) - each.amount), content(each))
        )
        left.pairs.append((nearest, line, by))
    elif lines:
        for claim in claims:
            left.tied[claim.row] = tuple(each.credit for each in lines)


def _by_amount(left: Pairs, worth: Callable[[Line, Claim], Decimal]) -> None:
    """Pairs by day and amount, and by the amount alone what has no other mark."""
    for by in (PairedBy.DAY_AMOUNT, PairedBy.AMOUNT):
        for claim in list(left.claims):
            if claim.offering is not None or claim.row in left.tied:
                continue
            day = claim.completed
            if (day is None) is (by is PairedBy.DAY_AMOUNT):
                continue
            meant = [
                each
                for each in left.lines
                if worth(each, claim) == claim.amount and day in (None, each.completed)
            ]
            rivals = [
                each
                for each in left.claims
                if (each.amount, each.completed, each.unit) == (claim.amount, day, claim.unit)
            ]
            if len(meant) == 1 and len(rivals) == 1:
                left.pairs.append((claim, meant[0], by))
                left.claims.remove(claim)
                left.lines.remove(meant[0])
            elif len(meant) > 1 or (meant and len(rivals) > 1):
                _tie(left, by, claim, meant, rivals)


def _tie(left: Pairs, by: PairedBy, claim: Claim, meant: list[Line], rivals: list[Claim]) -> None:
    """Credits of one amount: as many rows as credits leave no doubt about the amounts."""
    left.tied[claim.row] = tuple(each.credit for each in meant)
    if len(meant) == len(rivals):
        left.pairs.append((claim, meant[0], by))
        left.claims.remove(claim)
        left.lines.remove(meant[0])


def _open(left: Pairs) -> list[Claim]:
    """The rows that nothing else tells: no class, no choice of credits, and not there twice."""
    told_of = {(told(each.title), each.completed) for each, _, _ in left.pairs}
    return [
        each
        for each in left.claims
        if each.offering is None
        and each.row not in left.tied
        and (told(each.title), each.completed) not in told_of
    ]


def _by_earlier(left: Pairs, had: Callable[[Line, Claim], Collection[Decimal]]) -> None:
    """Pairs by the day and an amount of before a correction, where it is the only one."""
    found: list[tuple[Claim, Line]] = []
    for claim in _open(left):
        meant = [
            line
            for line in left.lines
            if line.completed == claim.completed and claim.amount in had(line, claim)
        ]
        if len(meant) == 1:
            found.append((claim, meant[0]))
    taken = [line.credit for _, line in found]
    for claim, line in found:
        if taken.count(line.credit) == 1:
            left.pairs.append((claim, line, PairedBy.DAY_EARLIER))
            left.claims.remove(claim)
            left.lines.remove(line)


def _by_likeness(left: Pairs) -> None:
    for claim in _open(left):
        near = [
            line.credit
            for line in left.lines
            if line.completed == claim.completed or alike(claim.title, line.title)
        ]
        if near:
            left.near[claim.row] = tuple(near)


def alike(one: str, other: str) -> bool:
    """Whether a title is another with words left out; those that count differ by their numbers."""
    short, long = sorted((told(one), told(other)), key=len)
    if len(short) < ALIKE_DEFAULT or _digits(short) != _digits(long):
        return False
    rest = iter(long)
    return all(each in rest for each in short)


def _digits(title: str) -> list[str]:
    return [each for each in title if each.isdigit()]

"""Tie: rows and credits of one person that have the same marks, and what is certain of them.

Each way to give every row a credit is weighed by what the ledger explains of it. Where the best
ways come to the same amounts by the same causes, those are certain, whichever row means which
credit; else all of it is left open. One row may also be several credits together, where they alone
make its amount and no single one of them is explained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, islice, permutations

from ledger.amount import ZERO
from ledger.claim import Claim
from ledger.mark import PairedBy, Pairs, off
from ledger.names import CreditId
from ledger.record import Line

# So many ways are weighed before a tie is left open.
WAYS_MAX = 1_000
# Of so many credits it is looked for some that make one row together.
TOGETHER_MAX = 8

Told = tuple[tuple[str, Decimal], ...]
Way = tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """What the ledger knows of a tie.

    ``why``: the causes with which a row means a credit, ``None`` where something is left open;
    ``lacks``: those with which a sheet lacks one. ``within``: whether the sheet is about it.
    ``period``: whether a credit is of the period that a row is about.
    """

    worth: Callable[[Line, Claim], Decimal]
    why: Callable[[Line, Claim], Told | None]
    lacks: Callable[[Line], Told | None]
    within: Callable[[Line], bool]
    period: Callable[[Claim, Line], bool] = lambda claim, line: False


def untie(left: Pairs, grounds: Grounds) -> None:
    """Pairs the rows and credits of each tie as far as it is certain what they come to."""
    for claims, lines in list(_ties(left)):
        together = _together(claims, lines, grounds)
        ways = _ways(claims, lines, grounds)
        if together and not ways:
            if len(together) == 1:
                _join(left, claims[0], together[0])
        elif ways and not together:
            _take(left, claims, lines, _best(claims, lines, ways, grounds))


def _ties(left: Pairs) -> Iterator[tuple[list[Claim], list[Line]]]:
    """The rows that may mean the very same credits, with those; never more rows than credits."""
    groups: dict[tuple[CreditId, ...], list[Claim]] = {}
    open_lines = {each.credit: each for each in left.lines}
    for claim in left.claims:
        tied = tuple(sorted(each for each in left.tied.get(claim.spot, ()) if each in open_lines))
        if tied:
            groups.setdefault(tied, []).append(claim)
    shared = Counter(credit for tied in groups for credit in tied)
    for tied, claims in groups.items():
        alone = all(shared[each] == 1 for each in tied)
        if alone and len(claims) <= len(tied) and len({each.unit for each in claims}) == 1:
            lines = [open_lines[each] for each in tied]
            yield claims, sorted(lines, key=lambda each: (each.completed, each.credit))


def _together(claims: list[Claim], lines: list[Line], grounds: Grounds) -> list[Way]:
    """The credits that make one row together, exactly."""
    if len(claims) > 1 or len(lines) > TOGETHER_MAX:
        return []
    [claim] = claims
    own = [each for each in lines if grounds.within(each) and grounds.worth(each, claim)]
    return [
        group
        for size in range(2, len(own) + 1)
        for group in combinations(own, size)
        if sum((grounds.worth(each, claim) for each in group), ZERO) == claim.amount
    ]


def _ways(claims: list[Claim], lines: list[Line], grounds: Grounds) -> list[Way]:
    """The ways to give each row a credit of its own that explain every row."""
    every = list(islice(permutations(range(len(lines)), len(claims)), WAYS_MAX + 1))
    if len(every) > WAYS_MAX:
        return []
    fits = [[grounds.why(line, claim) is not None for line in lines] for claim in claims]
    return [
        tuple(lines[at] for at in way)
        for way in every
        if all(fits[number][at] for number, at in enumerate(way))
    ]


def _best(claims: list[Claim], lines: list[Line], ways: list[Way], grounds: Grounds) -> list[Way]:
    """The ways that leave the fewest credits lacking without a cause; none where they disagree."""
    scored: dict[int, list[tuple[Way, Told]]] = {}
    for way in ways:
        unknown, told = _told(claims, lines, way, grounds)
        scored.setdefault(unknown, []).append((way, told))
    best = scored[min(scored)]
    return [way for way, _ in best] if len({told for _, told in best}) == 1 else []


def _told(claims: list[Claim], lines: list[Line], way: Way, grounds: Grounds) -> tuple[int, Told]:
    """How many credits a way leaves lacking without a cause, and what each cause makes of it."""
    sums: dict[str, Decimal] = {}
    unknown = 0
    parts = [grounds.why(line, claim) for claim, line in zip(claims, way, strict=True)]
    taken = {each.credit for each in way}
    for line in lines:
        if line.credit not in taken:
            told = grounds.lacks(line)
            unknown += told is None
            parts.append((("UNKNOWN", grounds.worth(line, claims[0])),) if told is None else told)
    for part in parts:
        for cause, amount in part or ():
            sums[cause] = sums.get(cause, ZERO) + amount
    return unknown, tuple(sorted(sums.items()))


def _take(left: Pairs, claims: list[Claim], lines: list[Line], best: list[Way]) -> None:
    """Pairs as the best way does that is nearest by kind and day."""
    if not best:
        return
    way = min(best, key=lambda each: sorted(map(off, claims, each), reverse=True))
    for claim, line in zip(claims, way, strict=True):
        left.pairs.append((claim, line, left.tied_by[claim.spot]))
        left.claims.remove(claim)
        left.lines.remove(line)
        if len(best) == 1:
            del left.tied[claim.spot]
    if len(best) > 1:
        rows = tuple(each.spot for each in claims)
        left.either |= {each.credit: rows for each in lines if each in left.lines}


def _join(left: Pairs, claim: Claim, group: Way) -> None:
    """Pairs one row with several credits."""
    left.pairs.append((claim, group[0], PairedBy.TOGETHER))
    left.together[claim.spot] = group
    left.tied[claim.spot] = tuple(each.credit for each in group)
    left.claims.remove(claim)
    left.lines = [each for each in left.lines if each not in group]

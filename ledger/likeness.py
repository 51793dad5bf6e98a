"""Likeness: which credit a row may mean that no mark tells, by its amount or by words left out."""

from __future__ import annotations

from collections.abc import Callable

from ledger.claim import Claim
from ledger.mark import Had, PairedBy, Pairs, Worth, told
from ledger.record import Line

# Shorter titles are in too many others.
ALIKE_DEFAULT = 4


def by_amount(
    left: Pairs,
    worth: Worth,
    elsewhere: Callable[[Claim], bool],
    within: Callable[[Line], bool] = lambda line: True,
) -> None:
    """Pairs by day and amount, and by the amount alone what has no other mark.

    ``elsewhere``: whether a row means something that is no credit. ``within``: whether the sheet
    is about a credit; a row without a day means another only where there is none.
    """
    for by in (PairedBy.DAY_AMOUNT, PairedBy.AMOUNT):
        for claim in list(left.claims):
            if claim.offering is not None or claim.spot in left.tied or elsewhere(claim):
                continue
            day = claim.completed
            if (day is None) is (by is PairedBy.DAY_AMOUNT):
                continue
            meant = [
                each
                for each in left.lines
                if worth(each, claim) == claim.amount and day in (None, each.completed)
            ]
            if day is None:
                meant = [each for each in meant if within(each)] or meant
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
    left.tied[claim.spot] = tuple(each.credit for each in meant)
    left.tied_by[claim.spot] = by
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
        and each.spot not in left.tied
        and (told(each.title), each.completed) not in told_of
    ]


def by_earlier(left: Pairs, had: Had) -> None:
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


def by_likeness(left: Pairs) -> None:
    """Notes which credits a row may mean, by its day or by words that its title leaves out."""
    for claim in _open(left):
        near = [
            line.credit
            for line in left.lines
            if line.completed == claim.completed or alike(claim.title, line.title)
        ]
        if near:
            left.near[claim.spot] = tuple(near)


def alike(one: str, other: str) -> bool:
    """Whether a title is another with words left out; those that count differ by their numbers."""
    short, long = sorted((told(one), told(other)), key=len)
    if len(short) < ALIKE_DEFAULT or _digits(short) != _digits(long):
        return False
    rest = iter(long)
    return all(each in rest for each in short)


def _digits(title: str) -> list[str]:
    return [each for each in title if each.isdigit()]

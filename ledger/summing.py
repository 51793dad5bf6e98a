"""Summing (并写): a row that writes several trainings of one person as one amount.

Such a row names no training of its own: it has no title, one that says it is a sum, or the titles
of all that are in it. What it means is certain where exactly one set of the credits of its period
that no other row means adds up to it; where several do, each is told and none is taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from ledger.amount import ZERO
from ledger.cause import Cause, Portion, portion
from ledger.claim import Claim, Terms
from ledger.cycle import Cycle
from ledger.mark import PairedBy, Pairs, Worth, of_kind, told
from ledger.record import Line
from ledger.spot import Spot

# So many credits, and so many amounts that some of them come to, are looked at for one row.
LINES_MAX = 64
AMOUNTS_MAX = 20_000
# So many sets are told where none is certain.
SETS_MAX = 3
SUM = re.compile(
    r"合计|总计|小计|累计|共计|合并|汇总|总学分|多项|各项|各类|全部|若干|等培训"
    r"|[0-9一二两三四五六七八九十]+(项|门|次|期|笔|个)|total|sum|several|various|all",
    re.I,
)

Group = tuple[Line, ...]


def by_sum(
    left: Pairs,
    worth: Worth,
    elsewhere: Callable[[Claim], bool],
    period: Callable[[Claim, Line], bool],
) -> None:
    """Pairs rows with several credits each; ``period``: whether a credit is of that of a row."""
    sums: dict[Spot, tuple[Group, ...]] = {}
    for claim in left.claims:
        if claim.amount and claim.offering is None and claim.spot not in left.tied:
            groups = _groups(claim, left.lines, worth, elsewhere, period)
            sums |= {claim.spot: groups} if groups else {}
    rivals = Counter(line.credit for groups in sums.values() for line in _all(groups))
    for claim in [each for each in left.claims if each.spot in sums]:
        groups = sums[claim.spot]
        group = groups[0]
        if len(groups) > 1 or any(rivals[line.credit] > 1 for line in group):
            left.sums[claim.spot] = groups
            continue
        left.pairs.append((claim, group[0], PairedBy.SUM))
        left.together[claim.spot] = group
        left.tied[claim.spot] = tuple(each.credit for each in group)
        left.claims.remove(claim)
        left.lines = [each for each in left.lines if each not in group]


def within_period(claim: Claim, line: Line, cycles: Sequence[Cycle], terms: Terms) -> bool:
    """Whether a credit is of the kind and period that a row says, else of the cycle of the day.

    ``cycles``: those of the person, that of the day last. The period of the terms bounds all.
    """
    if not of_kind(claim, line) or not terms.holds(line.completed):
        return False
    if claim.year is not None:
        return line.completed.year == claim.year
    held = cycles[-1:]
    if claim.cycle is not None:
        held = [each for each in cycles if each.number == claim.cycle]
    elif claim.completed is not None:
        held = [each for each in cycles if each.holds(claim.completed)]
    elif terms.bounded:
        return True
    return any(each.holds(line.completed) for each in held)


def summed(claim: Claim, group: Group) -> Portion:
    """What a row is that several credits make together; it moves no amount."""
    zh, en = _said(group)
    return portion(
        Cause.SUMMED,
        ZERO,
        f"这一行是 {len(group)} 笔学分之和：{zh}。",
        f"The row is {len(group)} credits together: {en}.",
        events=(event for line in group for event in line.events[:1]),
        about=(line.credit for line in group),
    )


def undecided(claim: Claim, groups: Sequence[Group]) -> Portion:
    """That several sets of credits make a row, or one of which another row may be as well."""
    told_zh = "；".join(_said(each)[0] for each in groups)
    told_en = "; ".join(_said(each)[1] for each in groups)
    return portion(
        Cause.UNKNOWN,
        -claim.amount,
        f"这一行像是几笔学分之和，可能的组合不止一种或与别的行重复，无法断定：{told_zh}。",
        "The row looks like several credits together, and which is not certain, for there are "
        f"other ways, or other rows that may be the same: {told_en}.",
        events=(event for each in groups for line in each for event in line.events[:1]),
        about=(line.credit for line in _all(groups)),
    )


def _said(group: Group) -> tuple[str, str]:
    zh = (f"“{each.title}”（{each.completed}，{each.credits}）" for each in group)
    en = (f"{each.title} ({each.completed}, {each.credits})" for each in group)
    return "、".join(zh), ", ".join(en)


def _groups(
    claim: Claim,
    lines: Sequence[Line],
    worth: Worth,
    elsewhere: Callable[[Claim], bool],
    period: Callable[[Claim, Line], bool],
) -> tuple[Group, ...]:
    """The sets of credits that add up to a row that may be several."""
    own = [each for each in lines if period(claim, each) and worth(each, claim) > ZERO]
    title = told(claim.title)
    named = [each for each in own if told(each.title) and told(each.title) in title]
    if len(named) > 1:
        own = named
    elif title and not SUM.search(claim.title):
        return ()
    if len(own) < 2 or len(own) > LINES_MAX or elsewhere(claim):
        return ()
    own.sort(key=lambda each: (each.completed, each.credit))
    found = _adding_up(own, [worth(each, claim) for each in own], claim.amount)
    return () if any(len(each) == 1 for each in found) else found


def _adding_up(
    lines: Sequence[Line], worths: Sequence[Decimal], wanted: Decimal
) -> tuple[Group, ...]:
    """The sets of credits that come to an amount, ``SETS_MAX`` of them at most."""
    reached: dict[Decimal, list[Group]] = {ZERO: [()]}
    for line, much in zip(lines, worths, strict=True):
        further: dict[Decimal, list[Group]] = {}
        for amount, groups in reached.items():
            if amount + much <= wanted:
                further[amount + much] = [(*each, line) for each in groups]
        for amount, groups in further.items():
            reached[amount] = [*reached.get(amount, ()), *groups][:SETS_MAX]
        if len(reached) > AMOUNTS_MAX:
            return ()
    return tuple(reached.get(wanted, ()))


def _all(groups: Sequence[Group]) -> Iterator[Line]:
    yield from {line.credit: line for group in groups for line in group}.values()

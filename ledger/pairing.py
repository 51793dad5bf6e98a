"""Pairing: which credit of a person each row of a sheet of credits means.

By the class; else by title, day and school, whatever the spacing, width and brackets; else by the
amount that it is worth, or on that day was worth once. A pair is unique, or makes no difference:
where several could be meant and differ, none is taken and that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ledger.claim import Claim
from ledger.likeness import by_amount, by_earlier, by_likeness
from ledger.mark import Had, Pairs, Worth, by_marks, content
from ledger.names import SchoolId
from ledger.record import Line
from ledger.summing import by_sum
from ledger.tie import Grounds, untie


def paired(
    claims: Iterable[Claim],
    lines: Iterable[Line],
    schools: Mapping[SchoolId, str],
    worth: Worth,
    had: Had = lambda line, claim: (),
    elsewhere: Callable[[Claim], bool] = lambda claim: False,
    grounds: Grounds | None = None,
) -> Pairs:
    """The pairs of one person's rows and credits, and what is left of both.

    ``had``: what else a credit was worth once. ``elsewhere``: whether a row means something that
    is no credit. ``grounds``: what is known of rows and credits of which marks tell nothing.
    """
    left = Pairs(claims=sorted(claims, key=content), lines=list(lines))
    within = grounds.within if grounds is not None else lambda line: True
    by_marks(left, schools, worth, had, within)
    if left.claims:
        by_amount(left, worth, elsewhere, within)
        if grounds is not None and left.tied:
            untie(left, grounds)
        by_earlier(left, had)
        if grounds is not None and left.claims:
            by_sum(left, worth, elsewhere, grounds.period)
        by_likeness(left)
    return left

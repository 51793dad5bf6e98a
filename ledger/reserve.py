"""Reserve: what trainings may stand behind an opening balance, which names none of them.

Nobody can tell whether a balance holds a training; but what it has no room for, it does not hold.
What an uncertain one comes to nobody can tell either, so it has room for anything of its kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from ledger.amount import ZERO
from ledger.balance import Certainty
from ledger.completion import AbsenceLimit
from ledger.credit import CreditKind
from ledger.record import Line
from ledger.regulation import Rulebook

BLOCK = frozenset({CreditKind.INTENSIVE})
# What the school itself ran is of no purpose of its own.
OF_A_PURPOSE = frozenset(CreditKind) - {CreditKind.SCHOOL_BASED}


def reserve(lines: Iterable[Line], kinds: frozenset[CreditKind]) -> list[Line]:
    """The balances that stand, of these kinds."""
    return [
        each
        for each in lines
        if each.balance is not None and not each.revoked and each.kind in kinds
    ]


def room_for(lines: list[Line], hours: Decimal) -> bool:
    """Whether so many hours of some training may stand behind balances."""
    return unsure(lines) or (bool(lines) and sum((each.hours for each in lines), ZERO) >= hours)


def unsure(lines: Iterable[Line]) -> bool:
    """Whether the amount of a balance among them is uncertain."""
    return any(each.balance is Certainty.UNCERTAIN for each in lines)


def room_for_long(rules: Rulebook, lines: list[Line], least: Decimal, times: int) -> list[Line]:
    """The block balances behind which so many trainings of that size may stand; none: they cannot.

    A training counts by its size before deductions, and it is completed where no more of it was
    missed than the absence rule allows; so much less may be left of it (RA19-03 §二, C-15).
    """
    block = reserve(lines, BLOCK)
    if unsure(block):
        return block
    held = [(each, Fraction(each.credits) // _left(rules, each, least)) for each in block]
    return [each for each, many in held if many] if sum(n for _, n in held) >= times else []


def _left(rules: Rulebook, line: Line, least: Decimal) -> Fraction:
    """The least that may be left of a completed training of a size, in the days of a balance."""
    days = {line.since or line.completed, line.completed}
    limits = [rules.find(AbsenceLimit, line.place, day, mode=line.kind.value) for day in days]
    missed = max((each.value.share_max for each in limits if each), default=Fraction(0))
    return Fraction(least) * (1 - missed)

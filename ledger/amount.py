"""Exact amounts: hours, credits and money. No floats, no rounding.

No document fixes the smallest unit; the ledger takes half-hours and half-credits (rulebook C-16).
"""

from __future__ import annotations

import re
from decimal import Decimal

from ledger.fault import Fault
from ledger.word import CHINESE

HALF = Decimal("0.5")
ZERO = Decimal(0)
LARGEST = Decimal(10_000)
MONEY_MAX = Decimal(10_000_000)
FUNDS_MAX = Decimal(1_000_000_000_000)
CENT = Decimal("0.01")
SCORE_MAX = Decimal(100)
HALF_DAY_HOURS_MAX = Decimal(12)
SCHOOL_BASED_HOURS_MAX = Decimal(240)
PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
PLAIN_SHARE = re.compile(r"-?[0-9]+(?:\.[0-9]+|/[0-9]+)?")


def written(text: str) -> Decimal | None:
    """The number that a text writes in ASCII digits, ``1000`` or ``17.5``; else ``None``.

    Python would take digits of other scripts too, underscores, exponents and spaces around it.
    """
    return Decimal(text) if PLAIN.fullmatch(text) else None


def exact(number: Decimal | int | str, field: str = "hours") -> Decimal:
    """A number of hours or credits in its one spelling: ``18``, ``17.5``; never ``18.0``.

    Raises ``Fault`` (``BAD_AMOUNT``) for negative numbers, for more precision than a half and for
    more than 10,000.
    """
    given = written(number) if isinstance(number, str) else Decimal(number)
    if given is None or not given.is_finite() or not ZERO <= given <= LARGEST or given % HALF:
        raise Fault(
            "BAD_AMOUNT",
            zh=f"{_called(field)}的数值 {number} 不合要求："
            f"须为 0 至 {LARGEST} 之间、以 0.5 为单位的数",
            en=f"{field} is {number}: it must lie between 0 and {LARGEST} in steps of 0.5",
            field=field,
        )
    return plain(given)


def plausible(hours: Decimal) -> None:
    """Raises ``Fault`` (``BAD_AMOUNT``) for more hours than one training of a school has.

    The days of it are not told, so no rule on the hours of a day bounds them; this is the ledger's
    own bound against typing mistakes.
    """
    if hours > SCHOOL_BASED_HOURS_MAX:
        raise Fault(
            "BAD_AMOUNT",
            zh=f"一次校本培训至多 {SCHOOL_BASED_HOURS_MAX} 学时，现为 {hours}；"
            "更长的请按各次培训分别登记",
            en=f"one training of a school has {SCHOOL_BASED_HOURS_MAX} hours at most, not {hours}; "
            "record longer ones part by part",
            field="hours",
        )


def _called(field: str) -> str:
    """A field in Chinese, where it is one of the words of a sentence."""
    return CHINESE.get(field.upper(), f"{field} ")


def bounded(number: int, most: int, field: str) -> int:
    """A count from 1 to ``most``. Raises ``Fault`` (``BAD_COUNT``)."""
    if not 1 <= number <= most:
        raise Fault(
            "BAD_COUNT",
            zh=f"{field} 须在 1 至 {most} 之间，现为 {number}",
            en=f"{field} must lie between 1 and {most}, not {number}",
            field=field,
        )
    return number


def money(yuan: Decimal, field: str, most: Decimal = MONEY_MAX) -> Decimal:
    """A sum of money of at most two places, not negative. Raises ``Fault`` (``BAD_AMOUNT``)."""
    if not yuan.is_finite() or not ZERO <= yuan <= most or yuan % CENT:
        raise Fault(
            "BAD_AMOUNT",
            zh=f"{field} 的金额 {yuan} 不合要求：不得为负，至多两位小数",
            en=f"{field} is {yuan}: a sum of money is not negative and has two places at most",
            field=field,
        )
    return plain(yuan)


def score(number: Decimal, field: str) -> Decimal:
    """A score of an evaluation, 0 to 100 with two places at most; the bounds are the ledger's own.

    Raises ``Fault`` (``BAD_AMOUNT``).
    """
    if not number.is_finite() or not ZERO <= number <= SCORE_MAX or number % CENT:
        raise Fault(
            "BAD_AMOUNT",
            zh=f"{field} 的分数 {number} 不合要求：须为 0 至 {SCORE_MAX}，至多两位小数",
            en=f"{field} is {number}: a score lies between 0 and {SCORE_MAX}, with two places "
            "at most",
            field=field,
        )
    return plain(number)


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros or an exponent."""
    if number.same_quantum(ZERO):  # a whole number that is written so already, as most are
        return number if number else ZERO
    whole = number.to_integral_value()
    return Decimal(int(whole)) if whole == number else number.normalize()
